package authent_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// htmx is a browser whose requests are those of htmx on a page.
func (b *browser) htmx(page string) *browser {
	b.header.Set("HX-Request", "true")
	b.header.Set("HX-Current-URL", page)
	b.header.Set("Accept", "*/*")
	return b
}

// TestHTMXForms: signing in and out by forms that htmx sends leads the page on, and
// never by a status that XMLHttpRequest follows unseen.
func TestHTMXForms(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOwnWorld(t, kind, setup{})
		w.registered()
		home := w.server.URL
		led := func(what string, a answer, want string) {
			t.Helper()
			if a.status != http.StatusOK || a.header.Get("HX-Redirect") != want || a.header.Get("Location") != "" || a.body != "" || !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "HX-Request") {
				t.Errorf("%s: %d %v %q, want HX-Redirect %s", what, a.status, a.header, a.body, want)
			}
		}
		b := w.browser().htmx(home + "/article?id=7")
		led("a wrong password", b.signIn(ada, "wrong password"), home+"/login?code=credentials&error=CredentialsSignin&form=credentials")
		led("sign-in", b.signIn(ada, adasWord), home+"/article?id=7")
		led("a callbackUrl", b.post("/auth/signout", "callbackUrl", "/bye"), home+"/bye")
		if b.who() != "" {
			t.Error("still signed in")
		}
		// On a page where people sign in the address before it counts.
		b = w.browser().htmx(home + "/login?callbackUrl=/x")
		b.get("/auth/csrf?callbackUrl=/reports")
		led("on the own page", b.signIn(ada, adasWord), home+"/reports")
		b = w.browser().htmx(home + "/auth/signin")
		led("on the built-in page", b.signIn(ada, adasWord), home)
		for _, foreign := range []string{"", "https://evil.example/", "//evil.example", "javascript:alert(1)", home + ".evil.example/", "null", "%zz"} {
			led(foreign, w.browser().htmx(foreign).signIn(ada, adasWord), home)
		}
		led("an unknown page", b.post("/auth/nothing"), home+"/login?error=PageNotFound")
		if a := w.browser().signIn(ada, adasWord); a.status != http.StatusFound || a.header.Get("Vary") != "HX-Request" || a.header.Get("HX-Redirect") != "" {
			t.Errorf("without htmx: %d %v", a.status, a.header)
		}
		odd := w.browser().htmx(home + "/article")
		odd.header.Set("HX-Request", "1")
		if a := odd.signIn(ada, adasWord); a.status != http.StatusFound || a.target() != home {
			t.Errorf("HX-Request: 1: %d to %s", a.status, a.target())
		}
	})
}

// TestHTMXProvider: a button that htmx sends leads the whole page to the provider.
func TestHTMXProvider(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	b := w.browser().htmx(w.world.server.URL + "/article")
	a := b.post("/auth/signin/dev")
	if to := a.header.Get("HX-Redirect"); a.status != http.StatusOK || !strings.Contains(to, "client_id=") || strings.HasPrefix(to, w.world.server.URL) {
		t.Errorf("%d to %s", a.status, to)
	}
}

// TestP18_HTMX: what htmx says of a request is no evidence that it is ours.
func TestP18_HTMX(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered().htmx(w.server.URL + "/article")
		for forgery, forge := range forgeries {
			a := b.send(b.forged("/auth/signout", "", forge))
			if u, err := url.Parse(a.header.Get("HX-Redirect")); err != nil || u.Query().Get("error") != "MissingCSRF" || b.who() != ada {
				t.Errorf("%s: %d to %s", forgery, a.status, a.header.Get("HX-Redirect"))
			}
		}
	})
}

