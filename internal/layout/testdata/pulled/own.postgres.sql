CREATE TYPE plan AS ENUM ('free', 'paid');

CREATE TABLE members (
    id UUID PRIMARY KEY,
    "Full Name" VARCHAR(100),
    email_address TEXT NOT NULL UNIQUE,
    email_verified_at TIMESTAMPTZ,
    image TEXT,
    password_hash TEXT,
    plan plan NOT NULL DEFAULT 'free',
    credits INTEGER NOT NULL DEFAULT 0,
    settings JSONB,
    referred_by UUID REFERENCES members (id),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE logins (
    id BIGSERIAL PRIMARY KEY,
    member UUID NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_account_id TEXT NOT NULL,
    refresh_token TEXT,
    access_token TEXT,
    expires_at BIGINT,
    token_type TEXT,
    scope VARCHAR(64),
    id_token TEXT,
    session_state TEXT,
    CONSTRAINT one_login UNIQUE (provider, provider_account_id)
);

CREATE TABLE browsers (
    id BIGSERIAL PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    member UUID NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    expires TIMESTAMPTZ NOT NULL,
    country TEXT
);

CREATE TABLE proofs (
    identifier TEXT NOT NULL,
    token TEXT NOT NULL,
    expires TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (identifier, token)
);

CREATE TABLE orders (
    id BIGSERIAL PRIMARY KEY,
    member UUID NOT NULL REFERENCES members (id)
);
