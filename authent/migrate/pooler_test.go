package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent/dialect"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// poolerOpeners are how applications open databases behind a pooler.
var poolerOpeners = map[string]func(url string) (*sql.DB, error){
	"authent": func(url string) (*sql.DB, error) { _, db, err := database.Open(url); return db, err },
	"one connection": func(url string) (*sql.DB, error) {
		_, db, err := database.Open(url + "?pgbouncer=true&connection_limit=1")
		return db, err
	},
	"lib/pq": func(url string) (*sql.DB, error) {
		return sql.Open("postgres", url+"?sslmode=disable&binary_parameters=yes")
	},
	"pgx": func(url string) (*sql.DB, error) {
		return sql.Open("pgx", url+"?default_query_exec_mode=simple_protocol")
	},
	"pgx as it is": func(url string) (*sql.DB, error) { return sql.Open("pgx", url) },
}

// lockingVerbs are those that lock.
var lockingVerbs = map[string]func(context.Context, *Migrator) error{
	"apply":    func(ctx context.Context, m *Migrator) error { _, err := m.Apply(ctx, 0); return err },
	"baseline": func(ctx context.Context, m *Migrator) error { return m.Baseline(ctx, "1") },
	"push": func(ctx context.Context, m *Migrator) error {
		_, err := m.Push(ctx, migrate.Tables, PushConfig{})
		return err
	},
	"exclusive": func(ctx context.Context, m *Migrator) error {
		return m.Exclusive(ctx, func(*Session) error { return nil })
	},
}

func through(t *testing.T, open func(string) (*sql.DB, error), url string) *sql.DB {
	t.Helper()
	db, err := open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestPoolerIsRefused: whatever locks is refused behind a pooler in transaction
// mode, with one line, and leaves no lock and no change; also while others use
// the pooler. Where nothing is pending, apply has nothing to do.
func TestPoolerIsRefused(t *testing.T) {
	t.Parallel()
	kind := testdb.Server(t, "postgres")
	direct := kind.URL(t)
	db := kind.Connect(t, direct)
	name := folder(t, "1_a.sql", "CREATE TABLE a (n int);\n")
	for _, settings := range [][]string{nil, {"default_pool_size = 1"}, {"server_round_robin = 1"}} {
		url := testdb.PgBouncer(t, direct, settings...).URL
		for opener, open := range poolerOpeners {
			behind := through(t, open, url)
			for verb, call := range lockingVerbs {
				err := call(t.Context(), migrator(t, kind, behind, name, nil))
				if !errors.Is(err, ErrPooled) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s by %s, %v: %v", verb, opener, settings, err)
				}
			}
		}
	}
	if got := inventory(t, kind, db); got != "" {
		t.Errorf("something was changed:\n%s", got)
	}
	if n := testdb.Number(t, db, "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'"); n != 0 {
		t.Errorf("%d locks were left", n)
	}
	apply(t, kind, db, name)
	url := testdb.PgBouncer(t, direct).URL
	for opener, open := range poolerOpeners {
		if opener == "pgx as it is" {
			continue // nothing works with it there
		}
		behind := through(t, open, url)
		if report := apply(t, kind, behind, name); report.Files != 0 {
			t.Errorf("%s applied %d files", opener, report.Files)
		}
		if st, err := migrator(t, kind, behind, name, nil).Status(t.Context()); err != nil || st.Current != "1" {
			t.Errorf("%s: status: %+v, %v", opener, st, err)
		}
		if found, err := migrator(t, kind, behind, name, nil).Drift(t.Context(), migrate.Tables); err != nil || len(found) == 0 {
			t.Errorf("%s: drift: %v, %v", opener, found, err)
		}
		late := folder(t, "1_a.sql", "CREATE TABLE a (n int);\n", "2_b.sql", "CREATE TABLE b (n int);\n")
		if _, err := migrator(t, kind, behind, late, nil).Apply(t.Context(), 0); !errors.Is(err, ErrPooled) {
			t.Errorf("%s, with a file pending: %v", opener, err)
		}
		if _, err := migrator(t, kind, behind, folder(t, "0_other.sql", "SELECT 1;\n"), nil).Apply(t.Context(), 0); !errors.Is(err, ErrNewer) {
			t.Errorf("%s, with another history: %v", opener, err)
		}
	}
}

