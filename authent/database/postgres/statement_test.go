package postgres_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/lib/pq"

	"github.com/authent/authent/internal/testdb"
)

// one opens a database with a table, over one connection.
func one(t *testing.T) *sql.DB {
	t.Helper()
	db := open(t, testdb.Server(t, "postgres").URL(t))
	db.SetMaxOpenConns(1)
	run(t, db, "CREATE TABLE t (n int, s text)")
	run(t, db, "INSERT INTO t VALUES (1, 'a')")
	return db
}

func run(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// codeOf returns the server's code of an error.
func codeOf(err error) string {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return string(e.Code)
	}
	return ""
}

// spoils are what makes kept statements fail, with the error of the server.
var spoils = map[string]string{
	"0A000": "ALTER TABLE t ALTER COLUMN n TYPE bigint",
	"26000": "DEALLOCATE ALL",
}

// TestSpoiltStatements: a statement that is no longer valid is prepared again, and
// nobody notices.
func TestSpoiltStatements(t *testing.T) {
	t.Parallel()
	for code, spoil := range spoils {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			db := one(t)
			for range 2 {
				value(t, db, "SELECT n FROM t WHERE s = $1", "a")
				run(t, db, "UPDATE t SET s = $1", "a")
				run(t, db, spoil)
			}
			if n := value(t, db, "SELECT n FROM t WHERE s = $1", "a"); n != "1" {
				t.Errorf("n is %s", n)
			}
			run(t, db, "UPDATE t SET s = $1", "a")
		})
	}
}

// TestSpoiltStatementsInTransactions: the transaction fails, since its server
// refuses everything after an error; the next one works.
func TestSpoiltStatementsInTransactions(t *testing.T) {
	t.Parallel()
	for code, spoil := range spoils {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			db := one(t)
			value(t, db, "SELECT n FROM t WHERE s = $1", "a")
			run(t, db, spoil)
			inTx := func() (n int, err error) {
				tx, err := db.BeginTx(t.Context(), nil)
				if err != nil {
					return 0, err
				}
				defer func() { _ = tx.Rollback() }()
				if err := tx.QueryRowContext(t.Context(), "SELECT n FROM t WHERE s = $1", "a").Scan(&n); err != nil {
					return 0, err
				}
				return n, tx.Commit()
			}
			if _, err := inTx(); err == nil || codeOf(err) != code {
				t.Errorf("the first transaction: %v, want %s", err, code)
			}
			if n, err := inTx(); n != 1 || err != nil {
				t.Errorf("the next one: %d, %v", n, err)
			}
		})
	}
}

// TestServerKeepsNoMoreStatements than the cache.
func TestServerKeepsNoMoreStatements(t *testing.T) {
	t.Parallel()
	db := one(t)
	for i := range 300 {
		value(t, db, fmt.Sprintf("SELECT n + %d FROM t WHERE s = $1", i), "a")
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf("UPDATE t SET n = %d / ($1::int - n)", i), 1); codeOf(err) != "22012" {
			t.Fatalf("a division by zero: %v", err)
		}
	}
	// The statement that failed last has left its place.
	if n := value(t, db, "SELECT count(*) FROM pg_prepared_statements"); n != "127" {
		t.Errorf("the server keeps %s statements, want 127", n)
	}
}
