package migrate

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// tableQueries list the tables of the connected schema that count as somebody's work.
// These do not count: views, foreign tables and sequences; what belongs to an
// extension, such as PostGIS's spatial_ref_sys; SQLite's virtual tables with the tables
// behind them; and tables that hosts and replicators keep for themselves. No graph
// creates such tables, and no migration of a graph may drop them.
var tableQueries = map[string]string{
	dialect.Postgres: `SELECT c.relname, '' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1`,
	dialect.MySQL: `SELECT table_name, table_type FROM information_schema.tables
		WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY 1`,
	dialect.SQLite: `SELECT name, '' FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
		AND substr(name, 1, 7) NOT IN ('sqlite_', 'libsql_') AND substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 12) <> '_litestream_' ORDER BY 1`,
}

// table is a table that counts. Atlas does not see system-versioned ones.
type table struct {
	name      string
	versioned bool
}

// listed returns the tables that count, without the history.
func (s *session) listed(ctx context.Context) ([]table, error) {
	rows, err := s.QueryContext(ctx, tableQueries[s.config.Dialect])
	if err != nil {
		return nil, fmt.Errorf("migrate: list the tables: %w", err)
	}
	defer rows.Close()
	var all []table
	for rows.Next() {
		var t table
		var kind string
		if err := rows.Scan(&t.name, &kind); err != nil {
			return nil, fmt.Errorf("migrate: list the tables: %w", err)
		}
		t.versioned = kind == "SYSTEM VERSIONED"
		if t.name != RevisionsTable {
			all = append(all, t)
		}
	}
	return all, rows.Err()
}

// tables returns the names of the tables that count.
func (s *session) tables(ctx context.Context) ([]string, error) {
	all, err := s.listed(ctx)
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.name
	}
	return names, err
}

// current returns the connected schema, with the tables that count and match none of
// the patterns. Atlas gets each table by name, because its own patterns have the form
// schema.table, and a name may contain a dot or a bracket. Tables that Atlas cannot
// inspect have no columns.
func (s *session) current(ctx context.Context, exclude []string) (*schema.Schema, error) {
	all, err := s.listed(ctx)
	if err != nil {
		return nil, err
	}
	names := []string{""} // never empty: Atlas would inspect all tables
	var apart []string
	for _, t := range all {
		switch {
		case excluded(t.name, exclude):
		case t.versioned, s.config.Dialect == dialect.SQLite && strings.Contains(t.name, "'"):
			apart = append(apart, t.name) // Atlas does not see it, or does not escape its name in a pragma
		default:
			names = append(names, t.name)
		}
	}
	found, err := s.driver.InspectSchema(ctx, "", &schema.InspectOptions{Mode: schema.InspectSchemas | schema.InspectTables, Tables: names})
	if err != nil {
		return nil, fmt.Errorf("migrate: inspect the database: %w", err)
	}
	for _, name := range apart {
		found.AddTables(schema.NewTable(name))
	}
	return found, nil
}

// checkComparable refuses a graph with a table that Atlas cannot inspect.
func checkComparable(current, desired *schema.Schema) error {
	for _, t := range current.Tables {
		if _, ok := desired.Table(t.Name); ok && len(t.Columns) == 0 {
			return fmt.Errorf("migrate: the table %s cannot be compared: it is system-versioned: ALTER TABLE %s DROP SYSTEM VERSIONING", t.Name, t.Name)
		}
	}
	return nil
}

// checkPatterns refuses malformed patterns, which would match nothing.
func checkPatterns(patterns []string) error {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("migrate: the pattern %q of tables to leave out is malformed: write \\ before a [ that is part of a name", p)
		}
	}
	return nil
}

// Exactly returns the pattern that matches only this table name.
func Exactly(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// checkNames refuses to plan changes with names that Atlas would not quote correctly.
func (s *session) checkNames(changes []schema.Change) error {
	mark := "`"
	if s.config.Dialect == dialect.Postgres {
		mark = `"`
	}
	for _, c := range changes {
		names := namesGiven(c)
		if i := slices.IndexFunc(names, func(name string) bool { return strings.Contains(name, mark) }); i >= 0 {
			return fmt.Errorf("migrate: plan: the name %s has a %s in it, which cannot be quoted safely: drop it by hand, or leave its table alone (push --exclude)", names[i], mark)
		}
	}
	return nil
}

// namesGiven returns the names in a change that come from the database, not from the
// graph.
func namesGiven(c schema.Change) (names []string) {
	switch c := c.(type) {
	case *schema.DropTable:
		names = []string{c.T.Name}
		for _, f := range c.T.ForeignKeys {
			if f.RefTable != c.T { // Tables that refer to each other lose these foreign keys first.
				names = append(names, f.Symbol)
			}
		}
	case *schema.ModifyTable:
		for _, sub := range c.Changes {
			names = append(names, namesGiven(sub)...)
		}
	case *schema.DropColumn:
		names = []string{c.C.Name}
	case *schema.DropIndex:
		names = []string{c.I.Name}
	case *schema.ModifyIndex:
		names = []string{c.From.Name}
	case *schema.DropForeignKey:
		names = []string{c.F.Symbol}
	case *schema.ModifyForeignKey:
		names = []string{c.From.Symbol}
	case *schema.DropCheck:
		names = []string{c.C.Name}
	case *schema.ModifyCheck:
		names = []string{c.From.Name}
	case *schema.DropPrimaryKey:
		names = []string{c.P.Name}
	case *schema.ModifyPrimaryKey:
		names = []string{c.From.Name}
	}
	return names
}
