-- Modify "sessions" table
ALTER TABLE `sessions` ADD COLUMN `amr` varchar(255) NULL, ADD COLUMN `aal` bigint NULL, ADD COLUMN `authenticated_at` datetime(3) NULL;
-- Create "auditevents" table
CREATE TABLE `auditevents` (`id` varchar(255) NOT NULL, `occurred_at` datetime(3) NOT NULL, `user_id` varchar(255) NULL, `kind` varchar(255) NOT NULL, `session_id` varchar(255) NULL, `method` varchar(255) NULL, `ip_address` varchar(255) NULL, `user_agent` text NULL, `outcome` varchar(255) NOT NULL, `reason` varchar(255) NULL, `expires` datetime(3) NOT NULL, PRIMARY KEY (`id`), INDEX `auditevents_expires_idx` (`expires`), INDEX `auditevents_user_id_id_idx` (`user_id`, `id`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
