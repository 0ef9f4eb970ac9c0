package postgres_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/internal/dbserver"
)

// writes are the ways in which a write reaches the server.
var writes = map[string]func(t *testing.T, db *sql.DB) error{
	"exec": func(t *testing.T, db *sql.DB) error {
		_, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES ($1)", 1)
		return err
	},
	"simple": func(t *testing.T, db *sql.DB) error {
		_, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (1)")
		return err
	},
	"query": func(t *testing.T, db *sql.DB) error {
		return db.QueryRowContext(t.Context(), "INSERT INTO t VALUES ($1) RETURNING n", 1).Scan(new(int))
	},
	"prepared": prepared,
	"transaction": func(t *testing.T, db *sql.DB) error {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO t VALUES ($1)", 1); err != nil {
			return err
		}
		return tx.Commit()
	},
}

func prepared(t *testing.T, db *sql.DB) error {
	stmt, err := db.PrepareContext(t.Context(), "INSERT INTO t VALUES ($1)")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	_, err = stmt.ExecContext(t.Context(), 1)
	return err
}

// TestReadOnlyServer: a connection whose server only reads, as one does that was
// demoted, is left: its error is the caller's, and the next call dials anew.
func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	s := own(t)
	for _, query := range []string{"", "?statement_cache=off"} {
		db := open(t, s.URL+query)
		db.SetMaxOpenConns(1)
		run(t, db, "CREATE TABLE IF NOT EXISTS t (n int)")
		for name, write := range writes {
			if err := write(t, db); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if name == "transaction" {
				continue // the driver's BEGIN asks for one that writes
			}
			before := value(t, db, "SELECT pg_backend_pid()")
			run(t, db, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
			if err := write(t, db); stateOf(err) != "25006" {
				t.Errorf("%s: %v, want 25006", name, err)
			}
			if err := write(t, db); err != nil {
				t.Errorf("%s: the next one: %v", name, err)
			}
			if after := value(t, db, "SELECT pg_backend_pid()"); after == before {
				t.Errorf("%s: the connection is kept", name)
			}
		}
	}
}

// TestStandby: it is left after each write that it refuses, BEGIN included, and of
// use once it is promoted.
func TestStandby(t *testing.T) {
	t.Parallel()
	s := own(t, "wal_level=replica", "max_wal_senders=2")
	if err := s.Exec(t.Context(), "CREATE TABLE t (n int)"); err != nil {
		t.Fatal(err)
	}
	demote(t, s)
	pools := map[string]*sql.DB{}
	for _, query := range []string{"", "?statement_cache=off"} {
		for name, write := range writes {
			db := open(t, s.URL+query)
			db.SetMaxOpenConns(1)
			pools[query+name] = db
			before := value(t, db, "SELECT pg_backend_pid()")
			if err := write(t, db); stateOf(err) != "25006" {
				t.Errorf("%s: %v, want 25006", name, err)
			}
			if after := value(t, db, "SELECT pg_backend_pid()"); after == before {
				t.Errorf("%s: the connection is kept", name)
			}
		}
	}
	if err := s.Exec(t.Context(), "SELECT pg_promote()"); err != nil {
		t.Fatal(err)
	}
	for name, db := range pools {
		if err := writes["transaction"](t, db); err != nil {
			t.Errorf("%s, promoted: %v", name, err)
		}
	}
}

// demote makes a server a standby.
func demote(t *testing.T, s *dbserver.Server) {
	t.Helper()
	signal := os.WriteFile(filepath.Join(s.Dir, "data", "standby.signal"), nil, 0o644)
	if err := errors.Join(signal, s.Stop(), s.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// stateOf returns the code of an error, as entadapter asks for it.
func stateOf(err error) string {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return e.SQLState()
	}
	return ""
}

// TestReadOnlyTransaction: a write is refused since the transaction was asked for
// so. Its connection is kept, and left for the next such answer outside of one.
func TestReadOnlyTransaction(t *testing.T) {
	t.Parallel()
	s := own(t)
	for _, query := range []string{"", "?statement_cache=off"} {
		db := open(t, s.URL+query)
		db.SetMaxOpenConns(1)
		run(t, db, "CREATE TABLE IF NOT EXISTS t (n int)")
		pid := func() string { return value(t, db, "SELECT pg_backend_pid()") }
		before := pid()
		for _, write := range []string{"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES ($1)"} {
			for _, end := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
				tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
				if err != nil {
					t.Fatal(err)
				}
				args := []any{1}[:strings.Count(write, "$")]
				if _, err := tx.ExecContext(t.Context(), write, args...); stateOf(err) != "25006" {
					t.Errorf("%s: %v, want 25006", write, err)
				}
				_ = end(tx)
				if after := pid(); after != before {
					t.Errorf("%s: the connection is not kept", write)
				}
			}
		}
		run(t, db, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
		if err := writes["exec"](t, db); stateOf(err) != "25006" {
			t.Errorf("%v, want 25006", err)
		}
		if pid() == before {
			t.Error("the connection is kept")
		}
	}
}
