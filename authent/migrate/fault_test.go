package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/testdb"
)

// TestApply_FailingStatement names file, line and statement; after the file was
// mended apply goes on.
func TestApply_FailingStatement(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		db := kind.Connect(t, kind.URL(t))
		const good, bad = "CREATE TABLE a (x int);\n-- a comment\n\nINSERT INTO a VALUES (1);\nCREATE TABLE b (x int);\n", "CREATE TABLE a (x int);\n-- a comment\n\nINSERT INTO missing VALUES (1);\nCREATE TABLE b (x int);\n"
		name := folder(t, "1_bad.sql", bad)
		_, err := migrator(t, kind, db, name, nil).Apply(t.Context(), 0)
		failed, ok := errors.AsType[*StatementError](err)
		if !ok || failed.Statement.File != "1_bad.sql" || failed.Statement.Line != 4 || failed.Statement.SQL != "INSERT INTO missing VALUES (1);" || failed.Total != 3 {
			t.Fatalf("%v", err)
		}
		if !strings.Contains(err.Error(), "1_bad.sql, line 4") || strings.Contains(err.Error(), "25P02") {
			t.Errorf("%v", err)
		}
		st, statusErr := migrator(t, kind, db, name, nil).Status(t.Context())
		if statusErr != nil || st.Pending != 1 {
			t.Errorf("status: %+v, %v", st, statusErr)
		}
		if kind.Dialect == dialect.MySQL {
			if failed.Applied != 1 || st.Applied != 1 || st.Total != 3 || !strings.Contains(st.Error, "missing") || st.SQL != failed.Statement.SQL {
				t.Errorf("status: %+v; error: %v", st, err)
			}
			write(t, name, "1_bad.sql", strings.Replace(bad, "TABLE a", "TABLE other", 1))
			if _, err := migrator(t, kind, db, name, nil).Apply(t.Context(), 0); !errors.Is(err, ErrHistory) {
				t.Errorf("what was executed was edited: %v", err)
			}
		} else if tables := inventory(t, kind, db); strings.Contains(tables, "a ") && !strings.Contains(tables, RevisionsTable+" 0") {
			t.Errorf("something was left:\n%s", tables)
		}
		write(t, name, "1_bad.sql", good)
		apply(t, kind, db, name)
		if testdb.Number(t, db, "SELECT COUNT(*) FROM a") != 1 || testdb.Number(t, db, "SELECT COUNT(*) FROM b") != 0 {
			t.Error("the corrected file was not executed as it is")
		}
	})
}

const (
	one = "CREATE TABLE one (x int);\n"
	two = "CREATE TABLE two (x int);\n"
)

// TestApply_Refuses: a clear error, and nothing is changed.
func TestApply_Refuses(t *testing.T) {
	remove := func(name, file string) error { return os.Remove(filepath.Join(name, file)) }
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for what, tc := range map[string]struct {
			spoil func(t *testing.T, name string, db *sql.DB) error
			err   error
			says  string
		}{
			"an applied file was edited": {func(t *testing.T, name string, _ *sql.DB) error {
				write(t, name, "1_one.sql", one+"-- edited\n")
				return nil
			}, ErrHistory, "1_one.sql was edited after it was applied"},
			"an applied file is missing": {func(t *testing.T, name string, _ *sql.DB) error {
				err := remove(name, "1_one.sql")
				write(t, name)
				return err
			}, ErrHistory, "1_one.sql was applied and is missing"},
			"a file was added out of order": {func(t *testing.T, name string, _ *sql.DB) error {
				write(t, name, "15_late.sql", "CREATE TABLE late (x int);\n")
				return nil
			}, ErrHistory, "15_late.sql was added out of order"},
			"the files are not those of atlas.sum": {func(_ *testing.T, name string, _ *sql.DB) error {
				return os.WriteFile(filepath.Join(name, "3_three.sql"), []byte("CREATE TABLE three (x int);"), 0o600)
			}, nil, "3_three.sql was added (atlas.sum"},
			"atlas.sum is missing": {func(_ *testing.T, name string, _ *sql.DB) error { return remove(name, "atlas.sum") }, nil, "atlas.sum is missing"},
			"the database is newer": {func(t *testing.T, name string, _ *sql.DB) error {
				err := remove(name, "2_two.sql")
				write(t, name)
				return err
			}, ErrNewer, "it is at 2, which no file here has"},
		} {
			t.Run(what, func(t *testing.T) {
				db := kind.Connect(t, kind.URL(t))
				name := folder(t, "1_one.sql", one, "2_two.sql", two)
				apply(t, kind, db, name)
				if err := tc.spoil(t, name, db); err != nil {
					t.Fatal(err)
				}
				before := inventory(t, kind, db)
				_, err := migrator(t, kind, db, name, nil).Apply(t.Context(), 0)
				if err == nil || tc.err != nil && !errors.Is(err, tc.err) || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("%v, want %q", err, tc.says)
				}
				if after := inventory(t, kind, db); after != before {
					t.Errorf("it changed something:\n%s\nbefore:\n%s", after, before)
				}
			})
		}
	})
}

