-- Modify "browser_sessions" table
ALTER TABLE `browser_sessions` ADD COLUMN `amr` varchar(255) NULL, ADD COLUMN `aal` bigint NULL, ADD COLUMN `authenticated_at` datetime(3) NULL;