// TestHTMXBehindRequireUser: a part of a page leads to the sign-in page, and back to
// the page it is for.
func TestHTMXBehindRequireUser(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, set := range map[string]struct {
			setup setup
			page  string
		}{"built-in page": {setup{}, "/auth/signin"}, "own page": {setup{config: ownFrontEnd}, "/login"}} {
			w := newWorld(t, kind, set.setup)
			home := w.server.URL
			signIn, back := home+set.page, func(u string) string { return home + set.page + "?callbackUrl=" + url.QueryEscape(u) }
			h := w.auth.RequireUser(greet)
			ask := func(change func(r *http.Request)) *http.Response {
				return visit(h, w, nil, func(r *http.Request) {
					r.Header = http.Header{"Accept": {"*/*"}, "Hx-Request": {"true"}, "Hx-Current-Url": {home + "/article?id=7"}}
					change(r)
				})
			}
			set := func(name, value string) func(r *http.Request) {
				return func(r *http.Request) { r.Header.Set(name, value) }
			}
			for what, tc := range map[string]struct {
				change func(r *http.Request)
				status int
				header string
				want   string
			}{
				"a part":                  {func(*http.Request) {}, 200, "HX-Redirect", back(home + "/article?id=7")},
				"a form":                  {func(r *http.Request) { r.Method = http.MethodPost }, 200, "HX-Redirect", back(home + "/article?id=7")},
				"no page":                 {set("HX-Current-URL", ""), 200, "HX-Redirect", signIn},
				"a foreign page":          {set("HX-Current-URL", "https://evil.example/"), 200, "HX-Redirect", signIn},
				"a boosted link":          {set("HX-Boosted", "true"), 200, "HX-Redirect", back(home + "/page?a=1")},
				"a boosted form":          {func(r *http.Request) { r.Method = http.MethodPost; r.Header.Set("HX-Boosted", "true") }, 200, "HX-Redirect", back(home + "/article?id=7")},
				"history":                 {set("HX-History-Restore-Request", "true"), 302, "Location", back(home + "/page?a=1")},
				"on the sign-in page":     {set("HX-Current-URL", signIn+"?callbackUrl=x"), 401, "Location", ""},
				"boosted, from that page": {func(r *http.Request) { r.Header.Set("HX-Boosted", "true"); r.Header.Set("HX-Current-URL", signIn) }, 200, "HX-Redirect", back(home + "/page?a=1")},
			} {
				res := ask(tc.change)
				if res.StatusCode != tc.status || res.Header.Get(tc.header) != tc.want || !strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "HX-Request") || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
					t.Errorf("%s, %s: %d %v, want %d, %s: %s", name, what, res.StatusCode, res.Header, tc.status, tc.header, tc.want)
				}
			}
			w.registered()
			cookie := authenttest.SignIn(t, w.auth, w.user().ID)
			if res := visit(h, w, cookie, func(r *http.Request) { r.Header.Set("HX-Request", "true") }); bodyOf(t, res) != ada {
				t.Errorf("%s, signed in: %d", name, res.StatusCode)
			}
			if res := visit(w.auth.RequireRole("admin")(greet), w, cookie, func(r *http.Request) { r.Header.Set("HX-Request", "true"); r.Header.Set("Accept", "*/*") }); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s, another role: %d", name, res.StatusCode)
			}
		}
	})
}

