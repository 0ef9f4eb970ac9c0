-- Create "auditevents" table
CREATE TABLE `auditevents` (
  `id` varchar(255) NOT NULL,
  `occurred_at` datetime(3) NOT NULL,
  `user_id` varchar(255) NULL,
  `kind` varchar(255) NOT NULL,
  `session_id` varchar(255) NULL,
  `method` varchar(255) NULL,
  `ip_address` varchar(255) NULL,
  `user_agent` text NULL,
  `outcome` varchar(255) NOT NULL,
  `reason` varchar(255) NULL,
  `expires` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  INDEX `auditevents_user_id_id_idx` (`user_id`, `id`),
  INDEX `auditevents_expires_idx` (`expires`)
) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "ratelimits" table
CREATE TABLE `ratelimits` (
  `id` varchar(255) NOT NULL,
  `count` bigint NOT NULL,
  `expires` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  INDEX `ratelimits_expires_idx` (`expires`)
) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "users" table
CREATE TABLE `users` (
  `id` varchar(255) NOT NULL,
  `name` text NULL,
  `email` varchar(255) NOT NULL,
  `email_verified` datetime(3) NULL,
  `image` text NULL,
  `password` varchar(255) NULL,
  `role` varchar(255) NOT NULL DEFAULT 'user',
  `disabled_at` datetime(3) NULL,
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `users_email_key` (`email`)
) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "verificationtokens" table
CREATE TABLE `verificationtokens` (
  `token` varchar(255) NOT NULL,
  `identifier` varchar(255) NOT NULL,
  `expires` datetime(3) NOT NULL,
  PRIMARY KEY (`token`),
  UNIQUE INDEX `verificationtokens_identifier_token_key` (`identifier`, `token`),
  INDEX `verificationtokens_expires_idx` (`expires`)
) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "accounts" table
CREATE TABLE `accounts` (
  `id` varchar(255) NOT NULL,
  `type` varchar(255) NOT NULL,
  `provider` varchar(255) NOT NULL,
  `provider_account_id` varchar(255) NOT NULL,
  `refresh_token` text NULL,
  `access_token` text NULL,
  `expires_at` bigint NULL,
  `token_type` varchar(255) NULL,
  `scope` text NULL,
  `id_token` text NULL,
  `session_state` text NULL,
  `user_id` varchar(255) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `accounts_provider_provider_account_id_key` (`provider`, `provider_account_id`),
  INDEX `accounts_user_id_idx` (`user_id`),
  CONSTRAINT `accounts_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "authenticators" table
CREATE TABLE `authenticators` (
  `credential_id` varchar(255) NOT NULL,
  `provider_account_id` varchar(255) NOT NULL,
  `credential_public_key` text NOT NULL,
  `counter` bigint NOT NULL,
  `credential_device_type` varchar(255) NOT NULL,
  `credential_backed_up` bool NOT NULL,
  `transports` varchar(255) NULL,
  `name` varchar(255) NULL,
  `created_at` datetime(3) NULL,
  `last_used_at` datetime(3) NULL,
  `user_id` varchar(255) NOT NULL,
  PRIMARY KEY (`credential_id`),
  INDEX `authenticators_user_id_idx` (`user_id`),
  CONSTRAINT `authenticators_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "sessions" table
CREATE TABLE `sessions` (
  `id` varchar(255) NOT NULL,
  `session_token` varchar(255) NOT NULL,
  `expires` datetime(3) NOT NULL,
  `created_at` datetime(3) NULL,
  `last_used_at` datetime(3) NULL,
  `ip_address` varchar(255) NULL,
  `user_agent` text NULL,
  `amr` varchar(255) NULL,
  `aal` bigint NULL,
  `authenticated_at` datetime(3) NULL,
  `user_id` varchar(255) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `sessions_session_token_key` (`session_token`),
  INDEX `sessions_user_id_idx` (`user_id`),
  INDEX `sessions_expires_idx` (`expires`),
  CONSTRAINT `sessions_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- Create "totps" table
CREATE TABLE `totps` (
  `id` varchar(255) NOT NULL,
  `secret` text NOT NULL,
  `last_step` bigint NOT NULL,
  `confirmed_at` datetime(3) NOT NULL,
  `user_id` varchar(255) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `totps_user_id_key` (`user_id`),
  CONSTRAINT `totps_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) CHARSET utf8mb4 COLLATE utf8mb4_bin;
