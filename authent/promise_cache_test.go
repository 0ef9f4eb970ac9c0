package authent_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/ent/user"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/testdb"
)

// pair is two processes of one application, whose caches hear of each other. What the second
// one hears, and its heartbeats, come through the gate.
type pair struct {
	t    *testing.T
	a, b *process
	gate *testdb.Gate
	// settled counts the markers that were sent.
	settled int
}

// process is a world that hears of others.
type process struct {
	*world
	ear *ear
}

// ear is a broadcaster that notes what its process has acted upon.
type ear struct {
	authent.Broadcaster
	mu    sync.Mutex
	heard []string
}

func (e *ear) Listen(ctx context.Context, heard func(string)) error {
	return e.Broadcaster.Listen(ctx, func(message string) {
		heard(message)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, message)
	})
}

func (e *ear) has(message string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.heard, message)
}

// newPair makes two processes on PostgreSQL. The first has a cache of size sessions.
func newPair(t *testing.T, size int) *pair {
	t.Helper()
	if isCached() {
		t.Skip("it has caches of its own")
	}
	kind := testdb.Server(t, "postgres")
	url := kind.Lent(t)
	through, gate := kind.Gate(t, url)
	p := &pair{t: t, a: newProcess(t, kind, url, url, size), b: newProcess(t, kind, url, through, 1000), gate: gate}
	p.b.handle("/role", func(rw http.ResponseWriter, r *http.Request) {
		p.b.auth.LoadSession(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if s := authent.SessionFrom(r.Context()); s != nil {
				_, _ = io.WriteString(rw, s.User.Email+" "+s.User.Role)
			}
		})).ServeHTTP(rw, r)
	})
	return p
}

// newProcess makes one on the database of url. Its broadcaster goes by way of another URL.
func newProcess(t *testing.T, kind testdb.Kind, url, way string, size int) *process {
	t.Helper()
	b, err := postgres.NewBroadcaster(way)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	p := &process{ear: &ear{Broadcaster: b}}
	p.world = newWorld(t, kind, setup{url: url, config: func(c *authent.Config) {
		c.Session.Cache = authent.CacheConfig{Size: size, TTL: 10 * time.Minute, Broadcaster: p.ear}
	}})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { p.auth.RunSessionCache(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return p
}

// settle returns once b has acted upon all that was told until now.
func (p *pair) settle() {
	p.t.Helper()
	p.settled++
	marker := fmt.Sprint("marker ", p.settled)
	if err := p.a.ear.Publish(p.t.Context(), marker); err != nil {
		p.t.Fatal(err)
	}
	await.True(p.t, "b hears "+marker, func() bool { return p.b.ear.has(marker) })
}

// atB returns b's side of a browser, whose session b keeps from now on.
func (p *pair) atB(there *browser) *browser {
	p.t.Helper()
	p.b.log.secret(there.token())
	here := p.b.with("authjs.session-token", there.token())
	here.awaitKept()
	return here
}

// awaitKept returns once the session is answered from memory.
func (b *browser) awaitKept() {
	b.w.t.Helper()
	await.True(b.w.t, "a check costs no statement", func() bool {
		n, who := b.checks()
		return n == 0 && who != ""
	})
}

// wantRole fails unless the browser's user has a role, "" for nobody, and the check takes a
// statement or none.
func (b *browser) wantRole(when, want string, kept bool) {
	b.w.t.Helper()
	var got string
	all := b.w.driver.during(func() { got = b.get("/role").body })
	if want != "" {
		want = ada + " " + want
	}
	if got != want || kept != (len(all) == 0) {
		b.w.t.Errorf("%s: %q is signed in, want %q; statements %q", when, got, want, all)
	}
}

// TestP03_OtherProcessHears: who signs out in one process is signed out in another that had
// kept the session.
func TestP03_OtherProcessHears(t *testing.T) {
	for name, size := range map[string]int{"both keep": 1000, "one only tells": 0} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, size)
			p.a.registered()
			for way, end := range map[string]func(b *browser){
				"sign out":      func(b *browser) { b.post("/auth/signout") },
				"revoke":        func(b *browser) { b.post("/auth/sessions/revoke", "id", b.sessions()[0].ID) },
				"revoke others": func(*browser) { p.a.signedIn().post("/auth/sessions/revoke", "others", "true") },
				"its client": func(*browser) {
					if _, err := p.a.client.Session.Delete().Exec(t.Context()); err != nil {
						t.Error(err)
					}
				},
			} {
				there := p.a.signedIn()
				here := p.atB(there)
				end(there)
				p.settle()
				here.wantRole(way, "", false)
			}
		})
	}
}