// TestSignInPageBehindRequireUser: nobody is sent round for ever, and the log says
// what to do.
func TestSignInPageBehindRequireUser(t *testing.T) {
	for name, set := range map[string]struct {
		page string
		asks []string
	}{
		"built-in": {"", []string{"/auth/signin", "/auth/signin?callbackUrl=%2Fx"}},
		"own":      {"/login", []string{"/login", "/login/", "/login?callbackUrl=%2Fx", "/LOGIN/../login"}},
		"query":    {"/?login=1", []string{"/?login=1", "/?callbackUrl=%2F&login=1"}},
		"absolute": {"HOME/login", []string{"/login"}},
	} {
		w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
			c.Pages.SignIn = strings.Replace(set.page, "HOME", strings.TrimSuffix(c.URL, "/auth"), 1)
		}})
		h := w.auth.RequireUser(greet)
		for _, ask := range set.asks {
			for _, accept := range []string{"text/html", "*/*"} {
				r := httptest.NewRequest(http.MethodGet, w.server.URL+ask, nil)
				r.RequestURI = ask
				r.Header.Set("Accept", accept)
				if accept != "text/html" {
					r.Header.Set("HX-Request", "true")
					r.Header.Set("HX-Boosted", "true")
				}
				w.log.forget()
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				lines := w.log.events("the sign-in page is itself behind RequireUser")
				if rec.Code != http.StatusInternalServerError || rec.Header().Get("Location")+rec.Header().Get("HX-Redirect") != "" || len(lines) != 1 || lines[0]["level"] != "ERROR" {
					t.Errorf("%s, %s: %d %v, lines %v", name, ask, rec.Code, rec.Header(), lines)
				}
			}
		}
		if res := visit(h, w, nil, nil); res.StatusCode != http.StatusFound {
			t.Errorf("%s, another page: %d", name, res.StatusCode)
		}
	}
}

// TestSignInPageByItsQuery: a page that is the sign-in page with some queries alone may
// be behind RequireUser with others.
func TestSignInPageByItsQuery(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.Pages.SignIn = "/?login=1&a=b" }})
	h := w.auth.RequireUser(greet)
	for ask, want := range map[string]int{
		"/": 302, "/?login=1": 302, "/?a=b": 302, "/?login=2&a=b": 302, "/?login=10&a=b": 302, "/?login&a=b": 302, "/?q=login%3D1%26a%3Db": 302,
		"/?login=1&a=b": 500, "/?a=b&login=1&callbackUrl=%2F": 500, "/?login=%31&a=b&a=c": 500, "/?login=2&a=b&login=1": 500,
	} {
		res := visit(h, w, nil, func(r *http.Request) {
			r.RequestURI, r.URL.Path, r.URL.RawQuery = ask, "/", strings.TrimPrefix(strings.TrimPrefix(ask, "/"), "?")
			r.Header.Set("Accept", "text/html")
		})
		if to := w.server.URL + "/?login=1&a=b&callbackUrl=" + url.QueryEscape(w.server.URL+ask); res.StatusCode != want || want == 302 && res.Header.Get("Location") != to {
			t.Errorf("%s: %d to %s, want %d to %s", ask, res.StatusCode, res.Header.Get("Location"), want, to)
		}
	}
}

// TestP17_CurrentURL: what htmx says of its page is checked as a callbackUrl is.
func TestP17_CurrentURL(t *testing.T) {
	w := trusting(t, testdb.SQLite)
	home := w.server.URL
	for current, want := range map[string]string{
		home + "/a?b=1": home + "/a?b=1", "/a": home + "/a", spa + "/a": home, "//evil.example/": home, `/\evil.example`: home,
		home + "@evil.example/": home, "https://evil.example/": home, strings.Repeat("/a", 5000): home, "\x00": home,
	} {
		r := httptest.NewRequest(http.MethodGet, home+"/form", nil)
		r.Header.Set("HX-Request", "true")
		r.Header["Hx-Current-Url"] = []string{current, "https://evil.example/"}
		if d, _ := formDataOf(t, w.auth, r); d.CallbackURL != want {
			t.Errorf("%.60q: %q, want %q", current, d.CallbackURL, want)
		}
		res := visit(w.auth.RequireUser(greet), w, nil, func(r *http.Request) {
			r.Header = http.Header{"Hx-Request": {"true"}, "Hx-Current-Url": {current}}
		})
		if to, err := url.Parse(res.Header.Get("HX-Redirect")); err != nil || to.Host != strings.TrimPrefix(home, "http://") || want == home && to.RawQuery != "" {
			t.Errorf("%.60q, RequireUser: %v", current, res.Header)
		}
	}
}
