package recognize

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// Read takes the tables of the database's current schema for those of the four entities,
// looks at the times that are stored, and writes the statements that mend what it finds.
func Read(ctx context.Context, name string, db *sql.DB, h Hints) (*Database, error) {
	s, err := Inspect(ctx, name, db)
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	if len(s.Tables) == 0 {
		return nil, errors.New("the database has no tables that this role sees: look at the URL, its search_path, and the role's rights")
	}
	d := Schema(name, s, h)
	if name == dialect.Postgres && len(d.Faults) > 0 {
		if err := d.unread(ctx, db); err != nil {
			return nil, err
		}
	}
	if len(d.Faults) == 0 {
		if err := d.Sample(ctx, db); err != nil {
			return nil, fmt.Errorf("read the times: %w", err)
		}
	}
	if err := d.count(ctx, db); err != nil {
		return nil, fmt.Errorf("count the rows to mend: %w", err)
	}
	return d, d.plan(ctx, db)
}

// unread tells of the tables of PostgreSQL's whose columns the role may not read.
func (d *Database) unread(ctx context.Context, db *sql.DB) error {
	const query = `SELECT current_user, string_agg(quote_ident(c.relname), ', ' ORDER BY c.relname) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, 'SELECT')`
	var role string
	var names sql.NullString
	if err := db.QueryRowContext(ctx, query).Scan(&role, &names); err != nil {
		return fmt.Errorf("read which tables the role may read: %w", err)
	}
	if names.Valid {
		d.fault("the role may not read %s: GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s", names.String, names.String, d.Quote(role))
	}
	return nil
}

// Inspect returns the tables of the database's current schema.
func Inspect(ctx context.Context, name string, db *sql.DB) (*schema.Schema, error) {
	driver, err := driverOf(name, db)
	if err != nil {
		return nil, err
	}
	return driver.InspectSchema(ctx, "", nil)
}

// driverOf returns Atlas's driver of a dialect.
func driverOf(name string, db *sql.DB) (migrate.Driver, error) {
	return map[string]func(schema.ExecQuerier) (migrate.Driver, error){
		dialect.SQLite: sqlite.Open, dialect.Postgres: postgres.Open, dialect.MySQL: mysql.Open,
	}[name](db)
}
