package adopt

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// onEach runs a test on each kind of database.
func onEach(t *testing.T, run func(t *testing.T, kind testdb.Kind)) {
	for _, name := range []string{"sqlite", "postgres", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			kind := testdb.Server(t, name)
			t.Parallel()
			run(t, kind)
		})
	}
}

// spelled writes statements as the kind of database has them: [name] is quoted, WORD is a
// text that can be a key, and MOMENT a time.
func spelled(kind testdb.Kind, statements ...string) []string {
	moment := map[string]string{dialect.SQLite: "datetime", dialect.Postgres: "timestamp(3)", dialect.MySQL: "datetime(3)"}[kind.Dialect]
	q := kind.Quote("")[:1]
	r := strings.NewReplacer("[", q, "]", q, "WORD", "varchar(191)", "MOMENT", moment)
	all := slices.Clone(statements)
	for i := range all {
		all[i] = r.Replace(all[i])
	}
	return all
}

// made opens a database with the statements' tables and rows.
func made(t *testing.T, kind testdb.Kind, statements ...string) (url string, db *sql.DB) {
	t.Helper()
	url = kind.PoolOf(t, spelled(kind, statements...), nil).URL(t)
	return url, kind.Connect(t, url)
}

// adoptWith adopts with hints, and other tables of a graph.
func adoptWith(t *testing.T, kind testdb.Kind, db *sql.DB, tables []*entschema.Table, hints Config) *Report {
	t.Helper()
	hints.Tokens = adoptConfig(t).Tokens
	done, err := AuthJS(t.Context(), migrator(t, kind, db, nil), tables, hints)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// crossed are tables of which each has the name of another's successor, and whose names
// and columns must be quoted.
var crossed = []string{
	"CREATE TABLE [accounts] ([select] WORD NOT NULL PRIMARY KEY, [e-mail] WORD NOT NULL, [email verified] MOMENT NULL)",
	"CREATE TABLE [sessions] ([select] WORD NOT NULL REFERENCES [accounts] ([select]), [type] WORD NOT NULL, [provider] WORD NOT NULL, [it's] WORD NOT NULL, [access_token] WORD, [expires_at] int, CONSTRAINT [users_pkey] PRIMARY KEY ([provider], [it's]))",
	"CREATE TABLE [verificationtokens] ([a.b] WORD NOT NULL, [from] WORD NOT NULL REFERENCES [accounts] ([select]), [expires] MOMENT NOT NULL, CONSTRAINT [sessions_session_token_key] UNIQUE ([a.b]))",
	"CREATE TABLE [users] ([identifier] WORD NOT NULL, [token] WORD NOT NULL, [expires] MOMENT NOT NULL)",
	"CREATE INDEX [verificationtokens_expires_idx] ON [users] ([expires])", "CREATE INDEX [users_email_key] ON [verificationtokens] ([expires])",
	"INSERT INTO [accounts] VALUES ('u1', 'ada@example.com', '2026-03-29 01:30:00')",
	"INSERT INTO [sessions] VALUES ('u1', 'oauth', 'github', '1', 'access', 1)",
	"INSERT INTO [verificationtokens] VALUES ('" + pulledToken + "', 'u1', '2100-01-01 00:00:00')",
	"INSERT INTO [users] VALUES ('ada@example.com', 'hash', '2100-01-01 00:00:00')",
}

var crossedHints = Config{
	Tables: map[string]string{"User": "accounts", "Account": "sessions", "Session": "verificationtokens", "VerificationToken": "users"},
	Columns: map[string]string{
		"User.id": "select", "User.email": "e-mail", "Account.user_id": "select", "Account.provider_account_id": "it's",
		"Session.session_token": "a.b", "Session.user_id": "from",
	},
}

// TestAuthJS_Crossed: hints say which table is which, and the tables change their names
// without losing one another. On MySQL that holds as well where they are put back since
// somebody wrote to them.
func TestAuthJS_Crossed(t *testing.T) {
	onEach(t, func(t *testing.T, kind testdb.Kind) {
		if kind.Dialect == dialect.Postgres {
			testNameless(t, kind)
		}
		_, db := made(t, kind, crossed...)
		if kind.Dialect == dialect.MySQL {
			hints, before := crossedHints, dump(t, kind, db)
			hints.step = func(step string) {
				if step == "before exchange" {
					testdb.Execute(t, db, "UPDATE accounts SET `e-mail` = 'eve@example.com'")
				}
			}
			hints.Tokens = adoptConfig(t).Tokens
			if _, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, hints); err == nil || !strings.Contains(err.Error(), "the old tables are back in place") {
				t.Fatal(err)
			}
			testdb.Execute(t, db, "UPDATE accounts SET `e-mail` = 'ada@example.com'")
			if after := dumpOf(t, kind, db, []string{"accounts", "sessions", "users", "verificationtokens"}); after != before {
				t.Errorf("it left\n%s\nbefore:\n%s", after, before)
			}
		}
		done := adoptWith(t, kind, db, entmigrate.Tables, crossedHints)
		if done.Users != 1 || done.Accounts != 1 || done.Sessions != 1 {
			t.Errorf("%+v", done)
		}
		for _, missing := range []string{"User.name", "User.image", "Account.refresh_token", "Account.scope"} {
			if !slices.ContainsFunc(done.Notes, func(note string) bool { return strings.Contains(note, "has no column for "+missing+":") }) {
				t.Errorf("no note tells of %s: %q", missing, done.Notes)
			}
		}
		s, err := adapterOf(kind, db).SessionAndUser(t.Context(), authent.Secret(hexSHA256(pulledToken)))
		if err != nil || s.User.ID != "u1" || s.User.EmailVerified.IsZero() {
			t.Errorf("%+v, %v", s, err)
		}
		checkDrift(t, kind, db, entmigrate.Tables, nil)
		if left := tablesOf(t, kind, db); len(left) != 9 {
			t.Errorf("tables: %q", left)
		}
	})
}

