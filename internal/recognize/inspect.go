package recognize

import (
	"context"
	"database/sql"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// Inspect returns the tables of the database's current schema.
func Inspect(ctx context.Context, name string, db *sql.DB) (*schema.Schema, error) {
	open := map[string]func(schema.ExecQuerier) (migrate.Driver, error){
		dialect.SQLite: sqlite.Open, dialect.Postgres: postgres.Open, dialect.MySQL: mysql.Open,
	}
	driver, err := open[name](db)
	if err != nil {
		return nil, err
	}
	return driver.InspectSchema(ctx, "", nil)
}
