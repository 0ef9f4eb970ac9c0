package testdb

import (
	"errors"
	"os"
	"testing"

	"github.com/authent/authent/internal/dbserver"
)

// PgBouncer starts a pooler in front of the PostgreSQL server of a database's
// URL, in transaction mode unless settings say otherwise. It ends with t, which
// is skipped if no pooler is installed.
func PgBouncer(t testing.TB, rawURL string, settings ...string) *dbserver.Server {
	t.Helper()
	s, err := dbserver.PgBouncer(t.Context(), rawURL, append([]string{"pool_mode = transaction"}, settings...)...)
	if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip("no pgbouncer: make deps installs it on Debian")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
