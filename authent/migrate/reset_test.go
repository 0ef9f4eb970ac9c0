package migrate_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
	"github.com/authent/authent/migrations"
)

// nameOf returns the name of the database of a URL.
func nameOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return path.Base(u.Path + u.Opaque)
}

func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestPush_Reset drops whatever is there, but for what is left out, and makes the
// database anew.
func TestPush_Reset(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		at := kind.URL(t)
		m, db := pusher(t, kind, at, nil), kind.Connect(t, at)
		if _, err := m.Push(t.Context(), changed(t), migrate.PushConfig{}); err != nil {
			t.Fatal(err)
		}
		run(t, db, "CREATE TABLE rest (id int)", "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (1)",
			"CREATE VIEW one AS SELECT id FROM rest", "CREATE VIEW another AS SELECT id FROM one", "CREATE VIEW kept_too AS SELECT id FROM kept",
			"INSERT INTO verificationtokens (token, identifier, expires) VALUES ('t', 'i', '2030-01-01 00:00:00')")
		if kind.Dialect == dialect.Postgres {
			run(t, db, "CREATE MATERIALIZED VIEW more AS SELECT id FROM another", "CREATE EXTENSION pg_stat_statements")
		}
		c := migrate.PushConfig{Reset: nameOf(t, at), Exclude: []string{"kept*"}}
		before := tablesOf(t, kind, db)
		plan, err := pusher(t, kind, at, func(c *migrate.Config) { c.DryRun = true }).Push(t.Context(), entmigrate.Tables, c)
		if err != nil || len(plan.Statements) < 11 || !slices.Equal(tablesOf(t, kind, db), before) {
			t.Fatalf("dry run: %+v, %v", plan, err)
		}
		done, err := m.Push(t.Context(), entmigrate.Tables, c)
		if err != nil || len(done.Statements) != len(plan.Statements) {
			t.Fatalf("%+v, %v", done, err)
		}
		if found, err := m.Drift(t.Context(), entmigrate.Tables, "kept"); err != nil || len(found) != 0 {
			t.Errorf("%v, %v", found, err)
		}
		want := slices.DeleteFunc(before, func(name string) bool { return slices.Contains([]string{"rest", "one", "another", "more"}, name) })
		if got := tablesOf(t, kind, db); !slices.Equal(got, want) {
			t.Errorf("there are %q, want %q", got, want)
		}
		var n int
		if err := db.QueryRow("SELECT (SELECT COUNT(*) FROM kept_too) + (SELECT COUNT(*) FROM verificationtokens)").Scan(&n); err != nil || n != 1 {
			t.Errorf("%d rows, %v", n, err)
		}
		if _, err := m.Push(t.Context(), entmigrate.Tables, c); err != nil {
			t.Errorf("again: %v", err)
		}
	})
}

// tablesOf returns the tables and views.
func tablesOf(t *testing.T, kind testdb.Kind, db *sql.DB) (all []string) {
	t.Helper()
	query := map[string]string{
		dialect.SQLite:   "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'",
		dialect.Postgres: "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')",
		dialect.MySQL:    "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
	}[kind.Dialect]
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// TestPush_ResetAlone: where more schemas than one are looked in, the history of another
// one stays.
func TestPush_ResetAlone(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	at := kind.URL(t)
	db := kind.Connect(t, at)
	if err := migrations.Apply(t.Context(), kind.Dialect, db); err != nil {
		t.Fatal(err)
	}
	run(t, db, `CREATE SCHEMA tenant`, `CREATE TABLE tenant.x (id int)`)
	before := tablesOf(t, kind, db)
	within := at + map[bool]string{true: "&", false: "?"}[strings.Contains(at, "?")] + "search_path=tenant,public"
	if _, err := pusher(t, kind, within, nil).Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: nameOf(t, at) + ".tenant", AllowDestructive: true}); err != nil {
		t.Fatal(err)
	}
	if got := tablesOf(t, kind, db); !slices.Equal(got, before) {
		t.Errorf("there are %q, before %q", got, before)
	}
}

// TestPush_ResetIn: a database or schema of any name is made anew.
func TestPush_ResetIn(t *testing.T) {
	for _, server := range []string{"postgres", "mariadb"} {
		kind := testdb.Server(t, server)
		for _, name := range oddNames {
			t.Run(server+"/"+name, func(t *testing.T) {
				at := named(t, kind, name)
				run(t, kind.Connect(t, at), "CREATE TABLE rest (id int)", "CREATE VIEW one AS SELECT id FROM rest")
				if kind.Dialect == dialect.Postgres {
					name = nameOf(t, at) + "." + name
				}
				m := pusher(t, kind, at, nil)
				if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: name}); err != nil {
					t.Fatal(err)
				}
				if found, err := m.Drift(t.Context(), entmigrate.Tables); err != nil || len(found) != 0 {
					t.Errorf("%v, %v", found, err)
				}
			})
		}
	}
}