// TestP04_OtherProcessHears: what changes a user in one process counts in another that had
// kept a session of theirs, once it is committed; what is rolled back is not told.
func TestP04_OtherProcessHears(t *testing.T) {
	p := newPair(t, 1000)
	p.a.registered()
	id := p.a.user().ID
	here := p.atB(p.a.signedIn())
	role := "user"
	set := func(name string, write func(ctx context.Context, c *ent.Client) error) {
		t.Helper()
		here.awaitKept()
		role = name
		if err := write(t.Context(), p.a.client); err != nil {
			t.Fatal(err)
		}
		p.settle()
		here.wantRole(name, role, false)
	}
	set("one", func(ctx context.Context, c *ent.Client) error { return c.User.UpdateOneID(id).SetRole(role).Exec(ctx) })
	set("many", func(ctx context.Context, c *ent.Client) error {
		return c.User.Update().Where(user.Email(ada)).SetRole(role).Exec(ctx)
	})
	for name, end := range map[string]func(*ent.Tx) error{"commit": (*ent.Tx).Commit, "rollback": (*ent.Tx).Rollback} {
		here.awaitKept()
		tx, err := p.a.client.Tx(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.User.UpdateOneID(id).SetRole(name).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.settle()
		here.wantRole("before "+name, role, true)
		if err := end(tx); err != nil {
			t.Fatal(err)
		}
		if name == "commit" {
			role = name
		}
		p.settle()
		here.wantRole("after "+name, role, name == "rollback")
	}
}

// TestP04_OtherProcessEnds: what ends a user's sessions in one process ends them in another
// that had kept them.
func TestP04_OtherProcessEnds(t *testing.T) {
	for name, end := range map[string]func(p *pair, b *browser){
		"password": func(_ *pair, b *browser) {
			b.post("/auth/password", "currentPassword", adasWord, "password", newWord)
		},
		"disable": func(p *pair, _ *browser) {
			if err := p.a.auth.DisableUser(p.t.Context(), p.a.user().ID); err != nil {
				p.t.Error(err)
			}
		},
		"delete": func(_ *pair, b *browser) { b.post("/auth/delete", "password", adasWord) },
		"its client": func(p *pair, _ *browser) {
			if err := p.a.client.User.DeleteOneID(p.a.user().ID).Exec(p.t.Context()); err != nil {
				p.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, 1000)
			there := p.a.registered()
			here := p.atB(p.a.signedIn())
			end(p, there)
			p.settle()
			here.wantRole(name, "", false)
		})
	}
}

// TestP03_SilenceIsNoConsent: a process that hears nothing asks the database three seconds
// later, and one that hears again has forgotten what it kept.
func TestP03_SilenceIsNoConsent(t *testing.T) {
	for name, test := range map[string]struct {
		breaks func(*testdb.Gate)
		after  time.Duration
	}{
		"frozen": {(*testdb.Gate).Freeze, 3100 * time.Millisecond},
		"cut":    {(*testdb.Gate).Cut, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, 1000)
			there, later, always := p.a.registered(), p.a.signedIn(), p.a.signedIn()
			signsOut, isDeleted, stays := p.atB(there), p.atB(later), p.atB(always)
			test.breaks(p.gate)
			if test.after == 0 {
				await.True(t, "it notices", func() bool { n, _ := stays.checks(); return n > 0 })
			}
			there.post("/auth/signout")
			p.b.clock.advance(test.after)
			signsOut.wantRole("silence, after sign-out", "", false)
			stays.wantRole("silence", "user", false)
			// Nobody is told of this: it counts if nothing is kept any more.
			p.a.exec(`DELETE FROM sessions WHERE session_token = ?`, authent.HashToken(later.token()))
			p.gate.Open()
			stays.awaitKept()
			isDeleted.wantRole("afterwards", "", false)
			signsOut.wantRole("afterwards, after sign-out", "", false)
		})
	}
}
