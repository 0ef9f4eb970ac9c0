// Package testdb gives each test a database of its own that has the default
// graph's tables.
package testdb

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/ent"
)

// template is an empty database with all tables. It is made once and copied:
// that is quicker, and ent's Schema.Create cannot run twice at once.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "authent")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	db, err := sqlite.Open("file:" + file)
	if err != nil {
		return nil, err
	}
	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.SQLite, db)))
	if err := client.Schema.Create(context.Background()); err != nil {
		return nil, fmt.Errorf("create the tables: %w", err)
	}
	if err := client.Close(); err != nil { // folds the write-ahead log in
		return nil, err
	}
	return os.ReadFile(file)
})

// SQLite opens a database in a temporary file; it is closed when t ends.
func SQLite(t testing.TB) *sql.DB {
	t.Helper()
	content, err := template()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open("file:" + file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
