-- Create "provider_accounts" table
CREATE TABLE `provider_accounts` (`id` text NOT NULL, `type` text NOT NULL, `provider` text NOT NULL, `provider_account_id` text NOT NULL, `refresh_token` text NULL, `access_token` text NULL, `expires_at` integer NULL, `token_type` text NULL, `scope` text NULL, `id_token` text NULL, `session_state` text NULL, `user_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `accounts_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `people` (`id`) ON DELETE CASCADE);
-- Create index "accounts_provider_provider_account_id_key" to table: "provider_accounts"
CREATE UNIQUE INDEX `accounts_provider_provider_account_id_key` ON `provider_accounts` (`provider`, `provider_account_id`);
-- Create index "accounts_user_id_idx" to table: "provider_accounts"
CREATE INDEX `accounts_user_id_idx` ON `provider_accounts` (`user_id`);
-- Create "posts" table
CREATE TABLE `posts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `title` text NOT NULL, `author_id` integer NOT NULL, CONSTRAINT `posts_people_posts` FOREIGN KEY (`author_id`) REFERENCES `people` (`id`) ON DELETE CASCADE);
-- Create index "post_author_id" to table: "posts"
CREATE INDEX `post_author_id` ON `posts` (`author_id`);
-- Create "browser_sessions" table
CREATE TABLE `browser_sessions` (`id` text NOT NULL, `session_token` text NOT NULL, `expires` datetime NOT NULL, `created_at` datetime NULL, `last_used_at` datetime NULL, `ip_address` text NULL, `user_agent` text NULL, `user_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `sessions_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `people` (`id`) ON DELETE CASCADE);
-- Create index "sessions_session_token_key" to table: "browser_sessions"
CREATE UNIQUE INDEX `sessions_session_token_key` ON `browser_sessions` (`session_token`);
-- Create index "sessions_user_id_idx" to table: "browser_sessions"
CREATE INDEX `sessions_user_id_idx` ON `browser_sessions` (`user_id`);
-- Create index "sessions_expires_idx" to table: "browser_sessions"
CREATE INDEX `sessions_expires_idx` ON `browser_sessions` (`expires`);
-- Create "people" table
CREATE TABLE `people` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `name` text NULL, `email` text NOT NULL, `email_verified` datetime NULL, `image` text NULL, `password` text NULL, `role` text NOT NULL DEFAULT ('user'), `disabled_at` datetime NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `username` text NOT NULL, `phone` text NULL, `locale` text NOT NULL DEFAULT ('en'), `deleted_at` datetime NULL);
-- Create index "people_username_key" to table: "people"
CREATE UNIQUE INDEX `people_username_key` ON `people` (`username`);
-- Create index "users_email_key" to table: "people"
CREATE UNIQUE INDEX `users_email_key` ON `people` (`email`);
-- Create "verificationtokens" table
CREATE TABLE `verificationtokens` (`token` text NOT NULL, `identifier` text NOT NULL, `expires` datetime NOT NULL, PRIMARY KEY (`token`));
-- Create index "verificationtokens_identifier_token_key" to table: "verificationtokens"
CREATE UNIQUE INDEX `verificationtokens_identifier_token_key` ON `verificationtokens` (`identifier`, `token`);
-- Create index "verificationtokens_expires_idx" to table: "verificationtokens"
CREATE INDEX `verificationtokens_expires_idx` ON `verificationtokens` (`expires`);
