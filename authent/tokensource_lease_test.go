package authent_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestTokenSource_LeaseCountsFromTheLock: who waited for the lock has as long as
// everybody else, and long enough for what they do under it: two calls to the
// provider, a minute each in this world, 10 s to store and 10 s to spare.
func TestTokenSource_LeaseCountsFromTheLock(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, m := meanwhileWorld(t, kind)
		w.store.locked = func() { w.clock.advance(time.Minute) }
		var held *authent.VerificationToken
		m.f = func() {
			lease := w.lease(time.Time{})
			var err error
			if held, err = w.store.VerificationToken(t.Context(), lease.Identifier, lease.Token); err != nil {
				t.Error(err)
			}
		}
		locked := w.clock.now().Add(time.Minute)
		w.accessToken()
		if held == nil {
			t.Fatal("there was no lease")
		}
		if want := locked.Add(140 * time.Second).Truncate(time.Millisecond); !held.Expires.Equal(want) {
			t.Errorf("the lease ends %v after the lock, want %v", held.Expires.Sub(locked), 140*time.Second)
		}
	})
}

// TestTokenSource_WaitingTakesNoLock, and asks less and less often.
func TestTokenSource_WaitingTakesNoLock(t *testing.T) {
	w, _ := expiredWorld(t, testdb.SQLite, oauthserver.Config{})
	if err := w.store.CreateVerificationToken(t.Context(), w.lease(w.clock.now().Add(30*time.Second))); err != nil {
		t.Fatal(err)
	}
	const looks = 5 // at 0, 50, 150, 350 and 750 ms, or later
	ctx, waiter := impatient(t, w.store.Adapter, looks)
	source, err := w.engineOn(waiter).TokenSource(ctx, w.user().ID, "dev")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	statements := w.driver.during(func() {
		if _, err := source.Token(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	for _, s := range statements {
		if !strings.HasPrefix(s, "SELECT") {
			t.Fatalf("a waiter runs %s", s)
		}
	}
	if n, took := len(statements), time.Since(start); n != 2*looks || took < 750*time.Millisecond {
		t.Errorf("%d statements in %v", n, took)
	}
}

// TestTokenSource_ReleaseLeavesAnothersLease: a holder whose time ran out finds
// somebody else's lease, whatever its own clock says.
func TestTokenSource_ReleaseLeavesAnothersLease(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, m := meanwhileWorld(t, kind)
		others := w.lease(w.clock.now().Add(time.Hour).Truncate(time.Millisecond))
		m.f = func() {
			if _, err := w.store.UseVerificationToken(t.Context(), others.Identifier, others.Token); err != nil {
				t.Error(err)
			}
			if err := w.store.CreateVerificationToken(t.Context(), others); err != nil {
				t.Error(err)
			}
		}
		w.accessToken()
		if held, err := w.store.VerificationToken(t.Context(), others.Identifier, others.Token); err != nil || !held.Expires.Equal(others.Expires) {
			t.Errorf("the other's lease is gone: %v", err)
		}
	})
}

// beaten has somebody else come first: the first lease that is taken is taken
// already, or the first that has expired is gone.
type beaten struct {
	authent.Adapter
	by error
}

func (b *beaten) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return b.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(&beatenTx{tx, b}) })
}

type beatenTx struct {
	authent.Adapter
	b *beaten
}

func (x *beatenTx) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	if err := x.b.by; errors.Is(err, authent.ErrConflict) {
		x.b.by = nil
		return err
	}
	return x.Adapter.CreateVerificationToken(ctx, v)
}

func (x *beatenTx) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	if err := x.b.by; errors.Is(err, authent.ErrNotFound) {
		x.b.by = nil
		return nil, err
	}
	return x.Adapter.UseVerificationToken(ctx, identifier, token)
}

// TestTokenSource_SomebodyElseWasFirst is no error: who is second looks again.
func TestTokenSource_SomebodyElseWasFirst(t *testing.T) {
	for name, by := range map[string]error{"conflict": &authent.ConflictError{}, "not found": authent.ErrNotFound} {
		t.Run(name, func(t *testing.T) {
			w, old := expiredWorld(t, testdb.SQLite, oauthserver.Config{})
			if err := w.store.CreateVerificationToken(t.Context(), w.lease(w.clock.now())); err != nil {
				t.Fatal(err)
			}
			b := &beaten{w.store.Adapter, by}
			source, err := w.engineOn(b).TokenSource(t.Context(), w.user().ID, "dev")
			if err != nil {
				t.Fatal(err)
			}
			token, err := source.Token()
			if err != nil || token.AccessToken == old || b.by != nil {
				t.Errorf("%v; the other came first: %v", err, b.by == nil)
			}
			if w.count("verificationtokens") != 1 {
				t.Error("a lease was left")
			}
		})
	}
}
