package authent_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

const newWord = "a new and better password"

// verbs change what a user may sign in with. keeps says that the session which
// asks for it goes on.
var verbs = map[string]struct {
	keeps bool
	do    func(w *world, b *browser) error
}{
	"change password": {true, func(w *world, b *browser) error {
		return asError(b.script("/auth/password", "currentPassword", adasWord, "password", newWord))
	}},
	"disable": {false, func(w *world, _ *browser) error { return w.auth.DisableUser(context.Background(), w.user().ID) }},
	"delete": {false, func(w *world, b *browser) error {
		return asError(b.script("/auth/delete"))
	}},
	"DeleteUser verb": {false, func(w *world, _ *browser) error {
		return w.auth.DeleteUser(context.Background(), w.user().ID)
	}},
}

func asError(a answer) error {
	if code := a.errorCode(); code != "" || a.status >= 400 {
		return errors.New(code)
	}
	return nil
}

func TestP04_VerbsEndSessions(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, verb := range verbs {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				this, other := w.registered(), w.signedIn()
				tokens := []string{this.token(), other.token()}
				if err := verb.do(w, this); err != nil {
					t.Fatal(err)
				}
				if w.with("authjs.session-token", tokens[1]).who() != "" {
					t.Error("the other session is alive")
				}
				if alive := w.with("authjs.session-token", tokens[0]).who() != ""; alive != verb.keeps {
					t.Errorf("this session alive: %v, want %v", alive, verb.keeps)
				}
				if w.browser().signIn(ada, adasWord).errorCode() != "CredentialsSignin:credentials" {
					t.Error("the old password still signs in")
				}
			})
		}
	})
}

// TestP04_DisabledSessionsStayDead: the sessions have ended, so that they do not
// come back when the user is let in again.
func TestP04_DisabledSessionsStayDead(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		if err := w.auth.DisableUser(t.Context(), w.user().ID); err != nil {
			t.Fatal(err)
		}
		if err := w.auth.EnableUser(t.Context(), w.user().ID); err != nil {
			t.Fatal(err)
		}
		if b.who() != "" {
			t.Error("the session came back")
		}
		w.signedIn()
	})
}

// TestP04_StaleSignInIsRefused: the verb commits between the moment in which a
// sign-in checks the password and its transaction.
func TestP04_StaleSignInIsRefused(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, verb := range verbs {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				this, late := w.registered(), w.browser()
				w.store.beforeTx = func() {
					if err := verb.do(w, this); err != nil {
						t.Error(err)
					}
				}
				if a := late.signIn(ada, adasWord); a.errorCode() != "CredentialsSignin:credentials" {
					t.Errorf("stale sign-in: %d %s", a.status, a.target())
				}
				if late.token() != "" {
					t.Error("a stale sign-in got a session")
				}
			})
		}
	})
}

// TestP04_SignInBeforeVerbIsEnded: the sign-in holds the user's row when the verb
// comes, so the verb waits, and ends the session that the sign-in started.
func TestP04_SignInBeforeVerbIsEnded(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, verb := range verbs {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				this, late := w.registered(), w.browser()
				var wg sync.WaitGroup
				w.store.locked = func() {
					wg.Go(func() {
						if err := verb.do(w, this); err != nil {
							t.Error(err)
						}
					})
					time.Sleep(50 * time.Millisecond) // time to reach the lock
				}
				late.signIn(ada, adasWord)
				token := late.token()
				wg.Wait()
				if token == "" {
					t.Fatal("the sign-in that came first was refused")
				}
				if w.with("authjs.session-token", token).who() != "" {
					t.Error("its session survived the verb")
				}
			})
		}
	})
}

// TestP04_AllOrNothing: a verb that fails half way changes nothing.
func TestP04_AllOrNothing(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, verb := range verbs {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				this, other := w.registered(), w.signedIn()
				for n := 1; n < 40; n++ {
					w.store.beforeTx = func() { w.driver.failNth(n) }
					err := verb.do(w, this)
					w.driver.failNth(0)
					if err == nil {
						return
					}
					if this.who() != ada || other.who() != ada || w.user().Disabled() {
						t.Fatalf("statement %d failed: the verb was done in part", n)
					}
					if w.browser().signIn(ada, adasWord).errorCode() != "" {
						t.Fatalf("statement %d failed: the password no longer works", n)
					}
				}
				t.Fatal("the verb never succeeded")
			})
		}
	})
}

// guarded are the requests that change what guards an account.
var guarded = map[string]func(b *browser) answer{
	"password": func(b *browser) answer {
		return b.script("/auth/password", "currentPassword", adasWord, "password", newWord)
	},
	"delete": func(b *browser) answer { return b.script("/auth/delete") },
}

func TestP07_SensitiveChangesAskForRecentSignIn(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, send := range guarded {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				b := w.registered()
				w.clock.advance(10*time.Minute + time.Second)
				a := send(b)
				if a.status != http.StatusForbidden || a.errorCode() != "RecentSignInRequired" {
					t.Fatalf("old session: %d %s", a.status, a.errorCode())
				}
				if a := b.post("/auth/reauthenticate", "password", "not the password"); a.errorCode() != "CurrentPassword" {
					t.Errorf("wrong password: %s", a.errorCode())
				}
				if a := send(b); a.status != http.StatusForbidden {
					t.Errorf("after a wrong password: %d", a.status)
				}
				b.post("/auth/reauthenticate", "password", adasWord)
				if a := send(b); a.status != http.StatusOK || a.errorCode() != "" {
					t.Errorf("after re-authentication: %d %s", a.status, a.errorCode())
				}
			})
		}
	})
}

