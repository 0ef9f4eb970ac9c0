package authent_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/internal/testdb"
)

// flows are the ways in which a browser gets a session token. Each ends signed
// in as ada, who is registered in another browser before (but for register).
var flows = map[string]func(w *world, b *browser) answer{
	"register": func(w *world, b *browser) answer { return b.register("new@example.com", adasWord) },
	"sign in":  func(w *world, b *browser) answer { return b.signIn(ada, adasWord) },
	"reauthenticate": func(w *world, b *browser) answer {
		b.signIn(ada, adasWord)
		return b.post("/auth/reauthenticate", "password", adasWord)
	},
	"SignIn verb": func(w *world, b *browser) answer {
		rec, r := httptest.NewRecorder(), httptest.NewRequest("POST", w.server.URL+"/", nil)
		for _, c := range b.client.Jar.Cookies(b.url()) {
			r.AddCookie(c)
		}
		if _, err := w.auth.SignIn(rec, r, w.user().ID); err != nil {
			w.t.Fatal(err)
		}
		b.client.Jar.SetCookies(b.url(), rec.Result().Cookies())
		return answer{status: http.StatusFound}
	},
}

func TestP01_TokensAreHashedAtRest(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, flow := range flows {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				w.registered()
				b := w.browser()
				flow(w, b)
				if b.who() == "" {
					t.Fatal("not signed in")
				}
				token := b.token()
				if len(token) < 43 {
					t.Errorf("the token %q has fewer than 256 bits of base64url", token)
				}
				dump := w.dumpOf(w.tables())
				if strings.Contains(dump, token) {
					t.Error("the database holds the token itself")
				}
				if !strings.Contains(dump, authent.HashToken(token)) {
					t.Error("the database does not hold the token's SHA-256")
				}
				if w.with("authjs.session-token", authent.HashToken(token)).who() != "" {
					t.Error("what the database holds works as a token")
				}
			})
		}
	})
}

func TestP02_SignInIssuesNewToken(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		const chosen = "attacker-chosen-session-token-0123456789"
		for name, flow := range flows {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				w.registered()
				b := w.with("authjs.session-token", chosen)
				flow(w, b)
				if b.token() == chosen || strings.Contains(w.dumpOf(w.tables()), authent.HashToken(chosen)) {
					t.Error("a token that the browser chose was adopted")
				}
				if name == "register" {
					return // an address registers once; see TestP02_RegisterEndsSessionBrought
				}
				before := b.token()
				flow(w, b)
				if b.token() == before || b.who() == "" {
					t.Error("signing in again did not issue a new token")
				}
				if w.with("authjs.session-token", before).who() != "" {
					t.Error("the session that the browser brought is alive")
				}
			})
		}
	})
}

func TestP02_RegisterEndsSessionBrought(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		before := b.token()
		b.register("new@example.com", adasWord)
		if b.who() != "new@example.com" {
			t.Fatal("not signed in as the new user")
		}
		if w.with("authjs.session-token", before).who() != "" {
			t.Error("the session that the browser brought is alive")
		}
	})
}

// TestP02_FailedSignInKeepsSession: the old session ends in the transaction that
// starts the new one, so a refused sign-in ends nothing.
func TestP02_FailedSignInKeepsSession(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		if a := b.signIn(ada, "wrong password"); a.errorCode() != "CredentialsSignin:credentials" {
			t.Errorf("wrong password: %s", a.errorCode())
		}
		if b.who() != ada {
			t.Error("a failed sign-in ended the session")
		}
	})
}

func TestP03_SignOutKillsSession(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		ways := map[string]func(w *world, b *browser){
			"sign out":       func(w *world, b *browser) { b.post("/auth/signout") },
			"revoke current": func(w *world, b *browser) { b.post("/auth/sessions/revoke", "id", b.sessions()[0].ID) },
			"SignOut verb": func(w *world, b *browser) {
				r := httptest.NewRequest("POST", w.server.URL+"/", nil)
				for _, c := range b.client.Jar.Cookies(b.url()) {
					r.AddCookie(c)
				}
				rec := httptest.NewRecorder()
				if err := w.auth.SignOut(rec, r); err != nil {
					w.t.Fatal(err)
				}
				b.client.Jar.SetCookies(b.url(), rec.Result().Cookies())
			},
		}
		for name, signOut := range ways {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				b := w.registered()
				token := b.token()
				signOut(w, b)
				if b.token() != "" {
					t.Error("the cookie was not cleared")
				}
				replay := w.with("authjs.session-token", token)
				if replay.who() != "" || replay.session() != nil {
					t.Error("the cookie works after sign-out")
				}
				if n := w.count("sessions"); n != 0 {
					t.Errorf("%d sessions are left", n)
				}
			})
		}
	})
}

