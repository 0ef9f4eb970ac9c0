package testdb

import (
	"errors"
	"os"
	"testing"

	"github.com/authent/authent/internal/dbserver"
)

// Redis starts a Redis server with the options given. It ends with t, which is skipped
// if none is installed.
func Redis(t testing.TB, options ...string) *dbserver.Server {
	t.Helper()
	s, err := dbserver.Redis(t.Context(), options...)
	if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip("no Redis: make deps installs it on Debian")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