// TestApply_ForeignTables: a database that has tables and no history is refused
// until somebody says what they are.
func TestApply_ForeignTables(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		db := kind.Connect(t, kind.URL(t))
		testdb.Execute(t, db, "CREATE TABLE one (x int)", "CREATE TABLE blog (x int)")
		name := folder(t, "1_one.sql", one, "2_two.sql", two)
		before := inventory(t, kind, db)
		m := migrator(t, kind, db, name, nil)
		if _, err := m.Apply(t.Context(), 0); !errors.Is(err, ErrNotClean) || !strings.Contains(err.Error(), "blog, one") {
			t.Errorf("%v", err)
		}
		if err := m.Baseline(t.Context(), "7"); err == nil || !strings.Contains(err.Error(), "the baseline is one of 1, 2") {
			t.Errorf("an unknown baseline: %v", err)
		}
		if after := inventory(t, kind, db); after != before {
			t.Errorf("it changed something: %s", after)
		}
		if err := m.Baseline(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		if err := m.Baseline(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "already has a history") {
			t.Errorf("a second baseline: %v", err)
		}
		if report := apply(t, kind, db, name); report.Files != 1 {
			t.Errorf("after the baseline %d files were applied", report.Files)
		}
		other := kind.Connect(t, kind.URL(t))
		testdb.Execute(t, other, "CREATE TABLE blog (x int)")
		allowed := migrator(t, kind, other, name, func(c *Config) { c.AllowDirty = true })
		if report, err := allowed.Apply(t.Context(), 0); err != nil || report.Files != 2 {
			t.Errorf("allowed: %+v, %v", report, err)
		}
	})
}

// TestApply_WithoutRights: whoever may not do it is told so, in one line.
func TestApply_WithoutRights(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		address := kind.URL(t)
		db := kind.Connect(t, address)
		testdb.Execute(t, db, "CREATE TABLE there (x int)", "DROP TABLE there")
		poor := restricted(t, kind, db, address)
		_, err := migrator(t, kind, kind.Connect(t, poor), folder(t, "1_one.sql", one), nil).Apply(t.Context(), 0)
		want := "needs the right to do this"
		if kind.Dialect == dialect.SQLite {
			want = "the database must be writable"
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "pw-of-the-poor") {
			t.Errorf("%v, want %q", err, want)
		}
		if left := inventory(t, kind, db); left != "" {
			t.Errorf("it left %s", left)
		}
	})
}

// restricted returns the URL of the database for somebody who may only read.
func restricted(t *testing.T, kind testdb.Kind, db *sql.DB, address string) string {
	t.Helper()
	if kind.Dialect == dialect.SQLite {
		return address + "?mode=ro"
	}
	name := fmt.Sprintf("poor_%d", time.Now().UnixNano()%1e9)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, "pw-of-the-poor")
	drop := "DROP USER " + name
	if kind.Dialect == dialect.Postgres {
		testdb.Execute(t, db, "REVOKE CREATE ON SCHEMA public FROM PUBLIC", "CREATE ROLE "+name+" LOGIN PASSWORD 'pw-of-the-poor'")
	} else {
		testdb.Execute(t, db, "CREATE USER "+name+"@'127.0.0.1' IDENTIFIED BY 'pw-of-the-poor'", "GRANT SELECT ON "+strings.TrimPrefix(u.Path, "/")+".* TO "+name+"@'127.0.0.1'")
		drop += "@'127.0.0.1'"
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), drop); err != nil {
			t.Error(err)
		}
	})
	return u.String()
}

