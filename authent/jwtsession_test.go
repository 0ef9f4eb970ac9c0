package authent_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// jwtSession is a session as Auth.js has it without a database, but short enough to be
// taken for a token.
const jwtSession = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0..aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.cccccccccccc"

// TestJWTSession: who brings a session that is a JWT, whole or in parts, is signed out, at
// no cost, and the log says once what to do.
func TestJWTSession(t *testing.T) {
	long := "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0.." + strings.Repeat("a", 3800)
	const said = "set it to"
	for name, tc := range map[string]struct {
		mode   authent.AuthJSMode
		cookie string
		lines  int
	}{
		"shared":  {authent.AuthJSShared, "__Secure-authjs.session-token", 2}, // as text and as JSON
		"hashed":  {authent.AuthJSSharedHashed, "__Secure-authjs.session-token", 2},
		"adopted": {authent.AuthJSAdopted, "__Secure-authjs.session-token", 2},
		"alone":   {authent.AuthJSAlone, "__Host-authjs.session-token", 0},
	} {
		w := newWorld(t, testdb.SQLite, setup{https: true, config: func(c *authent.Config) { c.AuthJS.Mode = tc.mode }})
		real := w.registered()
		for what, cookies := range map[string][]string{
			"whole": {tc.cookie, jwtSession}, "long": {tc.cookie, long + ".b.c"}, "in parts": {tc.cookie + ".0", long, tc.cookie + ".1", "bbbb.cccc"},
		} {
			b := w.browser()
			for i := 0; i < len(cookies); i += 2 {
				b.plant(cookies[i], cookies[i+1])
			}
			statements := w.driver.during(func() {
				if who := b.who(); who != "" {
					t.Errorf("%s, %s: signed in as %q", name, what, who)
				}
			})
			if a := b.get("/auth/session"); a.body != "null" || len(statements) != 0 {
				t.Errorf("%s, %s: %s, after %d statements", name, what, a.body, len(statements))
			}
			if b.signIn(ada, adasWord); b.who() != ada {
				t.Errorf("%s, %s: cannot sign in beside it", name, what)
			}
		}
		if n := strings.Count(w.log.text(), said); n != tc.lines || strings.Contains(w.log.text(), "eyJ") {
			t.Errorf("%s: %d lines, want %d", name, n, tc.lines)
		}
		if real.who() != ada {
			t.Errorf("%s: who has a token is signed out", name)
		}
	}

	// A part that is left over beside a token is no reason to say so.
	w := newWorld(t, testdb.SQLite, setup{https: true, config: func(c *authent.Config) { c.AuthJS.Mode = authent.AuthJSShared }})
	b := w.registered()
	b.plant("__Secure-authjs.session-token.0", long)
	if b.who() != ada || strings.Contains(w.log.text(), said) {
		t.Error("a part left over beside a token: signed out, or logged")
	}
	if b.get("/auth/session"); b.cookieNamed("__Secure-authjs.session-token.0") != "" {
		t.Error("the part that was left over stays")
	}
}

// TestJWTLeftovers: parts of a JWT that are left from before, with which Auth.js would not
// know a session, go away as soon as somebody is asked for, and at sign-in and sign-out.
func TestJWTLeftovers(t *testing.T) {
	for name, tc := range map[string]struct {
		mode   authent.AuthJSMode
		cookie string
	}{
		"shared":  {authent.AuthJSShared, "__Secure-authjs.session-token"},
		"hashed":  {authent.AuthJSSharedHashed, "__Secure-authjs.session-token"},
		"adopted": {authent.AuthJSAdopted, "__Secure-authjs.session-token"},
		"alone":   {authent.AuthJSAlone, "__Host-authjs.session-token"},
	} {
		w := newWorld(t, testdb.SQLite, setup{https: true, config: func(c *authent.Config) { c.AuthJS.Mode = tc.mode }})
		w.registered()
		littered := func(b *browser) *browser {
			for _, part := range []string{".0", ".1", ".10"} {
				b.plant(tc.cookie+part, "eyJhbGciOiJkaXIi"+part)
			}
			b.plant(tc.cookie+".extra", "the application's own")
			return b
		}
		swept := func(when string, b *browser) {
			t.Helper()
			if left := joinNames(b.client.Jar.Cookies(b.url())); strings.Contains(left, tc.cookie+".0") || strings.Contains(left, tc.cookie+".1") || !strings.Contains(left, tc.cookie+".extra") {
				t.Errorf("%s, %s: the cookies are %s", name, when, left)
			}
		}
		signedIn := func() *browser {
			b := w.browser()
			b.signIn(ada, adasWord)
			return littered(b)
		}
		b := signedIn()
		token := b.token()
		for range 2 { // before they are cleared, and after
			if b.who() != ada || b.token() != token {
				t.Errorf("%s: signed out by what is left over", name)
			}
		}
		swept("a page", b)
		if b = signedIn(); b.session() == nil {
			t.Errorf("%s: no session beside what is left over", name)
		}
		swept("GET session", b)
		if b = signedIn(); b.post("/auth/signout").status != http.StatusFound || b.who() != "" {
			t.Errorf("%s: not signed out", name)
		}
		swept("signed out", b)
		if b = littered(w.browser()); b.session() != nil {
			t.Errorf("%s: parts alone sign in", name)
		}
		swept("nobody, GET session", b)
		if b = littered(w.browser()); b.signIn(ada, adasWord).status != http.StatusFound || b.who() != ada {
			t.Errorf("%s: cannot sign in beside parts", name)
		}
		swept("signed in", b)
	}
}
