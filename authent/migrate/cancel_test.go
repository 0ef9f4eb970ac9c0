package migrate

import (
	"context"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// TestLocks_Ended: whoever is told to end while it holds a lock gives it back, though
// its connection goes on.
func TestLocks_Ended(t *testing.T) {
	for _, server := range []string{"postgres", "mariadb"} {
		kind := testdb.Server(t, server)
		for what, hold := range map[string]func(*Migrator, context.Context, func() error) error{
			"apply": func(m *Migrator, ctx context.Context, fn func() error) error {
				return m.locked(ctx, func(*session) error { return fn() })
			},
			"replay": func(m *Migrator, ctx context.Context, fn func() error) error {
				s, err := m.hold(ctx)
				if err != nil {
					return err
				}
				defer func() { _ = s.release() }()
				return s.alone(ctx, fn)
			},
		} {
			t.Run(server+"/"+what, func(t *testing.T) {
				at := kind.URL(t)
				one := migrator(t, kind, kind.Connect(t, at), "", nil)
				ctx, cancel := context.WithCancel(t.Context())
				_ = hold(one, ctx, func() error { cancel(); return ctx.Err() })
				other := migrator(t, kind, kind.Connect(t, at), "", func(c *Config) { c.LockTimeout = time.Second })
				if err := hold(other, t.Context(), func() error { return nil }); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestReplay_Ended: a development database is empty also when somebody ends diff or
// lint while a statement runs.
func TestReplay_Ended(t *testing.T) {
	for _, server := range []string{"postgres", "mariadb"} {
		kind := testdb.Server(t, server)
		gate := map[string][3]string{
			dialect.Postgres: {"SELECT pg_advisory_lock(hashtext(current_database()))", "SELECT pg_advisory_unlock(hashtext(current_database()))", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"},
			dialect.MySQL:    {"SELECT GET_LOCK(CONCAT(database(), '.gate'), 600)", "SELECT RELEASE_LOCK(CONCAT(database(), '.gate'))", "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND info LIKE 'SELECT GET_LOCK(CONCAT%' AND state = 'User lock'"},
		}[kind.Dialect]
		for what, head := range map[string]string{"whole": "", "one by one": "-- atlas:txmode none\n\n"} {
			t.Run(server+"/"+what, func(t *testing.T) {
				at := kind.URL(t)
				db, dev := kind.Connect(t, at), kind.Connect(t, at)
				keeper, err := db.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer keeper.Close()
				shut := func(statement string) {
					if _, err := keeper.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
				shut(gate[0])
				dir := open(t, folder(t, "1_long.sql", head+"CREATE TABLE t (id int);\n"+gate[0]+";\nCREATE TABLE u (id int);"))
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() {
					_, err := Lint(ctx, LintConfig{Dev: dev, Dialect: kind.Dialect, Dir: dir})
					ended <- err
				}()
				for testdb.Number(t, db, gate[2]) == 0 {
					time.Sleep(10 * time.Millisecond)
				}
				cancel()
				shut(gate[1])
				if err := <-ended; err == nil {
					t.Error("it was not ended")
				}
				if left := inventory(t, kind, db); left != "" {
					t.Errorf("there is still %s", left)
				}
			})
		}
	}
}
