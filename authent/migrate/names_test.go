package migrate_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
	"github.com/authent/authent/migrations"
)

// oddNames are names of databases and schemas that a server takes.
var oddNames = []string{"my.app", "My App", "my[app]", `a.b"c`, "my`app", "my%'app", `größe*\x`}

// named makes a database or, on PostgreSQL, a schema of that name, and returns its URL.
func named(t *testing.T, kind testdb.Kind, name string) string {
	t.Helper()
	u, err := url.Parse(kind.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	db := kind.Connect(t, u.String())
	if kind.Dialect == dialect.Postgres {
		if _, err := db.ExecContext(t.Context(), `CREATE SCHEMA "`+strings.ReplaceAll(name, `"`, `""`)+`"`); err != nil {
			t.Fatal(err)
		}
		u.RawQuery = url.Values{"schema": {name}}.Encode()
		return u.String()
	}
	quoted := "`" + strings.ReplaceAll(name, "`", "``") + "`"
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+quoted); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = db.ExecContext(context.Background(), "DROP DATABASE "+quoted) })
	u.Path, u.RawPath = "/"+name, ""
	return u.String()
}

// TestOddNames: a database or schema of any name is migrated, compared, pushed to and
// replayed in as others are.
func TestOddNames(t *testing.T) {
	for _, server := range []string{"postgres", "mariadb"} {
		kind := testdb.Server(t, server)
		for _, name := range oddNames {
			t.Run(server+"/"+name, func(t *testing.T) { migrated(t, kind, named(t, kind, name), nil) })
		}
	}
}

// migrated applies the default graph's migrations, pushes, and wants the history to
// stay and no difference.
func migrated(t *testing.T, kind testdb.Kind, url string, change func(*migrate.Config)) {
	t.Helper()
	dir, err := migrations.Dir(kind.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	m := pusher(t, kind, url, func(c *migrate.Config) {
		if c.Dir = dir; change != nil {
			change(c)
		}
	})
	if _, err := m.Apply(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if found, err := m.Drift(t.Context(), entmigrate.Tables); err != nil || len(found) != 0 {
		t.Errorf("drift: %v, %v", found, err)
	}
	if plan, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{AllowDestructive: true}); err != nil || len(plan.Statements) != 0 {
		t.Errorf("push: %+v, %v", plan, err)
	}
	if st, err := m.Status(t.Context()); err != nil || st.Executed == 0 || st.Pending != 0 {
		t.Errorf("status: %+v, %v", st, err)
	}
	if report, err := m.Apply(t.Context(), 0); err != nil || report.Files != 0 {
		t.Errorf("apply again: %+v, %v", report, err)
	}
}

// TestOddRevisionsSchemas: the history may be in a schema of any name.
func TestOddRevisionsSchemas(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	for _, name := range oddNames[:4] {
		t.Run(name, func(t *testing.T) {
			url := kind.URL(t)
			migrated(t, kind, url, func(c *migrate.Config) { c.RevisionsSchema = name })
			var n int
			if err := kind.Connect(t, url).QueryRowContext(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = $1", name).Scan(&n); err != nil || n != 1 {
				t.Errorf("%d tables in the schema %s: %v", n, name, err)
			}
		})
	}
}

// TestOddTables: tables of others, of any name, are told of, left alone by their exact
// name, and dropped only where that can be written.
func TestOddTables(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		url := kind.Filled(t)
		db := kind.Connect(t, url)
		quote := func(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
		if kind.Dialect == dialect.Postgres {
			quote = func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
		}
		for _, name := range oddNames {
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE "+quote(name)+" (id int PRIMARY KEY)"); err != nil {
				t.Fatal(err)
			}
		}
		m := pusher(t, kind, url, nil)
		found, err := m.Drift(t.Context(), entmigrate.Tables)
		if err != nil || len(found) != len(oddNames) {
			t.Fatalf("%v, %v", found, err)
		}
		for i, name := range oddNames {
			rest := slices.Delete(slices.Clone(oddNames), i, i+1)
			for j := range rest {
				rest[j] = migrate.Exactly(rest[j])
			}
			if found, err := m.Drift(t.Context(), entmigrate.Tables, rest...); err != nil || len(found) != 1 || found[0].Table != name {
				t.Errorf("all but %s are left out: %v, %v", name, found, err)
			}
		}
		bad := map[string]string{dialect.Postgres: `a.b"c`}[kind.Dialect]
		if bad == "" {
			bad = "my`app"
		}
		if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{AllowDestructive: true}); err == nil || !strings.Contains(err.Error(), "drop it by hand") {
			t.Errorf("%v, want the name that cannot be written", err)
		}
		if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{AllowDestructive: true, Exclude: []string{migrate.Exactly(bad)}}); err != nil {
			t.Error(err)
		}
		if found, err := m.Drift(t.Context(), entmigrate.Tables); err != nil || len(found) != 1 || found[0].Table != bad {
			t.Errorf("after push: %v, %v", found, err)
		}
		if _, err := m.Drift(t.Context(), entmigrate.Tables, "blog_["); err == nil || !strings.Contains(err.Error(), "is malformed") {
			t.Errorf("a pattern that is none: %v", err)
		}
	})
}

// TestOddDevDatabases: migrations are written in a database of any name.
func TestOddDevDatabases(t *testing.T) {
	for _, server := range []string{"postgres", "mariadb"} {
		kind := testdb.Server(t, server)
		for _, name := range oddNames {
			t.Run(server+"/"+name, func(t *testing.T) { replayed(t, kind, named(t, kind, name)) })
		}
	}
}

// replayed writes a migration in a development database, twice, and wants that to be
// as before.
func replayed(t *testing.T, kind testdb.Kind, url string) {
	t.Helper()
	dir, err := migrate.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dev := kind.Connect(t, url)
	for i, want := range []int{1, 0, 1} {
		tables := entmigrate.Tables
		if i == 2 {
			tables = changed(t)
		}
		files, err := migrate.Diff(t.Context(), "change", migrate.DiffConfig{Dev: dev, Dialect: kind.Dialect, Dir: dir, Tables: tables})
		if err != nil || len(files) != want {
			t.Fatalf("diff %d: %v, %v", i, files, err)
		}
	}
}
