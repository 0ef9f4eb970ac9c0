-- Create "ratelimits" table
CREATE TABLE `ratelimits` (`id` varchar(255) NOT NULL, `count` bigint NOT NULL, `expires` datetime(3) NOT NULL, PRIMARY KEY (`id`), INDEX `ratelimits_expires_idx` (`expires`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
