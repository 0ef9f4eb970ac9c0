package adopt

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
	"github.com/authent/authent/migrations"
)

func TestMain(m *testing.M) { os.Exit(testdb.Alone(m)) }

const adoptSecret = "a-secret-of-the-tests-of-migrate-adopt"

// cell is DDL of Auth.js's on the kind of database that it is for.
type cell struct {
	ddl, kind, layout string
}

var cells = []cell{
	{"prisma.sqlite", "sqlite", "Prisma"},
	{"prisma.postgres", "postgres", "Prisma"},
	{"prisma.mysql", "mariadb", "Prisma"},
	{"drizzle.postgres", "postgres", "Drizzle"},
	{"drizzle-defaults.postgres", "postgres", "DrizzleDefault"},
	{"drizzle.mysql", "mariadb", "DrizzleDefault"},
	{"drizzle.sqlite", "sqlite", "DrizzleSQLite"},
}

func eachCell(t *testing.T, run func(t *testing.T, c cell, kind testdb.Kind)) {
	for _, c := range cells {
		t.Run(c.ddl, func(t *testing.T) { run(t, c, testdb.Server(t, c.kind)) })
	}
}

// style is how a layout differs from Prisma's with snake_case.
type style struct {
	// tables are the names of the native tables, nil for their own.
	tables map[string]string
	// snake says that columns have the native names. ids says that accounts and sessions
	// have some.
	snake, ids bool
	// passwords says that users have password, role, createdAt and updatedAt, stamps that
	// all have the latter two.
	passwords, stamps bool
	// authenticators says that there is a table of these.
	authenticators bool
}

var (
	drizzleNames = map[string]string{usersTable: "user", accountsTable: "account", sessionsTable: "session", tokensTable: "verificationToken"}
	modelNames   = map[string]string{usersTable: "User", accountsTable: "Account", sessionsTable: "Session", tokensTable: "VerificationToken"}
	mappedNames  = map[string]string{usersTable: usersTable, accountsTable: accountsTable, sessionsTable: sessionsTable, tokensTable: "verification_tokens"}
)

// styles are those of the layouts with a name.
var styles = map[string]style{
	"Prisma":         {snake: true, ids: true, passwords: true},
	"PrismaV4":       {tables: modelNames, ids: true},
	"PrismaV4Snake":  {snake: true, ids: true},
	"PrismaV5":       {tables: modelNames, stamps: true},
	"PrismaV5IDs":    {tables: modelNames, ids: true, stamps: true},
	"PrismaV5Snake":  {tables: mappedNames, snake: true, ids: true},
	"PrismaAdapter":  {tables: modelNames},
	"Drizzle":        {tables: drizzleNames, passwords: true},
	"DrizzleDefault": {tables: drizzleNames, authenticators: true},
	"DrizzleSQLite":  {tables: drizzleNames, authenticators: true},
}

func (c cell) style() style         { return styles[c.layout] }
func (c cell) camel() bool          { return !c.style().snake }
func (c cell) ids() bool            { return c.style().ids }
func (c cell) passwords() bool      { return c.style().passwords }
func (c cell) authenticators() bool { return c.style().authenticators }

// table returns the layout's name of a native table, and column that of a column.
func (c cell) table(native string) string {
	if name := c.style().tables[native]; name != "" {
		return name
	}
	return native
}

// camelNames holds the columns that have other names where nothing is mapped.
var camelNames = map[string]string{
	"user_id": "userId", "email_verified": "emailVerified", "created_at": "createdAt", "updated_at": "updatedAt",
	"session_token": "sessionToken", "provider_account_id": "providerAccountId",
}

func (c cell) column(native string) string {
	if name, ok := camelNames[native]; ok && c.camel() {
		return name
	}
	return native
}

// open creates the cell's database with its tables, and without rows.
func (c cell) open(t testing.TB, kind testdb.Kind) (url string, db *sql.DB) {
	t.Helper()
	url = kind.PoolOf(t, c.statements(t), nil).URL(t)
	return url, kind.Connect(t, url)
}

// statements returns the cell's DDL.
func (c cell) statements(t testing.TB) []string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("../../internal/layout/testdata", c.ddl+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	return testdb.Script(string(script))
}

