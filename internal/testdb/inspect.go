package testdb

import (
	"database/sql"
	"testing"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// Inspect returns the tables of a database, as Atlas sees them.
func (k Kind) Inspect(t testing.TB, db *sql.DB) *schema.Schema {
	t.Helper()
	open := map[string]func(schema.ExecQuerier) (atlas.Driver, error){
		dialect.SQLite: sqlite.Open, dialect.Postgres: postgres.Open, dialect.MySQL: mysql.Open,
	}
	driver, err := open[k.Dialect](db)
	if err != nil {
		t.Fatal(err)
	}
	s, err := driver.InspectSchema(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
