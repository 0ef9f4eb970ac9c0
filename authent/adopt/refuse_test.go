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
	"no such layout": {"prisma.sqlite", []string{`ALTER TABLE verificationtokens RENAME TO "VerificationToken"`, "ALTER TABLE users RENAME TO people"}, []string{
		"the tables match no layout that can be adopted: the Prisma layout has users, accounts, sessions and verificationtokens, the Drizzle layout has user, account, session and verificationToken, and this database has VerificationToken, accounts, people, sessions: check that the URL names the right database and schema, or rename the tables and columns to one of the layouts",
	}},
	"columns": {"prisma.sqlite", []string{"ALTER TABLE users DROP COLUMN image", "ALTER TABLE accounts ADD COLUMN refresh_token_expires_in integer", "ALTER TABLE sessions DROP COLUMN expires", "ALTER TABLE sessions ADD COLUMN expires text", "ALTER TABLE users ADD COLUMN disabled_at datetime"}, []string{
		"column users.image is missing: the Prisma layout has it (text): add it",
		"column users.disabled_at has the name of one of authent's columns: rename it, or drop it",
		"column accounts.refresh_token_expires_in is not one of Auth.js's, and its table is replaced: move the column to another table, or drop it",
		"column sessions.expires is of type text, the Prisma layout has a time: change its type first",
	}},
	"types": {"prisma.postgres", []string{"CREATE TYPE role AS ENUM ('user', 'admin')", "ALTER TABLE users ALTER COLUMN role DROP DEFAULT, ALTER COLUMN role TYPE role USING role::role", "ALTER TABLE sessions ALTER COLUMN expires DROP NOT NULL", "ALTER TABLE accounts DROP CONSTRAINT accounts_pkey, ADD PRIMARY KEY (provider, provider_account_id)"}, []string{
		"column users.role is of type role, the Prisma layout has text: change its type first",
		"the primary key of accounts is (provider, provider_account_id), in the Prisma layout it is (id): change it first",
		"column sessions.expires may be NULL, which the Prisma layout does not have: make it NOT NULL first",
	}},
	"history": {"drizzle.sqlite", []string{"CREATE TABLE atlas_schema_revisions (`version` text NOT NULL, `description` text NOT NULL, `type` integer NOT NULL DEFAULT (2), `applied` integer NOT NULL DEFAULT (0), `total` integer NOT NULL DEFAULT (0), `executed_at` datetime NOT NULL, `execution_time` integer NOT NULL, `error` text NULL, `error_stmt` text NULL, `hash` text NOT NULL, `partial_hashes` json NULL, `operator_version` text NOT NULL, PRIMARY KEY (`version`))", "INSERT INTO atlas_schema_revisions VALUES ('7', 'x', 2, 1, 1, '2026-01-01 00:00:00', 0, '', '', '', '[]', '')"}, []string{
		"it has a history of migrations, up to 7: if these are not authent's, name another schema for the history with --revisions-schema (PostgreSQL), or drop the table atlas_schema_revisions",
	}},
	"rows": {"drizzle.sqlite", []string{
		"PRAGMA foreign_keys = off", "UPDATE user SET email = NULL WHERE id <= 'cm0000011abc'", "UPDATE user SET email = ' ' WHERE id = 'cm0000012abc'",
		"UPDATE user SET emailVerified = 'yesterday' WHERE id = 'cm0000013abc'", "UPDATE session SET expires = 'never' WHERE userId = 'cm0000014abc'",
		"UPDATE account SET userId = 'nobody' WHERE userId = 'cm0000015abc'", "ALTER TABLE session ADD COLUMN device text",
	}, []string{
		"column session.device is not one of Auth.js's, and its table is replaced: move the column to another table, or drop it",
		"users have no e-mail address, which authent needs: give each of them one, or delete them: 13, cm0000000abc, cm0000001abc, cm0000002abc, cm0000003abc, cm0000004abc, cm0000005abc, cm0000006abc, cm0000007abc, cm0000008abc, cm0000009abc and 3 more",
		"rows of account refer to users that do not exist: delete these rows: 1, nobody",
		"users have a value in user.emailVerified that is not a time (a number is Unix milliseconds since the year 2000): correct it, or make it NULL: 1, cm0000013abc",
		"users have a session whose expires is not a time (a number is Unix milliseconds since the year 2000): delete the session: 1, cm0000014abc",
	}},
	"duplicates": {"prisma.postgres", []string{"DROP INDEX users_email_key", "DROP INDEX accounts_provider_provider_account_id_key", "DROP INDEX sessions_session_token_key", "UPDATE users SET email = 'same@example.com' WHERE id < 'cm0000002abc'", "UPDATE accounts SET provider_account_id = '9' WHERE user_id < 'cm0000002abc'", "UPDATE sessions SET session_token = 'same', expires = 'infinity' WHERE user_id < 'cm0000001abc'"}, []string{
		"users have an e-mail address that another user has too: change one of the addresses: 1, cm0000000abc",
		"users have the same account at a provider twice: delete one of the two: 1, cm0000000abc",
		"users have two sessions with the same token: delete one of the two: 1, cm0000000abc",
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
		"column profile.id gets the new collation of the users' ids (utf8mb4_bin), and is part of the foreign key picture_profile of picture too: first run",
		"  ALTER TABLE `picture` DROP FOREIGN KEY `picture_profile`",
		"and afterwards give the columns at both ends that collation, and run",
		"  ALTER TABLE `picture` ADD CONSTRAINT `picture_profile` FOREIGN KEY (`profile`) REFERENCES `profile` (`id`) ON UPDATE RESTRICT ON DELETE SET NULL",
		"table user refers to user by ids, which get a new collation (utf8mb4_bin): first run",
		"  ALTER TABLE `user` DROP FOREIGN KEY `user_boss`",
		"and afterwards give the column at the other end that collation, and run",
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
			c := cells[slices.IndexFunc(cells, func(c cell) bool { return c.ddl == tc.ddl })]
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
		"the graph's users.id is not text, as Auth.js's are: take the ID out of mixin.User, and the UserID out of mixin.Account and mixin.Session",
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
			"session tokens that authent accepts in no cookie (it accepts 20 to 255 letters, digits and . _ ~ -): 1; these people must sign in again",
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
