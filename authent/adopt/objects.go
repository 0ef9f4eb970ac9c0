package adopt

import (
	"context"
	"regexp"

	"entgo.io/ent/dialect"
)

// object is a trigger or a view, and the table that it is on.
type object struct{ on, name string }

// triggerQueries list triggers with their tables.
var triggerQueries = map[string]string{
	dialect.Postgres: `SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
		WHERE NOT t.tgisinternal AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY 1, 2`,
	dialect.SQLite: `SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1, 2`,
	dialect.MySQL:  `SELECT event_object_table, trigger_name FROM information_schema.triggers WHERE trigger_schema = database() ORDER BY 1, 2`,
}

// viewQueries list views with their tables, or with their definition where the database
// does not know the tables.
var viewQueries = map[string]string{
	dialect.Postgres: `SELECT DISTINCT t.relname, v.relname FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
		JOIN pg_class v ON v.oid = r.ev_class JOIN pg_class t ON t.oid = d.refobjid
		WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND v.oid <> t.oid
		AND t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY 1, 2`,
	dialect.SQLite: `SELECT sql, name FROM sqlite_master WHERE type = 'view' ORDER BY 2`,
	dialect.MySQL: `SELECT view_definition, IF(table_schema = database(), table_name, CONCAT(table_schema, '.', table_name)) FROM information_schema.views
		WHERE table_schema = database() OR LOCATE(CONCAT('` + "`', database(), '`" + `.'), view_definition) > 0 ORDER BY 2`,
}

// checkObjects refuses triggers and views on the tables. They use the old names and
// columns, and only their author can rewrite them.
func (a *adopter) checkObjects(ctx context.Context, f *faults) error {
	triggers, err := a.objects(ctx, triggerQueries[a.Dialect])
	if err != nil {
		return err
	}
	views, err := a.objects(ctx, viewQueries[a.Dialect])
	if err != nil {
		return err
	}
	for _, native := range nativeTables {
		live := a.layout.tables[native]
		for _, t := range triggers {
			if t.on == live || a.Dialect == dialect.SQLite && a.same(t.on, live) {
				f.add("the trigger %s is on the table %s: drop it, and create it again for %s afterwards", t.name, live, native)
			}
		}
		for _, v := range views {
			if a.reads(v, live) {
				f.add("the view %s reads the table %s: drop it, and create it again for %s afterwards", v.name, live, native)
			}
		}
	}
	return nil
}

// reads reports whether a view reads a table.
func (a *adopter) reads(view object, table string) bool {
	if a.Dialect == dialect.Postgres {
		return view.on == table
	}
	return regexp.MustCompile(`(?i)(^|\W)` + regexp.QuoteMeta(table) + `(\W|$)`).MatchString(view.on)
}

func (a *adopter) objects(ctx context.Context, query string) (all []object, err error) {
	rows, err := a.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.on, &o.name); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}