// testNameless: without hints nothing is guessed.
func testNameless(t *testing.T, kind testdb.Kind) {
	t.Helper()
	_, db := made(t, kind, crossed...)
	_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
	if err == nil || !strings.Contains(err.Error(), "has the columns of Account (") {
		t.Errorf("%v", err)
	}
}

// loose are tables without keys, with columns of the application's own, and times as
// numbers.
func loose(kind testdb.Kind) []string {
	all := []string{
		"CREATE TABLE [user] ([id] WORD NOT NULL PRIMARY KEY, [name] WORD, [email] WORD, [emailVerified] bigint, [role] ROLE DEFAULT 'member', [disabledAt] MOMENT NULL, [createdAt] bigint)",
		"CREATE TABLE [account] ([userId] WORD, [type] WORD, [provider] WORD, [providerAccountId] WORD, [access_token] text, [plan] ROLE, [price] decimal(10,2), [ratio] float, [data] JSON, [raw] BYTES, [since] MOMENT NULL, [must] WORD NOT NULL, [tags] TAGS, [seats] int NOT NULL DEFAULT 3, [id] WORD NOT NULL UNIQUE)",
		"CREATE TABLE [session] ([sessionToken] WORD, [userId] WORD, [expires] bigint, [created_at] MOMENT NULL, [lastUsedAt] bigint, [userAgent] text, [city] WORD)",
		"CREATE TABLE [Ada's, tokens] ([id] WORD, [identifier] WORD, [token] WORD, [expires] MOMENT NULL, [note] WORD)",
		"CREATE INDEX [by_city] ON [session] ([city], [userId])",
		"INSERT INTO [user] VALUES ('u1', 'Ada', 'ada@example.com', 1774747800123, 'admin', '2026-01-02 03:04:05', 1774747800456)",
		"INSERT INTO [user] VALUES ('u2', 'Bob', 'bob@example.com', NULL, NULL, NULL, NULL)",
		"INSERT INTO [account] VALUES ('u1', 'oauth', 'github', '1', 'access', 'admin', 12.34, 1234567, '{\"a\": 1}', HEX, '2026-03-29 02:30:00', 'yes', '{a,\"b c\"}', 5, 'acc-1')",
	}
	kinds := map[string][]string{ // Atlas reads no table of SQLite's with an apostrophe.
		dialect.SQLite:   {"Ada's", "Adas", "TAGS", "text", "ROLE", "text", "JSON", "json", "BYTES", "blob", "HEX", "x'00ff'"},
		dialect.Postgres: {"TAGS", "_text", "ROLE", `"My Role"`, "JSON", "jsonb", "BYTES", "bytea", "HEX", `'\x00ff'`},
		dialect.MySQL:    {"TAGS", "text", "ROLE", "enum('member', 'admin')", "JSON", "json", "BYTES", "int", "HEX", "255"},
	}[kind.Dialect]
	for i := range all {
		all[i] = strings.NewReplacer(kinds...).Replace(all[i])
	}
	if kind.Dialect == dialect.Postgres {
		all = append([]string{`CREATE TYPE "My Role" AS ENUM ('member', 'admin')`}, all...)
	}
	return all
}

