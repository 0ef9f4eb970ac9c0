package migrate_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// changed returns the tables of the default graph, with one more column in users.
func changed(t *testing.T) []*entschema.Table {
	t.Helper()
	tables, err := entschema.CopyTables(entmigrate.Tables)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.Name == "users" {
			table.Columns = append(table.Columns, &entschema.Column{Name: "nickname", Type: field.TypeString, Nullable: true, Size: 100})
		}
	}
	return tables
}

func pusher(t *testing.T, kind testdb.Kind, db string, change func(*migrate.Config)) *migrate.Migrator {
	t.Helper()
	c := migrate.Config{DB: kind.Connect(t, db), Dialect: kind.Dialect}
	if change != nil {
		change(&c)
	}
	m, err := migrate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestPush makes an empty database, and a changed one, as the schema says; what
// would destroy data is refused until it is allowed.
func TestPush(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		url := kind.URL(t)
		m := pusher(t, kind, url, nil)
		dry := pusher(t, kind, url, func(c *migrate.Config) { c.DryRun = true })
		plan, err := dry.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{})
		if err != nil || len(plan.Statements) < len(entmigrate.Tables) {
			t.Fatalf("dry run: %+v, %v", plan, err)
		}
		if found, err := m.Drift(t.Context(), entmigrate.Tables); err != nil || len(found) != len(entmigrate.Tables) {
			t.Fatalf("a dry run did something: %v, %v", found, err)
		}
		if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{}); err != nil {
			t.Fatal(err)
		}
		if found, err := m.Drift(t.Context(), entmigrate.Tables); err != nil || len(found) != 0 {
			t.Fatalf("%v, %v", found, err)
		}
		plan, err = m.Push(t.Context(), changed(t), migrate.PushConfig{})
		if err != nil || len(plan.Differences) != 1 || plan.Differences[0].String() != "table users: column nickname is missing" {
			t.Fatalf("%+v, %v", plan, err)
		}
		plan, err = m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{})
		if !errors.Is(err, migrate.ErrDestructive) || !strings.Contains(err.Error(), "table users: column nickname is not in the schema") || len(plan.Statements) == 0 {
			t.Errorf("%+v, %v", plan, err)
		}
		if found, err := m.Drift(t.Context(), changed(t)); err != nil || len(found) != 0 {
			t.Errorf("a refused push did something: %v, %v", found, err)
		}
		if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{AllowDestructive: true}); err != nil {
			t.Fatal(err)
		}
		if found, err := m.Drift(t.Context(), entmigrate.Tables); err != nil || len(found) != 0 {
			t.Errorf("%v, %v", found, err)
		}
	})
}

// TestPush_OddConstraints: a name that Atlas would not quote is never part of a
// statement, whatever it names.
func TestPush_OddConstraints(t *testing.T) {
	for _, c := range []struct{ server, sql string }{
		{"postgres", `ALTER TABLE users ADD CONSTRAINT "x"" CASCADE; DROP TABLE sessions; --" CHECK (email <> 'x')`},
		{"postgres", `ALTER TABLE users ADD CONSTRAINT "x"" CASCADE; DROP TABLE sessions; --" FOREIGN KEY (id) REFERENCES users (id)`},
		{"mariadb", "ALTER TABLE users ADD CONSTRAINT `x``y` CHECK (email <> 'x')"},
		{"mariadb", "ALTER TABLE users ADD CONSTRAINT `x``y` FOREIGN KEY (id) REFERENCES users (id)"},
	} {
		kind := testdb.Server(t, c.server)
		for _, reset := range []bool{false, true} {
			at := kind.Filled(t)
			db := kind.Connect(t, at)
			run(t, db, c.sql)
			before := tablesOf(t, kind, db)
			config := migrate.PushConfig{AllowDestructive: true}
			if reset {
				config.Reset = nameOf(t, at)
			}
			_, err := pusher(t, kind, at, nil).Push(t.Context(), entmigrate.Tables, config)
			if !reset && (err == nil || !strings.Contains(err.Error(), "drop it by hand")) || reset && err != nil && !strings.Contains(err.Error(), "drop it by hand") {
				t.Errorf("%s: %v", c.sql, err)
			}
			if got := tablesOf(t, kind, db); !slices.Equal(got, before) {
				t.Errorf("%s: there are %q, before %q", c.sql, got, before)
			}
		}
	}
}

// TestDiff writes a migration for what has changed, once, and it leads there.
func TestDiff(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		name := filepath.Join(t.TempDir(), "migrations")
		dir, err := migrate.NewDir(name)
		if err != nil {
			t.Fatal(err)
		}
		dev := kind.Connect(t, kind.URL(t))
		diff := func(what string, tables []*entschema.Table) []string {
			t.Helper()
			files, err := migrate.Diff(t.Context(), what, migrate.DiffConfig{Dev: dev, Dialect: kind.Dialect, Dir: dir, Tables: tables})
			if err != nil {
				t.Fatal(err)
			}
			return files
		}
		if files := diff("initial", entmigrate.Tables); len(files) != 1 || !strings.HasSuffix(files[0], "_initial.sql") {
			t.Fatal(files)
		}
		if files := diff("nothing", entmigrate.Tables); files != nil {
			t.Errorf("nothing changed: %v", files)
		}
		// Versions are in seconds; the next file's must be later.
		all, err := dir.Files()
		if err != nil {
			t.Fatal(err)
		}
		first := all[0].Name()
		if err := os.Rename(filepath.Join(name, first), filepath.Join(name, "20000101000000_initial.sql")); err != nil {
			t.Fatal(err)
		}
		if err := migrate.Hash(dir); err != nil {
			t.Fatal(err)
		}
		files := diff("add_nickname", changed(t))
		if len(files) != 1 {
			t.Fatal(files)
		}
		content, err := os.ReadFile(filepath.Join(name, files[0]))
		if err != nil || !strings.Contains(string(content), "ADD COLUMN") || strings.Count(string(content), ";") != 1 {
			t.Errorf("%s, %v", content, err)
		}
		db := kind.Connect(t, kind.URL(t))
		m, err := migrate.New(migrate.Config{DB: db, Dialect: kind.Dialect, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if report, err := m.Apply(t.Context(), 0); err != nil || report.Files != 2 {
			t.Fatalf("%+v, %v", report, err)
		}
		if found, err := m.Drift(t.Context(), changed(t)); err != nil || len(found) != 0 {
			t.Errorf("%v, %v", found, err)
		}
		_, err = migrate.Diff(t.Context(), "dirty", migrate.DiffConfig{Dev: db, Dialect: kind.Dialect, Dir: dir, Tables: changed(t)})
		if err == nil || !strings.Contains(err.Error(), "is not empty") {
			t.Errorf("a dev database in use: %v", err)
		}
	})
}

// TestDiff_Name: the name is a word, because it becomes part of a file's name.
func TestDiff_Name(t *testing.T) {
	for _, name := range []string{"", "../evil", "a b", "a/b"} {
		if _, err := migrate.Diff(t.Context(), name, migrate.DiffConfig{}); err == nil || !strings.Contains(err.Error(), "is not a word") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestNew_ReportsEveryFault of a configuration at once.
func TestNew_ReportsEveryFault(t *testing.T) {
	_, err := migrate.New(migrate.Config{Dialect: "oracle", ExecOrder: "any", Interrupted: "perhaps", Baseline: "1", AllowDirty: true, RevisionsSchema: "x"})
	for _, want := range []string{"the DB is nil", `"oracle"`, `"any"`, `"perhaps"`, "not both", "only PostgreSQL"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
