CREATE TABLE "people" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT,
    "display name" TEXT,
    "mail" TEXT UNIQUE,
    "emailVerified" INTEGER,
    "image" TEXT,
    "newsletter" BOOLEAN NOT NULL DEFAULT 0,
    "createdAt" INTEGER,
    "unwrap" TEXT,
    "string" TEXT,
    "edges" TEXT,
    "columns" TEXT,
    "foreign_keys" TEXT,
    "姓名" TEXT,
    "table" TEXT,
    "label" TEXT,
    "value" TEXT,
    "and" TEXT,
    "or" TEXT,
    "not" TEXT,
    "hooks" TEXT,
    "policy" TEXT,
    "update" TEXT,
    "interceptors" TEXT,
    "order_option" TEXT,
    "valid_column" TEXT,
    "accounts" TEXT,
    "sessions" TEXT,
    "type" TEXT,
    "config" TEXT,
    "query" TEXT,
    "client" TEXT,
    "where" TEXT,
    "fields" TEXT,
    "op" TEXT,
    "mutation" TEXT,
    "status" TEXT
);

CREATE TABLE "linked" (
    "user" INTEGER NOT NULL REFERENCES "people" ("id") ON DELETE CASCADE,
    "type" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "providerAccountId" TEXT NOT NULL,
    "refresh_token" TEXT,
    "access_token" TEXT,
    "expires_at" INTEGER,
    "token_type" TEXT,
    "scope" TEXT,
    "id_token" TEXT,
    "session_state" TEXT,
    "note" TEXT,
    PRIMARY KEY ("provider", "providerAccountId")
);

CREATE TABLE "signed-in" (
    "sessionToken" TEXT NOT NULL PRIMARY KEY,
    "user" INTEGER NOT NULL REFERENCES "people" ("id") ON DELETE CASCADE,
    "expires" INTEGER NOT NULL,
    "last_used_at" INTEGER,
    "user_agent" TEXT
);

CREATE TABLE "proof" (
    "identifier" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "expires" INTEGER NOT NULL,
    PRIMARY KEY ("identifier", "token")
);