// TestAuthJS_Loose: keys that the old tables lack do no harm. Columns of the application's
// own stay with their values, also of more rows than are read at a time, and whose tokens
// differ in capital letters alone.
func TestAuthJS_Loose(t *testing.T) {
	onEach(t, func(t *testing.T, kind testdb.Kind) {
		_, db := made(t, kind, loose(kind)...)
		const n = 600
		token := func(i int) string {
			return fmt.Sprintf("%s-a-token-of-a-browser-%04d", []string{"this", "THIS"}[i%2], i/2)
		}
		s := seeder{t: t, kind: kind, db: db}
		s.rows("session", []string{"sessionToken", "userId", "expires", "created_at", "lastUsedAt", "userAgent", "city"}, n, func(i int) []any {
			return []any{token(i), "u1", 4102444800000, "2026-01-01 00:00:00", 1774747800123 + i, "Lynx", fmt.Sprint("city ", i)}
		})
		done := adoptWith(t, kind, db, entmigrate.Tables, Config{})
		for _, want := range []string{
			"column session.created_at is left out, and when these sessions began is not known: authent's column of that name says when a person signed in there",
			"column accounts.must is not in the schema: it is kept, and may be NULL from now on; add it to ent/schema, or drift will keep reporting it",
			"column accounts.seats is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
			"columns of " + map[bool]string{true: "Adas", false: "Ada's"}[kind.Dialect == dialect.SQLite] + ", tokens that authent does not have go with its rows: id, note",
		} {
			if !slices.Contains(done.Notes, want) {
				t.Errorf("no note says %q: %q", want, done.Notes)
			}
		}
		checkLoose(t, kind, db)
		adapter := adapterOf(kind, db)
		for i := range n {
			s, err := adapter.SessionAndUser(t.Context(), authent.Secret(hexSHA256(token(i))))
			if err != nil || s.User.ID != "u1" || s.LastUsedAt.UnixMilli() != int64(1774747800123+i) || s.UserAgent != "Lynx" || !s.CreatedAt.IsZero() || s.User.DisabledAt.IsZero() {
				t.Fatalf("session %d: %+v, %v", i, s, err)
			}
			if got := testdb.Texts(t, db, "SELECT city FROM sessions WHERE id = "+literal(s.ID)); len(got) != 1 || got[0] != fmt.Sprint("city ", i) {
				t.Fatalf("session %d is in %q", i, got)
			}
		}
	})
}

