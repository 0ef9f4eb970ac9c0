package dbserver_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/internal/dbserver"
)

// started fails or skips t when a server could not be started.
func started(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip("PostgreSQL is not installed: make deps installs it on Debian")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// ends closes a server when t ends.
func ends(t *testing.T, s *dbserver.Server) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func exec(t *testing.T, s *dbserver.Server, statement string) {
	t.Helper()
	if err := s.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// count is how many rows the table has on a server.
func count(t *testing.T, s *dbserver.Server) (n int) {
	t.Helper()
	_, db, err := database.Open(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM rows").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPair: the pair changes its parts in order, and keeps what it has committed
// when its primary is killed. What waits for a standby that gets nothing is not
// committed, and is gone with the primary: so the pair is a synchronous one.
func TestPair(t *testing.T) {
	a, b, err := dbserver.PostgresPair(t.Context())
	started(t, err)
	ends(t, a)
	ends(t, b)
	exec(t, a, "CREATE TABLE rows (n int)")
	exec(t, a, "INSERT INTO rows VALUES (1)")
	if err := b.Exec(t.Context(), "INSERT INTO rows VALUES (0)"); err == nil {
		t.Error("a standby takes writes")
	}
	if err := errors.Join(a.Stop(), b.Promote(t.Context()), a.Follow(t.Context(), b)); err != nil {
		t.Fatal(err)
	}
	exec(t, b, "INSERT INTO rows VALUES (2)")
	a.Hold()
	waits := make(chan error)
	go func() { waits <- b.Exec(context.Background(), "INSERT INTO rows VALUES (3)") }()
	if err := b.Wait(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.Kill(), a.Promote(t.Context()), a.Alone(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err == nil {
		t.Error("a commit that no standby had was answered with success")
	}
	exec(t, a, "INSERT INTO rows VALUES (4)")
	if n := count(t, a); n != 3 {
		t.Errorf("%d rows, want 1, 2 and 4", n)
	}
}
