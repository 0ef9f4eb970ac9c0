package authent_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/ent/session"
	"github.com/authent/authent/ent/user"
	"github.com/authent/authent/internal/testdb"
)

// cachedRun is set in the environment of a run of the tests in which every world that may
// has a cache.
const cachedRun = "AUTHENT_TEST_CACHED"

func isCached() bool { return os.Getenv(cachedRun) != "" }

// The promises about what ends and rolls on a session hold with a cache as without.
func TestP03_Cached(t *testing.T) { runCached(t, "^TestP03_") }
func TestP04_Cached(t *testing.T) { runCached(t, "^TestP04_") }
func TestP05_Cached(t *testing.T) { runCached(t, "^TestP05_") }
func TestP06_Cached(t *testing.T) { runCached(t, "^TestP06_") }

// runCached runs the tests of this binary whose names match, with a cache.
func runCached(t *testing.T, names string) {
	t.Helper()
	if isCached() {
		t.Skip("this is the run with a cache")
	}
	run := exec.CommandContext(t.Context(), os.Args[0], "-test.run", names, "-test.v", "-test.count=1", "-test.timeout=30m", "-rapid.nofailfile")
	run.Env = append(os.Environ(), cachedRun+"=on")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "\n--- PASS: ") {
		t.Errorf("no test ran with a cache:\n%s", out)
	}
}

// cachedWorld has a cache of ten minutes, so that whatever counts sooner was told.
func cachedWorld(t testing.TB, kind testdb.Kind) *world {
	t.Helper()
	return newWorld(t, kind, setup{config: func(c *authent.Config) {
		c.Session.Cache = authent.CacheConfig{Size: 1000, TTL: 10 * time.Minute}
	}})
}

// checks returns how many statements b's check takes, and who is signed in.
func (b *browser) checks() (statements int, who string) {
	all := b.w.driver.during(func() { who = b.get("/").body })
	return len(all), who
}

// warm lets b's session be kept.
func (b *browser) warm() {
	b.w.t.Helper()
	b.checks()
	if n, who := b.checks(); n != 0 || who == "" {
		b.w.t.Fatalf("a check of a session that is kept took %d statements, and found %q", n, who)
	}
}

// TestP25_CachedCheck: what was checked before is answered from memory, by the middleware
// and by GET session; what acts asks the database.
func TestP25_CachedCheck(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := cachedWorld(t, kind)
		b := w.registered()
		b.warm()
		for _, path := range []string{"/", "/private", "/auth/session"} {
			if all := w.driver.during(func() { b.get(path) }); len(all) != 0 {
				t.Errorf("GET %s ran %q", path, all)
			}
		}
		if all := w.driver.during(func() { b.get("/auth/sessions") }); len(all) < 2 {
			t.Errorf("GET /auth/sessions ran %q only", all)
		}
		w.clock.advance(10 * time.Minute)
		if n, who := b.checks(); n == 0 || who != ada {
			t.Errorf("after the TTL a check took %d statements, and found %q", n, who)
		}
	})
}

// TestP04_CachedOwnWrites: what the application writes through its client counts at once: before
// the call that wrote it, or that committed it, returns.
func TestP04_CachedOwnWrites(t *testing.T) {
	const role = "admin"
	writes := map[string]func(ctx context.Context, c *ent.Client, id string) error{
		"one by id": func(ctx context.Context, c *ent.Client, id string) error {
			return c.User.UpdateOneID(id).SetRole(role).Exec(ctx)
		},
		"many": func(ctx context.Context, c *ent.Client, id string) error {
			return c.User.Update().Where(user.ID(id)).SetRole(role).Exec(ctx)
		},
		"by debug": func(ctx context.Context, c *ent.Client, id string) error {
			return c.Debug().User.UpdateOneID(id).SetRole(role).Exec(ctx)
		},
		"in transaction": func(ctx context.Context, c *ent.Client, id string) error {
			return inTx(ctx, c, func(tx *ent.Tx) error { return tx.User.UpdateOneID(id).SetRole(role).Exec(ctx) })
		},
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, write := range writes {
			t.Run(name, func(t *testing.T) {
				w := cachedWorld(t, kind)
				b := w.registered()
				w.handle("/admin", func(rw http.ResponseWriter, r *http.Request) {
					w.auth.RequireRole(role)(http.NotFoundHandler()).ServeHTTP(rw, r)
				})
				b.warm()
				if a := b.get("/admin"); a.status != http.StatusForbidden {
					t.Fatalf("before: %d", a.status)
				}
				if err := write(t.Context(), w.client, w.user().ID); err != nil {
					t.Fatal(err)
				}
				if a := b.get("/admin"); a.status != http.StatusNotFound {
					t.Errorf("the new role does not count: %d", a.status)
				}
			})
		}
	})
}

