package testdb

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/ent/migrate"
)

// Execute executes statements, which must succeed.
func Execute(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// Beside returns the tables of a graph that a script of another program's DDL does not name:
// authent's own, without foreign keys, of which none leads to another program's users.
func Beside(script string, graph []*entschema.Table) (own []*entschema.Table) {
	for _, t := range graph {
		if !strings.Contains(script, t.Name) {
			table := *t
			table.ForeignKeys = nil
			own = append(own, &table)
		}
	}
	return own
}

// Number returns the only value of a query, which must succeed.
func Number(t testing.TB, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// Texts returns the only column of a query's rows; the query must succeed.
func Texts(t testing.TB, db *sql.DB, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// WithNickname returns the tables of the default graph, with one more column in
// users.
func WithNickname(t testing.TB) []*entschema.Table {
	t.Helper()
	tables, err := entschema.CopyTables(migrate.Tables)
	if err != nil {
		t.Fatal(err)
	}
	users := tables[slices.IndexFunc(tables, func(t *entschema.Table) bool { return t.Name == "users" })]
	users.Columns = append(users.Columns, &entschema.Column{Name: "nickname", Type: field.TypeString, Nullable: true, Size: 100})
	return tables
}
