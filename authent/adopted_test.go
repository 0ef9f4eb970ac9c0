package authent_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

const authJSCookie = "__Secure-authjs.session-token"

// cookieNamed reports the value of the cookie of exactly that name.
func (b *browser) cookieNamed(name string) string {
	for _, c := range b.client.Jar.Cookies(b.url()) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// TestP22_AdoptedBrowsersAreTakenOver: the cookie that Auth.js set becomes ours,
// with the same token, in the first response, whichever way the request goes.
func TestP22_AdoptedBrowsersAreTakenOver(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{https: true, config: func(c *authent.Config) { c.AuthJS.Mode = authent.AuthJSAdopted }})
	for _, path := range []string{"/auth/session", "/auth/sessions", "/private"} {
		t.Run(path, func(t *testing.T) {
			token := w.registeredOrSignedIn().token()
			b := w.with(authJSCookie, token)
			a := b.get(path)
			if a.status != 200 || b.cookieNamed("__Host-authjs.session-token") != token || b.cookieNamed(authJSCookie) != "" {
				t.Errorf("status %d, cookies %v", a.status, a.header.Values("Set-Cookie"))
			}
			if got := a.header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
				t.Errorf("Cache-Control: %q beside a cookie", got)
			}
			if b.who() != ada {
				t.Error("the person is signed out")
			}
		})
	}
}

// TestP22_AdoptedCookieEnds: a session that lives longer than a cookie may, or
// than the absolute lifetime, gets a cookie that ends in time. One whose start
// nobody wrote down counts as an hour old.
func TestP22_AdoptedCookieEnds(t *testing.T) {
	const day = 24 * time.Hour
	for _, tc := range []struct{ lives, absolute, want time.Duration }{
		{40 * day, 0, 40 * day}, {1000 * day, 0, 400 * day}, {1000 * day, 90 * day, 90*day - time.Hour}, {60 * day, 90 * day, 60 * day},
	} {
		w := newWorld(t, testdb.SQLite, setup{https: true, config: func(c *authent.Config) {
			c.AuthJS.Mode, c.Session.AbsoluteMaxAge = authent.AuthJSAdopted, tc.absolute
		}})
		token := w.registered().token()
		w.exec("UPDATE sessions SET created_at = NULL, expires = ?", w.clock.now().Add(tc.lives))
		a := w.with(authJSCookie, token).get("/private")
		var ends time.Time
		for _, c := range (&http.Response{Header: a.header}).Cookies() {
			if c.Name == "__Host-authjs.session-token" {
				ends = c.Expires
			}
		}
		if got := ends.Sub(w.clock.now()); (got - tc.want).Abs() > time.Second {
			t.Errorf("a session of %v, at most %v: the cookie ends after %v, want %v", tc.lives, tc.absolute, got, tc.want)
		}
	}
}

// registeredOrSignedIn is a browser in which ada is signed in, whether she was
// known before or not.
func (w *world) registeredOrSignedIn() *browser {
	w.t.Helper()
	if w.count("users") > 0 {
		return w.signedIn()
	}
	return w.registered()
}

// TestP22_AdoptedCookieNeverWins: ours counts alone where it is there; a planted
// or ended session gets nobody in.
func TestP22_AdoptedCookieNeverWins(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{https: true, config: func(c *authent.Config) { c.AuthJS.Mode = authent.AuthJSAdopted }})
	token := w.registered().token()
	for _, ours := range []string{strings.Repeat("x", 36), "no-token"} {
		planted := w.with(authJSCookie, token)
		planted.plant("__Host-authjs.session-token", ours)
		if who := planted.who(); who != "" {
			t.Errorf("beside %q as ours: signed in as %q", ours, who)
		}
	}
	out := w.with(authJSCookie, token)
	out.post("/auth/signout")
	if out.cookieNamed(authJSCookie) != "" || out.who() != "" {
		t.Error("sign-out leaves Auth.js's cookie")
	}
	gone := w.with(authJSCookie, token)
	gone.get("/auth/session")
	if gone.cookieNamed(authJSCookie) != "" {
		t.Error("the cookie of an ended session stays")
	}
	off := newWorld(t, testdb.SQLite, setup{https: true})
	if who := off.with(authJSCookie, off.registered().token()).who(); who != "" {
		t.Errorf("without AuthJSAdopted: signed in as %q", who)
	}
}
