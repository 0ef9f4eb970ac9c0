package postgres_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
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

// onlyTLS makes a server refuse connections without TLS from now on.
func onlyTLS(t *testing.T, s *dbserver.Server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.Dir, "data", "pg_hba.conf")
	if err := os.WriteFile(file, []byte("hostssl all all 127.0.0.1/32 scram-sha-256\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestFrozenServer: whatever is called comes back, with kept statements and as
// behind a pooler, with TLS and without.
func TestFrozenServer(t *testing.T) {
	t.Parallel()
	s := own(t)
	if _, err := s.Encrypt(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"?sslmode=disable", "?sslmode=disable&statement_cache=off", "?sslmode=require"} {
		t.Run(query, func(t *testing.T) {
			testdb.Frozen(t, s, func() *sql.DB { return open(t, s.URL+query) }, testdb.Queries{Many: "SELECT generate_series(1, $1::int)", Kept: "SELECT $1::int", New: "SELECT $1::int + 1"})
		})
	}
}