// person is a user of the old application, with what the new one must find.
type person struct {
	id, name, email, email2, password, role string
	verified, created                       time.Time
	access, refresh, idToken                string
	tokens                                  []string
	expires                                 []time.Time
}

// bcryptHash is that of "correct horse battery staple" at the lowest cost.
const bcryptHash = "$2a$04$ZX3M5Tb5rRAzassJQCNjUukjCwWEooiCfrRkWd0D2E7A/n0IjEMsi"

// people makes n of them. Every third one's second session has expired. The first three
// have capital letters in their addresses.
func (c cell) people(n int) []person {
	now := time.Now().UTC().Truncate(time.Second)
	all := make([]person, n)
	for i := range all {
		p := &all[i]
		p.id, p.name = fmt.Sprintf("cm%07dabc", i), fmt.Sprintf("Ada %d", i)
		p.email = fmt.Sprintf("ada%d@example.com", i)
		p.email2 = p.email
		if i < 3 {
			p.email = fmt.Sprintf("Ada%d@Example.com", i)
		}
		if i%2 == 0 {
			p.verified = now.Add(-time.Duration(i) * time.Minute)
		}
		if c.passwords() {
			p.password, p.role, p.created = bcryptHash, "admin", now.Add(-time.Duration(i)*time.Hour)
			if c.layout == "Drizzle" && i%5 == 0 {
				p.role, p.created = "", time.Time{}
			}
		}
		p.access, p.refresh = fmt.Sprintf("access-%d", i), fmt.Sprintf("refresh-%d", i)
		if i%4 == 0 {
			p.idToken = fmt.Sprintf("id-token-%d", i)
		}
		if c.style().stamps {
			p.created = now.Add(-time.Duration(i) * time.Hour)
		}
		for s, expires := range []time.Time{now.Add(720 * time.Hour), now.Add(48 * time.Hour)} {
			if s == 1 && i%3 == 0 {
				expires = now.Add(-time.Hour)
			}
			p.tokens = append(p.tokens, fmt.Sprintf("%08d-%04d-4000-8000-0123456789ab", i, s))
			p.expires = append(p.expires, expires)
		}
	}
	return all
}

// moment returns a time as the old application writes it. n chooses one of the forms
// that Prisma's engines had on SQLite.
func (c cell) moment(at time.Time, n int) any {
	switch {
	case at.IsZero():
		return nil
	case c.layout == "DrizzleSQLite":
		return at.UnixMilli()
	case c.kind == "sqlite":
		return []any{at.UnixMilli(), at.Format("2006-01-02T15:04:05.000+00:00"), at.Format("2006-01-02T15:04:05.000Z"), at.Format("2006-01-02 15:04:05"), at.In(time.FixedZone("", -5*3600)).Format("2006-01-02T15:04:05.000-07:00")}[n%5]
	}
	return at.Format("2006-01-02 15:04:05")
}