// TestP03_SignOutFailsLoudly: when the session may be alive, nobody is told that
// they are signed out.
func TestP03_SignOutFailsLoudly(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		token := b.token()
		csrf := b.csrf()
		w.driver.failNth(2)
		r := b.request("POST", "/auth/signout", strings.NewReader("csrfToken="+csrf))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if a := b.send(r); a.errorCode() != "Configuration" {
			t.Errorf("answer: %d %s", a.status, a.target())
		}
		if b.token() != token {
			t.Error("the cookie was cleared though the session is alive")
		}
	})
}

// TestP05_RollsOnWithinLimits: whenever and however often a session is used, its
// expiry moves at most once per UpdateAge, never back, and never past the
// absolute lifetime.
func TestP05_RollsOnWithinLimits(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		const maxAge, updateAge, absolute = 10 * time.Hour, time.Hour, 25 * time.Hour
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Session = authent.SessionConfig{MaxAge: maxAge, UpdateAge: updateAge, AbsoluteMaxAge: absolute}
		}})
		w.registered()
		rapid.Check(t, func(rt *rapid.T) {
			user := w.user()
			token := authenttest.SignIn(t, w.auth, user.ID)
			began := w.clock.now().UTC().Truncate(time.Millisecond)
			stored := authent.Secret(authent.HashToken(token.Value))
			last, rolledAt := began.Add(maxAge), began
			b := w.with(token.Name, token.Value)
			waits := rapid.SampledFrom([]time.Duration{time.Millisecond, 30 * time.Minute, time.Hour, 3 * time.Hour, 9 * time.Hour, 11 * time.Hour})
			for range rapid.IntRange(1, 30).Draw(rt, "uses") {
				w.clock.advance(waits.Draw(rt, "wait"))
				now := w.clock.now().UTC().Truncate(time.Millisecond)
				alive := b.who() != ""
				if want := !last.Before(now) && now.Before(began.Add(absolute)); alive != want {
					rt.Fatalf("after %v: alive %v, want %v", now.Sub(began), alive, want)
				}
				if !alive {
					return
				}
				s, err := w.store.SessionAndUser(t.Context(), stored)
				if err != nil {
					rt.Fatal(err)
				}
				if s.Expires.Before(last) || s.Expires.After(began.Add(absolute)) || s.Expires.After(now.Add(maxAge)) {
					rt.Fatalf("expires %v after %v", s.Expires.Sub(began), now.Sub(began))
				}
				if s.Expires.After(last) {
					if now.Sub(rolledAt) < updateAge {
						rt.Fatalf("rolled on twice within %v", now.Sub(rolledAt))
					}
					rolledAt = now
				}
				last = s.Expires
			}
		})
	})
}

func TestP05_OneWritePerUpdateAge(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Session.TouchInterval = -1 }})
		b := w.registered()
		w.clock.advance(25 * time.Hour)
		writes := func() (n int) {
			for _, q := range w.driver.during(func() { b.get("/") }) {
				if strings.HasPrefix(q, "UPDATE") {
					n++
				}
			}
			return n
		}
		if n := writes(); n != 1 {
			t.Errorf("first use after UpdateAge: %d writes, want 1", n)
		}
		if n := writes(); n != 0 {
			t.Errorf("second use: %d writes, want 0", n)
		}
	})
}

// listed is an entry of GET sessions.
type listed struct {
	ID                             string
	Current                        bool
	CreatedAt, LastUsedAt, Expires *string
	IPAddress, UserAgent           *string
}

func (b *browser) sessions() []listed {
	b.w.t.Helper()
	var all []listed
	a := b.get("/auth/sessions")
	if err := json.Unmarshal([]byte(a.body), &all); err != nil {
		b.w.t.Fatalf("GET sessions: %d %s", a.status, a.body)
	}
	return all
}