func inTx(ctx context.Context, c *ent.Client, f func(*ent.Tx) error) error {
	tx, err := c.Tx(ctx)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// TestP04_CachedOwnDeletes: a session or a user that the application deletes is gone at once.
func TestP04_CachedOwnDeletes(t *testing.T) {
	deletes := map[string]func(ctx context.Context, c *ent.Client, id string) error{
		"session": func(ctx context.Context, c *ent.Client, id string) error {
			found, err := c.Session.Query().Where(session.UserID(id)).Only(ctx)
			if err != nil {
				return err
			}
			return c.Session.DeleteOne(found).Exec(ctx)
		},
		"all sessions": func(ctx context.Context, c *ent.Client, id string) error {
			_, err := c.Session.Delete().Where(session.UserID(id)).Exec(ctx)
			return err
		},
		"user": func(ctx context.Context, c *ent.Client, id string) error { return c.User.DeleteOneID(id).Exec(ctx) },
		"disabled": func(ctx context.Context, c *ent.Client, id string) error {
			return c.User.UpdateOneID(id).SetDisabledAt(time.Now()).Exec(ctx)
		},
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, remove := range deletes {
			t.Run(name, func(t *testing.T) {
				w := cachedWorld(t, kind)
				b := w.registered()
				b.warm()
				if err := remove(t.Context(), w.client, w.user().ID); err != nil {
					t.Fatal(err)
				}
				if _, who := b.checks(); who != "" {
					t.Errorf("%s is still signed in", who)
				}
				if b.who() != "" {
					t.Error("GET session says that somebody is signed in")
				}
			})
		}
	})
}

// TestCache_BehindItsBack: what SQL changes counts once the TTL is over.
func TestCache_BehindItsBack(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := cachedWorld(t, kind)
		b := w.registered()
		b.warm()
		w.exec(`DELETE FROM sessions`)
		w.clock.advance(10*time.Minute - time.Second)
		if _, who := b.checks(); who != ada {
			t.Errorf("before the TTL %q is signed in", who)
		}
		w.clock.advance(time.Second)
		if _, who := b.checks(); who != "" {
			t.Errorf("after the TTL %q is signed in", who)
		}
	})
}

// TestP05_CachedRollsOn: a session that is kept ends when it would, rolls on when it would, and
// its use is written.
func TestP05_CachedRollsOn(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Session = authent.SessionConfig{MaxAge: 10 * time.Minute, UpdateAge: 5 * time.Minute, TouchInterval: time.Minute,
				Cache: authent.CacheConfig{Size: 1000, TTL: 15 * time.Minute}}
		}})
		b := w.registered()
		b.warm()
		before := w.sessionRow().Expires
		w.clock.advance(4 * time.Minute)
		if n, _ := b.checks(); n != 0 || !w.sessionRow().Expires.Equal(before) {
			t.Errorf("before UpdateAge a check took %d statements", n)
		}
		w.clock.advance(time.Minute)
		b.checks()
		if got, want := w.sessionRow().Expires, before.Add(5*time.Minute); !got.Equal(want) {
			t.Errorf("rolled on to %v, want %v", got, want)
		}
		b.warm()
		w.clock.advance(time.Minute)
		b.checks()
		if err := w.auth.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := *w.sessionRow().LastUsedAt, w.clock.now(); got.Before(want.Add(-time.Second)) {
			t.Errorf("last used at %v, want %v", got, want)
		}
		w.clock.advance(10 * time.Minute)
		if _, who := b.checks(); who != "" {
			t.Error("a session that is kept outlives its end")
		}
	})
}

// sessionRow is the only session.
func (w *world) sessionRow() *ent.Session {
	w.t.Helper()
	s, err := w.client.Session.Query().Only(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// TestCache_RequestsOwnTheirs: what one request does to its session and user, no other sees.
func TestCache_RequestsOwnTheirs(t *testing.T) {
	w := cachedWorld(t, testdb.SQLite)
	b := w.registered()
	w.handle("/spoil", func(rw http.ResponseWriter, r *http.Request) {
		w.auth.RequireUser(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s := authent.SessionFrom(r.Context())
			s.User.Email, s.User.Role, s.UserID, s.ID = "spoilt", "admin", "spoilt", "spoilt"
		})).ServeHTTP(rw, r)
	})
	w.clock.advance(10 * time.Minute) // so that the first one reads the session
	for range 3 {
		b.get("/spoil")
		if _, who := b.checks(); who != ada {
			t.Fatalf("another request spoilt the session: %q", who)
		}
	}
}

