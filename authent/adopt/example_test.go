package adopt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/adopt"
	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/migrations"
)

// prisma makes the tables as Prisma does, with a user who is signed in.
const prisma = `
CREATE TABLE users (id text NOT NULL PRIMARY KEY, name text, email text NOT NULL, email_verified datetime, image text, password text, role text NOT NULL DEFAULT 'user', created_at datetime NOT NULL, updated_at datetime NOT NULL);
CREATE TABLE accounts (id text NOT NULL PRIMARY KEY, user_id text NOT NULL REFERENCES users (id), type text NOT NULL, provider text NOT NULL, provider_account_id text NOT NULL, refresh_token text, access_token text, expires_at integer, token_type text, scope text, id_token text, session_state text);
CREATE TABLE sessions (id text NOT NULL PRIMARY KEY, session_token text NOT NULL, user_id text NOT NULL REFERENCES users (id), expires datetime NOT NULL);
CREATE TABLE verificationtokens (identifier text NOT NULL, token text NOT NULL, expires datetime NOT NULL);
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE UNIQUE INDEX accounts_provider_provider_account_id_key ON accounts (provider, provider_account_id);
CREATE UNIQUE INDEX sessions_session_token_key ON sessions (session_token);
CREATE UNIQUE INDEX verificationtokens_token_key ON verificationtokens (token);
CREATE UNIQUE INDEX verificationtokens_identifier_token_key ON verificationtokens (identifier, token);
INSERT INTO users (id, email, created_at, updated_at) VALUES ('1', 'ada@example.com', '2026-01-01 00:00:00', '2026-01-01 00:00:00');
INSERT INTO accounts (id, user_id, type, provider, provider_account_id, access_token) VALUES ('1', '1', 'oauth', 'github', '7', 'gho_secret');
INSERT INTO sessions VALUES ('1', '0b7c7a52-3f4e-4c58-9f5e-0d7a5e0f4f11', '1', '2099-01-01 00:00:00');`

func ExampleAuthJS() {
	folder, err := os.MkdirTemp("", "adopt")
	check(err)
	defer os.RemoveAll(folder)
	dialect, db, err := database.Open("file:" + filepath.Join(folder, "app.db"))
	check(err)
	defer db.Close()
	_, err = db.Exec(prisma)
	check(err)

	dir, err := migrations.Dir(dialect)
	check(err)
	m, err := migrate.New(migrate.Config{DB: db, Dialect: dialect, Dir: dir})
	check(err)

	ctx := context.Background()
	_, err = adopt.AuthJS(ctx, m, entmigrate.Tables, adopt.Config{})
	fmt.Println("refused without a secret:", errors.Is(err, adopt.ErrRefused))

	sealer, err := authent.NewTokenSealer("thirty-two random bytes or more, from AUTH_SECRET")
	check(err)
	report, err := adopt.AuthJS(ctx, m, entmigrate.Tables, adopt.Config{Tokens: sealer})
	check(err)
	fmt.Println(report.Layout, report.Users, report.Accounts, report.Sessions, report.SignedOut)

	differences, err := m.Drift(ctx, entmigrate.Tables)
	check(err)
	var sealed bool
	check(db.QueryRow("SELECT access_token LIKE 'authent.v1.%' FROM accounts").Scan(&sealed))
	fmt.Println(len(differences), sealed)
	// Output:
	// refused without a secret: true
	// Prisma 1 1 1 0
	// 0 true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
