package mysql_test

import (
	"database/sql"
	"errors"
	"os"
	"testing"

	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/testdb"
)

// own starts a MariaDB server of the test's own.
func own(t *testing.T, options ...string) *dbserver.Server {
	t.Helper()
	s, err := dbserver.MariaDB(t.Context(), options...)
	if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip("no MariaDB: make deps installs it on Debian")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestFrozenServer: whatever is called comes back, with kept statements and
// without.
func TestFrozenServer(t *testing.T) {
	t.Parallel()
	s := own(t)
	for _, query := range []string{"", "?statement_cache=off"} {
		t.Run(query, func(t *testing.T) {
			testdb.Frozen(t, s, func() *sql.DB { return open(t, s.URL+query) }, testdb.Queries{Many: "SELECT seq FROM seq_1_to_50000000 WHERE seq <= ?", Kept: "SELECT ? + 0", New: "SELECT ? + 1"})
		})
	}
}
