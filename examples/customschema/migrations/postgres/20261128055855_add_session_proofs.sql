-- Modify "browser_sessions" table
ALTER TABLE "browser_sessions" ADD COLUMN "amr" text NULL, ADD COLUMN "aal" bigint NULL, ADD COLUMN "authenticated_at" timestamptz(3) NULL;
