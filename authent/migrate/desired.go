package migrate

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// serverVersions are the oldest that authent supports. DDL is written for these.
var serverVersions = map[string]string{dialect.SQLite: "3.40.0", dialect.Postgres: "15", dialect.MySQL: "8.0.16"}

// DDL returns the statements that create tables in a dialect, without a server. It
// shows where a folder of migrations leads, for people and for Atlas's command line to
// compare.
func DDL(ctx context.Context, name string, tables []*entschema.Table) (string, error) {
	version, ok := serverVersions[name]
	if !ok {
		return "", fmt.Errorf("migrate: the dialect %q is not known: use sqlite3, postgres or mysql", name)
	}
	if len(tables) == 0 {
		return "", errors.New("migrate: the graph has no tables: give those of its package migrate, migrate.Tables")
	}
	copied, err := entschema.CopyTables(tables)
	if err != nil {
		return "", fmt.Errorf("migrate: %w", err)
	}
	ddl, err := entschema.DDL(ctx, entschema.DDLArgs{Dialect: name, Version: version, HashSymbols: true, Tables: copied})
	if err != nil {
		return "", fmt.Errorf("migrate: %w", err)
	}
	return positions.ReplaceAllString(ddl, ""), nil
}

// positions matches comments that say where, on somebody's disk, entities are declared.
var positions = regexp.MustCompile(`(?m)^-- atlas:pos .*\n+`)

// desired returns the schema that the graph's tables ask for, in Atlas's terms.
func (s *session) desired(ctx context.Context, tables []*entschema.Table) (*schema.Schema, error) {
	copied, err := entschema.CopyTables(tables)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	// DDL shortens, in place, names that are too long for the database.
	args := entschema.DDLArgs{Dialect: s.config.Dialect, Version: serverVersions[s.config.Dialect], HashSymbols: true, Tables: copied}
	if _, err := entschema.DDL(ctx, args); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	ent, err := entschema.NewMigrate(entsql.NewDriver(s.config.Dialect, entsql.Conn{ExecQuerier: s.Conn}))
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var realm *schema.Realm
	err = s.withForeignKeys(ctx, func() (err error) { // ent requires it
		realm, err = ent.StateReader(copied...)(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	if len(realm.Schemas) != 1 {
		return nil, fmt.Errorf("migrate: the graph's tables are in %d schemas: only graphs in one are supported", len(realm.Schemas))
	}
	return realm.Schemas[0], nil
}

// differences returns the changes that would make the database as desired. It leaves
// out tables that match one of the patterns.
func (s *session) differences(ctx context.Context, desired *schema.Schema, exclude []string) ([]schema.Change, error) {
	current, err := s.current(ctx, exclude)
	if err != nil {
		return nil, err
	}
	if err := checkComparable(current, desired); err != nil {
		return nil, err
	}
	desired.Name, desired.Attrs = current.Name, current.Attrs
	changes, err := s.driver.SchemaDiff(current, desired)
	if err != nil {
		return nil, fmt.Errorf("migrate: compare the database with the schema: %w", err)
	}
	return others(changes, exclude), nil
}
