package migrate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
	"github.com/authent/authent/migrations"
)

// hostObjects are what hosts, extensions and people leave in a database that has no
// tables of an application's.
var hostObjects = map[string][]string{
	dialect.Postgres: {
		"CREATE EXTENSION pg_stat_statements", "CREATE EXTENSION pg_buffercache", "CREATE EXTENSION citext",
		// As PostGIS has it: a table that belongs to an extension.
		"CREATE TABLE spatial_ref_sys (srid int PRIMARY KEY, srtext text)", "ALTER EXTENSION citext ADD TABLE spatial_ref_sys",
		"CREATE VIEW report AS SELECT 1 AS a", "CREATE MATERIALIZED VIEW summary AS SELECT 1 AS a", "CREATE SEQUENCE numbers",
		"CREATE EXTENSION postgres_fdw", "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw", "CREATE FOREIGN TABLE remote (a int) SERVER elsewhere",
		"CREATE SCHEMA hosts", "CREATE TABLE hosts.jobs (a int)", "CREATE TYPE mood AS ENUM ('glad')",
	},
	dialect.MySQL: {"CREATE VIEW report AS SELECT 1 AS a", "CREATE SEQUENCE numbers"},
	dialect.SQLite: {
		"CREATE VIEW report AS SELECT 1 AS a", "CREATE VIRTUAL TABLE search USING fts5 (body)", "INSERT INTO search VALUES ('a')", "ANALYZE",
		"CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)", "CREATE TABLE _litestream_lock (id INTEGER)", "CREATE TABLE _cf_KV (key TEXT PRIMARY KEY, value BLOB)",
	},
}

// kept finds whether they are there.
var kept = map[string]string{
	dialect.Postgres: `SELECT count(*) FROM pg_class WHERE relname IN ('spatial_ref_sys', 'report', 'summary', 'numbers', 'remote', 'jobs', 'pg_stat_statements', 'pg_buffercache')`,
	dialect.MySQL:    `SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name IN ('report', 'numbers')`,
	dialect.SQLite:   `SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view') AND (name LIKE 'search%' OR name IN ('report', '_litestream_seq', '_litestream_lock', '_cf_KV'))`,
}

// hosted returns a database that holds nothing but these objects.
func hosted(t *testing.T, kind testdb.Kind) (url string, count func() int) {
	t.Helper()
	url = kind.URL(t)
	db := kind.Connect(t, url)
	for _, statement := range hostObjects[kind.Dialect] {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return url, func() (n int) {
		if err := db.QueryRowContext(t.Context(), kept[kind.Dialect]).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// TestObjectsOfTheHost do not count as tables that no migration made: a database that has
// nothing else is migrated, compared, pushed to, taken as it is and replayed in as an
// empty one, and they stay.
func TestObjectsOfTheHost(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, do := range map[string]func(t *testing.T, url string){
			"apply": func(t *testing.T, url string) { migrated(t, kind, url, nil) },
			"diff":  func(t *testing.T, url string) { replayed(t, kind, url) },
			"push": func(t *testing.T, url string) {
				m := pusher(t, kind, url, nil)
				if _, err := m.Push(t.Context(), entmigrate.Tables, migrate.PushConfig{}); err != nil {
					t.Fatal(err)
				}
				if found, err := m.Drift(t.Context(), entmigrate.Tables); err != nil || len(found) != 0 {
					t.Errorf("%v, %v", found, err)
				}
			},
			"baseline": func(t *testing.T, url string) {
				dir, err := migrations.Dir(kind.Dialect)
				if err != nil {
					t.Fatal(err)
				}
				files, err := dir.Files()
				if err != nil {
					t.Fatal(err)
				}
				if err := pusher(t, kind, url, func(c *migrate.Config) { c.Dir = dir }).Baseline(t.Context(), files[0].Version()); err != nil {
					t.Error(err)
				}
			},
		} {
			t.Run(name, func(t *testing.T) {
				url, count := hosted(t, kind)
				before := count()
				do(t, url)
				if after := count(); after != before || before < 2 {
					t.Errorf("%d of %d objects are left", after, before)
				}
			})
		}
	})
}

// TestTablesOfOthers do count, whatever kind of tables they are.
func TestTablesOfOthers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, table := range slices.DeleteFunc([]string{
			"CREATE TABLE theirs (a int)", "CREATE TABLE theirs (a int) WITH SYSTEM VERSIONING", "CREATE TABLE theirs (a int) PARTITION BY RANGE (a)",
		}, func(s string) bool {
			return strings.Contains(s, "VERSIONING") && kind.Dialect != dialect.MySQL || strings.Contains(s, "PARTITION") && kind.Dialect != dialect.Postgres
		}) {
			url, _ := hosted(t, kind)
			if _, err := kind.Connect(t, url).ExecContext(t.Context(), table); err != nil {
				t.Fatal(err)
			}
			dir, err := migrations.Dir(kind.Dialect)
			if err != nil {
				t.Fatal(err)
			}
			m := pusher(t, kind, url, func(c *migrate.Config) { c.Dir = dir })
			if _, err := m.Apply(t.Context(), 0); !errors.Is(err, migrate.ErrNotClean) || !strings.Contains(err.Error(), ": theirs:") {
				t.Errorf("%s: %v, want ErrNotClean that names it alone", table, err)
			}
			if found, err := m.Drift(t.Context(), entmigrate.Tables, "users", "accounts", "sessions", "verificationtokens", "ratelimits", "auditevents", "totps", "authenticators"); err != nil || len(found) != 1 || found[0].Table != "theirs" {
				t.Errorf("%s: drift: %v, %v", table, found, err)
			}
		}
	})
}

