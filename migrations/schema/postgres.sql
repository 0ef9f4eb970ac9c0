-- Create "auditevents" table
CREATE TABLE "auditevents" (
  "id" text NOT NULL,
  "occurred_at" timestamptz(3) NOT NULL,
  "user_id" text NULL,
  "kind" text NOT NULL,
  "session_id" text NULL,
  "method" text NULL,
  "ip_address" text NULL,
  "user_agent" text NULL,
  "outcome" text NOT NULL,
  "reason" text NULL,
  "expires" timestamptz(3) NOT NULL,
  PRIMARY KEY ("id")
);
-- Create index "auditevents_user_id_id_idx" to table: "auditevents"
CREATE INDEX "auditevents_user_id_id_idx" ON "auditevents" ("user_id", "id");
-- Create index "auditevents_expires_idx" to table: "auditevents"
CREATE INDEX "auditevents_expires_idx" ON "auditevents" ("expires");
-- Create "ratelimits" table
CREATE TABLE "ratelimits" (
  "id" text NOT NULL,
  "count" bigint NOT NULL,
  "expires" timestamptz(3) NOT NULL,
  PRIMARY KEY ("id")
);
-- Create index "ratelimits_expires_idx" to table: "ratelimits"
CREATE INDEX "ratelimits_expires_idx" ON "ratelimits" ("expires");
-- Create "users" table
CREATE TABLE "users" (
  "id" text NOT NULL,
  "name" text NULL,
  "email" text NOT NULL,
  "email_verified" timestamptz(3) NULL,
  "image" text NULL,
  "password" text NULL,
  "role" text NOT NULL DEFAULT 'user',
  "disabled_at" timestamptz(3) NULL,
  "created_at" timestamptz(3) NOT NULL,
  "updated_at" timestamptz(3) NOT NULL,
  PRIMARY KEY ("id")
);
-- Create index "users_email_key" to table: "users"
CREATE UNIQUE INDEX "users_email_key" ON "users" ("email");
-- Create "verificationtokens" table
CREATE TABLE "verificationtokens" (
  "token" text NOT NULL,
  "identifier" text NOT NULL,
  "expires" timestamptz(3) NOT NULL,
  PRIMARY KEY ("token")
);
-- Create index "verificationtokens_identifier_token_key" to table: "verificationtokens"
CREATE UNIQUE INDEX "verificationtokens_identifier_token_key" ON "verificationtokens" ("identifier", "token");
-- Create index "verificationtokens_expires_idx" to table: "verificationtokens"
CREATE INDEX "verificationtokens_expires_idx" ON "verificationtokens" ("expires");
-- Create "accounts" table
CREATE TABLE "accounts" (
  "id" text NOT NULL,
  "type" text NOT NULL,
  "provider" text NOT NULL,
  "provider_account_id" text NOT NULL,
  "refresh_token" text NULL,
  "access_token" text NULL,
  "expires_at" bigint NULL,
  "token_type" text NULL,
  "scope" text NULL,
  "id_token" text NULL,
  "session_state" text NULL,
  "user_id" text NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "accounts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
-- Create index "accounts_provider_provider_account_id_key" to table: "accounts"
CREATE UNIQUE INDEX "accounts_provider_provider_account_id_key" ON "accounts" ("provider", "provider_account_id");
-- Create index "accounts_user_id_idx" to table: "accounts"
CREATE INDEX "accounts_user_id_idx" ON "accounts" ("user_id");
-- Create "authenticators" table
CREATE TABLE "authenticators" (
  "credential_id" text NOT NULL,
  "provider_account_id" text NOT NULL,
  "credential_public_key" text NOT NULL,
  "counter" bigint NOT NULL,
  "credential_device_type" text NOT NULL,
  "credential_backed_up" boolean NOT NULL,
  "transports" text NULL,
  "name" text NULL,
  "created_at" timestamptz(3) NULL,
  "last_used_at" timestamptz(3) NULL,
  "user_id" text NOT NULL,
  PRIMARY KEY ("credential_id"),
  CONSTRAINT "authenticators_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
-- Create index "authenticators_user_id_idx" to table: "authenticators"
CREATE INDEX "authenticators_user_id_idx" ON "authenticators" ("user_id");
-- Create "sessions" table
CREATE TABLE "sessions" (
  "id" text NOT NULL,
  "session_token" text NOT NULL,
  "expires" timestamptz(3) NOT NULL,
  "created_at" timestamptz(3) NULL,
  "last_used_at" timestamptz(3) NULL,
  "ip_address" text NULL,
  "user_agent" text NULL,
  "amr" text NULL,
  "aal" bigint NULL,
  "authenticated_at" timestamptz(3) NULL,
  "user_id" text NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
-- Create index "sessions_session_token_key" to table: "sessions"
CREATE UNIQUE INDEX "sessions_session_token_key" ON "sessions" ("session_token");
-- Create index "sessions_user_id_idx" to table: "sessions"
CREATE INDEX "sessions_user_id_idx" ON "sessions" ("user_id");
-- Create index "sessions_expires_idx" to table: "sessions"
CREATE INDEX "sessions_expires_idx" ON "sessions" ("expires");
-- Create "totps" table
CREATE TABLE "totps" (
  "id" text NOT NULL,
  "secret" text NOT NULL,
  "last_step" bigint NOT NULL,
  "confirmed_at" timestamptz(3) NOT NULL,
  "user_id" text NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "totps_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
-- Create index "totps_user_id_key" to table: "totps"
CREATE UNIQUE INDEX "totps_user_id_key" ON "totps" ("user_id");
