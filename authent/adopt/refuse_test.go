package adopt

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// refusals are databases that cannot be adopted: what was done to them, and the lines
// that say so.
var refusals = map[string]struct {
	ddl   string
	spoil []string
	lines []string
}{
	"no table of sessions": {"prisma.sqlite", []string{"ALTER TABLE sessions RENAME COLUMN session_token TO cookie"}, []string{
		"no table that this role sees has the columns of Session (session_token, user_id, expires): name it by --table Session=NAME, and its columns by --column Session.FIELD=NAME",
		"this database has the tables accounts, sessions, users, verificationtokens: check that the URL names the right database and schema",
	}},
	"two tables of users": {"prisma.postgres", []string{"ALTER TABLE accounts DROP CONSTRAINT accounts_user_id_fkey", "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey", `CREATE TABLE "Customer" (id text PRIMARY KEY, email text, "emailVerified" timestamp)`}, []string{
		"the tables Customer, users could each be that of User: name the right one by --table User=NAME",
		"this database has the tables Customer, accounts, sessions, users, verificationtokens: check that the URL names the right database and schema",
	}},
	"two tables that are referred to": {"drizzle.postgres", []string{`CREATE TABLE customer (id text PRIMARY KEY, email text, "emailVerified" timestamp)`, `ALTER TABLE session DROP CONSTRAINT "session_userId_user_id_fk"`, `DELETE FROM session`, `ALTER TABLE session ADD FOREIGN KEY ("userId") REFERENCES customer (id)`}, []string{
		"the tables customer, user could each be that of User: name the right one by --table User=NAME",
		"this database has the tables account, customer, session, user, verificationToken: check that the URL names the right database and schema",
	}},
	"columns": {"prisma.sqlite", []string{"ALTER TABLE users DROP COLUMN email_verified", "ALTER TABLE users ADD COLUMN disabled_at boolean", "ALTER TABLE accounts ADD COLUMN length integer GENERATED ALWAYS AS (length(provider))", "ALTER TABLE sessions DROP COLUMN expires", "ALTER TABLE sessions ADD COLUMN expires boolean", "ALTER TABLE sessions ADD COLUMN last_used_at blob"}, []string{
		"the table users has no column for User.email_verified: name it by --column User.email_verified=NAME (Config.Columns), or add it",
		"column sessions.expires is of type boolean, and Session.expires is time: change its type first, or name another by --column Session.expires=NAME (Config.Columns)",
		"column users.disabled_at has the name of one of authent's columns: rename it, or drop it",
		"column accounts.length (integer) cannot be copied to a new table: move it to another table, or drop it",
		"column sessions.last_used_at has the name of one of authent's columns: rename it, or drop it",
	}},
	"keys": {"prisma.postgres", []string{"ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE, ADD PRIMARY KEY (id, email)", "ALTER TABLE accounts DROP CONSTRAINT accounts_pkey, ADD PRIMARY KEY (provider, provider_account_id)", "ALTER TABLE sessions ALTER COLUMN user_id TYPE bigint USING substr(user_id, 3, 7)::bigint"}, []string{
		"column sessions.user_id is of type bigint, and users.id, to which it refers, is of type text: change it first",
		"column accounts.id has the name of one of authent's columns: rename it, or drop it",
		"the primary key of users is not id alone, by which accounts and sessions refer to users: name the right table by --table User=NAME (Config.Tables), or change the key first",
	}},
	"ids": {"prismav4.postgres", []string{`ALTER TABLE "Account" DROP CONSTRAINT "Account_userId_fkey"`, `ALTER TABLE "Session" DROP CONSTRAINT "Session_userId_fkey"`,
		`ALTER TABLE "User" ALTER COLUMN id TYPE uuid USING md5(id)::uuid`, `ALTER TABLE "Account" ALTER COLUMN "userId" TYPE uuid USING md5("userId")::uuid`, `ALTER TABLE "Session" ALTER COLUMN "userId" TYPE uuid USING md5("userId")::uuid`}, []string{
		"the ids of users (User.id) are of type uuid, and the graph's are not: write ID: field.TypeUUID into mixin.User, and UserID: field.TypeUUID into mixin.Account and mixin.Session",
	}},
	"nulls": {"prisma.postgres", []string{"ALTER TABLE accounts ALTER COLUMN user_id DROP NOT NULL, ALTER COLUMN type DROP NOT NULL", "ALTER TABLE sessions ALTER COLUMN user_id DROP NOT NULL, ALTER COLUMN expires DROP NOT NULL",
		"UPDATE accounts SET user_id = NULL WHERE user_id < 'cm0000002abc'", "UPDATE sessions SET user_id = NULL WHERE user_id < 'cm0000001abc'", "UPDATE sessions SET expires = NULL WHERE user_id = 'cm0000003abc'"}, []string{
		`2 rows of accounts without user_id: fill it in, or delete them (SELECT * FROM "accounts" WHERE "user_id" IS NULL)`,
		`2 rows of sessions without user_id: fill it in, or delete them (SELECT * FROM "sessions" WHERE "user_id" IS NULL)`,
		`2 rows of sessions without expires: fill it in, or delete them (SELECT * FROM "sessions" WHERE "expires" IS NULL)`,
	}},
	"another thing's sessions": {"prismav5snake.sqlite", []string{"ALTER TABLE sessions RENAME TO browsers", "CREATE TABLE Sessions (sid text PRIMARY KEY, sess text, expire text)", "INSERT INTO Sessions VALUES ('a', 'b', 'c')", "CREATE TABLE verificationtokens (identifier text)"}, []string{
		"there is a table Sessions that is not authent's: rename it, or drop it",
		"there is a table verificationtokens that is not authent's: rename it, or drop it",
	}},
	"tokens of OAuth 1.0": {"prismav4.mysql", []string{"ALTER TABLE `Account` ADD COLUMN oauth_token text, ADD COLUMN oauth_token_secret text", "UPDATE `Account` SET oauth_token_secret = 'access-1' WHERE userId <= 'cm0000001abc'"}, []string{
		"column Account.oauth_token_secret holds tokens of OAuth 1.0 (2 rows), which authent cannot use and would not seal: drop the column",
	}},
	"history": {"drizzle.sqlite", []string{"CREATE TABLE atlas_schema_revisions (`version` text NOT NULL, `description` text NOT NULL, `type` integer NOT NULL DEFAULT (2), `applied` integer NOT NULL DEFAULT (0), `total` integer NOT NULL DEFAULT (0), `executed_at` datetime NOT NULL, `execution_time` integer NOT NULL, `error` text NULL, `error_stmt` text NULL, `hash` text NOT NULL, `partial_hashes` json NULL, `operator_version` text NOT NULL, PRIMARY KEY (`version`))", "INSERT INTO atlas_schema_revisions VALUES ('7', 'x', 2, 1, 1, '2026-01-01 00:00:00', 0, '', '', '', '[]', '')"}, []string{
		"it has a history of migrations, up to 7: if these are not authent's, name another schema for the history with --revisions-schema (PostgreSQL), or drop the table atlas_schema_revisions",
	}},
	"rows": {"drizzle.sqlite", []string{
		"PRAGMA foreign_keys = off", "UPDATE user SET email = NULL WHERE id <= 'cm0000011abc'", "UPDATE user SET email = ' ' WHERE id = 'cm0000012abc'",
		"UPDATE user SET emailVerified = 'yesterday' WHERE id = 'cm0000013abc'", "UPDATE session SET expires = 'never' WHERE userId = 'cm0000014abc'",
		"UPDATE account SET userId = 'nobody' WHERE userId = 'cm0000015abc'",
	}, []string{
		"users have no e-mail address, which authent needs: give each of them one, or delete them: 13, cm0000000abc, cm0000001abc, cm0000002abc, cm0000003abc, cm0000004abc, cm0000005abc, cm0000006abc, cm0000007abc, cm0000008abc, cm0000009abc and 3 more",
		"rows of account refer to users that do not exist: delete these rows: 1, nobody",
		"users have a value in user.emailVerified that is not a time (a number is Unix milliseconds since the year 2000): correct it, or make it NULL: 1, cm0000013abc",
		"users have a session whose expires is not a time (a number is Unix milliseconds since the year 2000): delete the session: 1, cm0000014abc",
	}},
	"duplicates": {"prisma.postgres", []string{"DROP INDEX users_email_key", "DROP INDEX accounts_provider_provider_account_id_key", "DROP INDEX sessions_session_token_key", "UPDATE users SET email = 'same@example.com' WHERE id < 'cm0000002abc'", "UPDATE accounts SET provider_account_id = '9' WHERE user_id < 'cm0000002abc'", "UPDATE sessions SET session_token = 'same', expires = 'infinity' WHERE user_id < 'cm0000001abc'"}, []string{
		`users have an e-mail address that another user has too: change one of the addresses: 1, cm0000000abc (SELECT MIN(CAST("id" AS text)) FROM "users" WHERE "email" IS NOT NULL GROUP BY "email" HAVING COUNT(*) > 1)`,
		`users have the same account at a provider twice: delete one of the two: 1, cm0000000abc (SELECT MIN(CAST("user_id" AS text)) FROM "accounts" WHERE "provider" IS NOT NULL AND "provider_account_id" IS NOT NULL GROUP BY "provider", "provider_account_id" HAVING COUNT(*) > 1)`,
		`users have two sessions with the same token: delete one of the two: 1, cm0000000abc (SELECT MIN(CAST("user_id" AS text)) FROM "sessions" WHERE "session_token" IS NOT NULL GROUP BY "session_token" HAVING COUNT(*) > 1)`,
		"users have a session whose expires is not a time: delete the session: 1, cm0000000abc",
	}},
	"too long": {"drizzle.mysql", []string{"ALTER TABLE `account` MODIFY access_token mediumtext, MODIFY token_type text", "UPDATE `account` SET access_token = REPEAT('x', 50000), token_type = REPEAT('é', 256) WHERE userId = 'cm0000001abc'"}, []string{
		"users have a value in account.access_token that is too long for accounts.access_token: shorten it: 1, cm0000001abc",
		"users have a value in account.token_type that is too long for accounts.token_type: shorten it: 1, cm0000001abc",
	}},
	"triggers and views on SQLite": {"prisma.sqlite", []string{"CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM sessions; END", "CREATE VIEW v AS SELECT id FROM Accounts"}, []string{
		"the trigger t is on the table users: drop it, and create it again for users afterwards",
		"the view v reads the table accounts: drop it, and create it again for accounts afterwards",
	}},
	"clauses on SQLite": {"drizzle.sqlite", []string{"ALTER TABLE user ADD COLUMN handle text COLLATE NOCASE", "CREATE UNIQUE INDEX handles ON User (handle COLLATE nocase)", "CREATE TRIGGER t AFTER INSERT ON USER BEGIN DELETE FROM session; END"}, []string{
		"the trigger t is on the table user: drop it, and create it again for users afterwards",
		"the index handles has the clause COLLATE, which would be lost: drop it, and create it again for users afterwards",
		"the table user has the clause COLLATE, which would be lost: rebuild the table without it",
	}},
	"strict tables on SQLite": {"drizzle.sqlite", []string{"PRAGMA foreign_keys = off", "PRAGMA legacy_alter_table = on", "ALTER TABLE user RENAME TO loose", "CREATE TABLE user (id text PRIMARY KEY NOT NULL, name text, email text, emailVerified integer, image text, strict integer) STRICT", "INSERT INTO user SELECT *, 1 FROM loose", "DROP TABLE loose", "PRAGMA legacy_alter_table = off"}, []string{
		"the table user has the clause STRICT, which would be lost: rebuild the table without it",
	}},
	"row security": {"drizzle.postgres", []string{`ALTER TABLE session ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`, `CREATE POLICY own ON "user" USING (id = current_user)`}, []string{
		"the table session has row security or policies: turn it off and drop them, and create them again for sessions afterwards",
		"the table user has row security or policies: turn it off and drop them, and create them again for users afterwards",
	}},
	"settings on PostgreSQL": {"prisma.postgres", []string{
		"GRANT SELECT (id) ON sessions TO PUBLIC", "GRANT SELECT (id) ON users TO PUBLIC", "CREATE RULE r AS ON DELETE TO accounts DO INSTEAD NOTHING", "CREATE TABLE child () INHERITS (users)",
		"ALTER TABLE accounts REPLICA IDENTITY FULL", "CREATE PUBLICATION authent_p FOR TABLE sessions", "CREATE PUBLICATION authent_p2 FOR TABLE users",
	}, []string{
		"the table accounts has a replica identity FULL, which the new table would not have: drop it, and create it again for accounts afterwards",
		"the table accounts has a rule r, which the new table would not have: drop it, and create it again for accounts afterwards",
		"the table sessions has a grant on the column id, which the new table would not have: drop it, and create it again for sessions afterwards",
		"the table sessions has a publication authent_p, which the new table would not have: drop it, and create it again for sessions afterwards",
		"the table users has a relation by inheritance to child, which the new table would not have: drop it, and create it again for users afterwards",
	}},
	"triggers and views on PostgreSQL": {"drizzle.postgres", []string{"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", `CREATE TRIGGER t BEFORE UPDATE ON "user" FOR EACH ROW EXECUTE FUNCTION f()`, `CREATE VIEW v AS SELECT "userId" FROM session`}, []string{
		"the trigger t is on the table user: drop it, and create it again for users afterwards",
		"the view v reads the table session: drop it, and create it again for sessions afterwards",
	}},
	"triggers and views on MariaDB": {"drizzle.mysql", []string{"CREATE TRIGGER t BEFORE UPDATE ON `user` FOR EACH ROW SET NEW.name = 'x'", "CREATE VIEW v AS SELECT userId FROM `session`"}, []string{
		"the trigger t is on the table user: drop it, and create it again for users afterwards",
		"the view v reads the table session: drop it, and create it again for sessions afterwards",
	}},
	"foreign keys": {"prisma.postgres", []string{"CREATE TABLE device (session text CONSTRAINT device_session REFERENCES sessions (id), email text CONSTRAINT device_email REFERENCES users (email))"}, []string{
		"table device refers to users by columns other than id (foreign key device_email): drop the foreign key first",
		"table device refers to sessions (foreign key device_session), which is replaced: drop the foreign key first",
	}},
	"collations": {"drizzle.mysql", []string{
		"CREATE TABLE profile (id varchar(255) PRIMARY KEY, CONSTRAINT profile_user FOREIGN KEY (id) REFERENCES `user` (id) ON DELETE CASCADE)",
		"CREATE TABLE picture (profile varchar(255), CONSTRAINT picture_profile FOREIGN KEY (profile) REFERENCES profile (id) ON DELETE SET NULL)",
		"ALTER TABLE `user` ADD COLUMN boss varchar(255), ADD CONSTRAINT user_boss FOREIGN KEY (boss) REFERENCES `user` (id)",
	}, []string{
		"column profile.id gets a new collation (utf8mb4_bin) with the users' ids, and is part of the foreign key picture_profile of picture too: first run",
		"  ALTER TABLE `picture` DROP FOREIGN KEY `picture_profile`",
		"and afterwards give the columns at both ends that too, and run",
		"  ALTER TABLE `picture` ADD CONSTRAINT `picture_profile` FOREIGN KEY (`profile`) REFERENCES `profile` (`id`) ON UPDATE RESTRICT ON DELETE SET NULL",
		"table user refers to user by ids, which get a new collation (utf8mb4_bin): first run",
		"  ALTER TABLE `user` DROP FOREIGN KEY `user_boss`",
		"and afterwards give the column at the other end that too, and run",
		"  ALTER TABLE `users` ADD CONSTRAINT `user_boss` FOREIGN KEY (`boss`) REFERENCES `users` (`id`) ON UPDATE RESTRICT ON DELETE RESTRICT",
	}},
	"ids in other letters": {"drizzle.mysql", []string{"UPDATE `account` SET userId = 'CM0000003ABC' WHERE userId = 'cm0000003abc'"}, []string{
		"rows of account refer to users that do not exist: delete these rows: 1, CM0000003ABC",
	}},
	"tables beside": {"drizzle.sqlite", []string{"CREATE TABLE users (id int)", "CREATE TABLE sessions (x int)", "INSERT INTO sessions VALUES (1)"}, []string{
		"there is a table users that is not authent's: rename it, or drop it",
		"there is a table sessions that is not authent's: rename it, or drop it",
		"there is a table sessions with 1 row beside session: empty it, or rename it",
	}},
}

