// Package testdb gives each test its own databases, on every kind of database
// that the machine has.
package testdb

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database"
)

// Kind is a kind of database.
type Kind struct {
	// Name is "sqlite", "postgres" or "mariadb".
	Name string
	// Dialect is ent's name for its dialect.
	Dialect string
	// server is the URL of a server on which databases can be made; empty for
	// SQLite.
	server string
}

// variables name the servers of tests.
const (
	postgresVariable = "AUTHENT_TEST_POSTGRES_URL"
	mysqlVariable    = "AUTHENT_TEST_MYSQL_URL"
)

// SQLite is the kind that is always there.
var SQLite = Kind{Name: "sqlite", Dialect: dialect.SQLite}

func kinds() []Kind {
	return []Kind{
		SQLite,
		{Name: "postgres", Dialect: dialect.Postgres, server: os.Getenv(postgresVariable)},
		{Name: "mariadb", Dialect: dialect.MySQL, server: os.Getenv(mysqlVariable)},
	}
}

// Each runs a test on each kind of database, as a subtest with its name. Those
// without a server are skipped.
func Each(t *testing.T, run func(t *testing.T, kind Kind)) {
	t.Helper()
	for _, kind := range kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			if kind.Dialect != dialect.SQLite && kind.server == "" {
				t.Skipf("no %s server: run the tests through make test", kind.Name)
			}
			run(t, kind)
		})
	}
}

// Server returns the kind of database with that name, for tests of only one kind.
func Server(t testing.TB, name string) Kind {
	t.Helper()
	for _, kind := range kinds() {
		if kind.Name == name && (kind.server != "" || name == SQLite.Name) {
			return kind
		}
	}
	t.Skipf("no %s server: run the tests through make test", name)
	return Kind{}
}

// number makes the names of databases unique in this process.
var number atomic.Int64

// URL makes an empty database and returns its DATABASE_URL. It is dropped when
// t ends.
func (k Kind) URL(t testing.TB) string {
	t.Helper()
	if k.server == "" {
		return "file:" + filepath.Join(t.TempDir(), "test.db")
	}
	url, drop, err := k.create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	return url
}

// create makes an empty database on the server.
func (k Kind) create() (url string, drop func() error, err error) {
	name := fmt.Sprintf("authent_%d_%d_%d", os.Getpid(), time.Now().UnixNano()%1e9, number.Add(1))
	statement := "DROP DATABASE " + name
	if k.Dialect == dialect.Postgres {
		statement += " WITH (FORCE)"
	}
	drop = func() error { return k.run(k.server, []string{statement}) }
	return k.named(name), drop, k.run(k.server, []string{"CREATE DATABASE " + name})
}

// named returns the URL of a database on the server.
func (k Kind) named(name string) string {
	u, err := url.Parse(k.server)
	if err != nil {
		panic(fmt.Sprintf("testdb: the URL of the %s server cannot be parsed", k.Name))
	}
	u.Path = "/" + name
	return u.String()
}

// Open opens a database that has the default graph's tables. It is closed and
// dropped when t ends.
func (k Kind) Open(t testing.TB) *sql.DB {
	t.Helper()
	return k.Connect(t, k.Filled(t))
}

// Connect opens the database of a URL until t ends. It has few connections, so
// that many tests can run at once. On SQLite they wait for each other as long as it
// takes, unless the URL says otherwise.
func (k Kind) Connect(t testing.TB, url string) *sql.DB {
	t.Helper()
	if k.Dialect == dialect.SQLite && !strings.Contains(url, "?") {
		url += "?_pragma=busy_timeout(60000)"
	}
	_, db, err := database.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(8)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Placeholders returns query with each ? as the dialect writes its parameters.
func (k Kind) Placeholders(query string) string {
	if k.Dialect != dialect.Postgres {
		return query
	}
	parts := strings.Split(query, "?")
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			fmt.Fprintf(&b, "$%d", i)
		}
		b.WriteString(part)
	}
	return b.String()
}
