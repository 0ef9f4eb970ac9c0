package stmtcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"modernc.org/sqlite"

	"github.com/authent/authent/authent/database/stmtcache"
)

// counting counts what reaches the driver below the cache.
type counting struct {
	driver.Connector
	prepared, closed atomic.Int64
}

func (c *counting) Connect(ctx context.Context) (driver.Conn, error) {
	next, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &countingConn{next, c}, nil
}

type countingConn struct {
	driver.Conn
	c *counting
}

func (c *countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.c.prepared.Add(1)
	return &countingStmt{s, c.c}, nil
}

func (c *countingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *countingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *countingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

type countingStmt struct {
	driver.Stmt
	c *counting
}

func (s *countingStmt) Close() error {
	s.c.closed.Add(1)
	return s.Stmt.Close()
}

func (s *countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func (s *countingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func open(t *testing.T, size int) (*sql.DB, *counting) {
	t.Helper()
	next, err := sqlite.NewConnector("file:" + filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{Connector: next}
	db := sql.OpenDB(stmtcache.New(c, stmtcache.Config{Size: size}))
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2), (3)"); err != nil {
		t.Fatal(err)
	}
	return db, c
}

func count(t *testing.T, q interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, query string, args ...any) (n int) {
	t.Helper()
	if err := q.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStatementsAreKept(t *testing.T) {
	db, c := open(t, 0)
	for i := range 10 {
		if n := count(t, db, "SELECT count(*) FROM t WHERE n > ?", i); n != max(0, 3-i) {
			t.Errorf("n > %d: %d", i, n)
		}
		if _, err := db.ExecContext(t.Context(), "UPDATE t SET n = n WHERE n = ?", i); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.prepared.Load(); n != 2 {
		t.Errorf("%d statements were prepared, want 2", n)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	count(t, tx, "SELECT count(*) FROM t WHERE n > ?", 1)
	if err := tx.Commit(); err != nil || c.prepared.Load() != 2 {
		t.Errorf("in a transaction: %d prepared, %v", c.prepared.Load(), err)
	}
	if err := db.Close(); err != nil || c.closed.Load() != 2 {
		t.Errorf("%d of 2 were closed: %v", c.closed.Load(), err)
	}
}

func TestOldStatementsAreClosed(t *testing.T) {
	db, c := open(t, 2)
	for i := range 5 {
		count(t, db, fmt.Sprintf("SELECT count(*) + %d FROM t WHERE n > ?", i), 0)
	}
	if p, n := c.prepared.Load(), c.closed.Load(); p != 5 || n != 3 {
		t.Errorf("%d prepared, %d closed; want 5 and 3", p, n)
	}
}

// TestOneQueryTwiceAtOnce: within a transaction the same query may run while its
// own rows are still read.
func TestOneQueryTwiceAtOnce(t *testing.T) {
	db, _ := open(t, 1)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	const query = "SELECT n FROM t WHERE n > ? ORDER BY n"
	rows, err := tx.QueryContext(t.Context(), query, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var seen []int
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		if first := count(t, tx, query, n-1); first != n {
			t.Errorf("the inner query found %d, want %d", first, n)
		}
		count(t, tx, fmt.Sprintf("SELECT n + %d FROM t WHERE n = ?", n), 1) // evicts the outer statement
		seen = append(seen, n)
	}
	if err := rows.Err(); err != nil || fmt.Sprint(seen) != "[1 2 3]" {
		t.Errorf("the outer query found %v: %v", seen, err)
	}
}

func TestChangedTable(t *testing.T) {
	db, _ := open(t, 0)
	count(t, db, "SELECT n FROM t WHERE n = ?", 2)
	if _, err := db.ExecContext(t.Context(), "ALTER TABLE t ADD COLUMN m int DEFAULT 7"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "SELECT n FROM t WHERE n = ?", 2); n != 2 {
		t.Errorf("after ALTER: %d", n)
	}
}

func TestFailedStatementIsForgotten(t *testing.T) {
	db, c := open(t, 0)
	if _, err := db.ExecContext(t.Context(), "CREATE UNIQUE INDEX u ON t (n)"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", 1); err == nil {
			t.Fatal("a duplicate was stored")
		}
	}
	if p, n := c.prepared.Load(), c.closed.Load(); p != 2 || n != 2 {
		t.Errorf("%d prepared, %d closed", p, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.QueryContext(ctx, "SELECT n FROM t WHERE n = ?", 1); err == nil {
		t.Error("a query ran after its context ended")
	}
}
