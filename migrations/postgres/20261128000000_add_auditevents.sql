-- Modify "sessions" table
ALTER TABLE "sessions" ADD COLUMN "amr" text NULL, ADD COLUMN "aal" bigint NULL, ADD COLUMN "authenticated_at" timestamptz(3) NULL;
-- Create "auditevents" table
CREATE TABLE "auditevents" ("id" text NOT NULL, "occurred_at" timestamptz(3) NOT NULL, "user_id" text NULL, "kind" text NOT NULL, "session_id" text NULL, "method" text NULL, "ip_address" text NULL, "user_agent" text NULL, "outcome" text NOT NULL, "reason" text NULL, "expires" timestamptz(3) NOT NULL, PRIMARY KEY ("id"));
-- Create index "auditevents_expires_idx" to table: "auditevents"
CREATE INDEX "auditevents_expires_idx" ON "auditevents" ("expires");
-- Create index "auditevents_user_id_id_idx" to table: "auditevents"
CREATE INDEX "auditevents_user_id_id_idx" ON "auditevents" ("user_id", "id");
