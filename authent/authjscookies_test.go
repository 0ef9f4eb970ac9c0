package authent_test

import (
	"encoding/base64"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// TestContract_AuthJSCookieNames are those that the Auth.js app's options have.
func TestContract_AuthJSCookieNames(t *testing.T) {
	for name, tc := range map[string]struct {
		cookies authent.AuthJSCookies
		version authent.AuthJSVersion
		want    []string
	}{
		"prefix":    {authent.AuthJSCookies{Prefix: "shop"}, 0, []string{"__Host-shop.csrf-token", "__Secure-shop.callback-url", "__Secure-shop.session-token"}},
		"of 4":      {authent.AuthJSCookies{Prefix: "shop"}, authent.AuthJS4, []string{"__Host-shop.csrf-token", "__Secure-shop.callback-url", "__Secure-shop.session-token"}},
		"one":       {authent.AuthJSCookies{Session: "__Host-sid"}, authent.AuthJS4, []string{"__Host-next-auth.csrf-token", "__Host-sid", "__Secure-next-auth.callback-url"}},
		"all three": {authent.AuthJSCookies{Session: "sid", CSRF: "__Host-csrf", CallbackURL: "__Secure-back"}, 0, []string{"__Host-csrf", "__Secure-back", "sid"}},
	} {
		w := newWorld(t, testdb.SQLite, setup{https: true, config: func(c *authent.Config) {
			c.AuthJS = authent.AuthJS{Mode: authent.AuthJSShared, Version: tc.version, Cookies: tc.cookies}
		}})
		b := w.registered()
		var names []string
		for _, c := range b.client.Jar.Cookies(b.url()) {
			if !strings.Contains(c.Name, "authent.") {
				names = append(names, c.Name)
			}
		}
		if slices.Sort(names); !slices.Equal(names, tc.want) || b.who() != ada {
			t.Errorf("%s: the cookies are %q, want %q", name, names, tc.want)
		}
		session := authenttest.SignIn(t, w.auth, w.user().ID)
		if who := w.with(session.Name, session.Value).who(); who != ada {
			t.Errorf("%s: authenttest's cookie %s signs %q in", name, session.Name, who)
		}
	}
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.AuthJS = authent.AuthJS{Mode: authent.AuthJSAdopted, Cookies: authent.AuthJSCookies{Prefix: "shop"}}
	}})
	b := w.with("shop.session-token", w.registered().token())
	if b.who() != ada || b.cookieNamed("shop.session-token") != "" {
		t.Error("the cookie of an adopted app with a prefix of its own is not taken over")
	}
}

// TestContract_AuthJSDomain: the cookie has the app's Domain, and an old one without it,
// which browsers send beside it, goes away.
func TestContract_AuthJSDomain(t *testing.T) {
	for _, domain := range []string{"shop.example.com", ".Shop.example.com", "app.shop.example.com"} {
		store := authenttest.NewMemoryAdapter()
		auth, err := authent.New(authent.Config{
			URL: "https://app.shop.example.com", Secrets: []string{testSecret}, Adapter: store, Providers: []authent.Provider{provider.Password()},
			AuthJS: authent.AuthJS{Mode: authent.AuthJSSharedHashed, Domain: domain},
		})
		if err != nil {
			t.Fatal(err)
		}
		user, err := store.CreateUser(t.Context(), authent.User{Email: ada})
		if err != nil {
			t.Fatal(err)
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		app, other := &url.URL{Scheme: "https", Host: "app.shop.example.com", Path: "/"}, &url.URL{Scheme: "https", Host: "other.shop.example.com", Path: "/"}
		sessions := func(at *url.URL) int {
			n := 0
			for _, c := range jar.Cookies(at) {
				if strings.HasPrefix(c.Name, authJSCookie) {
					n++
				}
			}
			return n
		}
		do := func(verb func(w http.ResponseWriter, r *http.Request) error) {
			t.Helper()
			w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, app.String(), nil)
			for _, c := range jar.Cookies(app) {
				r.AddCookie(c)
			}
			if err := verb(w, r); err != nil {
				t.Fatal(err)
			}
			jar.SetCookies(app, w.Result().Cookies())
		}
		signIn := func(w http.ResponseWriter, r *http.Request) error { _, err := auth.SignIn(w, r, user.ID); return err }
		wide := 0 // cookies that another host of the domain gets
		if !strings.HasPrefix(domain, "app.") {
			wide = 1
		}
		jar.SetCookies(app, []*http.Cookie{{Name: authJSCookie, Value: unknownToken, Path: "/", Secure: true}})
		if do(signIn); sessions(app) != 1 || sessions(other) != wide {
			t.Errorf("%s: signed in with %d cookies, another host with %d", domain, sessions(app), sessions(other))
		}
		jar.SetCookies(app, []*http.Cookie{
			{Name: authJSCookie, Value: unknownToken, Path: "/", Secure: true},
			{Name: authJSCookie + ".0", Value: "left", Path: "/", Secure: true, Domain: "shop.example.com"},
		})
		if do(auth.SignOut); sessions(app) != 0 && !strings.HasPrefix(domain, "app.") || strings.HasPrefix(domain, "app.") && sessions(app) != 1 {
			t.Errorf("%s: signed out with %d cookies", domain, sessions(app))
		}
	}
}

