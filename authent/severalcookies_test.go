package authent_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/internal/testdb"
)

// severalModes are the configurations in which several session cookies may come;
// name is the cookie's.
var severalModes = map[string]struct {
	set    setup
	name   string
	shared bool
}{
	"native": {setup{}, "authjs.session-token", false},
	"shared": {setup{https: true, config: func(c *authent.Config) { c.AuthJS.Mode = authent.AuthJSShared }}, authJSCookie, true},
	"shared and hashed": {setup{https: true, config: func(c *authent.Config) {
		c.AuthJS.Mode = authent.AuthJSSharedHashed
	}}, authJSCookie, true},
}

// sends makes the browser send these session cookies too, before its own.
func (b *browser) sends(name string, tokens ...string) *browser {
	var pairs []string
	for _, token := range tokens {
		pairs = append(pairs, name+"="+token)
		b.w.log.secret(token)
	}
	b.header["Cookie"] = []string{strings.Join(pairs, "; ")}
	return b
}

const (
	unknownToken = "11111111-1111-4111-8111-111111111111"
	otherToken   = "22222222-2222-4222-8222-222222222222"
)

// TestP02_SeveralCookies: beside an Auth.js that sets its cookie with a Domain two
// come. The one that names a live session counts, if the other does not; natively
// none does.
func TestP02_SeveralCookies(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for mode, m := range severalModes {
			t.Run(mode, func(t *testing.T) {
				w := newWorld(t, kind, m.set)
				user, err := w.store.CreateUser(t.Context(), authent.User{Email: ada})
				if err != nil {
					t.Fatal(err)
				}
				token := func() string { return authenttest.SignIn(t, w.auth, user.ID).Value }
				live, expired := token(), token()
				w.exec("UPDATE sessions SET expires = ? WHERE session_token IN (?, ?)", w.clock.now().Add(-time.Hour).UTC(), expired, authent.HashToken(expired))
				second := token()
				one := ada
				if !m.shared {
					one = ""
				}
				for name, tc := range map[string]struct {
					tokens []string
					who    string
					lookUp int
				}{
					"live, unknown":       {[]string{live, unknownToken}, one, 2},
					"unknown, live":       {[]string{unknownToken, live}, one, 2},
					"live, not a token":   {[]string{live, "short"}, one, 1},
					"twice the same":      {[]string{live, live}, ada, 1},
					"two live":            {[]string{live, second}, "", 2},
					"two unknown":         {[]string{unknownToken, otherToken}, "", 2},
					"three, one live":     {[]string{unknownToken, live, otherToken}, "", 0},
					"three, two the same": {[]string{live, unknownToken, live}, one, 2},
				} {
					b := w.browser().sends(m.name, tc.tokens...)
					var who string
					statements := w.driver.during(func() { who = b.who() })
					if want := tc.lookUp; who != tc.who || m.shared && len(statements) != want || len(statements) > 2 {
						t.Errorf("%s: signed in as %q, want %q, with %d statements", name, who, tc.who, len(statements))
					}
					cookies := strings.Join(b.get("/auth/session").header.Values("Set-Cookie"), "\n")
					if set := strings.Contains(cookies, m.name+"="); set != (tc.who != "") {
						t.Errorf("%s: GET session sets %q", name, cookies)
					}
				}
				if b := w.browser().sends(m.name, expired, live); b.who() != one {
					t.Errorf("beside an expired one: %q", b.who())
				}
				if n := strings.Count(w.log.text(), "several session cookies"); n != 2 { // one line, as text and as JSON
					t.Errorf("%d lines in the log", n)
				}
				w.clock.advance(2 * time.Minute)
				w.browser().sends(m.name, live, unknownToken).who()
				if n := strings.Count(w.log.text(), "several session cookies"); n != 4 {
					t.Errorf("%d lines in the log later", n)
				}
			})
		}
	})
}

// TestP03_ManyCookies: whatever a sibling domain has planted, the sessions end that
// a browser's cookies name; who brings more than a browser keeps is told so.
func TestP03_ManyCookies(t *testing.T) {
	w := newWorld(t, testdb.SQLite, severalModes["shared and hashed"].set)
	user, err := w.store.CreateUser(t.Context(), authent.User{Email: ada})
	if err != nil {
		t.Fatal(err)
	}
	token := authenttest.SignIn(t, w.auth, user.ID).Value
	planted := func(n int) []string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("planted-%032d", i))
		}
		return append(all, token)
	}
	if a := w.browser().sends(authJSCookie, planted(200)...).post("/auth/signout"); a.status != http.StatusBadRequest || w.count("sessions") != 1 {
		t.Errorf("201 cookies: %d, %d sessions are left", a.status, w.count("sessions"))
	}
	if a := w.browser().sends(authJSCookie, planted(150)...).post("/auth/signout"); a.status != http.StatusFound || w.count("sessions") != 0 {
		t.Errorf("151 cookies: %d, %d sessions are left", a.status, w.count("sessions"))
	}
}

// TestP03_SeveralCookiesEnd: who signs in or out ends every session that their
// cookies name, so that the cookie which cannot be cleared is of no use.
func TestP03_SeveralCookiesEnd(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		ends := map[string]func(b *browser) answer{
			"sign in":  func(b *browser) answer { return b.signIn(ada, adasWord) },
			"sign out": func(b *browser) answer { return b.post("/auth/signout") },
		}
		for mode, m := range severalModes {
			for name, end := range ends {
				t.Run(mode+" "+name, func(t *testing.T) {
					w := newWorld(t, kind, m.set)
					tokens := []string{w.registered().token()}
					id := w.user().ID
					for range 2 {
						tokens = append(tokens, authenttest.SignIn(t, w.auth, id).Value)
					}
					kept := w.browser().sends(m.name, authenttest.SignIn(t, w.auth, id).Value)
					b := w.browser().sends(m.name, tokens...)
					if a := end(b); a.status != http.StatusFound || a.errorCode() != "" {
						t.Fatalf("%d to %s", a.status, a.target())
					}
					for i, token := range tokens {
						if who := w.browser().sends(m.name, token).who(); who != "" {
							t.Errorf("the session of cookie %d is alive", i+1)
						}
					}
					if kept.who() != ada {
						t.Error("a session that no cookie named has ended")
					}
					if name == "sign in" && m.shared && b.sends(m.name, tokens[0]).who() != ada {
						t.Error("the new session does not count beside the old cookie")
					}
				})
			}
		}
	})
}
