package migrate

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// planReset plans to drop all tables and views of the connected schema, and to create
// those of the graph.
func (s *session) planReset(ctx context.Context, desired *schema.Schema, c PushConfig, plan *Plan) error {
	if err := s.checkReset(ctx, c); err != nil {
		return err
	}
	extensions, err := s.column(ctx, ofExtensions[s.config.Dialect])
	if err != nil {
		return err
	}
	c.Exclude = slices.Clone(c.Exclude)
	for _, name := range extensions {
		c.Exclude = append(c.Exclude, Exactly(name))
	}
	if err := s.planDropViews(ctx, c, plan); err != nil {
		return err
	}
	current, err := s.current(ctx, c.Exclude)
	if err != nil {
		return err
	}
	var drops []schema.Change
	for _, t := range current.Tables {
		drops = append(drops, &schema.DropTable{T: t})
	}
	there, err := s.column(ctx, ownHistory[s.config.Dialect])
	if err != nil {
		return err
	}
	if len(there) > 0 && !excluded(RevisionsTable, c.Exclude) {
		drops = append(drops, &schema.DropTable{T: schema.NewTable(RevisionsTable)})
	}
	if err := s.plan(ctx, drops, plan); err != nil {
		return err
	}
	for i := range plan.Differences {
		plan.Differences[i].Text = "is dropped"
	}
	desired.Name, desired.Attrs = current.Name, current.Attrs
	adds, err := s.driver.SchemaDiff(schema.New(current.Name).AddAttrs(current.Attrs...), desired)
	if err != nil {
		return fmt.Errorf("migrate: compare the database with the schema: %w", err)
	}
	return s.plan(ctx, others(adds, c.Exclude), plan)
}

// checkReset checks that this is the intended database, and one that nobody migrates by
// files. A database in use has a history; one for development rarely has.
func (s *session) checkReset(ctx context.Context, c PushConfig) error {
	name, err := s.databaseName(ctx)
	if err != nil {
		return err
	}
	if c.Reset != name {
		return fmt.Errorf("migrate: push: this is the database %s, and --reset names %s: to delete everything in it, write --reset=%s", name, c.Reset, name)
	}
	histories, err := s.column(ctx, histories[s.config.Dialect])
	if err != nil || len(histories) == 0 || c.AllowDestructive {
		return err
	}
	return fmt.Errorf("migrate: push: %w: the database %s is migrated by files (it has %s), as one in use is: apply them, or if it is for development, add --allow-destructive to --reset", ErrDestructive, name, strings.Join(histories, ", "))
}

// currentSchema is SQL for the number of the connected schema of PostgreSQL.
const currentSchema = `(SELECT oid FROM pg_namespace WHERE nspname = current_schema())`

// kept lists the histories that Atlas, Prisma, Drizzle, golang-migrate, goose, Flyway,
// Rails and Knex keep in a database.
const kept = `('` + RevisionsTable + `', '_prisma_migrations', '__drizzle_migrations', 'schema_migrations', 'goose_db_version', 'flyway_schema_history', 'knex_migrations')`

// histories finds histories of migrations, on PostgreSQL in all schemas.
var histories = map[string]string{
	dialect.SQLite:   `SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ` + kept,
	dialect.Postgres: `SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname IN ` + kept + ` AND c.relkind IN ('r', 'p') ORDER BY 1`,
	dialect.MySQL:    `SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name IN ` + kept,
}

// ownHistory finds the history of the connected schema.
var ownHistory = map[string]string{
	dialect.SQLite:   `SELECT name FROM sqlite_master WHERE type = 'table' AND name = '` + RevisionsTable + `'`,
	dialect.Postgres: `SELECT relname FROM pg_class WHERE relname = '` + RevisionsTable + `' AND relkind IN ('r', 'p') AND relnamespace = ` + currentSchema,
	dialect.MySQL:    `SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name = '` + RevisionsTable + `'`,
}

// databaseName returns what --reset must say: the name of the database, with the
// schema's if that is not PostgreSQL's usual one, or the name of SQLite's file.
func (s *session) databaseName(ctx context.Context) (name string, err error) {
	query := map[string]string{
		dialect.SQLite:   `SELECT file FROM pragma_database_list WHERE name = 'main'`,
		dialect.Postgres: `SELECT current_database() || CASE current_schema() WHEN 'public' THEN '' ELSE '.' || current_schema() END`,
		dialect.MySQL:    `SELECT database()`,
	}[s.config.Dialect]
	if err := s.QueryRowContext(ctx, query).Scan(&name); err != nil {
		return "", fmt.Errorf("migrate: ask for the database's name: %w", err)
	}
	switch {
	case s.config.Dialect != dialect.SQLite:
	case name == "":
		name = ":memory:"
	default:
		name = filepath.Base(name)
	}
	return name, nil
}

// ofExtensions finds tables and views that belong to extensions, such as
// pg_stat_statements. They can only be dropped with the extension.
var ofExtensions = map[string]string{
	dialect.Postgres: `SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e' WHERE c.relnamespace = ` + currentSchema,
}

// views finds the kinds and names of the connected schema's views. Those that depend on
// others come first.
var views = map[string]string{
	dialect.SQLite:   `SELECT 'VIEW', name FROM sqlite_master WHERE type = 'view' ORDER BY name`,
	dialect.Postgres: `SELECT CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = ` + currentSchema + ` ORDER BY oid DESC`,
	dialect.MySQL:    `SELECT 'VIEW', table_name FROM information_schema.views WHERE table_schema = database() ORDER BY table_name`,
}

// planDropViews plans to drop the views, which Atlas ignores.
func (s *session) planDropViews(ctx context.Context, c PushConfig, plan *Plan) error {
	rows, err := s.QueryContext(ctx, views[s.config.Dialect])
	if err != nil {
		return fmt.Errorf("migrate: list the views: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind, name string
		if err := rows.Scan(&kind, &name); err != nil {
			return fmt.Errorf("migrate: list the views: %w", err)
		}
		if excluded(name, c.Exclude) {
			continue
		}
		drop := "DROP " + kind + " " + (revisions{s}).quote(name)
		plan.Differences = append(plan.Differences, Difference{Table: name, Destroys: true})
		plan.Statements = append(plan.Statements, s.statement(drop))
	}
	return rows.Err()
}

// column returns the only column of a query's rows. An empty query has none.
func (s *session) column(ctx context.Context, query string) (all []string, err error) {
	if query == "" {
		return nil, nil
	}
	rows, err := s.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("migrate: look at the database: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("migrate: look at the database: %w", err)
		}
		all = append(all, text)
	}
	return all, rows.Err()
}