// TestContract_AuthJSAdoptedDomain: an adopted cookie that had a Domain is cleared with it,
// also where it is called as ours is.
func TestContract_AuthJSAdoptedDomain(t *testing.T) {
	for _, tc := range []struct{ url, domain, cookie, ours, secure string }{
		{"https://app.example.com", "example.com", authJSCookie, "__Host-authjs.session-token", " Secure;"},
		{"http://app.shop.localhost", "shop.localhost", "authjs.session-token", "authjs.session-token", ""},
	} {
		store := authenttest.NewMemoryAdapter()
		auth, err := authent.New(authent.Config{
			URL: tc.url, Secrets: []string{testSecret}, Adapter: store, Providers: []authent.Provider{provider.Password()},
			AuthJS: authent.AuthJS{Mode: authent.AuthJSAdopted, Domain: tc.domain},
		})
		if err != nil {
			t.Fatal(err)
		}
		user, err := store.CreateUser(t.Context(), authent.User{Email: ada})
		if err != nil {
			t.Fatal(err)
		}
		token := authenttest.SignIn(t, auth, user.ID).Value
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, tc.url+"/auth/session", nil)
		r.AddCookie(&http.Cookie{Name: tc.cookie, Value: token})
		auth.Handler().ServeHTTP(w, r)
		var got []string
		for _, line := range w.Header().Values("Set-Cookie") {
			if strings.Contains(line, "session-token") {
				got = append(got, cookieLine(line))
			}
		}
		want := []string{
			tc.cookie + "; Path=/; Domain=" + tc.domain + "; Max-Age=0; HttpOnly;" + tc.secure + " SameSite=Lax",
			tc.ours + "; Path=/; Expires; HttpOnly;" + tc.secure + " SameSite=Lax",
		}
		if tc.cookie != tc.ours {
			want = append(want, tc.cookie+"; Path=/; Max-Age=0; HttpOnly;"+tc.secure+" SameSite=Lax")
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestP31_TokenFormat: the tokens of a generateSessionToken of the app's own are looked
// up, and sent again as they came; no others are.
func TestP31_TokenFormat(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.AuthJS = authent.AuthJS{Mode: authent.AuthJSShared, TokenFormat: authent.SessionTokenFormat{Extra: "+/=%", MinLength: 16, MaxLength: 300}}
	}})
	w.registered()
	sixteen := base64.StdEncoding.EncodeToString([]byte{0xfb, 0xff, 0xbe, 0xff, 0, 1, 2, 3, 4, 5, 6})
	for token, want := range map[string]int{
		sixteen: 1, sixteen[:15]: 0, strings.Repeat("a", 300): 1, strings.Repeat("a", 301): 0, sixteen + "100%": 1, sixteen + "!": 0, sixteen + " ": 0,
	} {
		b := w.with("authjs.session-token", strings.ReplaceAll(url.QueryEscape(token), "+", "%20"))
		if got := len(w.driver.during(func() { b.who() })); got != want {
			t.Errorf("%q: %d statements, want %d", token, got, want)
		}
		s := authent.Session{Token: authent.Secret(token), UserID: w.user().ID, Expires: w.clock.now().Add(time.Hour)}
		if _, err := w.store.CreateSession(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if who := b.who(); (who == ada) != (want == 1) {
			t.Errorf("%q: signed in as %q", token, who)
		}
		if want == 0 {
			continue
		}
		if b.get("/auth/session"); b.who() != ada { // with the cookie that it sent again
			t.Errorf("%q is not sent again as it came", token)
		}
		if b.post("/auth/signout"); b.who() != "" || w.with("authjs.session-token", strings.ReplaceAll(url.QueryEscape(token), "+", "%20")).who() != "" {
			t.Errorf("%q: signed out, and in", token)
		}
	}
}

