package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/database/sqlite"
)

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sqlite.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestOpenSetsUpConnections(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a b?c.db")
	for _, url := range []string{"file:" + strings.ReplaceAll(file, "?", "%3f"), "sqlite:" + filepath.Join(t.TempDir(), "x.db"), "sqlite://" + filepath.Join(t.TempDir(), "y.db")} {
		db := open(t, url)
		for pragma, want := range map[string]string{"journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "5000", "synchronous": "1"} {
			var got string
			if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %q, want %q: %v", url, pragma, got, want, err)
			}
		}
	}
}

func TestFileIsPrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	db := open(t, "file:"+file)
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (a text)"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestTimesAreUTCText(t *testing.T) {
	db := open(t, "file:"+filepath.Join(t.TempDir(), "test.db"))
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (at datetime)"); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 29, 7, 0, 0, 123_000_000, time.UTC)
	if _, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", at); err != nil {
		t.Fatal(err)
	}
	var text string
	var back time.Time
	if err := db.QueryRowContext(t.Context(), "SELECT CAST(at AS TEXT), at FROM t").Scan(&text, &back); err != nil {
		t.Fatal(err)
	}
	if text != "2026-03-29 07:00:00.123+00:00" || !back.Equal(at) {
		t.Errorf("stored %q, read %v", text, back)
	}
}

// TestTransactionsDoNotDeadlock: each reads, then writes. A deferred transaction
// would fail at once when another wrote in between.
func TestTransactionsDoNotDeadlock(t *testing.T) {
	db := open(t, "file:"+filepath.Join(t.TempDir(), "test.db"))
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (n int); INSERT INTO t VALUES (0)"); err != nil {
		t.Fatal(err)
	}
	increment := func() error {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		var n int
		if err := tx.QueryRowContext(t.Context(), "SELECT n FROM t WHERE n >= ?", 0).Scan(&n); err != nil {
			return err
		}
		if _, err := tx.ExecContext(t.Context(), "UPDATE t SET n = ?", n+1); err != nil {
			return err
		}
		return tx.Commit()
	}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if err := increment(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT n FROM t").Scan(&n); err != nil || n != 32 {
		t.Errorf("n is %d: %v", n, err)
	}
}

func TestReadOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	if _, err := open(t, "file:"+file).ExecContext(t.Context(), "CREATE TABLE t (a text)"); err != nil {
		t.Fatal(err)
	}
	db := open(t, "file:"+file+"?mode=ro")
	if _, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", "x"); err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("writing to a read-only database: %v", err)
	}
}

// TestWrongURLs get one line that says what to do and shows no password.
func TestWrongURLs(t *testing.T) {
	dir := t.TempDir()
	for url, want := range map[string]string{
		"":                                 "no scheme",
		"./dev.db":                         "no scheme",
		":memory":                          "not known",
		":memory:x":                        "not known",
		"oracle://scott:tiger@host/db":     "not known",
		"file:":                            "not of the form",
		"file:" + dir:                      "is a directory",
		"file:" + dir + "/no/such/test.db": "does not exist: create it",
		"file:x.db?%zz":                    "cannot be decoded",
	} {
		_, db, err := database.Open(url)
		if err == nil {
			db.Close()
			t.Errorf("%q was opened", url)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "tiger") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// TestCallersPragmasWin, in whatever order the driver takes them.
func TestCallersPragmasWin(t *testing.T) {
	for _, want := range []int{1, 10, 4999, 5001, 60000} {
		db, err := sqlite.Open(fmt.Sprintf("file:%s?_pragma=busy_timeout(%d)", filepath.Join(t.TempDir(), "app.db"), want))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		var got int
		if err := db.QueryRowContext(t.Context(), "PRAGMA busy_timeout").Scan(&got); err != nil || got != want {
			t.Errorf("busy_timeout is %d, want %d: %v", got, want, err)
		}
	}
}
