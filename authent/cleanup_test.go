package authent_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// swept is an adapter that counts clean-ups, and fails the first of them.
type swept struct {
	authent.Adapter
	sweeps, rows atomic.Int64
}

func (s *swept) DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error) {
	if s.sweeps.Add(1) == 1 {
		return 0, errors.New("the first one fails")
	}
	n, err := s.Adapter.DeleteExpired(ctx, before, limit)
	s.rows.Add(int64(n))
	return n, err
}

// TestRunCleanup: of many processes one cleans up in each interval, a failure is made good in
// the next, and all end with their context.
func TestRunCleanup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &swept{Adapter: authenttest.NewMemoryAdapter()}
		ctx, cancel := context.WithCancel(t.Context())
		var running atomic.Int64
		for range 8 {
			auth, err := authent.New(authent.Config{URL: "http://localhost", Secrets: []string{testSecret}, Adapter: store, Providers: []authent.Provider{provider.Password()}})
			if err != nil {
				t.Fatal(err)
			}
			running.Add(1)
			go func() {
				defer running.Add(-1)
				auth.RunCleanup(ctx, 0)
			}()
		}
		if synctest.Wait(); store.sweeps.Load() != 1 {
			t.Fatalf("%d clean-ups at the start", store.sweeps.Load())
		}
		if err := store.CreateVerificationToken(ctx, authent.VerificationToken{Identifier: "x", Token: "x", Expires: time.Now()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		// The token, and the rows by which the processes of 22 intervals knew.
		if synctest.Wait(); store.sweeps.Load() != 25 || store.rows.Load() != 23 {
			t.Errorf("%d clean-ups of %d rows in a day of hours", store.sweeps.Load(), store.rows.Load())
		}
		cancel()
		if synctest.Wait(); running.Load() != 0 {
			t.Errorf("%d go on without their context", running.Load())
		}
	})
}

// TestRunCleanup_Databases: processes that begin at once do the work once.
func TestRunCleanup_Databases(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		w.registered()
		w.clock.advance(31 * 24 * time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		for range 8 {
			go func() {
				w.auth.RunCleanup(ctx, time.Hour)
				done <- struct{}{}
			}()
		}
		for w.count("sessions") > 0 || w.count("verificationtokens") == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
		for range 8 {
			<-done
		}
		if n := w.count("verificationtokens"); n != 1 {
			t.Errorf("%d rows say who has cleaned up", n)
		}
	})
}
