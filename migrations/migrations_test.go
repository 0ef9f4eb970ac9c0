package migrations_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
	"github.com/authent/authent/migrations"
)

var update = flag.Bool("update", false, "write the schema files anew")

// TestSchemaFiles holds the tables of the native layout fixed on every dialect:
// other programs read and write them, and the Atlas command line compares with
// these files.
func TestSchemaFiles(t *testing.T) {
	for _, name := range []string{dialect.SQLite, dialect.Postgres, dialect.MySQL} {
		t.Run(name, func(t *testing.T) {
			got, err := migrate.DDL(t.Context(), name, entmigrate.Tables)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("schema", migrations.Folder(name)+".sql")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the tables changed (-file +now): write migrations with make migration NAME=what_changes, and look at them:\n%s", diff)
			}
		})
	}
}

// TestMigrationsLeadToTheSchema: applied from nothing they make what the graph
// wants, and no migration is missing.
func TestMigrationsLeadToTheSchema(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		db := kind.Connect(t, kind.URL(t))
		if err := migrations.Apply(t.Context(), kind.Dialect, db); err != nil {
			t.Fatal(err)
		}
		m, err := migrate.New(migrate.Config{DB: db, Dialect: kind.Dialect})
		if err != nil {
			t.Fatal(err)
		}
		found, err := m.Drift(t.Context(), entmigrate.Tables)
		if err != nil || len(found) > 0 {
			t.Errorf("what the migrations make differs from the graph: %v, %v", found, err)
		}
		dir, err := migrations.Dir(kind.Dialect)
		if err != nil {
			t.Fatal(err)
		}
		dev := kind.Connect(t, kind.URL(t))
		files, err := migrate.Diff(t.Context(), "missing", migrate.DiffConfig{Dev: dev, Dialect: kind.Dialect, Dir: dir, Tables: entmigrate.Tables})
		if err != nil || len(files) > 0 {
			t.Errorf("a migration is missing: run make migration NAME=what_changes: %v, %v", files, err)
		}
	})
}

// TestSchemaFileMakesTheSame: what the migrations make is what the file says,
// statement for statement executed.
func TestSchemaFileMakesTheSame(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		text, err := os.ReadFile(filepath.Join("schema", migrations.Folder(kind.Dialect)+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		db := kind.Connect(t, kind.URL(t))
		for _, statement := range strings.Split(string(text), ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		m, err := migrate.New(migrate.Config{DB: db, Dialect: kind.Dialect})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := m.Drift(t.Context(), entmigrate.Tables); err != nil || len(found) > 0 {
			t.Errorf("%v, %v", found, err)
		}
	})
}

func TestUnknownDialect(t *testing.T) {
	if _, err := migrations.Dir("oracle"); err == nil || !strings.Contains(err.Error(), "use sqlite3, postgres or mysql") {
		t.Error(err)
	}
}
