package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/migrations"
)

// memoryURLs are what people write for a database in memory.
var memoryURLs = []string{
	":memory:", ":memory:?_fk=1", "file::memory:", "sqlite::memory:", "sqlite3::memory:", "sqlite://:memory:", "sqlite:///:memory:", "file::memory:?cache=shared",
	"file:ent?mode=memory", "file:ent?mode=memory&cache=shared&_fk=1", "file:/ent?mode=memory", "file:ent?vfs=memdb",
}

// tableIn reports whether a connection's database has the table t.
func tableIn(t *testing.T, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) bool {
	t.Helper()
	var n int
	if err := q.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_master WHERE name = ?", "t").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n == 1
}

// TestMemory: all connections of a handle have one database, which lives as long as the
// handle and is no other handle's.
func TestMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, url := range memoryURLs {
		db, other := open(t, url), open(t, url)
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (a text)"); err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		var held []*sql.Conn
		for range 3 { // at the same time
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", url, err)
			}
			held = append(held, conn)
			if !tableIn(t, conn) {
				t.Errorf("%s: a connection has a database of its own", url)
			}
		}
		db.SetMaxIdleConns(0)
		for _, conn := range held {
			if err := conn.Close(); err != nil {
				t.Errorf("%s: %v", url, err)
			}
		}
		if n := db.Stats().OpenConnections; n != 0 {
			t.Fatalf("%s: %d connections are open: nothing is proved", url, n)
		}
		if !tableIn(t, db) {
			t.Errorf("%s: the database is gone with its connections", url)
		}
		if tableIn(t, other) {
			t.Errorf("%s: two calls of Open opened one database", url)
		}
		if _, another, err := database.Open(url); err != nil || tableIn(t, another) || another.Close() != nil {
			t.Errorf("%s: database.Open: %v", url, err)
		}
	}
	if files, err := os.ReadDir("."); err != nil || len(files) != 0 {
		t.Errorf("a database in memory made files: %v, %v", files, err)
	}
}

// TestMemoryEnds with its handle, and only then; by SQLite's own way it can be shared.
func TestMemoryEnds(t *testing.T) {
	const url = "file:/a-name?vfs=memdb"
	one, two := open(t, url), open(t, url)
	if _, err := one.ExecContext(t.Context(), "CREATE TABLE t (a text)"); err != nil {
		t.Fatal(err)
	}
	if !tableIn(t, two) {
		t.Error("databases of one name differ")
	}
	for _, db := range []*sql.DB{one, two} {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := one.PingContext(t.Context()); err == nil {
		t.Error("a closed database answers")
	}
	if tableIn(t, open(t, url)) {
		t.Error("the database is there after both handles were closed")
	}
	if n := open(t, "file::memory:?connection_limit=2").Stats().MaxOpenConnections; n != 2 {
		t.Errorf("at most %d connections, want 2", n)
	}
}

// TestMemoryLocks: nobody reads what a transaction has written and not committed.
func TestMemoryLocks(t *testing.T) {
	db := open(t, ":memory:?_pragma=busy_timeout(0)")
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (a text)"); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", "x"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM t").Scan(&n); err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("read %d rows of an open transaction, which another connection would wait for: %v", n, err)
	}
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM t").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, want 1: %v", n, err)
	}
}

// TestMemoryServesAnApplication: migrations are applied and people come, by many
// goroutines at once.
func TestMemoryServesAnApplication(t *testing.T) {
	t.Parallel()
	driver, err := sqlite.OpenDriver(":memory:?_pragma=busy_timeout(600000)")
	if err != nil {
		t.Fatal(err)
	}
	client := ent.NewClient(ent.Driver(driver))
	t.Cleanup(func() { _ = client.Close() })
	atOnce(t, 4, func(int) error { return migrations.Apply(t.Context(), driver.Dialect(), driver.DB()) })
	auth, err := authent.New(authent.Config{
		URL: "http://localhost:3000", Secrets: []string{"a secret of more than thirty-two bytes for tests"}, Adapter: ent.NewAuthAdapter(client),
		Providers: []authent.Provider{provider.Password()}, MaxHashes: 64, StatementTimeout: 10 * time.Minute,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan struct{}, 16)
	atOnce(t, 32, func(i int) error {
		_, err := auth.Register(t.Context(), authent.Registration{Email: fmt.Sprintf("ada%d@example.com", i/2), Password: "correct horse battery staple"})
		if refused, ok := errors.AsType[*authent.RegisterError](err); ok && refused.Code == authent.CodeEmailTaken {
			taken <- struct{}{}
			return nil
		}
		return err
	})
	if n, err := client.User.Query().Count(t.Context()); n != 16 || err != nil || len(taken) != 16 {
		t.Errorf("%d users and %d refused, want 16 each: %v", n, len(taken), err)
	}
}

// atOnce calls fn in n goroutines that start together.
func atOnce(t *testing.T, n int, fn func(i int) error) {
	t.Helper()
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			if err := fn(i); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
}
