-- Create "totps" table
CREATE TABLE `totps` (`id` text NOT NULL, `secret` text NOT NULL, `last_step` integer NOT NULL, `confirmed_at` datetime NOT NULL, `user_id` integer NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `totps_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `people` (`id`) ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "totps_user_id_key" to table: "totps"
CREATE UNIQUE INDEX `totps_user_id_key` ON `totps` (`user_id`);
