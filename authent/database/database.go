// Package database opens the database that DATABASE_URL names. It links every
// driver that authent knows; an application that wants one only opens it with
// the package of that database.
package database

import (
	"database/sql"
	"errors"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database/mysql"
	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/authent/database/sqlite"
)

// forms is what an error tells to use.
const forms = "use postgresql://user:password@host:5432/database, mysql://user:password@host:3306/database or file:./app.db"

// Dialect is ent's name of the dialect of the database that url names. It knows
//
//	postgresql: or postgres:   PostgreSQL; see postgres.Open
//	mysql: or mariadb:         MySQL and MariaDB; see mysql.Open
//	file: or sqlite:           SQLite; see sqlite.Open
//
// An error never shows the URL, which may hold a password.
func Dialect(url string) (string, error) {
	scheme, _, found := strings.Cut(url, ":")
	if !found {
		return "", errors.New("database: the URL has no scheme: " + forms)
	}
	switch scheme {
	case "file", "sqlite":
		return dialect.SQLite, nil
	case "postgresql", "postgres":
		return dialect.Postgres, nil
	case "mysql", "mariadb":
		return dialect.MySQL, nil
	}
	return "", errors.New("database: the scheme of the URL is not known: " + forms)
}

// Open opens the database that url names, in one of the forms that Dialect
// knows, and returns ent's name of its dialect with it. It makes no connection.
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