// TestNew_AuthJSFaults are told by the field and with what to do.
func TestNew_AuthJSFaults(t *testing.T) {
	const home = "https://app.example.com"
	names := func(c authent.AuthJSCookies) authent.AuthJS {
		return authent.AuthJS{Mode: authent.AuthJSShared, Cookies: c}
	}
	domain := func(d string) authent.AuthJS { return authent.AuthJS{Mode: authent.AuthJSShared, Domain: d} }
	format := func(f authent.SessionTokenFormat) authent.AuthJS {
		return authent.AuthJS{Mode: authent.AuthJSShared, TokenFormat: f}
	}
	for _, tc := range []struct {
		url  string
		set  authent.AuthJS
		want string // "" where it is right
	}{
		{home, domain("example.com"), ""},
		{home, domain("app.example.com"), ""},
		{home, domain("ample.com"), "URL's host is"},
		{home, domain("www.example.com"), "URL's host is"},
		{home, domain("https://example.com"), "URL's host is"},
		{home, domain("com"), "for which browsers keep no cookie"},
		{"https://192.0.2.7", domain("192.0.2.7"), "for which browsers keep no cookie"},
		{"https://192.0.2.7", domain("2.7"), "for which browsers keep no cookie"},
		{"", domain("example.com"), "AuthJS.Domain needs URL"},
		{home, authent.AuthJS{Domain: "example.com"}, "AuthJS.Domain is for an application with an Auth.js app"},
		{home, authent.AuthJS{Mode: authent.AuthJSShared, Domain: "example.com", Cookies: authent.AuthJSCookies{Session: "__Host-sid"}}, "browsers keep no cookie __Host-sid with a Domain"},
		{home, authent.AuthJS{Mode: authent.AuthJSShared, Domain: "example.com", Cookies: authent.AuthJSCookies{Session: "__HOST-sid"}}, "browsers keep no cookie __HOST-sid with a Domain"},
		{home, names(authent.AuthJSCookies{Prefix: "__Secure-shop"}), "AuthJS.Cookies.Prefix"},
		{home, names(authent.AuthJSCookies{Prefix: "my shop"}), "AuthJS.Cookies.Prefix"},
		{home, names(authent.AuthJSCookies{Prefix: "authent"}), "AuthJS.Cookies.Prefix"},
		{home, names(authent.AuthJSCookies{Session: "sid;x"}), "AuthJS.Cookies.Session is"},
		{home, names(authent.AuthJSCookies{Session: strings.Repeat("s", 101)}), "100 at most"},
		{home, names(authent.AuthJSCookies{Session: "authent.form"}), "are ours"},
		{home, names(authent.AuthJSCookies{CSRF: "__Host-authent.csrf"}), "are ours"},
		{home, names(authent.AuthJSCookies{Session: "sid", CSRF: "sid.csrf"}), "begins with the session cookie's name"},
		{home, names(authent.AuthJSCookies{CSRF: "a", CallbackURL: "a"}), "use two names"},
		{"http://localhost:3000", names(authent.AuthJSCookies{Session: "__Secure-sid"}), "on https alone"},
		{"http://localhost:3000", names(authent.AuthJSCookies{Session: "sid"}), ""},
		{home, authent.AuthJS{Mode: authent.AuthJSAdopted, Cookies: authent.AuthJSCookies{CSRF: "csrf"}}, "AuthJS.Cookies.CSRF is for AuthJSShared"},
		{home, authent.AuthJS{Cookies: authent.AuthJSCookies{Prefix: "shop"}}, "AuthJS.Cookies.Prefix is for"},
		{home, format(authent.SessionTokenFormat{MinLength: 15}), "AuthJS.TokenFormat is 15 to 255"},
		{home, format(authent.SessionTokenFormat{MinLength: 30, MaxLength: 20}), "AuthJS.TokenFormat is 30 to 20"},
		{home, format(authent.SessionTokenFormat{MaxLength: 1021}), "AuthJS.TokenFormat is 20 to 1021"},
		{home, format(authent.SessionTokenFormat{MinLength: 400}), ""},
		{home, format(authent.SessionTokenFormat{Extra: "é"}), "visible ASCII"},
		{home, authent.AuthJS{TokenFormat: authent.SessionTokenFormat{Extra: "+"}}, "AuthJS.TokenFormat is for"},
	} {
		t.Setenv("AUTH_URL", "")
		_, err := authent.New(authent.Config{
			URL: tc.url, Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()}, AuthJS: tc.set,
		})
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s, %+v: %v, want %q", tc.url, tc.set, err, tc.want)
		}
	}
}
