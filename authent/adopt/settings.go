package adopt

import (
	"context"
	"regexp"
	"strings"

	"entgo.io/ent/dialect"
)

// A new table is as the graph says, and graphs do not cover every setting of a table.
// If a setting guards rows, or decides which values are equal, losing it silently would
// be worse than a refusal.

// rowSecurity names the setting that may hide rows from a reader.
const rowSecurity = "row security"

// settingsQuery lists settings of PostgreSQL's tables: the schema, the table, the kind
// of setting, and its name. The settings of users are kept, except row security: its
// policies may refer to the other tables, and to roles of the old application.
const settingsQuery = `
	SELECT c.relnamespace, c.relname, '` + rowSecurity + `', '' FROM pg_class c WHERE c.relrowsecurity OR EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid)
	UNION ALL SELECT c.relnamespace, c.relname, 'rule', rulename FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class WHERE rulename <> '_RETURN'
	UNION ALL SELECT c.relnamespace, c.relname, 'grant on the column', attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE attacl IS NOT NULL AND NOT attisdropped
	UNION ALL SELECT c.relnamespace, c.relname, 'publication', pubname FROM pg_publication_rel JOIN pg_class c ON c.oid = prrelid JOIN pg_publication p ON p.oid = prpubid
	UNION ALL SELECT c.relnamespace, c.relname, 'relation by inheritance to', r.oid::regclass::text FROM pg_inherits JOIN pg_class c ON c.oid IN (inhrelid, inhparent) JOIN pg_class r ON r.oid IN (inhrelid, inhparent) AND r.oid <> c.oid
	UNION ALL SELECT c.relnamespace, c.relname, 'constraint of exclusion', conname FROM pg_constraint JOIN pg_class c ON c.oid = conrelid WHERE contype = 'x'
	UNION ALL SELECT c.relnamespace, c.relname, 'replica identity', CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'i' THEN 'USING INDEX' ELSE 'NOTHING' END FROM pg_class c WHERE c.relreplident <> 'd' AND c.relkind IN ('r', 'p')`

// checkSettings refuses settings that would be lost. It reports whether some rows may
// be hidden.
func (a *adopter) checkSettings(ctx context.Context, f *faults) (hidden bool, err error) {
	switch a.Dialect {
	case dialect.Postgres:
		return a.checkPostgresSettings(ctx, f)
	case dialect.SQLite:
		return false, a.checkClauses(ctx, f)
	}
	return false, nil
}

func (a *adopter) checkPostgresSettings(ctx context.Context, f *faults) (hidden bool, err error) {
	rows, err := a.QueryContext(ctx, `SELECT s."table", s.kind, s.name FROM (`+settingsQuery+`) s (schema, "table", kind, name)
		WHERE s.schema = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY 1, 2, 3`)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var table, kind, name string
		if err := rows.Scan(&table, &kind, &name); err != nil {
			return false, err
		}
		switch {
		case !a.isOurs(table):
		case kind == rowSecurity:
			hidden = true
			f.add("the table %s has row security or policies: turn it off and drop them, and create them again for %s afterwards", table, a.becomes(table))
		case table != a.layout.tables[usersTable] || kind == "relation by inheritance to" || kind == "rule":
			f.add("the table %s has a %s %s, which the new table would not have: drop it, and create it again for %s afterwards", table, kind, name, a.becomes(table))
		}
	}
	return hidden, rows.Err()
}

// lostClauses matches clauses of SQLite's DDL that an inspection does not show.
var lostClauses = regexp.MustCompile(`(?i)\b(COLLATE|DEFERRABLE|ON\s+CONFLICT|WITHOUT\s+ROWID)\b`)

// checkClauses refuses clauses in SQLite's DDL that the new table would not have, such as an
// index that ignores case: in that of users, and of the others where they have columns of
// the application's own.
func (a *adopter) checkClauses(ctx context.Context, f *faults) error {
	for _, native := range nativeTables[:3] {
		if native == usersTable || len(a.extra[native]) > 0 {
			if err := a.checkClausesOf(ctx, f, native); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *adopter) checkClausesOf(ctx context.Context, f *faults, native string) error {
	live := a.layout.tables[native]
	strict, err := a.number(ctx, "SELECT COUNT(*) FROM pragma_table_list WHERE schema = 'main' AND strict AND name = "+literal(live))
	if err != nil {
		return err
	}
	if strict > 0 {
		f.add("the table %s has the clause STRICT, which would be lost: rebuild the table without it", live)
	}
	rows, err := a.QueryContext(ctx, "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? COLLATE NOCASE AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY 1, 2", live)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, name, sql string
		if err := rows.Scan(&kind, &name, &sql); err != nil {
			return err
		}
		found := strings.Join(strings.Fields(strings.ToUpper(lostClauses.FindString(sql))), " ")
		switch {
		case found == "":
		case kind == "index":
			f.add("the index %s has the clause %s, which would be lost: drop it, and create it again for %s afterwards", name, found, native)
		default:
			f.add("the table %s has the clause %s, which would be lost: rebuild the table without it", name, found)
		}
	}
	return rows.Err()
}