// TestBusyPoolerIsRefused: others that come and go do not hide a pooler.
func TestBusyPoolerIsRefused(t *testing.T) {
	t.Parallel()
	kind := testdb.Server(t, "postgres")
	direct := kind.URL(t)
	name := folder(t, "1_a.sql", "CREATE TABLE a (n int);\n")
	url := testdb.PgBouncer(t, direct, "default_pool_size = 4").URL
	stop, others := make(chan struct{}), sync.WaitGroup{}
	busy := through(t, poolerOpeners["lib/pq"], url)
	for range 8 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := busy.Exec("SELECT 1"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, opener := range []string{"authent", "lib/pq", "pgx"} {
		behind := through(t, poolerOpeners[opener], url)
		for range 5 {
			if _, err := migrator(t, kind, behind, name, nil).Apply(t.Context(), 0); !errors.Is(err, ErrPooled) {
				t.Errorf("%s: %v", opener, err)
			}
		}
	}
	close(stop)
	others.Wait()
}

// TestPoolerInStepIsRefused: a pooler whose sessions take turns may give each
// connection the same one time and again, while nobody else uses it. How many are
// warm, and how many connections there are to look with, makes no difference.
func TestPoolerInStepIsRefused(t *testing.T) {
	t.Parallel()
	kind := testdb.Server(t, "postgres")
	direct := kind.URL(t)
	name := folder(t, "1_a.sql", "CREATE TABLE a (n int);\n")
	url := testdb.PgBouncer(t, direct, "server_round_robin = 1").URL
	warm := through(t, poolerOpeners["lib/pq"], url)
	for sessions := 1; sessions <= 6; sessions++ {
		var open []*sql.Tx
		for range sessions {
			tx, err := warm.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, tx)
		}
		for _, tx := range open {
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
		}
		for _, opener := range []string{"authent", "lib/pq", "pgx"} {
			for _, most := range []int{0, 2} {
				behind := through(t, poolerOpeners[opener], url)
				behind.SetMaxOpenConns(most)
				if _, err := migrator(t, kind, behind, name, nil).Apply(t.Context(), 0); !errors.Is(err, ErrPooled) {
					t.Errorf("%s, %d sessions, at most %d connections: %v", opener, sessions, most, err)
				}
			}
		}
	}
}

// TestPoolerInSessionMode: a session belongs to one connection there, so all that
// migrate at once work one after the other.
func TestPoolerInSessionMode(t *testing.T) {
	t.Parallel()
	kind := testdb.Server(t, "postgres")
	for opener, open := range poolerOpeners {
		if opener == "one connection" {
			continue // what mode it is cannot be seen
		}
		t.Run(opener, func(t *testing.T) {
			t.Parallel()
			direct := kind.URL(t)
			url := testdb.PgBouncer(t, direct, "pool_mode = session").URL
			name := folder(t, "1_a.sql", "CREATE TABLE a (n int);\n", "2_b.sql", "CREATE TABLE b (n int);\n")
			files := make(chan int, 4)
			var all sync.WaitGroup
			for range 4 {
				behind := through(t, open, url)
				all.Go(func() {
					report, err := migrator(t, kind, behind, name, nil).Apply(t.Context(), 0)
					if err != nil {
						t.Error(err)
					}
					files <- report.Files
				})
			}
			all.Wait()
			if n := <-files + <-files + <-files + <-files; n != 2 {
				t.Errorf("%d files were applied", n)
			}
			db := kind.Connect(t, direct)
			if n := testdb.Number(t, db, "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); n != 0 {
				t.Errorf("%d locks were left", n)
			}
		})
	}
}

// TestDirectDatabases of an application's own are migrated as ever, whatever
// their driver, and with one connection too.
func TestDirectDatabases(t *testing.T) {
	t.Parallel()
	kind := testdb.Server(t, "postgres")
	for opener, open := range poolerOpeners {
		for _, most := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, %d", opener, most), func(t *testing.T) {
				t.Parallel()
				db := through(t, open, kind.URL(t))
				db.SetMaxOpenConns(most)
				if report := apply(t, testdb.Kind{Dialect: dialect.Postgres}, db, folder(t, "1_a.sql", "CREATE TABLE a (n int);\n")); report.Files != 1 {
					t.Errorf("%d files were applied", report.Files)
				}
			})
		}
	}
}
