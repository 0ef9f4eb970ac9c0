package authent_test

import (
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestHTMXFragment: htmx sets location.href, which loads nothing when the address
// differs from the page's by its fragment alone.
func TestHTMXFragment(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.TrustedOrigins = []string{spa} }})
		w.registered()
		home := w.server.URL
		for _, tc := range []struct{ page, callbackURL, want string }{
			{home + "/article?id=7#comments", "", home + "/article?id=7"},
			{home + "/article#", "", home + "/article"},
			{home + "/article#a", home + "/article#b", home + "/article"},
			{home + "/article", "/article#b", home + "/article"},
			{home + "/#a", "/#b", home + "/"},
			{home + "/#a", home + "#b", home + "/"},
			{home + "/arti%63le#a", "/arti%63le#b", home + "/arti%63le"},
			{home + "/article?id=7#a", "/article?id=8#b", home + "/article?id=8#b"},
			{home + "/other", "/article#b", home + "/article#b"},
			{"", "/article#b", home + "/article#b"},
			{spa + "/a#x", spa + "/a#y", spa + "/a"},
			{spa + "/a#x", spa + "/b#y", spa + "/b#y"},
		} {
			fields := []string{"email", ada, "password", adasWord}
			if tc.callbackURL != "" {
				fields = append(fields, "callbackUrl", tc.callbackURL)
			}
			if a := w.browser().htmx(tc.page).post("/auth/callback/credentials", fields...); a.header.Get("HX-Redirect") != tc.want {
				t.Errorf("on %s to %s: HX-Redirect %q, want %q", tc.page, tc.callbackURL, a.header.Get("HX-Redirect"), tc.want)
			}
		}
		plain := w.browser().post("/auth/callback/credentials", "email", ada, "password", adasWord, "callbackUrl", "/article#b")
		if plain.target() != home+"/article#b" {
			t.Errorf("without htmx: to %s", plain.target())
		}
	})
}