// TestAuthJS_Refuses: one error lists every fault, and nothing is changed.
func TestAuthJS_Refuses(t *testing.T) {
	for name, tc := range refusals {
		t.Run(name, func(t *testing.T) {
			c := cellOf(tc.ddl)
			kind := testdb.Server(t, c.kind)
			_, db := c.open(t, kind)
			db.SetMaxOpenConns(1) // PRAGMA foreign_keys is a connection's.
			c.seed(t, kind, db, c.people(20))
			testdb.Execute(t, db, tc.spoil...)
			before := dump(t, kind, db)
			_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
			checkRefused(t, err, tc.lines)
			if after := dump(t, kind, db); after != before {
				t.Errorf("it left\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

// checkRefused compares the lines of a refusal, less their indentation.
func checkRefused(t *testing.T, err error, lines []string) {
	t.Helper()
	if !errors.Is(err, ErrRefused) {
		t.Fatalf("%v", err)
	}
	var got []string
	for _, line := range strings.Split(err.Error(), "\n")[1:] {
		got = append(got, strings.TrimPrefix(line, "  "))
	}
	if diff := cmp.Diff(lines, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "access-") || strings.Contains(err.Error(), "4000-8000") {
		t.Errorf("it shows a secret: %v", err)
	}
}

// TestAuthJS_RefusesCaller: faults of the configuration, the secret and the graph.
func TestAuthJS_RefusesCaller(t *testing.T) {
	c, kind := cells[0], testdb.SQLite
	_, db := c.open(t, kind)
	c.seed(t, kind, db, c.people(20))
	m := migrator(t, kind, db, nil)
	before := dump(t, kind, db)
	_, err := AuthJS(t.Context(), m, entmigrate.Tables, Config{SessionTokens: HashedSessionTokens})
	checkRefused(t, err, []string{
		"none of 33 live session tokens is a SHA-256 in lower case, so the Node application did not hash them: leave out --hashed (HashedSessionTokens)",
		"the table accounts holds providers' tokens (20 rows), and there is no secret to seal them under: set AUTH_SECRET (adopt.Config.Tokens) to the secret that the new application will use",
	})
	graph := testdb.WithNickname(t)
	for _, table := range graph {
		switch table.Name {
		case usersTable:
			table.Columns[len(table.Columns)-1].Nullable = false
			table.Columns[0].Type, table.Columns[0].SchemaType = field.TypeInt64, nil
		case accountsTable, sessionsTable:
			for _, column := range table.Columns {
				if column.Name == "user_id" {
					column.Type, column.SchemaType = field.TypeInt64, nil
				}
			}
		}
	}
	id := &entschema.Column{Name: "id", Type: field.TypeInt64}
	graph = append(graph, &entschema.Table{Name: "posts", Columns: []*entschema.Column{id}, PrimaryKey: []*entschema.Column{id}})
	_, err = AuthJS(t.Context(), m, graph, adoptConfig(t))
	checkRefused(t, err, []string{
		"the ids of users (users.id) are of type text, and the graph's are not: take the ID out of mixin.User, and the UserID out of mixin.Account and mixin.Session",
		"column users.nickname of the schema is not in the database, and has no default: leave it out of ent/schema until the database is adopted",
		"table posts of the schema is not in the database: leave it out of ent/schema until the database is adopted",
	})
	if _, err := AuthJS(t.Context(), m, graph[len(graph)-1:], adoptConfig(t)); err == nil || !strings.Contains(err.Error(), "the graph has no table users: take the Layout out of the mixins") {
		t.Errorf("%v", err)
	}
	empty, err := migrate.FromFS(fstest.MapFS{})
	if err == nil {
		err = migrate.Hash(empty)
	}
	if err != nil {
		t.Fatal(err)
	}
	without := func(dir migrate.Dir) *migrate.Migrator {
		return migrator(t, kind, db, func(c *migrate.Config) { c.Dir = dir })
	}
	if _, err := AuthJS(t.Context(), without(nil), entmigrate.Tables, adoptConfig(t)); err == nil || !strings.Contains(err.Error(), "the Dir is nil") {
		t.Errorf("%v", err)
	}
	if _, err := AuthJS(t.Context(), without(empty), entmigrate.Tables, adoptConfig(t)); err == nil || !strings.Contains(err.Error(), "the folder has no migration") {
		t.Errorf("%v", err)
	}
	if after := dump(t, kind, db); after != before {
		t.Errorf("it left\n%s\nbefore:\n%s", after, before)
	}
	testdb.Execute(t, db, "UPDATE accounts SET access_token = NULL, refresh_token = '', id_token = NULL")
	if _, err := AuthJS(t.Context(), m, entmigrate.Tables, Config{}); err != nil {
		t.Errorf("without tokens there is no need of a secret: %v", err)
	}
}

// TestAuthJS_Notes: notes name addresses that count as one, and tokens that authent
// does not accept.
func TestAuthJS_Notes(t *testing.T) {
	for _, c := range []cell{cells[0], cells[3]} {
		kind := testdb.Server(t, c.kind)
		_, db := c.open(t, kind)
		c.seed(t, kind, db, c.people(20))
		user := kind.Quote(c.table(usersTable))
		testdb.Execute(t, db, "UPDATE "+user+" SET email = 'ADA5@example.com' WHERE id = 'cm0000006abc'", "UPDATE "+user+" SET email = 'ﬁ@example.com' WHERE id = 'cm0000007abc'",
			"UPDATE "+c.quoted(kind, sessionsTable)+" SET "+kind.Quote(c.column("session_token"))+" = 'short' WHERE "+kind.Quote(c.column("session_token"))+" LIKE '00000004-0000%'")
		want := []string{
			"sign-in links that were sent by mail stop working (3 rows of " + c.table(tokensTable) + "), since Auth.js's hashes cannot be verified: people can ask for new ones",
			"session tokens that are not 20 to 255 letters, digits and . _ ~ -: 1; these people must sign in again, unless AuthJS.TokenFormat of the new application accepts such tokens in a cookie",
			"these addresses count as the same one: each person signs in only with the exact spelling given here, and any other spelling means ada5@example.com: ada5@example.com (user cm0000005abc), ADA5@example.com (user cm0000006abc)",
			"e-mail addresses with capital letters are rewritten in lower case, as authent looks them up: 3",
			"users have an e-mail address with letters that authent normalizes, and sign in only with its exact spelling: 1, cm0000007abc",
		}
		got := adopt(t, kind, db).Notes
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.ddl, diff)
		}
		if emails := testdb.Texts(t, db, "SELECT email FROM users WHERE id IN ('cm0000001abc', 'cm0000006abc', 'cm0000007abc') ORDER BY id"); !slices.Equal(emails, []string{"ada1@example.com", "ADA5@example.com", "ﬁ@example.com"}) {
			t.Errorf("%q", emails)
		}
	}
}

func (c cell) quoted(kind testdb.Kind, native string) string { return kind.Quote(c.table(native)) }

// TestAsTime reads every form in which SQLite may store a time, and refuses what is not
// one.
func TestAsTime(t *testing.T) {
	const want = "2026-03-29 01:30:00.123 +0000 UTC"
	for _, value := range []any{
		"2026-03-29T01:30:00.123+00:00", "2026-03-29T01:30:00.123Z", "2026-03-29 01:30:00.123", "2026-03-28T20:30:00.123-05:00", "2026-03-29T01:30:00.123",
		"2026-03-29 01:30:00.123456 +0000 UTC", "2026-03-29 01:30:00.123 UTC", "1774747800123", "1774747800123.0", int64(1774747800123), []byte("2026-03-29 01:30:00.123+00:00"),
	} {
		if got, err := asTime(value); err != nil || got.String() != want {
			t.Errorf("%v is %v, %v", value, got, err)
		}
	}
	for _, value := range []any{"", "yesterday", "0000-00-00 00:00:00", "12026-01-01", int64(1 << 62), int64(1774747800), "0", 1.5, true, []byte("infinity"), "2026-13-01"} {
		if got, err := asTime(value); err == nil {
			t.Errorf("%v is %v", value, got)
		}
	}
	if got, err := asTime(nil); err != nil || !got.IsZero() || orNil(got) != nil {
		t.Errorf("NULL is %v, %v", got, err)
	}
}
