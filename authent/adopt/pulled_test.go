package adopt

import (
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// graphWith returns the tables of the default graph with ids of a kind.
func graphWith(t testing.TB, kind field.Type) []*entschema.Table {
	t.Helper()
	tables, err := entschema.CopyTables(entmigrate.Tables)
	if err != nil {
		t.Fatal(err)
	}
	if kind == field.TypeString {
		return tables
	}
	for _, table := range tables {
		for _, c := range table.Columns {
			if c.Name == "user_id" || table.Name == usersTable && c.Name == "id" {
				c.Type, c.SchemaType, c.Size = kind, nil, 0
				c.Increment = c.Name == "id" && kind == field.TypeInt64
			}
		}
	}
	return tables
}

// one is the id of the person whom the databases of TestAuthJS_Pulled have, by the kind of
// the ids, and two that of another.
const (
	oneUUID = "0190f5c4-7c1e-7a52-8f3e-0d7a5e0f4f11"
	twoUUID = "0190f5c4-7c1e-7a52-8f3e-0d7a5e0f4f12"
)

const pulledToken = "0b7c7a52-3f4e-4c58-9f5e-0d7a5e0f4f11"

// pulled are databases whose tables and columns have names of their own.
var pulled = map[string]struct {
	ids   field.Type
	one   string
	rows  []string
	found []string
	notes []string
	// values are queries and what they answer afterwards.
	values map[string]string
	// orphan makes a row of a table beside the four for a user who does not exist.
	drift, orphans []string
}{
	"sqlite": {field.TypeInt64, "7", []string{
		`INSERT INTO people VALUES (7, 'Ada', 'ada@example.com', 1774747800123, NULL, 1, 1774747800456), (90, 'Bob', 'bob@example.com', NULL, 'pic', 0, NULL)`,
		`DELETE FROM people WHERE id = 90`, `INSERT INTO people (id, mail) VALUES (8, 'eve@example.com')`,
		`INSERT INTO linked VALUES (7, 'oauth', 'github', '1', 'refresh', 'access', 2147483000, 'bearer', 'read:user', NULL, NULL, 'a note')`,
		`INSERT INTO "signed-in" VALUES ('` + pulledToken + `', 7, 4102444800000, 1774747800789, 'Lynx')`,
		`INSERT INTO proof VALUES ('ada@example.com', 'hash', 4102444800000)`,
		`CREATE TABLE "order" (id integer PRIMARY KEY, buyer integer NOT NULL REFERENCES people (id))`, `INSERT INTO "order" VALUES (1, 7)`,
	}, []string{
		"User is the table people, to which accounts or sessions refer: name is display name, email is mail, email_verified is emailVerified, created_at is createdAt",
		"Account is the table linked, by its columns provider, providerAccountId: user_id is user, provider_account_id is providerAccountId",
		"Session is the table signed-in, by its columns sessionToken, user, expires: session_token is sessionToken, user_id is user",
		"VerificationToken is the table proof, by its columns identifier, token, expires: all columns by their names",
	}, []string{
		"column users.newsletter is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
		"column accounts.note is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
	}, map[string]string{
		`SELECT id || name || email || newsletter || role FROM users WHERE id = 7`: "7Adaada@example.com1user",
		`SELECT note || token_type FROM accounts`:                                  "a notebearer",
		`SELECT user_agent || user_id || typeof(user_id) FROM sessions`:            "Lynx7integer",
	}, []string{"table users: column newsletter is not in the schema", "table accounts: column note is not in the schema"},
		[]string{`INSERT INTO "order" VALUES (2, 99)`}},
	"postgres": {field.TypeUUID, oneUUID, []string{
		`INSERT INTO members (id, "Full Name", email_address, email_verified_at, password_hash, plan, credits, settings, created_at) VALUES ('` + oneUUID + `', 'Ada', 'ada@example.com', '2026-03-29 01:30:00.123456+00', 'hash', 'paid', 5, '{"a": 1}', '2026-03-29 01:30:00.456Z')`,
		`INSERT INTO members (id, email_address, referred_by) VALUES ('` + twoUUID + `', 'eve@example.com', '` + oneUUID + `')`,
		`INSERT INTO logins (member, type, provider, provider_account_id, refresh_token, access_token, expires_at, scope) VALUES ('` + oneUUID + `', 'oauth', 'github', '1', 'refresh', 'access', 2147483000, 'read:user')`,
		`INSERT INTO browsers (token, member, expires, country) VALUES ('` + pulledToken + `', '` + oneUUID + `', '2100-01-01Z', 'NL')`,
		`INSERT INTO proofs VALUES ('ada@example.com', 'hash', '2100-01-01Z')`, `INSERT INTO orders (member) VALUES ('` + oneUUID + `')`,
	}, []string{
		"User is the table members, to which accounts or sessions refer: name is Full Name, email is email_address, email_verified is email_verified_at, password is password_hash",
		"Account is the table logins, by its columns provider, provider_account_id: user_id is member",
		"Session is the table browsers, by its columns token, member, expires: session_token is token, user_id is member",
		"VerificationToken is the table proofs, by its columns identifier, token, expires: all columns by their names",
	}, []string{
		"column users.plan is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
		"column users.credits is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
		"column users.settings is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
		"column users.referred_by is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
		"column sessions.country is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
	}, map[string]string{
		`SELECT name || email || plan || credits || settings || password || pg_typeof(id) FROM users WHERE credits = 5`: `Adaada@example.compaid5{"a": 1}hashuuid`,
		`SELECT id || expires_at FROM accounts`:                    "12147483000",
		`SELECT id || country || pg_typeof(user_id) FROM sessions`: "1NLuuid",
		`SELECT to_char(created_at AT TIME ZONE 'UTC', 'HH24:MI:SS.US') || to_char(email_verified AT TIME ZONE 'UTC', ' MS US') FROM users WHERE credits = 5`: "01:30:00.456000 123 123000",
		`SELECT COUNT(*)::text FROM users WHERE referred_by = '` + oneUUID + `'`:                                                                              "1",
	}, []string{"table users: column plan is not in the schema", "table users: column credits is not in the schema", "table users: column settings is not in the schema", "table users: column referred_by is not in the schema",
		"table users: foreign key members_referred_by_fkey (referred_by) to users (id) ON DELETE NO ACTION is not in the schema", "table sessions: column country is not in the schema"},
		[]string{`INSERT INTO orders (member) VALUES ('0190f5c4-7c1e-7a52-8f3e-000000000000')`, `UPDATE users SET referred_by = '0190f5c4-7c1e-7a52-8f3e-000000000000'`}},
	"mariadb": {field.TypeInt64, "7", []string{
		"INSERT INTO Members (id, fullName, email, verifiedAt, passwordHash, plan, active, balance, createdAt, updatedAt) VALUES (7, 'Ada', 'ada@example.com', '2026-03-29 02:30:00', 'hash', 'paid', 1, 12.34, '2026-03-29 02:30:01', '2026-03-29 02:30:02')",
		"INSERT INTO Members (id, email) VALUES (8, 'eve@example.com'), (90, 'bob@example.com')", "DELETE FROM Members WHERE id = 90",
		"INSERT INTO Logins (userId, type, provider, providerAccountId, refreshToken, accessToken, expiresAt, scope) VALUES (7, 'oauth', 'github', '1', 'refresh', 'access', 2147483000, 'read:user')",
		"INSERT INTO Browsers VALUES ('" + pulledToken + "', 7, '2100-01-01', '::1')", "INSERT INTO Proofs VALUES ('ada@example.com', 'hash', '2100-01-01')",
		"CREATE TABLE `order` (id int PRIMARY KEY, buyer bigint NOT NULL, CONSTRAINT order_buyer FOREIGN KEY (buyer) REFERENCES Members (id))", "INSERT INTO `order` VALUES (1, 7)",
	}, []string{
		"User is the table Members, to which accounts or sessions refer: name is fullName, email_verified is verifiedAt, password is passwordHash, created_at is createdAt, updated_at is updatedAt",
		"Account is the table Logins, by its columns provider, providerAccountId: user_id is userId, provider_account_id is providerAccountId, refresh_token is refreshToken, access_token is accessToken, expires_at is expiresAt, token_type is tokenType, id_token is idToken, session_state is sessionState",
		"Session is the table Browsers, by its columns sessionToken, userId, expires: session_token is sessionToken, user_id is userId, ip_address is ip",
		"VerificationToken is the table Proofs, by its columns identifier, token, expires: all columns by their names",
	}, []string{
		"column users.plan is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
		"column users.active is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
		"column users.balance is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it",
	}, map[string]string{
		"SELECT CONCAT(id, name, email, email_verified, password, plan, active, balance, created_at, updated_at) FROM users WHERE id = 7": "7Adaada@example.com2026-03-29 02:30:00.000hashpaid112.342026-03-29 02:30:01.0002026-03-29 02:30:02.000",
		"SELECT CONCAT(id, expires_at) FROM accounts":                                    "12147483000",
		"SELECT CONCAT(ip_address, user_id, COALESCE(user_agent, 'none')) FROM sessions": "::17none",
	}, []string{"table users: column plan is not in the schema", "table users: column active is not in the schema", "table users: column balance is not in the schema"},
		[]string{"INSERT INTO `order` VALUES (2, 99)"}},
}

// TestAuthJS_Pulled adopts databases whose tables and columns have names, keys and ids of
// their own.
func TestAuthJS_Pulled(t *testing.T) {
	for name, c := range pulled {
		t.Run(name, func(t *testing.T) {
			kind, config := testdb.Server(t, name), adoptConfig(t)
			config.Columns = map[string]string{}
			if kind.Dialect == dialect.Postgres {
				config.Columns["Session.session_token"] = "token" // as many tables have one
			}
			t.Parallel()
			script, err := os.ReadFile("../../internal/layout/testdata/pulled/own." + strings.Replace(name, "mariadb", "mysql", 1) + ".sql")
			if err != nil {
				t.Fatal(err)
			}
			db := kind.Connect(t, kind.PoolOf(t, testdb.Script(string(script)), nil).URL(t))
			testdb.Execute(t, db, c.rows...)
			tables, before := graphWith(t, c.ids), dump(t, kind, db)
			if _, err := AuthJS(t.Context(), migrator(t, kind, db, func(c *migrate.Config) { c.DryRun = true }), tables, config); err != nil {
				t.Fatal(err)
			}
			if after := dump(t, kind, db); after != before {
				t.Errorf("it left\n%s\nbefore:\n%s", after, before)
			}
			done, err := AuthJS(t.Context(), migrator(t, kind, db, nil), tables, config)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.found, done.Found); diff != "" || done.Layout != "" {
				t.Errorf("found %q (-want +got):\n%s", done.Layout, diff)
			}
			own := slices.DeleteFunc(slices.Clone(done.Notes), func(note string) bool { return !strings.HasPrefix(note, "column ") })
			if diff := cmp.Diff(c.notes, own); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			for query, want := range c.values {
				if got := testdb.Texts(t, db, query); len(got) != 1 || got[0] != want {
					t.Errorf("%s\n is %q, want %q", query, got, want)
				}
			}
			for _, statement := range c.orphans {
				if _, err := db.ExecContext(t.Context(), statement); err == nil {
					t.Errorf("%s went through", statement)
				}
			}
			checkPulled(t, kind, db, c.one)
			checkDrift(t, kind, db, tables, c.drift)
			checkNextID(t, kind, db, c.ids)
		})
	}
}

