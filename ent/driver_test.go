package ent_test

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// drivers are how applications open databases themselves.
var drivers = map[string]struct {
	kind string
	// open opens what DATABASE_URL names.
	open func(u *url.URL) (*sql.DB, error)
}{
	"pgx":    {"postgres", func(u *url.URL) (*sql.DB, error) { return sql.Open("pgx", u.String()) }},
	"lib/pq": {"postgres", func(u *url.URL) (*sql.DB, error) { return sql.Open("postgres", u.String()+"?sslmode=disable") }},
	"lib/pq behind poolers": {"postgres", func(u *url.URL) (*sql.DB, error) {
		return sql.Open("postgres", u.String()+"?sslmode=disable&binary_parameters=yes")
	}},
	"go-sql-driver": {"mariadb", func(u *url.URL) (*sql.DB, error) { return sql.Open("mysql", dsn(u, "parseTime=true")) }},
}

// dsn is a URL as the MySQL driver writes it.
func dsn(u *url.URL, params string) string {
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Net, c.Addr, c.DBName = "tcp", u.Host, u.Path[1:]
	return c.FormatDSN() + "?" + params
}

// openBy opens what DATABASE_URL names by a driver, until t ends.
func openBy(t testing.TB, rawURL string, open func(u *url.URL) (*sql.DB, error)) *sql.DB {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	db, err := open(u)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(8)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestAuthAdapterOnOtherDrivers: the adapter keeps the contract on a database
// that the application opened by itself.
func TestAuthAdapterOnOtherDrivers(t *testing.T) {
	for name, driver := range drivers {
		t.Run(name, func(t *testing.T) {
			kind := testdb.Server(t, driver.kind)
			pool := kind.Pool(t)
			pool.Open = func(t testing.TB, url string) *sql.DB { return openBy(t, url, driver.open) }
			authenttest.Run(t, func(t testing.TB) authenttest.Subject {
				db := pool.DB(t)
				client := ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))
				return authenttest.Subject{Adapter: ent.NewAuthAdapter(client), DB: db, Dialect: dialects[kind.Name], Folds: kind.Dialect == dialect.MySQL, KeyLetters: keyLetters[kind.Name]}
			})
		})
	}
}

// TestParseTime: without it MySQL's driver cannot read times, and the error says
// what to do.
func TestParseTime(t *testing.T) {
	kind := testdb.Server(t, "mariadb")
	db := openBy(t, kind.Filled(t), func(u *url.URL) (*sql.DB, error) { return sql.Open("mysql", dsn(u, "clientFoundRows=true")) })
	adapter := ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db))))
	if _, err := adapter.CreateUser(t.Context(), authent.User{Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	if _, err := adapter.UsersByEmail(t.Context(), "ada@example.com"); err == nil || !strings.HasSuffix(err.Error(), "open the database with parseTime=true") {
		t.Errorf("times as bytes: %v", err)
	}
}