// TestP06_OnlyOwnSessions: every verb that takes an id, called with another
// user's id, answers as for an unknown one.
func TestP06_OnlyOwnSessions(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		victim, attacker := w.registered(), w.browser()
		attacker.register("mallory@example.com", adasWord)
		theirs := victim.sessions()[0].ID
		const unknown = "00000000-0000-7000-8000-000000000000"
		for _, send := range []func(string, ...string) answer{attacker.post, attacker.script} {
			foreign, absent := send("/auth/sessions/revoke", "id", theirs), send("/auth/sessions/revoke", "id", unknown)
			if foreign.errorCode() != "SessionNotFound" {
				t.Errorf("revoking another's session: %s", foreign.errorCode())
			}
			foreign.header.Del("Date")
			absent.header.Del("Date")
			if asText(foreign) != asText(absent) {
				t.Errorf("the answers differ:\n%s\n%s", asText(foreign), asText(absent))
			}
		}
		mallory := attacker.session()
		if mallory == nil {
			t.Fatal("attacker is not signed in")
		}
		for _, id := range []string{theirs, unknown} {
			users, _ := w.store.UsersByEmail(t.Context(), "mallory@example.com")
			if err := w.auth.RevokeSession(t.Context(), users[0].ID, id); err == nil || !strings.HasSuffix(err.Error(), authent.ErrNotFound.Error()) {
				t.Errorf("RevokeSession: %v", err)
			}
		}
		if victim.who() != ada {
			t.Error("the victim's session was ended")
		}
		for _, s := range attacker.sessions() {
			if s.ID == theirs {
				t.Error("the attacker sees the victim's session")
			}
		}
	})
}

func asText(a answer) string {
	b, _ := json.Marshal(map[string]any{"status": a.status, "header": a.header, "body": a.body})
	return string(b)
}

// TestP06_NoListShowsTokens: neither the token nor its stored form is in any
// list, page or log.
func TestP06_NoListShowsTokens(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		token := b.token()
		list, err := w.auth.Sessions(t.Context(), w.user().ID)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		var printed strings.Builder
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("sessions", "list", list, "one", list[0])
		encoded, _ := json.Marshal(list)
		all := printed.String() + string(encoded) + b.get("/auth/sessions").body + b.get("/auth/account").body + b.get("/auth/session").body
		for _, secret := range []string{token, authent.HashToken(token)} {
			if strings.Contains(all, secret) {
				t.Errorf("a list shows %s", secret)
			}
		}
	})
}

func TestSessions_ListAndRevoke(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		first := w.registered()
		w.clock.advance(time.Minute)
		second := w.signedIn()
		w.clock.advance(time.Minute)
		third := w.signedIn()
		all := second.sessions()
		if len(all) != 3 || !all[0].Current || all[1].Current || all[2].Current {
			t.Fatalf("list: %+v", all)
		}
		if *all[1].LastUsedAt < *all[2].LastUsedAt {
			t.Error("the others are not in order of their last use")
		}
		if *all[0].UserAgent != "test browser" || *all[0].IPAddress != "127.0.0.1" {
			t.Errorf("metadata: %+v", all[0])
		}
		if a := second.post("/auth/sessions/revoke", "id", third.sessions()[0].ID); a.status != http.StatusFound {
			t.Errorf("revoke: %d", a.status)
		}
		if third.who() != "" || first.who() != ada || second.who() != ada {
			t.Error("revoking one session did not end just that one")
		}
		second.post("/auth/sessions/revoke", "others", "true")
		if first.who() != "" || second.who() != ada {
			t.Error("signing out the others did not end just the others")
		}
		if a := third.get("/auth/sessions"); a.status != http.StatusUnauthorized || a.body != "null" {
			t.Errorf("list when signed out: %d %s", a.status, a.body)
		}
		if a := third.post("/auth/sessions/revoke", "others", "true"); a.status != http.StatusUnauthorized {
			t.Errorf("revoke when signed out: %d", a.status)
		}
	})
}

func TestSessions_ExpireAndAreDeleted(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		w.clock.advance(30*24*time.Hour + time.Second)
		if a := b.get("/auth/session"); a.body != "null" || a.status != http.StatusOK {
			t.Errorf("expired session: %d %s", a.status, a.body)
		}
		if w.count("sessions") != 0 || b.token() != "" {
			t.Error("the expired session left a row or a cookie")
		}
		w.signedIn()
		w.clock.advance(31 * 24 * time.Hour)
		// The session, and the counters of the client and of the registration: that of the
		// sign-in went when it succeeded.
		if n, err := w.auth.Cleanup(t.Context()); n != 3 || err != nil {
			t.Errorf("Cleanup: %d, %v", n, err)
		}
	})
}