// checkDrift compares the differences from the graph, other tables apart.
func checkDrift(t *testing.T, kind testdb.Kind, db *sql.DB, tables []*entschema.Table, want []string) {
	t.Helper()
	found, err := migrator(t, kind, db, nil).Drift(t.Context(), tables)
	var lines []string
	for _, d := range found {
		if line := d.String(); !strings.HasSuffix(line, ": is not in the schema") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	want = slices.Sorted(slices.Values(want))
	if diff := cmp.Diff(want, lines); err != nil || diff != "" {
		t.Errorf("drift: %v (-want +got):\n%s", err, diff)
	}
}

// checkPulled asks the adapter for the person, by the token in her browser.
func checkPulled(t *testing.T, kind testdb.Kind, db *sql.DB, id string) {
	t.Helper()
	adapter := adapterOf(kind, db)
	s, err := adapter.SessionAndUser(t.Context(), authent.Secret(hexSHA256(pulledToken)))
	if err != nil || s.User.ID != id || s.User.Email != "ada@example.com" || !s.Expires.Equal(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)) || s.User.EmailVerified.IsZero() || s.ID == "" {
		t.Errorf("the session: %+v, %v", s, err)
	}
	var acc authent.Account
	if err := db.QueryRowContext(t.Context(), "SELECT user_id, provider, provider_account_id, refresh_token, access_token FROM accounts").Scan(&acc.UserID, &acc.Provider, &acc.ProviderAccountID, &acc.RefreshToken, &acc.AccessToken); err != nil {
		t.Fatal(err)
	}
	sealed := strings.HasPrefix(string(acc.RefreshToken), "authent.v1.") && strings.HasPrefix(string(acc.AccessToken), "authent.v1.")
	adoptConfig(t).Tokens.Open(&acc)
	if !sealed || acc.UserID != id || acc.Provider != "github" || acc.ProviderAccountID != "1" || acc.RefreshToken != "refresh" || acc.AccessToken != "access" {
		t.Errorf("the account: %v, sealed: %v", acc, sealed)
	}
}

// checkNextID wants that ids go on after the highest there ever was.
func checkNextID(t *testing.T, kind testdb.Kind, db *sql.DB, ids field.Type) {
	t.Helper()
	if ids != field.TypeInt64 {
		return
	}
	testdb.Execute(t, db, "INSERT INTO users (email, role, created_at, updated_at) VALUES ('new@example.com', 'user', '2026-01-01 00:00:00', '2026-01-01 00:00:00')")
	if id := testdb.Texts(t, db, "SELECT id FROM users WHERE email = 'new@example.com'"); fmt.Sprint(id) != "[91]" {
		t.Errorf("the next id is %v", id)
	}
}