// lasting is a statement that lasts for as long as a gate is shut.
var lasting = map[string]string{
	dialect.Postgres: "UPDATE a SET x = 2 WHERE pg_advisory_xact_lock_shared(7) IS NOT NULL;\n",
	dialect.MySQL:    "UPDATE a SET x = 2 + 0 * GET_LOCK('gate', 3600);\n",
}

// shut shuts the gate until open is called, by the only connection that db has
// from now on.
func shut(t *testing.T, kind testdb.Kind, db *sql.DB) (open func()) {
	t.Helper()
	lock, unlock := "SELECT GET_LOCK('gate', 0)", "SELECT RELEASE_LOCK('gate')"
	if kind.Dialect == dialect.Postgres {
		lock, unlock = "SELECT pg_advisory_lock(7)", "SELECT pg_advisory_unlock(7)"
	}
	db.SetMaxOpenConns(1)
	testdb.Execute(t, db, lock)
	return func() { testdb.Execute(t, db, unlock) }
}

// atGate waits until the statement lasts.
func atGate(t *testing.T, kind testdb.Kind, db *sql.DB) {
	t.Helper()
	running := "SELECT COUNT(*) FROM information_schema.processlist WHERE db = database() AND id <> connection_id() AND state = 'User lock'"
	if kind.Dialect == dialect.Postgres {
		running = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
	}
	await.True(t, "the statement runs", func() bool { return testdb.Number(t, db, running) > 0 })
}

// disconnect ends every other connection of the database.
func disconnect(ctx context.Context, kind testdb.Kind, db *sql.DB) error {
	if kind.Dialect == dialect.Postgres {
		_, err := db.ExecContext(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		return err
	}
	_, err := db.ExecContext(ctx, `BEGIN NOT ATOMIC
		FOR p IN (SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()) DO KILL p.id; END FOR;
	END`)
	return err
}

// TestApply_LostConnection while a statement runs is a clear error, and the next
// run goes on.
func TestApply_LostConnection(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			kind := testdb.Server(t, name)
			address := kind.URL(t)
			db, other := kind.Connect(t, address), kind.Connect(t, address)
			files := folder(t, "1_a.sql", "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);\n"+lasting[kind.Dialect]+"CREATE TABLE b (x int);\n")
			open := shut(t, kind, other)
			ended := make(chan error, 1)
			m := migrator(t, kind, db, files, func(c *Config) {
				c.Log = func(e Event) {
					if s, ok := e.(StatementStarted); ok && strings.HasPrefix(s.Statement.SQL, "UPDATE") {
						go func() {
							atGate(t, kind, other)
							ended <- disconnect(t.Context(), kind, other)
						}()
					}
				}
			})
			_, err := m.Apply(t.Context(), 0)
			if e := <-ended; e != nil {
				t.Fatal(e)
			}
			if err == nil || !strings.Contains(err.Error(), "the connection was lost") {
				t.Errorf("%v", err)
			}
			open()
			apply(t, kind, db, files)
			if testdb.Number(t, db, "SELECT x FROM a") != 2 || testdb.Number(t, db, "SELECT COUNT(*) FROM b") != 0 {
				t.Error("the next run did not go on")
			}
		})
	}
}

// TestApply_Cancelled: who interrupts a statement finds the database as before
// it, and no lock.
func TestApply_Cancelled(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			kind := testdb.Server(t, name)
			address := kind.URL(t)
			db, other := kind.Connect(t, address), kind.Connect(t, address)
			open := shut(t, kind, other)
			files := folder(t, "1_a.sql", "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);\n"+lasting[kind.Dialect]+"CREATE TABLE b (x int);\n")
			ctx, cancel := context.WithCancel(t.Context())
			m := migrator(t, kind, db, files, func(c *Config) {
				c.Log = func(e Event) {
					if s, ok := e.(StatementStarted); ok && strings.HasPrefix(s.Statement.SQL, "UPDATE") {
						go func() {
							defer cancel()
							atGate(t, kind, other)
						}()
					}
				}
			})
			if _, err := m.Apply(ctx, 0); err == nil {
				t.Fatal("it went through")
			}
			open()
			again := migrator(t, kind, db, files, func(c *Config) { c.LockTimeout = 10 * time.Minute })
			if _, err := again.Apply(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if testdb.Number(t, db, "SELECT x FROM a") != 2 {
				t.Error("the next run did not go on")
			}
		})
	}
}
