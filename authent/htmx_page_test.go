package authent_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestHTMXBuiltInPages: a built-in page is loaded whole, not put into a part of another
// page or without its style, and what the last try typed is there when it is.
func TestHTMXBuiltInPages(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	b := w.registered()
	for _, path := range []string{"/auth/signin?callbackUrl=%2Fa%3Fb%3D1", "/auth/register", "/auth/signout", "/auth/error?error=AccessDenied", "/auth/verify-request", "/auth/account"} {
		plain := b.get(path)
		if plain.status != http.StatusOK || !strings.Contains(plain.body, "<html") || !slices.Contains(plain.header.Values("Vary"), "HX-Request") {
			t.Errorf("%s: %d, Vary %v", path, plain.status, plain.header.Values("Vary"))
		}
		b.header = http.Header{"Hx-Request": {"true"}, "Hx-Current-Url": {w.server.URL + "/article"}, "Accept": {"*/*"}}
		for _, boosted := range []string{"", "true"} {
			b.header.Set("HX-Boosted", boosted)
			a := b.get(path)
			if a.status != http.StatusOK || a.body != "" || a.header.Get("HX-Redirect") != w.server.URL+path || !slices.Contains(a.header.Values("Vary"), "HX-Request") || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s, boosted %q: %d %v\n%.99s", path, boosted, a.status, a.header, a.body)
			}
		}
		b.header.Set("HX-History-Restore-Request", "true")
		if a := b.get(path); !strings.Contains(a.body, "<html") || a.header.Get("HX-Redirect") != "" {
			t.Errorf("%s, for the history: %d %v", path, a.status, a.header)
		}
		b.header = http.Header{}
	}
	if a := w.browser().htmx(w.server.URL + "/article").get("/auth/account"); !strings.HasPrefix(a.header.Get("HX-Redirect"), w.server.URL+"/auth/") {
		t.Errorf("the account page, signed out: %d %v", a.status, a.header)
	}
	stranger := w.browser()
	stranger.signIn("grace@example.com", "wrong password")
	stranger.htmx(w.server.URL + "/article").get("/auth/signin")
	stranger.header = http.Header{}
	if page := stranger.get("/auth/signin"); !strings.Contains(page.body, `value="grace@example.com"`) {
		t.Errorf("what was typed is gone: %q", fieldOf.FindAllString(page.body, -1))
	}
}

// TestHTMXOwnPages: an own page still takes the built-in one's place.
func TestHTMXOwnPages(t *testing.T) {
	w := newOwnWorld(t, testdb.SQLite, setup{})
	b := w.browser().htmx(w.server.URL + "/article")
	if a := b.get("/auth/signin?callbackUrl=%2Fa"); a.status != http.StatusOK || a.header.Get("HX-Redirect") != w.server.URL+"/login?callbackUrl=%2Fa" {
		t.Errorf("%d %v", a.status, a.header)
	}
}
