package authent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// TestTouch_OffThePath: a use that is due to be recorded costs the request no statement of
// its own; Close writes it, in one.
func TestTouch_OffThePath(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		first, second := w.registered(), w.signedIn()
		before := firstUse(w)
		w.clock.advance(time.Hour)
		statements := w.driver.during(func() {
			for _, b := range []*browser{first, second, first} {
				if a := b.get("/auth/session"); a.body == "null" {
					t.Error("signed out")
				}
			}
		})
		if len(statements) != 3 {
			t.Errorf("three checks: %q", statements)
		}
		if now := firstUse(w); now != before {
			t.Errorf("last used at %s, was %s", now, before)
		}
		statements = w.driver.during(func() {
			if err := w.auth.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
		if len(statements) != 1 || !strings.HasPrefix(statements[0], "UPDATE") {
			t.Errorf("touching: %q", statements)
		}
		if now := firstUse(w); now == before {
			t.Errorf("last used at %s still", now)
		}
	})
}

// touched notes what is touched, and fails while it is told to.
type touched struct {
	*authenttest.MemoryAdapter
	mu    sync.Mutex
	calls [][]authent.Secret
	fail  bool
}

func (s *touched) TouchSessions(ctx context.Context, tokens []authent.Secret, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, slices.Clone(tokens))
	if s.fail {
		return errors.New("the database is away")
	}
	return s.MemoryAdapter.TouchSessions(ctx, tokens, at)
}

// newTouched returns an engine whose uses of sessions are noted, and what visits it with the
// i-th of them.
func newTouched(t *testing.T, people int) (auth *authent.Auth, store *touched, visit func(i int)) {
	t.Helper()
	store = &touched{MemoryAdapter: authenttest.NewMemoryAdapter()}
	auth, err := authent.New(authent.Config{URL: "http://localhost", Secrets: []string{testSecret}, Adapter: store, Providers: []authent.Provider{provider.Password()}})
	if err != nil {
		t.Fatal(err)
	}
	u, err := store.CreateUser(t.Context(), authent.User{Email: "a@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range people {
		_, err := store.CreateSession(t.Context(), authent.Session{Token: authent.Secret(authent.HashToken(cookieOf(i))), UserID: u.ID, Expires: time.Now().Add(29*24*time.Hour + 23*time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
	}
	return auth, store, func(i int) {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
		r.AddCookie(&http.Cookie{Name: "authjs.session-token", Value: cookieOf(i)})
		auth.LoadSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if authent.SessionFrom(r.Context()) == nil {
				t.Error("signed out")
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}

// TestTouch_Batches: many sessions are touched at once, in ascending order, at most 1,000 in
// a statement and 10,000 in all, a while after their use; a failure is made good by the next
// use; and nothing runs while nothing waits.
func TestTouch_Batches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const people = 10_500
		auth, store, visit := newTouched(t, people)
		for i := range people {
			visit(i)
			visit(i)
		}
		if synctest.Wait(); len(store.calls) != 0 {
			t.Fatalf("%d calls at once", len(store.calls))
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if len(store.calls) != 10 || len(store.calls[0]) != 1000 || !slices.IsSorted(slices.Concat(store.calls...)) {
			t.Fatalf("%d calls, the first with %d", len(store.calls), len(store.calls[0]))
		}
		store.calls, store.fail = nil, true
		time.Sleep(time.Hour)
		if synctest.Wait(); len(store.calls) != 0 {
			t.Errorf("%d calls while nothing was to do", len(store.calls))
		}
		visit(1)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		store.fail = false
		visit(1)
		time.Sleep(5 * time.Second)
		if synctest.Wait(); len(store.calls) != 2 {
			t.Errorf("%d calls, of which the first failed", len(store.calls))
		}
		visit(1)
		time.Sleep(time.Minute)
		if synctest.Wait(); len(store.calls) != 2 {
			t.Errorf("%d calls for a use within TouchInterval", len(store.calls))
		}
		if err := auth.Close(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		visit(1)
		time.Sleep(time.Hour)
		if synctest.Wait(); len(store.calls) != 2 {
			t.Errorf("%d calls after Close", len(store.calls))
		}
	})
}

func cookieOf(i int) string { return fmt.Sprintf("%043d", i) }

// firstUse returns when the session was used that was used longest ago.
func firstUse(w *world) (text string) {
	w.t.Helper()
	var at any
	if err := w.db.QueryRowContext(w.t.Context(), "SELECT min(last_used_at) FROM sessions").Scan(&at); err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprint(at)
}