// TestPush_ResetOthersHistory: a database that another program migrates is in use too.
func TestPush_ResetOthersHistory(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		at := kind.URL(t)
		m, db := pusher(t, kind, at, nil), kind.Connect(t, at)
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY)"); err != nil {
			t.Fatal(err)
		}
		_, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: nameOf(t, at)})
		if !errors.Is(err, migrate.ErrDestructive) || !strings.Contains(err.Error(), "_prisma_migrations") {
			t.Error(err)
		}
		if got := tablesOf(t, kind, db); len(got) != 1 {
			t.Errorf("the tables are %q", got)
		}
	})
}

// TestPush_ResetRefuses: another database's name, and a database that is migrated by
// files, unless that is allowed.
func TestPush_ResetRefuses(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		at := kind.URL(t)
		m, db, name := pusher(t, kind, at, nil), kind.Connect(t, at), nameOf(t, at)
		if err := migrations.Apply(t.Context(), kind.Dialect, db); err != nil {
			t.Fatal(err)
		}
		before := tablesOf(t, kind, db)
		_, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: "production", AllowDestructive: true})
		if err == nil || !strings.Contains(err.Error(), "this is the database "+name+", and --reset names production: to delete everything in it, write --reset="+name) {
			t.Error(err)
		}
		_, err = m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: name})
		if !errors.Is(err, migrate.ErrDestructive) || !strings.Contains(err.Error(), "the database "+name+" is migrated by files (it has ") || !strings.Contains(err.Error(), "add --allow-destructive to --reset") {
			t.Error(err)
		}
		if got := tablesOf(t, kind, db); !slices.Equal(got, before) {
			t.Errorf("there are %q, before %q", got, before)
		}
		if kind.Dialect == dialect.Postgres {
			schemaCounts(t, kind, at, name)
		}
		if _, err = m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: name, AllowDestructive: true}); err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(before, func(name string) bool { return name == "atlas_schema_revisions" })
		if got := tablesOf(t, kind, db); !slices.Equal(got, want) {
			t.Errorf("there are %q, want %q", got, want)
		}
	})
}

// schemaCounts: on PostgreSQL a schema that is not the usual one belongs to the name,
// and the histories of all schemas count.
func schemaCounts(t *testing.T, kind testdb.Kind, at, name string) {
	t.Helper()
	run(t, kind.Connect(t, at), `CREATE SCHEMA tenant`, `CREATE TABLE tenant.x (id int)`)
	within := at + map[bool]string{true: "&", false: "?"}[strings.Contains(at, "?")] + "search_path=tenant"
	m := pusher(t, kind, within, nil)
	if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: name, AllowDestructive: true}); err == nil || !strings.Contains(err.Error(), "--reset="+name+".tenant") {
		t.Error(err)
	}
	if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: name + ".tenant"}); err == nil || !strings.Contains(err.Error(), "public.atlas_schema_revisions") {
		t.Error(err)
	}
	if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: name + ".tenant", AllowDestructive: true}); err != nil {
		t.Error(err)
	}
	if found, err := m.Drift(t.Context(), entmigrate.Tables); err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// TestPush_ResetOddNames: what is left out stays, whatever its name, and so does what
// a host keeps for itself.
func TestPush_ResetOddNames(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		at := kind.URL(t)
		m, db := pusher(t, kind, at, nil), kind.Connect(t, at)
		mark := kind.Quote("")[:1]
		quote := func(name string) string { return mark + strings.ReplaceAll(name, mark, mark+mark) + mark }
		var kept, exclude []string
		for i, name := range oddNames {
			run(t, db, "CREATE TABLE "+quote(name)+" (id int PRIMARY KEY)", "CREATE VIEW "+quote(name+" v")+" AS SELECT id FROM "+quote(name))
			kept, exclude = append(kept, name, name+" v"), append(exclude, migrate.Exactly(name), migrate.Exactly(name+" v"))
			run(t, db, fmt.Sprintf("CREATE TABLE rest%d (id int)", i))
		}
		if kind.Dialect == dialect.SQLite {
			run(t, db, "CREATE TABLE _litestream_seq (id int)", "CREATE VIRTUAL TABLE found USING fts5(body)")
			kept = append(kept, "_litestream_seq", "found", "found_config", "found_content", "found_data", "found_docsize", "found_idx")
		}
		if kind.Dialect == dialect.MySQL {
			run(t, db, "CREATE TABLE versioned (id int) WITH SYSTEM VERSIONING")
		}
		if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Reset: nameOf(t, at), Exclude: exclude}); err != nil {
			t.Fatal(err)
		}
		for _, x := range entmigrate.Tables {
			kept = append(kept, x.Name)
		}
		slices.Sort(kept)
		if got := tablesOf(t, kind, db); !slices.Equal(got, kept) {
			t.Errorf("there are %q, want %q", got, kept)
		}
	})
}