// TestCache_ContextIsSilent: what prints a request's context prints no secret of the session.
func TestCache_ContextIsSilent(t *testing.T) {
	w := cachedWorld(t, testdb.SQLite)
	b := w.registered()
	b.warm()
	ctx := w.auth.Recalls(b.token())(t.Context())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(verb, ctx)
		for _, secret := range []string{b.token(), authent.HashToken(b.token()), "argon2"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s prints a secret: %s", verb, text)
			}
		}
	}
}

// TestP05_CachedElsewhere: a session that another process has rolled on is not rolled on
// again by one that kept it from before.
func TestP05_CachedElsewhere(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.Session = authent.SessionConfig{MaxAge: time.Hour, UpdateAge: 10 * time.Minute, Cache: authent.CacheConfig{Size: 10, TTL: 15 * time.Minute}}
	}})
	b := w.registered()
	b.warm()
	w.clock.advance(10 * time.Minute)
	rolled := w.clock.now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	w.exec(`UPDATE sessions SET expires = ?`, rolled) // by the other one
	w.clock.advance(time.Minute)
	b.checks()
	if got := w.sessionRow().Expires; !got.Equal(rolled) {
		t.Errorf("rolled on to %v, want %v", got, rolled)
	}
}

// TestCache_AnotherToken: nothing but the token itself finds a session, neither its hash nor
// a longer one.
func TestCache_AnotherToken(t *testing.T) {
	w := cachedWorld(t, testdb.SQLite)
	b := w.registered()
	b.warm()
	token := b.token()
	for _, other := range []string{authent.HashToken(token), token + "A", token[1:], strings.ToUpper(token), token + strings.Repeat("A", 200)} {
		if who := w.with("authjs.session-token", other).get("/").body; who != "" {
			t.Errorf("%q is signed in with another token", who)
		}
	}
}

// TestCache_Refused: New says what a cache cannot be had with.
func TestCache_Refused(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*authent.Config)
		want   string
	}{
		"negative size": {func(c *authent.Config) { c.Session.Cache.Size = -1 }, "Session.Cache.Size is -1"},
		"long TTL":      {func(c *authent.Config) { c.Session.Cache = authent.CacheConfig{Size: 1, TTL: time.Hour} }, "Session.Cache.TTL is 1h0m0s: use at most 15m0s"},
		"negative TTL":  {func(c *authent.Config) { c.Session.Cache = authent.CacheConfig{Size: 1, TTL: -1} }, "Session.Cache.TTL is -1ns"},
		"shared": {func(c *authent.Config) {
			c.Session.Cache.Size, c.AuthJS.Mode = 1, authent.AuthJSSharedHashed
		}, "Session.Cache.Size: sessions that an Auth.js application writes too cannot be kept"},
		"nil broadcaster": {func(c *authent.Config) {
			c.Session.Cache = authent.CacheConfig{Size: 1, Broadcaster: (*postgres.Broadcaster)(nil)}
		}, "Session.Cache.Broadcaster is a nil *postgres.Broadcaster"},
		"adapter that tells nothing": {func(c *authent.Config) {
			c.Session.Cache.Size = 1
			c.Adapter = struct{ authent.Adapter }{c.Adapter}
		}, "is no SessionWatcher"},
		"interceptors": {func(c *authent.Config) {
			c.Session.Cache.Size = 1
			w := &world{t: t, kind: testdb.SQLite}
			w.openDatabase(nil)
			w.client.User.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier { return next }))
			c.Adapter = w.store
		}, "Session.Cache: the graph has interceptors or a privacy policy"},
	} {
		t.Run(name, func(t *testing.T) {
			c := authent.Config{
				URL: "http://localhost:3000", Secrets: []string{testSecret}, Providers: []authent.Provider{provider.Password()},
				Adapter: authenttest.NewMemoryAdapter(),
			}
			test.change(&c)
			if _, err := authent.New(c); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("New says %v, want %q", err, test.want)
			}
		})
	}
}
