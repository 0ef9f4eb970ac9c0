package dbserver_test

import (
	"context"
	"sync"
	"testing"

	"github.com/authent/authent/internal/dbserver"
)

// TestKillEndsEveryProcess: a statement that looks at nothing but its own work ends
// with the server that is killed.
func TestKillEndsEveryProcess(t *testing.T) {
	s, err := dbserver.Postgres(t.Context())
	started(t, err)
	ends(t, s)
	ended := make(chan error)
	go func() {
		ended <- s.Exec(context.Background(), "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '1 minute' LOOP END LOOP; END $$")
	}()
	if err := s.Wait(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %')"); err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("a statement came to its end on a server that was killed")
	}
}

// TestKillLetsGo: a server that was killed at work starts again at once. One of its
// processes that is still there would hold the memory that they share.
func TestKillLetsGo(t *testing.T) {
	s, err := dbserver.Postgres(t.Context())
	started(t, err)
	ends(t, s)
	for range 3 {
		var work sync.WaitGroup
		for range 40 {
			work.Go(func() {
				_ = s.Exec(context.Background(), "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '1 minute' LOOP END LOOP; END $$")
			})
		}
		if err := s.Wait(t.Context(), "SELECT count(*) > 20 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'"); err != nil {
			t.Fatal(err)
		}
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		work.Wait()
	}
}
