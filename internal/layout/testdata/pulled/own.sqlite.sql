CREATE TABLE "people" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT,
    "display name" TEXT,
    "mail" TEXT UNIQUE,
    "emailVerified" INTEGER,
    "image" TEXT,
    "newsletter" BOOLEAN NOT NULL DEFAULT 0,
    "createdAt" INTEGER
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
