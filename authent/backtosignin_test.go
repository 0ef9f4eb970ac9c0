package authent_test

import (
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestNobodyComesBackToTheSignInPage: who signs in goes on, not to the page they came
// from, whatever the query or the cookie says.
func TestNobodyComesBackToTheSignInPage(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, tc := range map[string]struct {
			config func(*authent.Config)
			// page is the page on which the form is.
			page string
			to   []string
		}{
			"built-in":       {nil, "/auth/signin", []string{"/auth/signin", "/auth/signin?callbackUrl=%2Fx", "/auth/register#a", "/auth/signout", "/auth/error?error=Register", "HOME/auth/signin/"}},
			"registration":   {nil, "/auth/register", []string{"/auth/register", "/auth/signin"}},
			"own":            {ownFrontEnd, "/login", []string{"/login", "/login?error=AccessDenied", "/login/", "HOME/login?new=1", "/auth/signin"}},
			"trusted origin": {func(c *authent.Config) { c.TrustedOrigins = []string{spa}; c.Pages.SignOut = spa + "/login" }, "/auth/signin", []string{spa + "/login", spa + "/login?a=1"}},
		} {
			w := newWorld(t, kind, setup{config: tc.config})
			if tc.page == "/login" {
				w = newOwnWorld(t, kind, setup{})
			}
			home := w.server.URL
			for _, to := range tc.to {
				to = strings.Replace(to, "HOME", home, 1)
				byQuery := w.browser()
				page := byQuery.get(tc.page + "?callbackUrl=" + strings.NewReplacer("?", "%3F", "#", "%23", "=", "%3D", "&", "%26").Replace(to))
				byCookie := w.browser()
				byCookie.plant("authjs.callback-url", to)
				for way, shown := range map[string]answer{"query": page, "cookie": byCookie.get(tc.page)} {
					if !strings.Contains(shown.body, `name="callbackUrl" value="`+home+`"`) {
						t.Errorf("%s, %s by %s: %d, %q", name, to, way, shown.status, fieldOf.FindAllString(shown.body, -1))
					}
				}
				for way, b := range map[string]*browser{"query": byQuery, "cookie": byCookie} {
					if kept := b.cookie("authjs.callback-url"); strings.Contains(kept, "sign") || strings.Contains(kept, "login") || strings.Contains(kept, "error") || strings.Contains(kept, "register") {
						t.Errorf("%s, %s by %s: the cookie keeps %s", name, to, way, kept)
					}
				}
			}
			if page := w.browser().get(tc.page + "?callbackUrl=/auth/account"); !strings.Contains(page.body, `value="`+home+`/auth/account"`) {
				t.Errorf("%s: the account page: %q", name, fieldOf.FindAllString(page.body, -1))
			}
		}
	})
}

// TestSignOutToTheSignInPage: who signs out may come there, and the next who signs in
// does not.
func TestSignOutToTheSignInPage(t *testing.T) {
	w := newOwnWorld(t, testdb.SQLite, setup{})
	b := w.registered()
	if a := b.post("/auth/signout", "callbackUrl", "/login"); a.target() != w.server.URL+"/login" {
		t.Errorf("to %s", a.target())
	}
	if a := b.signIn(ada, adasWord); a.target() != w.server.URL {
		t.Errorf("after signing in: to %s", a.target())
	}
}
