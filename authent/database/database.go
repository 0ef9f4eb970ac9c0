// Package database opens the database that DATABASE_URL names. It links every
// driver that authent knows; an application that wants one only opens it with
// the package of that database.
package database

import (
	"database/sql"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database/sqlite"
)

// Open opens the database that url names and returns ent's name of its dialect
// with it. It knows
//
//	file:./app.db or sqlite:./app.db   SQLite; see sqlite.Open
//
// An error never shows the URL, which may hold a password.
func Open(url string) (name string, db *sql.DB, err error) {
	scheme, _, found := strings.Cut(url, ":")
	switch {
	case found && (scheme == "file" || scheme == "sqlite"):
		db, err = sqlite.Open(url)
		return dialect.SQLite, db, err
	case !found:
		return "", nil, fmt.Errorf("database: the URL has no scheme: use file:./app.db for SQLite")
	}
	return "", nil, fmt.Errorf("database: the scheme of the URL is not known: use file:./app.db for SQLite")
}
