CREATE TABLE `Members` (
    `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `fullName` VARCHAR(100),
    `email` VARCHAR(191) NOT NULL,
    `verifiedAt` DATETIME,
    `image` TEXT,
    `passwordHash` VARCHAR(255),
    `plan` ENUM('free', 'paid') NOT NULL DEFAULT 'free',
    `active` TINYINT(1) NOT NULL DEFAULT 1,
    `balance` DECIMAL(10, 2),
    `createdAt` DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    `updatedAt` DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE KEY `email` (`email`)
) DEFAULT CHARSET utf8mb4;

CREATE TABLE `Logins` (
    `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `userId` BIGINT NOT NULL,
    `type` VARCHAR(191) NOT NULL,
    `provider` VARCHAR(191) NOT NULL,
    `providerAccountId` VARCHAR(191) NOT NULL,
    `refreshToken` TEXT,
    `accessToken` TEXT,
    `expiresAt` INT,
    `tokenType` VARCHAR(191),
    `scope` VARCHAR(191),
    `idToken` TEXT,
    `sessionState` VARCHAR(191),
    UNIQUE KEY `one_login` (`provider`, `providerAccountId`),
    CONSTRAINT `login_member` FOREIGN KEY (`userId`) REFERENCES `Members` (`id`) ON DELETE CASCADE
) DEFAULT CHARSET utf8mb4;

CREATE TABLE `Browsers` (
    `sessionToken` VARCHAR(191) NOT NULL PRIMARY KEY,
    `userId` BIGINT NOT NULL,
    `expires` DATETIME NOT NULL,
    `ip` VARCHAR(45),
    CONSTRAINT `browser_member` FOREIGN KEY (`userId`) REFERENCES `Members` (`id`) ON DELETE CASCADE
) DEFAULT CHARSET utf8mb4;

CREATE TABLE `Proofs` (
    `identifier` VARCHAR(191) NOT NULL,
    `token` VARCHAR(191) NOT NULL UNIQUE,
    `expires` DATETIME NOT NULL
) DEFAULT CHARSET utf8mb4;
