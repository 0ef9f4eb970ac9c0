-- Add column "amr" to table: "browser_sessions"
ALTER TABLE `browser_sessions` ADD COLUMN `amr` text NULL;
-- Add column "aal" to table: "browser_sessions"
ALTER TABLE `browser_sessions` ADD COLUMN `aal` integer NULL;
-- Add column "authenticated_at" to table: "browser_sessions"
ALTER TABLE `browser_sessions` ADD COLUMN `authenticated_at` datetime NULL;
