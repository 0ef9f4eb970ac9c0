-- Add column "amr" to table: "sessions"
ALTER TABLE `sessions` ADD COLUMN `amr` text NULL;
-- Add column "aal" to table: "sessions"
ALTER TABLE `sessions` ADD COLUMN `aal` integer NULL;
-- Add column "authenticated_at" to table: "sessions"
ALTER TABLE `sessions` ADD COLUMN `authenticated_at` datetime NULL;
-- Create "auditevents" table
CREATE TABLE `auditevents` (`id` text NOT NULL, `occurred_at` datetime NOT NULL, `user_id` text NULL, `kind` text NOT NULL, `session_id` text NULL, `method` text NULL, `ip_address` text NULL, `user_agent` text NULL, `outcome` text NOT NULL, `reason` text NULL, `expires` datetime NOT NULL, PRIMARY KEY (`id`));
-- Create index "auditevents_user_id_id_idx" to table: "auditevents"
CREATE INDEX `auditevents_user_id_id_idx` ON `auditevents` (`user_id`, `id`);
-- Create index "auditevents_expires_idx" to table: "auditevents"
CREATE INDEX `auditevents_expires_idx` ON `auditevents` (`expires`);
