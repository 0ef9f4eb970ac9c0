package testdb

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/authent/authent/internal/dbserver"
)

// Queries have one argument, an integer. Kept has run before the server freezes,
// New has not. Many returns that many rows, more than are sent at once.
type Queries struct{ Kept, New, Many string }

// Frozen proves that every call to a frozen server returns with an error, and
// that the same *sql.DB works again when the server continues. Each call gets a
// pool of its own.
func Frozen(t *testing.T, s *dbserver.Server, open func() *sql.DB, q Queries) {
	pools := map[string]*sql.DB{}
	calls := map[string]func() error{}
	for name, prepare := range frozenCalls {
		pools[name] = open()
		pools[name].SetMaxOpenConns(2)
		calls[name] = prepare(t, pools[name], q)
	}
	idle := open()
	if _, err := idle.ExecContext(t.Context(), q.Kept, 1); err != nil {
		t.Fatal(err)
	}
	calls["closing a pool"] = func() error { return errors.Join(idle.Close(), errors.New("closed")) }
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Thaw() })
	t.Run("frozen", func(t *testing.T) {
		for name, call := range calls {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				returns(t, call)
			})
		}
	})
	if err := s.Thaw(); err != nil {
		t.Fatal(err)
	}
	for name, db := range pools {
		for range 3 {
			if _, err := db.ExecContext(t.Context(), q.Kept, 1); err != nil {
				t.Errorf("%s: afterwards: %v", name, err)
			}
		}
	}
}

// returns fails if f does not return at all. Not even a slow machine reaches the
// limit.
func returns(t testing.TB, f func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		if err == nil {
			t.Error("no error from a frozen server")
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("it hangs")
	}
}

// soon returns a context that ends while the server is frozen.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// frozenCalls are the calls made while the server is frozen. Each prepares itself
// before that, on a connection of its own.
var frozenCalls = map[string]func(t testing.TB, db *sql.DB, q Queries) func() error{
	"a query": func(t testing.TB, db *sql.DB, q Queries) func() error {
		return onConn(t, db, q, func(c *sql.Conn) error { _, err := c.QueryContext(soon(t), "SELECT 1"); return err })
	},
	"a kept statement": func(t testing.TB, db *sql.DB, q Queries) func() error {
		return onConn(t, db, q, func(c *sql.Conn) error { _, err := c.ExecContext(soon(t), q.Kept, 1); return err })
	},
	"a new statement": func(t testing.TB, db *sql.DB, q Queries) func() error {
		return onConn(t, db, q, func(c *sql.Conn) error { _, err := c.ExecContext(soon(t), q.New, 1); return err })
	},
	"rows that are read": func(t testing.TB, db *sql.DB, q Queries) func() error {
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := db.QueryContext(ctx, q.Many, 50_000_000)
		if err != nil || !rows.Next() {
			t.Fatal("no row: ", err)
		}
		return func() error {
			time.AfterFunc(300*time.Millisecond, cancel)
			for rows.Next() {
				continue
			}
			return errors.Join(rows.Err(), rows.Close())
		}
	},
	"a ping": func(t testing.TB, db *sql.DB, q Queries) func() error {
		return onConn(t, db, q, func(c *sql.Conn) error { return c.PingContext(soon(t)) })
	},
	"BEGIN": func(t testing.TB, db *sql.DB, q Queries) func() error {
		return onConn(t, db, q, func(c *sql.Conn) error { _, err := c.BeginTx(soon(t), nil); return err })
	},
	"a query in a transaction, and its ROLLBACK": func(t testing.TB, db *sql.DB, q Queries) func() error {
		tx := begun(t, db, q, t.Context())
		return func() error {
			_, err := tx.ExecContext(soon(t), q.Kept, 1)
			if e := tx.Rollback(); e == nil {
				t.Error("ROLLBACK: no error from a frozen server")
			}
			return err
		}
	},
	"COMMIT": func(t testing.TB, db *sql.DB, q Queries) func() error {
		ctx, cancel := context.WithCancel(t.Context())
		tx := begun(t, db, q, ctx)
		return func() error {
			time.AfterFunc(300*time.Millisecond, cancel) // when COMMIT most likely hangs
			return tx.Commit()
		}
	},
	"ROLLBACK": func(t testing.TB, db *sql.DB, q Queries) func() error {
		ctx, cancel := context.WithCancel(t.Context())
		tx := begun(t, db, q, ctx)
		return func() error {
			time.AfterFunc(300*time.Millisecond, cancel)
			return tx.Rollback()
		}
	},
	"ROLLBACK without an end": func(t testing.TB, db *sql.DB, q Queries) func() error {
		return begun(t, db, q, context.WithoutCancel(t.Context())).Rollback
	},
	"a context that ends between two calls": func(t testing.TB, db *sql.DB, q Queries) func() error {
		ctx, cancel := context.WithCancel(t.Context())
		tx := begun(t, db, q, ctx)
		return func() error {
			cancel()
			_, err := tx.ExecContext(t.Context(), "SELECT 1")
			return err
		}
	},
	"a new connection": func(t testing.TB, db *sql.DB, q Queries) func() error {
		return func() error { return db.PingContext(soon(t)) }
	},
	"a new connection without an end": func(t testing.TB, db *sql.DB, q Queries) func() error {
		return func() error { return db.PingContext(context.WithoutCancel(t.Context())) }
	},
}

// onConn takes a connection that keeps a statement.
func onConn(t testing.TB, db *sql.DB, q Queries, f func(*sql.Conn) error) func() error {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecContext(t.Context(), q.Kept, 1); err != nil {
		t.Fatal(err)
	}
	return func() error { return errors.Join(f(c), drop(c.Close())) }
}

// drop ignores an error that is not the call's.
func drop(error) error { return nil }

func begun(t testing.TB, db *sql.DB, q Queries, ctx context.Context) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), q.Kept, 1); err != nil {
		t.Fatal(err)
	}
	return tx
}
