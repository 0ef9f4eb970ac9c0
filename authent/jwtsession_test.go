package authent_test

import (
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
