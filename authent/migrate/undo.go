package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"entgo.io/ent/dialect"
)

// creation is a table, view, sequence, type or routine of the connected schema.
type creation struct{ kind, name string } // Both as in DROP.

// creationQueries list what a file may create in the connected schema, named as in
// DROP. Triggers are dropped with their tables. What belongs to an extension is dropped
// only with that.
var creationQueries = map[string]string{
	dialect.Postgres: `SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.oid::regclass::text
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
		AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		UNION ALL SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END, p.oid::regprocedure::text
		FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = current_schema()
		AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
		UNION ALL SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, t.oid::regtype::text
		FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = current_schema() AND t.typtype IN ('e', 'd', 'r')
		AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')`,
	dialect.MySQL: "SELECT CASE table_type WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END, CONCAT('`', REPLACE(table_name, '`', '``'), '`') FROM information_schema.tables WHERE table_schema = database()" +
		" UNION ALL SELECT routine_type, CONCAT('`', REPLACE(routine_name, '`', '``'), '`') FROM information_schema.routines WHERE routine_schema = database()" +
		" UNION ALL SELECT 'EVENT', CONCAT('`', REPLACE(event_name, '`', '``'), '`') FROM information_schema.events WHERE event_schema = database()",
	dialect.SQLite: `SELECT CASE type WHEN 'view' THEN 'VIEW' ELSE 'TABLE' END, '"' || replace(name, '"', '""') || '"' FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND substr(name, 1, 7) <> 'sqlite_'`,
}

// creations returns the creations of the connected schema.
func (s *session) creations(ctx context.Context) (all []creation, err error) {
	rows, err := s.QueryContext(ctx, creationQueries[s.config.Dialect])
	if err != nil {
		return nil, fmt.Errorf("migrate: look at the development database: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var o creation
		if err := rows.Scan(&o.kind, &o.name); err != nil {
			return nil, fmt.Errorf("migrate: look at the development database: %w", err)
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

// wayBack returns a function that leads back to the connected schema. A file may switch
// to another one, where nothing is ours to look at, let alone to drop.
func (s *session) wayBack(ctx context.Context) (func(context.Context) error, error) {
	query := map[string]string{
		dialect.Postgres: `SELECT format('SELECT set_config(''search_path'', %L, false)', current_setting('search_path'))`,
		dialect.MySQL:    "SELECT CONCAT('USE `', REPLACE(database(), '`', '``'), '`')",
	}[s.config.Dialect]
	if query == "" {
		return func(context.Context) error { return nil }, nil
	}
	var statement string
	if err := s.QueryRowContext(ctx, query).Scan(&statement); err != nil {
		return nil, fmt.Errorf("migrate: look at the development database: %w", err)
	}
	return func(ctx context.Context) error {
		_, err := s.ExecContext(ctx, statement)
		return err
	}, nil
}

// andDrop drops what fn creates. Only fn itself can interrupt the work.
func (s *session) andDrop(ctx context.Context, fn func(context.Context) error) error {
	ctx = context.WithoutCancel(ctx)
	before, err := s.creations(ctx)
	if err != nil {
		return err
	}
	back, err := s.wayBack(ctx)
	if err != nil {
		return err
	}
	err = fn(ctx)
	e := back(ctx)
	var made []creation
	if e == nil {
		made, e = s.creations(ctx)
	}
	if e == nil {
		made = slices.DeleteFunc(made, func(o creation) bool { return slices.Contains(before, o) })
		e = s.drop(ctx, made)
	}
	if e != nil {
		e = fmt.Errorf("migrate: the database of --dev-url could not be emptied: drop what is in it: %w", e)
	}
	return errors.Join(err, e)
}

// drop drops all of these, and whatever depends on them.
func (s *session) drop(ctx context.Context, all []creation) (err error) {
	suffix := ""
	switch s.config.Dialect {
	case dialect.MySQL:
		if _, err := s.ExecContext(ctx, "SET FOREIGN_KEY_CHECKS = 0"); err != nil {
			return err
		}
		defer func() {
			_, e := s.ExecContext(ctx, "SET FOREIGN_KEY_CHECKS = 1")
			err = errors.Join(err, e)
		}()
	case dialect.Postgres:
		suffix = " CASCADE"
	}
	for _, o := range all {
		if _, err := s.ExecContext(ctx, "DROP "+o.kind+" IF EXISTS "+o.name+suffix); err != nil {
			return err
		}
	}
	return nil
}