// TestP07_DeleteByPassword: whoever types the password deletes the account of an old
// session too; a wrong one deletes nothing, and counts as a try.
func TestP07_DeleteByPassword(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.RateLimits = authent.RateLimits{SignIn: authent.Limit{Tries: 3, Window: time.Minute}}
		}})
		b := w.registered()
		w.clock.advance(time.Hour)
		for range 2 {
			if a := b.post("/auth/delete", "password", "a mistyped password"); a.errorCode() != "DeletePassword" || w.count("users") != 1 {
				t.Errorf("a wrong password: %s, %d users", a.errorCode(), w.count("users"))
			}
		}
		if page := b.get("/auth/account?error=DeletePassword").body; !strings.Contains(page, "<title>Error: ") || !strings.Contains(page, "<details open>") || strings.Count(page, "nothing was deleted") != 1 {
			t.Errorf("the page: %s", page)
		}
		if a := b.post("/auth/delete", "password", adasWord); !strings.HasSuffix(a.target(), "/auth/goodbye") || w.count("users") != 0 {
			t.Errorf("the right one: %d to %s", a.status, a.target())
		}
		if a := b.get("/auth/goodbye"); a.status != http.StatusOK || !strings.Contains(a.body, "Goodbye") || b.who() != "" {
			t.Errorf("goodbye: %d", a.status)
		}
	})
	t.Run("limit", func(t *testing.T) {
		w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
			c.RateLimits = authent.RateLimits{SignIn: authent.Limit{Tries: 3, Window: time.Minute}}
		}})
		b := w.registered()
		for range 3 {
			b.post("/auth/delete", "password", "a mistyped password")
		}
		if a := b.post("/auth/delete", "password", adasWord); a.status != http.StatusTooManyRequests || w.count("users") != 1 {
			t.Errorf("one too many: %d", a.status)
		}
	})
}

// TestP07_WithoutCreatedAt: on tables that do not say when a session began, the
// sealed cookie says so, beside the very session it was set for.
func TestP07_WithoutCreatedAt(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Adapter = noCreatedAt{c.Adapter} }})
		b := w.registered()
		other := w.signedIn()
		if a := b.script("/auth/password", "currentPassword", adasWord, "password", newWord); a.status != http.StatusOK {
			t.Fatalf("recent: %d %s", a.status, a.errorCode())
		}
		mark := other.cookie("authent.recent")
		stolen := w.browser()
		stolen.plant("authjs.session-token", b.token())
		stolen.plant("authent.recent", mark)
		if a := stolen.script("/auth/delete"); a.status != http.StatusForbidden {
			t.Errorf("another session's mark: %d", a.status)
		}
		w.clock.advance(11 * time.Minute)
		if a := b.script("/auth/delete"); a.status != http.StatusForbidden {
			t.Errorf("old mark: %d", a.status)
		}
	})
}

// noCreatedAt is an adapter for tables whose sessions have no created_at.
type noCreatedAt struct{ authent.Adapter }

func (n noCreatedAt) Columns() authent.Columns {
	c := n.Adapter.Columns()
	c.SessionCreatedAt, c.SessionAuthenticatedAt = false, false
	return c
}

func (n noCreatedAt) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	s, err := n.Adapter.SessionAndUser(ctx, token)
	if s != nil {
		s.CreatedAt = time.Time{}
	}
	return s, err
}

func TestP27_DeletingUserRemovesEverything(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		deletions := map[string]func(w *world, b *browser){
			"request": func(w *world, b *browser) { b.post("/auth/delete") },
			"verb": func(w *world, b *browser) {
				if err := w.auth.DeleteUser(t.Context(), w.user().ID); err != nil {
					t.Fatal(err)
				}
			},
			"SQL": func(w *world, b *browser) {
				w.exec(`DELETE FROM users WHERE email = ?`, ada)
			},
		}
		for name, remove := range deletions {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				b := w.registered()
				w.signedIn()
				id, expires := w.user().ID, time.Now().Add(time.Hour)
				if err := w.store.LinkAccount(t.Context(), authent.Account{UserID: id, Type: "oauth", Provider: "github", ProviderAccountID: "1"}); err != nil {
					t.Fatal(err)
				}
				for _, identifier := range []string{ada, "reset:" + id, "verify-email:" + id, "change-email:" + id} {
					token := authent.VerificationToken{Identifier: identifier, Token: authent.Secret(authent.HashToken(identifier)), Expires: expires}
					if err := w.store.CreateVerificationToken(t.Context(), token); err != nil {
						t.Fatal(err)
					}
				}
				remove(w, b)
				tables := []string{"users", "accounts", "sessions", "verificationtokens"}
				if name == "SQL" {
					tables = tables[:3]
				}
				for _, table := range tables {
					if n := w.count(table); n != 0 {
						t.Errorf("%d rows left in %s", n, table)
					}
				}
				if b.who() != "" {
					t.Error("the browser is still signed in")
				}
			})
		}
	})
}