// TestSystemVersionedUsers cannot be compared, and that is said.
func TestSystemVersionedUsers(t *testing.T) {
	kind := testdb.Server(t, "mariadb")
	url := kind.URL(t)
	if _, err := kind.Connect(t, url).ExecContext(t.Context(), "CREATE TABLE users (id int) WITH SYSTEM VERSIONING"); err != nil {
		t.Fatal(err)
	}
	if _, err := pusher(t, kind, url, nil).Drift(t.Context(), entmigrate.Tables); err == nil || !strings.Contains(err.Error(), "ALTER TABLE users DROP SYSTEM VERSIONING") {
		t.Errorf("%v", err)
	}
}

// TestFoldersThatMakeMore: what a folder makes beside tables is gone from the
// development database afterwards, so that it can be replayed there again; a file that
// runs in no transaction too.
func TestFoldersThatMakeMore(t *testing.T) {
	more := map[string][]string{
		dialect.Postgres: {"CREATE TABLE a (b int);\nCREATE TYPE mood AS ENUM ('glad');\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\nCREATE VIEW v AS SELECT * FROM a;\n",
			"-- atlas:txmode none\n\nCREATE TABLE a (b int);\nCREATE INDEX CONCURRENTLY i ON a (b);\nCREATE VIEW v AS SELECT * FROM a;\n"},
		dialect.MySQL:  {"CREATE TABLE a (b int);\nCREATE VIEW v AS SELECT * FROM a;\n"},
		dialect.SQLite: {"CREATE TABLE a (b int);\nCREATE VIEW v AS SELECT * FROM a;\nCREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END;\n"},
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, text := range more[kind.Dialect] {
			dev := kind.Connect(t, kind.URL(t))
			for range 2 {
				dir, err := migrate.NewDir(t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(dir.WriteFile("20200101000000_more.sql", []byte(text)), migrate.Hash(dir)); err != nil {
					t.Fatal(err)
				}
				files, err := migrate.Diff(t.Context(), "change", migrate.DiffConfig{Dev: dev, Dialect: kind.Dialect, Dir: dir, Tables: entmigrate.Tables})
				if err != nil || len(files) != 1 {
					t.Fatalf("%v, %v", files, err)
				}
			}
		}
	})
}