func orNULL(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// seed fills the old tables.
func (c cell) seed(t testing.TB, kind testdb.Kind, db *sql.DB, people []person) {
	t.Helper()
	s := seeder{t: t, kind: kind, db: db}
	users := []string{"id", "name", "email", "email_verified", "image"}
	if c.passwords() {
		users = append(users, "password", "role", "created_at", "updated_at")
	}
	if c.style().stamps {
		users = append(users, "created_at", "updated_at")
	}
	s.insert(c, usersTable, users, len(people), func(i int) []any {
		p := people[i]
		row := []any{p.id, p.name, p.email, c.moment(p.verified, i), nil}
		if c.passwords() {
			row = append(row, p.password, orNULL(p.role), c.moment(p.created, i), c.moment(p.created, i+1))
		}
		if c.style().stamps {
			row = append(row, c.moment(p.created, i), c.moment(p.created, i+1))
		}
		return row
	})
	accounts := []string{"user_id", "type", "provider", "provider_account_id", "refresh_token", "access_token", "id_token", "expires_at", "scope"}
	if c.ids() {
		accounts = append(accounts, "id")
	}
	if c.style().stamps {
		accounts = append(accounts, "updated_at")
	}
	s.insert(c, accountsTable, accounts, len(people), func(i int) []any {
		p := people[i]
		row := []any{p.id, "oauth", "github", fmt.Sprint(i), p.refresh, p.access, orNULL(p.idToken), 2147483000, "read:user"}
		if c.ids() {
			row = append(row, "account-"+p.id)
		}
		if c.style().stamps {
			row = append(row, c.moment(p.created, i))
		}
		return row
	})
	c.seedSessions(s, people)
}

// seedSessions fills the other old tables.
func (c cell) seedSessions(s seeder, people []person) {
	s.t.Helper()
	sessions := []string{"session_token", "user_id", "expires"}
	if c.ids() {
		sessions = append(sessions, "id")
	}
	if c.style().stamps {
		sessions = append(sessions, "updated_at")
	}
	s.insert(c, sessionsTable, sessions, 2*len(people), func(i int) []any {
		p := people[i/2]
		row := []any{p.tokens[i%2], p.id, c.moment(p.expires[i%2], i)}
		if c.ids() {
			row = append(row, fmt.Sprint("session-", i))
		}
		if c.style().stamps {
			row = append(row, c.moment(p.created, i))
		}
		return row
	})
	s.insert(c, tokensTable, []string{"identifier", "token", "expires"}, 3, func(i int) []any {
		return []any{people[0].email, fmt.Sprint("link-", i), c.moment(people[0].expires[i%2], i)}
	})
	if c.authenticators() {
		s.rows("authenticator", []string{"credentialID", "userId", "providerAccountId", "credentialPublicKey", "counter", "credentialDeviceType", "credentialBackedUp"}, min(10, len(people)), func(i int) []any {
			return []any{fmt.Sprint("credential-", i), people[i].id, "1", "key", 1, "singleDevice", true}
		})
	}
}

// seeder inserts rows, many at a time.
type seeder struct {
	t    testing.TB
	kind testdb.Kind
	db   *sql.DB
}

func (s seeder) insert(c cell, native string, columns []string, n int, row func(i int) []any) {
	s.t.Helper()
	live := make([]string, len(columns))
	for i := range columns {
		live[i] = c.column(columns[i])
	}
	s.rows(c.table(native), live, n, row)
}

func (s seeder) rows(table string, columns []string, n int, row func(i int) []any) {
	s.t.Helper()
	err := migrator(s.t, s.kind, s.db, nil).Exclusive(s.t.Context(), func(conn *migrate.Session) (err error) {
		if s.kind.Dialect == dialect.MySQL { // As Drizzle has it.
			if _, err := conn.ExecContext(s.t.Context(), "SET time_zone = @@GLOBAL.time_zone"); err != nil {
				return err
			}
			defer func() {
				_, e := conn.ExecContext(s.t.Context(), "SET time_zone = '+00:00'")
				err = errors.Join(err, e)
			}()
		}
		in := &inserter{adopter: &adopter{Session: conn}, table: table, columns: columns}
		defer in.close()
		return conn.InTx(s.t.Context(), func() error {
			for from := 0; from < n; from += pageSize {
				var page [][]any
				for i := from; i < min(n, from+pageSize); i++ {
					page = append(page, row(i))
				}
				if err := in.insert(s.t.Context(), page); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		s.t.Fatalf("%s: %v", table, err)
	}
}

// migrator returns a Migrator for authent's own migrations; change may be nil.
func migrator(t testing.TB, kind testdb.Kind, db *sql.DB, change func(*migrate.Config)) *migrate.Migrator {
	t.Helper()
	dir, err := migrations.Dir(kind.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	c := migrate.Config{DB: db, Dialect: kind.Dialect, Dir: dir}
	if change != nil {
		change(&c)
	}
	m, err := migrate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func adoptConfig(t testing.TB) Config {
	t.Helper()
	sealer, err := authent.NewTokenSealer(adoptSecret)
	if err != nil {
		t.Fatal(err)
	}
	return Config{Tokens: sealer}
}

// adopt adopts a database, which must succeed.
func adopt(t testing.TB, kind testdb.Kind, db *sql.DB) *Report {
	t.Helper()
	done, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func hexSHA256(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
