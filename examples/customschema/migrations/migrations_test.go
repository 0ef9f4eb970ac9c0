package migrations_test

import (
	"os"
	"path/filepath"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/examples/customschema/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

var folders = map[string]string{dialect.SQLite: "sqlite", dialect.Postgres: "postgres", dialect.MySQL: "mysql"}

// TestMigrationsAreFresh: they lead to the schema, so that diff has nothing to
// write.
func TestMigrationsAreFresh(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		copied := filepath.Join(t.TempDir(), "migrations")
		if err := os.CopyFS(copied, os.DirFS(folders[kind.Dialect])); err != nil {
			t.Fatal(err)
		}
		dir, err := migrate.NewDir(copied)
		if err != nil {
			t.Fatal(err)
		}
		wrote, err := migrate.Diff(t.Context(), "more", migrate.DiffConfig{
			Dev: kind.Connect(t, kind.URL(t)), Dialect: kind.Dialect, Dir: dir, Tables: entmigrate.Tables,
		})
		if err != nil || len(wrote) != 0 {
			t.Errorf("the migrations do not lead to the schema: %v, %v", wrote, err)
		}
	})
}
