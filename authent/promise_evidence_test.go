package authent_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// bookkeeping is what happens to a session's row without anybody proving who they
// are.
var bookkeeping = []struct {
	name  string
	write func(w *world, b *browser)
}{
	{"use", func(_ *world, b *browser) { b.who() }},
	{"update", func(_ *world, b *browser) { b.post("/auth/session", "data", "x") }},
	{"list", func(_ *world, b *browser) { b.get("/auth/sessions") }},
	{"page", func(_ *world, b *browser) { b.get("/auth/account") }},
	{"refused change", func(_ *world, b *browser) { b.script("/auth/delete") }},
	{"wrong password", func(_ *world, b *browser) { b.post("/auth/reauthenticate", "password", "not the password") }},
	{"roll", func(w *world, b *browser) {
		w.clock.advance(90 * time.Minute)
		b.get("/auth/session")
	}},
}

// TestP38_BookkeepingIsNoEvidence: whatever the engine writes to the row of a
// session that another program began without saying when, nobody becomes recent
// by it; nor when the application then raises RecentSignIn, as long as that is
// shorter than a session may last.
func TestP38_BookkeepingIsNoEvidence(t *testing.T) {
	const raisedTo = 50 * time.Minute
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for i, absolute := range []time.Duration{0, 5 * time.Minute, time.Hour, 12 * time.Hour, 90 * 24 * time.Hour, 0, time.Hour, 90 * 24 * time.Hour} {
			t.Run(fmt.Sprint(absolute), func(t *testing.T) {
				var config authent.Config
				w := newWorld(t, kind, setup{config: func(c *authent.Config) {
					if i < 5 { // the session's start is all that the tables tell
						c.Adapter = noAuthenticatedAt{c.Adapter}
					}
					c.Session = authent.SessionConfig{MaxAge: 10 * time.Hour, UpdateAge: time.Hour, AbsoluteMaxAge: absolute}
					config = *c
				}})
				b := w.registered()
				w.exec("UPDATE sessions SET created_at = NULL, authenticated_at = NULL, expires = ?", w.clock.now().Add(5*time.Hour).UTC().Truncate(time.Millisecond))
				b.who()
				if config.RecentSignIn = raisedTo; absolute == 0 || absolute > raisedTo {
					raised, err := authent.New(config)
					if err != nil {
						t.Fatal(err)
					}
					handler := w.server.Config.Handler
					w.server.Config.Handler = raised.Handler()
					refusesAll(t, b, "after RecentSignIn was raised")
					w.server.Config.Handler = handler
				}
				for _, does := range bookkeeping {
					does.write(w, b)
					refusesAll(t, b, does.name)
				}
				if w.count("users") != 1 {
					t.Error("the account is deleted")
				}
			})
		}
	})
}

// refusesAll wants every guarded change to be refused.
func refusesAll(t *testing.T, b *browser, after string) {
	t.Helper()
	for name, send := range guarded {
		if a := send(b); a.status != http.StatusForbidden && a.status != http.StatusUnauthorized {
			t.Errorf("%s, %s: %d %s", after, name, a.status, a.errorCode())
		}
	}
}

// TestP38_AssumedStart: a session without a start lives at first sight, its
// absolute lifetime ends, and its start is written once.
func TestP38_AssumedStart(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, absolute := range []time.Duration{20 * time.Minute, time.Hour, 12 * time.Hour} {
			w := newWorld(t, kind, setup{config: func(c *authent.Config) {
				c.Session = authent.SessionConfig{MaxAge: 30 * 24 * time.Hour, AbsoluteMaxAge: absolute}
			}})
			b := w.registered()
			w.exec("UPDATE sessions SET created_at = NULL, authenticated_at = NULL")
			for range 2 {
				if b.who() != ada {
					t.Errorf("at most %v: the session is dead at first sight", absolute)
				}
			}
			w.clock.advance(absolute/10 - time.Second)
			if b.who() != ada {
				t.Errorf("at most %v: the session ended before a tenth of that", absolute)
			}
			w.clock.advance(absolute)
			if b.who() != "" {
				t.Errorf("at most %v: the session passed it", absolute)
			}
		}
	})
}

// noAuthenticatedAt is an adapter for tables whose sessions do not say when their person
// proved who they are.
type noAuthenticatedAt struct{ authent.Adapter }

func (n noAuthenticatedAt) Columns() authent.Columns {
	c := n.Adapter.Columns()
	c.SessionAuthenticatedAt = false
	return c
}
