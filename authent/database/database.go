// Package database opens the database that DATABASE_URL names, as a driver for ent or as
// a *sql.DB:
//
//	driver, err := database.OpenDriver(os.Getenv("DATABASE_URL"))
//	client := ent.NewClient(ent.Driver(driver))
//
// It links every driver that authent knows. An application that needs one kind of
// database imports the package of that kind instead.
package database

import (
	"database/sql"
	"errors"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent/database/mysql"
	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/authent/database/sqlite"
)

// forms tells people which URLs to write.
const forms = "use postgresql://user:password@host:5432/database, mysql://user:password@host:3306/database or file:./app.db"

// Dialect returns ent's name of the dialect of the database that url names:
//
//	postgresql: or postgres:      PostgreSQL; see postgres.Open
//	mysql:, mariadb: or mysql2:   MySQL and MariaDB; see mysql.Open
//	file:, sqlite: or sqlite3:    SQLite; see sqlite.Open
//	:memory:                      SQLite in memory
//
// An error never shows the URL, which may hold a password.
func Dialect(url string) (string, error) {
	scheme, _, found := strings.Cut(url, ":")
	if !found {
		return "", errors.New("database: the URL has no scheme: " + forms)
	}
	switch scheme {
	case "": // of :memory:
		if path, _, _ := strings.Cut(url, "?"); path == ":memory:" {
			return dialect.SQLite, nil
		}
	case "file", "sqlite", "sqlite3":
		return dialect.SQLite, nil
	case "postgresql", "postgres":
		return dialect.Postgres, nil
	case "mysql", "mariadb", "mysql2":
		return dialect.MySQL, nil
	}
	if do := instead[scheme]; do != "" {
		return "", errors.New("database: the URL begins with " + scheme + ": " + do)
	}
	if base, _, ok := strings.Cut(scheme, "+"); ok && slices.Contains([]string{"postgresql", "postgres", "mysql", "mariadb", "sqlite", "sqlite3"}, base) {
		return "", errors.New("database: the URL names a driver of another language after " + base + "+: write " + base + ":// alone")
	}
	return "", errors.New("database: the scheme of the URL is not known: " + forms)
}

// instead is what to write for the schemes of other programs.
var instead = map[string]string{
	"jdbc":            "leave jdbc: out, and write user:password@ before the host",
	"prisma":          "that is a service of Prisma's; write the URL of the database behind it, postgresql:// or mysql://",
	"prisma+postgres": "that is a service of Prisma's; write the URL of the database behind it, postgresql://",
	"libsql":          "a server of libSQL is not a file; write file:./app.db",
	"pgx":             "write postgresql://",
	"pgx5":            "write postgresql://",
	"pgsql":           "write postgresql://",
	"psql":            "write postgresql://",
	"postgis":         "write postgresql://",
	"postgresql2":     "write postgresql://",
	"cockroachdb":     "write postgresql:// (CockroachDB itself is not tested)",
	"redshift":        "Redshift has no unique keys and cannot be used; " + forms,
	"mysqlx":          "that is the X protocol; write mysql:// and the port of the classic one, 3306",
	"trilogy":         "write mysql://",
}

// Open opens the database that url names, in one of the forms that Dialect knows. It
// returns the dialect, by ent's name, and the database. It makes no connection.
func Open(url string) (name string, db *sql.DB, err error) {
	if name, err = Dialect(url); err != nil {
		return "", nil, err
	}
	switch name {
	case dialect.Postgres:
		db, err = postgres.Open(url)
	case dialect.MySQL:
		db, err = mysql.Open(url)
	default:
		db, err = sqlite.Open(url)
	}
	return name, db, err
}

// OpenDriver opens the database that url names, as Open does, and returns it as a driver
// for ent:
//
//	driver, err := database.OpenDriver(os.Getenv("DATABASE_URL"))
//	client := ent.NewClient(ent.Driver(driver))
//
// driver.DB() is the *sql.DB and driver.Dialect() ent's name of its dialect, for
// migrations and queries of your own. Closing one of the client, the driver and the
// *sql.DB closes all three: close the client, and nothing else. The errors are those of
// Open.
func OpenDriver(url string) (*entsql.Driver, error) {
	name, db, err := Open(url)
	if err != nil {
		return nil, err
	}
	return entsql.OpenDB(name, db), nil
}
