package migrate

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// folder makes a folder of migrations, given as pairs of name and content, with
// their checksums.
func folder(t testing.TB, files ...string) string {
	t.Helper()
	name := t.TempDir()
	write(t, name, files...)
	return name
}

// write writes files into a folder of migrations and hashes it.
func write(t testing.TB, name string, files ...string) {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(name, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Hash(open(t, name)); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, name string) Dir {
	t.Helper()
	dir, err := OpenDir(name)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// migrator returns a Migrator for a folder; change may be nil.
func migrator(t testing.TB, kind testdb.Kind, db *sql.DB, name string, change func(*Config)) *Migrator {
	t.Helper()
	c := Config{DB: db, Dialect: kind.Dialect}
	if name != "" {
		c.Dir = open(t, name)
	}
	if change != nil {
		change(&c)
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// apply applies a folder, which must succeed.
func apply(t testing.TB, kind testdb.Kind, db *sql.DB, name string) *Report {
	t.Helper()
	report, err := migrator(t, kind, db, name, nil).Apply(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// inventory returns what a database holds: its tables with their numbers of rows, and
// the history.
func inventory(t testing.TB, kind testdb.Kind, db *sql.DB) string {
	t.Helper()
	query := `SELECT table_name FROM information_schema.tables WHERE table_schema = ` + map[string]string{dialect.Postgres: "current_schema()", dialect.MySQL: "database()"}[kind.Dialect]
	if kind.Dialect == dialect.SQLite {
		query = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	}
	tables := testdb.Texts(t, db, query)
	slices.Sort(tables)
	var all []string
	for _, table := range tables {
		all = append(all, fmt.Sprintf("%s %d", table, testdb.Number(t, db, "SELECT COUNT(*) FROM "+table)))
		if table == RevisionsTable {
			all = append(all, testdb.Texts(t, db, "SELECT CONCAT(version, ' ', applied, '/', total, ' ', hash) FROM "+table+" ORDER BY version")...)
		}
	}
	return strings.Join(all, "\n")
}
