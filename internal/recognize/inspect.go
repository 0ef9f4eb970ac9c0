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
	s, err := inspect(ctx, name, db)
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	if len(s.Tables) == 0 {
		return nil, errors.New("the database has no tables that this role sees: look at the URL, its search_path, and the role's rights")
	}
	d := checked(name, s, h)
	if err := d.look(ctx, db); err != nil {
		return nil, err
	}
	return d, d.plan(ctx, db)
}

// look adds to the faults what the schema alone does not tell.
func (d *Database) look(ctx context.Context, db *sql.DB) error {
	if d.Dialect == dialect.Postgres {
		if err := d.unread(ctx, db); err != nil {
			return err
		}
	}
	if len(d.Tables) < len(Entities) {
		return nil
	}
	if err := d.checkFolds(ctx, db); err != nil {
		return err
	}
	if len(d.Faults) == 0 {
		if err := d.sample(ctx, db); err != nil {
			return fmt.Errorf("read the times: %w", err)
		}
	}
	if err := d.mendWords(ctx, db); err != nil {
		return err
	}
	if err := d.count(ctx, db); err != nil {
		return fmt.Errorf("count the rows to mend: %w", err)
	}
	return nil
}

// inspect returns the tables of the database's current schema.
func inspect(ctx context.Context, name string, db *sql.DB) (*schema.Schema, error) {
	driver, err := driverOf(name, db)
	if err != nil {
		return nil, err
	}
	if name == dialect.SQLite {
		if err := quoted(ctx, db); err != nil {
			return nil, err
		}
	}
	s, err := driver.InspectSchema(ctx, "", nil)
	if err == nil && name == dialect.Postgres {
		err = leaveLate(ctx, db, s)
	}
	return s, err
}

// driverOf returns Atlas's driver of a dialect.
func driverOf(name string, db *sql.DB) (migrate.Driver, error) {
	return map[string]func(schema.ExecQuerier) (migrate.Driver, error){
		dialect.SQLite: sqlite.Open, dialect.Postgres: postgres.Open, dialect.MySQL: mysql.Open,
	}[name](db)
}
