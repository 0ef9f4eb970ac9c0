package recognize

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// column1 runs a query and returns its rows of one column of words.
func column1(ctx context.Context, db *sql.DB, query string, args ...any) (all []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// quoted refuses names of SQLite's tables with which Atlas could read none.
func quoted(ctx context.Context, db *sql.DB) error {
	names, err := column1(ctx, db, "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		return err
	}
	for _, name := range names {
		if !IsPlainName(name) {
			return fmt.Errorf("the name of the table %q has a quote or a control character: give it another", name)
		}
	}
	return nil
}

// leaveLate takes keys of PostgreSQL's for none that are checked when a transaction ends
// (DEFERRABLE): who has written a row that is there twice would not know.
func leaveLate(ctx context.Context, db *sql.DB, s *schema.Schema) error {
	late, err := column1(ctx, db, `SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indimmediate AND n.nspname = current_schema()`)
	if err != nil {
		return err
	}
	for _, t := range s.Tables {
		for _, i := range t.Indexes {
			if slices.Contains(late, i.Name) {
				i.Unique = false
			}
		}
	}
	return nil
}

// unread tells of the tables of PostgreSQL's whose columns the role may not read: of the
// four, or of all where one of them was not found.
func (d *Database) unread(ctx context.Context, db *sql.DB) error {
	all, err := column1(ctx, db, `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, 'SELECT') ORDER BY 1`)
	if err != nil {
		return fmt.Errorf("read which tables the role may read: %w", err)
	}
	var names []string
	for _, name := range all {
		ours := slices.ContainsFunc(Entities, func(noun string) bool { return d.Tables[noun] != nil && d.Tables[noun].Live.Name == name })
		if ours || len(d.Tables) < len(Entities) {
			names = append(names, d.Quote(name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	role, err := column1(ctx, db, "SELECT current_user")
	if err != nil {
		return err
	}
	list := strings.Join(names, ", ")
	d.fault("the role may not read %s, or not all columns: GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s", list, list, d.Quote(role[0]))
	return nil
}

// keys are the fields that are compared letter by letter.
var keys = map[string][]string{
	"User": {"email"}, "Account": {"provider", "provider_account_id"}, "Session": {"session_token"}, "VerificationToken": {"identifier", "token"},
}

// checkFolds wants that the databases tell letters of keys apart. MySQL does not, where each
// comparison is by bytes too.
func (d *Database) checkFolds(ctx context.Context, db *sql.DB) error {
	for _, noun := range Entities {
		t := d.Tables[noun]
		for _, field := range keys[noun] {
			c := t.Columns[field]
			if c == nil || KindOf(c) != Text {
				continue
			}
			folds, err := d.folds(ctx, db, t, c)
			if err != nil {
				return fmt.Errorf("read how %s.%s is compared: %w", t.Live.Name, c.Name, err)
			}
			if folds {
				d.fault("%s.%s is compared without case, or by other rules than letter by letter", t.Live.Name, c.Name)
				d.unfold(t, c)
			}
		}
	}
	return nil
}

// folds reports whether a column takes different words for the same.
func (d *Database) folds(ctx context.Context, db *sql.DB, t *Table, c *schema.Column) (folds bool, err error) {
	switch d.Dialect {
	case dialect.SQLite: // A union is compared as its first part is.
		query := fmt.Sprintf("SELECT COUNT(*) > 0 FROM (SELECT %s AS x FROM %s WHERE 0 UNION ALL SELECT 'A' UNION ALL SELECT 'a ') WHERE x = 'a'", d.Quote(c.Name), d.Quote(t.Live.Name))
		if err = db.QueryRowContext(ctx, query).Scan(&folds); err != nil || folds {
			return folds, err
		}
		return d.foldsIndex(ctx, db, t, c)
	case dialect.Postgres:
		err = db.QueryRowContext(ctx, `SELECT NOT o.collisdeterministic FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_collation o ON o.oid = a.attcollation
WHERE n.nspname = current_schema() AND c.relname = $1 AND a.attname = $2`, t.Live.Name, c.Name).Scan(&folds)
		if err == sql.ErrNoRows {
			return false, nil
		}
	}
	return folds, err
}

// foldsIndex reports whether a key of SQLite's over a column has another collation than the
// column.
func (d *Database) foldsIndex(ctx context.Context, db *sql.DB, t *Table, c *schema.Column) (bool, error) {
	others, err := column1(ctx, db, `SELECT x.coll FROM pragma_index_list(?) AS l, pragma_index_xinfo(l.name) AS x WHERE l."unique" AND x.name = ? AND x.coll <> 'BINARY'`, t.Live.Name, c.Name)
	return len(others) > 0, err
}

// marks matches what Atlas does not write when SQLite's table is made anew.
var marks = regexp.MustCompile(`(?i)\b(COLLATE\s+\w+|DEFERRABLE\s+INITIALLY\s+DEFERRED)`)

// lost says what a table of SQLite's would lose if Atlas's statements made it anew, "" for
// nothing. A collation of the address is to be lost.
func (d *Database) lost(ctx context.Context, db *sql.DB, m *mending) (string, error) {
	triggers, err := column1(ctx, db, "SELECT 'the trigger ' || name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", m.to.Name)
	if err != nil {
		return "", err
	}
	for _, attr := range m.to.Attrs {
		create, ok := attr.(*sqlite.CreateStmt)
		if !ok {
			continue
		}
		found := marks.FindAllString(create.S, -1)
		if m.unfolds && len(found) == 1 && strings.HasPrefix(strings.ToUpper(found[0]), "COLLATE") {
			continue
		}
		triggers = append(triggers, found...)
	}
	return strings.Join(triggers, " and "), nil
}