// checkLoose checks users and accounts.
func checkLoose(t *testing.T, kind testdb.Kind, db *sql.DB) {
	t.Helper()
	values := map[string]map[string]string{
		"SELECT [data] FROM accounts": {"": `{"a": 1}`}, "SELECT price FROM accounts": {"": "12.34"}, "SELECT COUNT(*) FROM accounts WHERE ratio = 1234567": {"": "1"},
		"SELECT [plan] FROM accounts": {"": "admin"}, "SELECT must FROM accounts": {"": "yes"}, "SELECT seats FROM accounts": {"": "5"}, "SELECT id FROM accounts": {"": "acc-1"}, "SELECT tags FROM accounts": {"": `{a,"b c"}`},
		"SELECT HEX": {dialect.SQLite: "blob00FF", dialect.Postgres: "bytea00ff", dialect.MySQL: "FF"},
		"SELECT role FROM users ORDER BY id LIMIT 1": {"": "admin"}, "SELECT role FROM users WHERE id = 'u2'": {"": "user"},
		"SELECT COUNT(*) FROM users WHERE disabled_at IS NOT NULL": {"": "1"},
	}
	raw := map[string]string{dialect.SQLite: "typeof(raw) || hex(raw) FROM accounts", dialect.Postgres: "pg_typeof(raw) || encode(raw, 'hex') FROM accounts", dialect.MySQL: "HEX(raw) FROM accounts"}[kind.Dialect]
	for query, wants := range values {
		want, ok := wants[kind.Dialect]
		if !ok {
			want = wants[""]
		}
		query = spelled(kind, strings.Replace(query, "HEX", raw, 1))[0]
		if got := testdb.Texts(t, db, query); len(got) != 1 || got[0] != want {
			t.Errorf("%s\n is %q, want %q", query, got, want)
		}
	}
	u, err := adapterOf(kind, db).User(t.Context(), "u1")
	if err != nil || u.EmailVerified.UnixMilli() != 1774747800123 || u.CreatedAt.UnixMilli() != 1774747800456 || u.DisabledAt.UTC().Format("05") != "05" {
		t.Errorf("%+v, %v", u, err)
	}
	found, err := migrator(t, kind, db, nil).Drift(t.Context(), entmigrate.Tables)
	for _, d := range found {
		if !strings.HasSuffix(d.Text, "is not in the schema") || d.Table == usersTable {
			t.Errorf("drift: %v", d)
		}
	}
	if text := fmt.Sprint(found); err != nil || !strings.Contains(text, "by_city (city, user_id)") || len(found) != 11 {
		t.Errorf("%d differences: %v, %v", len(found), text, err)
	}
	testdb.Execute(t, db, "INSERT INTO accounts (id, user_id, type, provider, provider_account_id) VALUES ('new', 'u2', 'oauth', 'github', '2')")
	if n := testdb.Number(t, db, "SELECT seats FROM accounts WHERE id = 'new'"); n != 3 {
		t.Errorf("the default of a column is %d", n)
	}
}

// TestAuthJS_NarrowIDs: integers of another size than the graph's become like these, and so
// do columns of other tables that refer to them.
func TestAuthJS_NarrowIDs(t *testing.T) {
	onEach(t, func(t *testing.T, kind testdb.Kind) {
		serial := map[string]string{dialect.SQLite: "integer PRIMARY KEY AUTOINCREMENT", dialect.Postgres: "integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY", dialect.MySQL: "int unsigned AUTO_INCREMENT PRIMARY KEY"}[kind.Dialect]
		small := map[string]string{dialect.MySQL: "int unsigned"}[kind.Dialect]
		if small == "" {
			small = "integer"
		}
		_, db := made(t, kind,
			"CREATE TABLE [User] ([id] "+serial+", [name] WORD, [email] WORD NOT NULL, [emailVerified] MOMENT NULL)",
			"CREATE TABLE [Account] ([id] "+serial+", [userId] "+small+" NOT NULL, [type] WORD NOT NULL, [provider] WORD NOT NULL, [providerAccountId] WORD NOT NULL)",
			"CREATE TABLE [Session] ([id] "+serial+", [userId] "+small+" NOT NULL, [sessionToken] WORD NOT NULL, [expires] MOMENT NOT NULL)",
			"CREATE TABLE [VerificationToken] ([identifier] WORD NOT NULL, [token] WORD NOT NULL, [expires] MOMENT NOT NULL)",
			"CREATE TABLE [post] ([id] int NOT NULL PRIMARY KEY, [author] "+small+" NOT NULL, CONSTRAINT [post_author] FOREIGN KEY ([author]) REFERENCES [User] ([id]))",
			"INSERT INTO [User] ([email]) VALUES ('ada@example.com'), ('bob@example.com')", "DELETE FROM [User] WHERE [email] = 'bob@example.com'", "INSERT INTO [post] VALUES (1, 1)",
			"INSERT INTO [Account] ([userId], [type], [provider], [providerAccountId]) VALUES (1, 'oauth', 'github', '1')",
			"INSERT INTO [Session] ([userId], [sessionToken], [expires]) VALUES (1, '"+pulledToken+"', '2100-01-01 00:00:00')")
		tables := graphWith(t, field.TypeInt64)
		_, err := AuthJS(t.Context(), migrator(t, kind, db, func(c *migrate.Config) { c.DryRun = true }), entmigrate.Tables, adoptConfig(t))
		if err == nil || !strings.Contains(err.Error(), "and the graph's are not: write ID: field.TypeInt64 into mixin.User") {
			t.Errorf("with a graph of texts: %v", err)
		}
		if done := adoptWith(t, kind, db, tables, Config{}); done.Users != 1 || done.Accounts != 1 || done.Sessions != 1 {
			t.Errorf("%+v", done)
		}
		checkDrift(t, kind, db, tables, nil)
		s, err := adapterOf(kind, db).SessionAndUser(t.Context(), authent.Secret(hexSHA256(pulledToken)))
		if err != nil || s.User.ID != "1" || s.ID != "1" {
			t.Errorf("%+v, %v", s, err)
		}
		testdb.Execute(t, db, "INSERT INTO users (email, role, created_at, updated_at) VALUES ('new@example.com', 'user', '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
			"INSERT INTO post VALUES (2, 3)")
		if _, err := db.ExecContext(t.Context(), "INSERT INTO post VALUES (3, 99)"); err == nil {
			t.Error("a post of nobody was inserted")
		}
	})
}

