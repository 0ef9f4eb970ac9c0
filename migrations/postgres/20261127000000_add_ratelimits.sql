-- Create "ratelimits" table
CREATE TABLE "ratelimits" ("id" text NOT NULL, "count" bigint NOT NULL, "expires" timestamptz(3) NOT NULL, PRIMARY KEY ("id"));
-- Create index "ratelimits_expires_idx" to table: "ratelimits"
CREATE INDEX "ratelimits_expires_idx" ON "ratelimits" ("expires");
