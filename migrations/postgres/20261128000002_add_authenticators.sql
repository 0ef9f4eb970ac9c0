-- Create "authenticators" table
CREATE TABLE "authenticators" ("credential_id" text NOT NULL, "provider_account_id" text NOT NULL, "credential_public_key" text NOT NULL, "counter" bigint NOT NULL, "credential_device_type" text NOT NULL, "credential_backed_up" boolean NOT NULL, "transports" text NULL, "name" text NULL, "created_at" timestamptz(3) NULL, "last_used_at" timestamptz(3) NULL, "user_id" text NOT NULL, PRIMARY KEY ("credential_id"), CONSTRAINT "authenticators_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "authenticators_user_id_idx" to table: "authenticators"
CREATE INDEX "authenticators_user_id_idx" ON "authenticators" ("user_id");