// TestAuthJS_RefusesHints: hints must name what there is, and each column once.
func TestAuthJS_RefusesHints(t *testing.T) {
	c, kind := cells[0], testdb.SQLite
	_, db := c.open(t, kind)
	before := dump(t, kind, db)
	for hints, want := range map[[5]string]string{
		{"Person", "users"}:                              "adopt: --table Person: there are User, Account, Session, VerificationToken",
		{"", "", "User.mail", "email"}:                   "adopt: --column User.mail: write an entity and one of its fields, such as Session.session_token",
		{"User", "people"}:                               `there is no table "people" (views are none): name the one of User by --table User=NAME`,
		{"", "", "User.name", "nick"}:                    `the table users has no column "nick": name the one of User.name by --column User.name=NAME`,
		{"", "", "User.name", "email"}:                   "column users.email is taken for both email and name: name another by --column User.email=NAME, or say that there is none by --column User.email= (Config.Columns)",
		{"", "", "User.password", "image", "User.image"}: "column users.image is taken for password, and has the name of another of authent's columns: rename it",
		{"", "", "User.role", ""}:                        "column users.role has the name of one of authent's columns: rename it, or drop it",
		{"Account", "users"}:                             "the table users is named for two entities: name others by --table User=NAME and so on (Config.Tables)",
	} {
		config := adoptConfig(t)
		if hints[0] != "" {
			config.Tables = map[string]string{hints[0]: hints[1]}
		}
		if hints[2] != "" {
			config.Columns = map[string]string{hints[2]: hints[3]}
		}
		if hints[4] != "" {
			config.Columns[hints[4]] = ""
		}
		if _, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, config); err == nil || !strings.Contains(err.Error()+"\n", want+"\n") {
			t.Errorf("%q: %v", hints, err)
		}
	}
	if after := dump(t, kind, db); after != before {
		t.Errorf("it left\n%s\nbefore:\n%s", after, before)
	}
}

// TestAuthJS_NoTokens: Drizzle's adapter needs no table of verification tokens. What the
// refusal says then is enough.
func TestAuthJS_NoTokens(t *testing.T) {
	onEach(t, func(t *testing.T, kind testdb.Kind) {
		c := cellOf(map[string]string{dialect.SQLite: "drizzle.sqlite", dialect.Postgres: "drizzle.postgres", dialect.MySQL: "drizzle.mysql"}[kind.Dialect])
		_, db := c.open(t, kind)
		people := c.people(3)
		c.seed(t, kind, db, people)
		testdb.Execute(t, db, "DROP TABLE "+kind.Quote("verificationToken"))
		_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
		_, advice, ok := strings.Cut(fmt.Sprint(err), "if the application has no such table, make an empty one: ")
		if !ok {
			t.Fatal(err)
		}
		advice, _, _ = strings.Cut(advice, "\n")
		testdb.Execute(t, db, advice)
		adopt(t, kind, db)
		checkAdopted(t, c, kind, db, people)
	})
}

// TestAuthJS_TextsOnSQLite: SQLite keeps texts in columns of any type.
func TestAuthJS_TextsOnSQLite(t *testing.T) {
	c, kind := cells[0], testdb.SQLite
	statements := c.statements(t)
	for i := range statements {
		statements[i] = strings.ReplaceAll(statements[i], "DATETIME", "TEXT")
	}
	db := kind.Connect(t, kind.PoolOf(t, statements, nil).URL(t))
	people := c.people(10)
	c.seed(t, kind, db, people)
	adopt(t, kind, db)
	checkAdopted(t, c, kind, db, people)
}
