package postgres_test

import (
	"database/sql"
	"errors"
	"os"
	"testing"

	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/testdb"
)

// own starts a PostgreSQL server of the test's own.
func own(t *testing.T, settings ...string) *dbserver.Server {
	t.Helper()
	s, err := dbserver.Postgres(t.Context(), settings...)
	if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip("no PostgreSQL: make deps installs it on Debian")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestFrozenServer: whatever is called comes back, with kept statements and as
// behind a pooler.
func TestFrozenServer(t *testing.T) {
	t.Parallel()
	s := own(t)
	for _, query := range []string{"", "?statement_cache=off"} {
		t.Run(query, func(t *testing.T) {
			testdb.Frozen(t, s, func() *sql.DB { return open(t, s.URL+query) }, testdb.Queries{Kept: "SELECT $1::int", New: "SELECT $1::int + 1"})
		})
	}
}
