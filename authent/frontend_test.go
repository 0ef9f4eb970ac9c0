package authent_test

import (
	"html/template"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// ownPage is a sign-in page of an application's own.
var ownPage = template.Must(template.New("").Parse(`{{with .Message}}<p>{{.}}</p>{{end}}
<form method="post" action="{{(index .Providers 0).Action}}">
<input name="csrfToken" value="{{.CSRFToken}}"><input name="callbackUrl" value="{{.CallbackURL}}"><input name="email" value="{{.Email}}"><input name="name" value="{{.Name}}">
</form>`))

// ownFrontEnd is an application with pages of its own.
func ownFrontEnd(c *authent.Config) {
	c.Pages.SignIn, c.Pages.Register, c.Pages.Error = "/login", "/login?new=1", "/login"
	c.Providers = append(c.Providers, badge(""), provider.GitHub(provider.Client{ID: "id", Secret: "secret"}))
}

// newOwnWorld is a world with such an application.
func newOwnWorld(t *testing.T, kind testdb.Kind, set setup) *world {
	t.Helper()
	change := set.config
	set.config = func(c *authent.Config) {
		ownFrontEnd(c)
		if change != nil {
			change(c)
		}
	}
	w := newWorld(t, kind, set)
	mux := http.NewServeMux()
	mux.Handle("/", application(w.auth))
	mux.HandleFunc("/login", func(rw http.ResponseWriter, r *http.Request) {
		data, err := w.auth.FormData(rw, r)
		if err == nil {
			err = ownPage.Execute(rw, data)
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	})
	w.server.Config.Handler = mux
	return w
}

var fieldOf = regexp.MustCompile(`name="([a-zA-Z]+)" value="([^"]*)"`)

// fill sends the form of a page of ours as a browser does: with what is in it, and no
// look at GET csrf.
func (b *browser) fill(page answer, fields ...string) answer {
	b.w.t.Helper()
	_, rest, _ := strings.Cut(page.body, `action="`)
	action, _, _ := strings.Cut(rest, `"`)
	form := url.Values{}
	for _, f := range fieldOf.FindAllStringSubmatch(page.body, -1) {
		form.Set(f[1], strings.NewReplacer("&amp;", "&", "&#43;", "+").Replace(f[2]))
	}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	b.w.log.secret(form.Get("csrfToken"))
	r := b.request(http.MethodPost, action, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

// TestOwnSignInPage: a person who comes to a page of the application's own first is
// signed in by its form, and goes where they wanted to.
func TestOwnSignInPage(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOwnWorld(t, kind, setup{})
		w.registered()
		b := w.browser()
		b.header.Set("Accept", "text/html")
		sent := b.get("/private?tab=1")
		if !strings.HasPrefix(sent.target(), w.server.URL+"/login?callbackUrl=") || b.cookie("authjs.callback-url") == "" {
			t.Fatalf("%d to %s, callback-url %q", sent.status, sent.target(), b.cookie("authjs.callback-url"))
		}
		page := b.get(strings.TrimPrefix(sent.target(), w.server.URL))
		if page.header.Get("Cache-Control") != "private, no-cache, no-store" || page.header.Get("Vary") != "Cookie" {
			t.Errorf("headers %v", page.header)
		}
		wrong := b.fill(page, "email", "ada@example.com", "password", "wrong password")
		if wrong.errorCode() != "CredentialsSignin:credentials" {
			t.Fatalf("a wrong password: %d to %s", wrong.status, wrong.target())
		}
		page = b.get(strings.TrimPrefix(wrong.target(), w.server.URL))
		if !strings.Contains(page.body, `name="email" value="ada@example.com"`) || !strings.Contains(page.body, "That did not work.") {
			t.Errorf("the page after a mistake:\n%s", page.body)
		}
		if again := b.get("/login"); strings.Contains(again.body, ada) {
			t.Error("the address is kept for more than one page")
		}
		// The page of the mistake has no callbackUrl in its query: the cookie has it.
		done := b.fill(page, "email", ada, "password", adasWord)
		if done.target() != w.server.URL+"/private?tab=1" || b.who() != ada {
			t.Errorf("%d to %s as %q", done.status, done.target(), b.who())
		}
	})
}

// TestOwnPageWithoutCallbackURL: a form that lacks the field leads back all the same.
func TestOwnPageWithoutCallbackURL(t *testing.T) {
	w := newOwnWorld(t, testdb.SQLite, setup{})
	w.registered()
	b := w.browser()
	b.header.Set("Accept", "text/html")
	b.get("/private?tab=1")
	if a := b.signIn(ada, adasWord); a.target() != w.server.URL+"/private?tab=1" {
		t.Errorf("to %s", a.target())
	}
}

// formDataOf is what FormData says to a request.
func formDataOf(t *testing.T, auth *authent.Auth, r *http.Request) (authent.FormData, *httptest.ResponseRecorder) {
	t.Helper()
	rec := httptest.NewRecorder()
	d, err := auth.FormData(rec, r)
	if err != nil {
		t.Fatal(err)
	}
	return d, rec
}

func TestFormData(t *testing.T) {
	w := newOwnWorld(t, testdb.SQLite, setup{https: true, config: func(c *authent.Config) {
		c.URL = strings.TrimSuffix(c.URL, "/auth") + "/api/accounts/"
	}})
	d, rec := formDataOf(t, w.auth, httptest.NewRequest(http.MethodGet, w.server.URL+"/login", nil))
	w.log.secret(d.CSRFToken)
	if d.BasePath != "/api/accounts" || w.auth.BasePath() != d.BasePath || d.RegisterAction != "/api/accounts/register" || d.SignOutAction != "/api/accounts/signout" || d.CallbackURL != w.server.URL {
		t.Errorf("%+v: %q %q %q %q", d, d.BasePath, d.RegisterAction, d.SignOutAction, d.CallbackURL)
	}
	var actions []string
	for _, p := range d.Providers {
		actions = append(actions, p.ID+" "+string(p.Type)+" "+p.Action)
	}
	want := []string{"credentials credentials /api/accounts/callback/credentials", "badge credentials /api/accounts/callback/badge", "github oauth /api/accounts/signin/github"}
	if !slices.Equal(actions, want) || !d.Providers[0].Password || d.Providers[1].Password || len(d.Providers[1].Inputs) != 1 || d.Providers[2].Name != "GitHub" {
		t.Errorf("providers %+v", d.Providers)
	}
	names := map[string]bool{}
	for _, c := range rec.Result().Cookies() {
		names[c.Name] = c.HttpOnly && c.Secure && c.Path == "/" && c.SameSite == http.SameSiteLaxMode
	}
	if len(names) != 2 || !names["__Host-authjs.csrf-token"] || !names["__Host-authjs.callback-url"] {
		t.Errorf("cookies %v", rec.Header().Values("Set-Cookie"))
	}
	only := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.Providers = []authent.Provider{badge("")} }})
	if d, _ := formDataOf(t, only.auth, httptest.NewRequest(http.MethodGet, only.server.URL, nil)); d.RegisterAction != "" {
		t.Errorf("nobody can register at %q", d.RegisterAction)
	}
}

// TestFormDataSaysNothingOfTheQuery, but codes.
func TestFormDataSaysNothingOfTheQuery(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	const tryAgain = "Something went wrong. Please try again."
	for query, want := range map[string][3]string{
		"":                                 {"", "", ""},
		"error=":                           {"", "", ""},
		"code=email_taken":                 {"", "email_taken", ""},
		"error=Register&code=email_taken":  {"Register", "email_taken", "There is already an account with this address. Sign in instead, or use another address."},
		"error=AccessDenied":               {"AccessDenied", "", "Access denied. You do not have permission to do this. If you think you should, contact the people who run this application."},
		"error=MyOwn":                      {"MyOwn", "", tryAgain},
		"error=MyOwn&error=Second":         {"MyOwn", "", tryAgain},
		"error=Call%2B49123&code=%3Cb%3E":  {"", "", ""},
		"error=" + strings.Repeat("a", 65): {"", "", ""},
		"error=%zz&code=%zz":               {"", "", ""},
		"error=call+us+now":                {"", "", ""},
	} {
		d, _ := formDataOf(t, w.auth, httptest.NewRequest(http.MethodGet, w.server.URL+"/login?"+query, nil))
		if got := [3]string{d.Error, d.Code, d.Message}; got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// TestP17_FormData: what a page is told of where to go is of this origin.
func TestP17_FormData(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	home := w.server.URL
	for asked, want := range map[string]string{
		"": home, "/a?b=1": home + "/a?b=1", "//evil.example": home, "https://evil.example/": home, "javascript:alert(1)": home, "%zz": home,
	} {
		byQuery := httptest.NewRequest(http.MethodGet, home+"/login?callbackUrl="+url.QueryEscape(asked), nil)
		byCookie := httptest.NewRequest(http.MethodGet, home+"/login", nil)
		byCookie.AddCookie(&http.Cookie{Name: "authjs.callback-url", Value: url.QueryEscape(asked)})
		for way, r := range map[string]*http.Request{"query": byQuery, "cookie": byCookie} {
			if d, _ := formDataOf(t, w.auth, r); d.CallbackURL != want {
				t.Errorf("%q by %s: %q, want %q", asked, way, d.CallbackURL, want)
			}
		}
	}
}

// TestOneTokenForARequest: however often a page asks, and whoever asks, and whatever
// cookie came.
func TestOneTokenForARequest(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	for name, value := range map[string]string{"none": "", "garbage": "%%%", "forged": strings.Repeat("a", 64) + "%7C" + strings.Repeat("b", 64)} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			r := httptest.NewRequest(method, w.server.URL+"/login", nil)
			if value != "" {
				r.Header.Set("Cookie", "authjs.csrf-token="+value)
			}
			d, rec := formDataOf(t, w.auth, r)
			token, err := w.auth.CSRFToken(rec, r)
			if err != nil || token != d.CSRFToken || len(token) != 64 || token == strings.Repeat("a", 64) {
				t.Errorf("%s, %s: %v, %q and %q", name, method, err, token, d.CSRFToken)
			}
			set := 0
			for _, c := range rec.Result().Cookies() {
				if c.Name == "authjs.csrf-token" && strings.HasPrefix(c.Value, token) {
					set++
				}
			}
			if set != 1 || len(rec.Header().Values("Vary")) != 1 {
				t.Errorf("%s, %s: %v", name, method, rec.Header())
			}
		}
	}
	// A token that is good stays.
	b := w.browser()
	token := b.csrf()
	r := httptest.NewRequest(http.MethodGet, w.server.URL+"/", nil)
	r.Header.Set("Cookie", "authjs.csrf-token="+b.cookie("authjs.csrf-token"))
	rec := httptest.NewRecorder()
	if got, err := w.auth.CSRFToken(rec, r); got != token || err != nil || strings.Contains(rec.Header().Get("Set-Cookie"), "csrf") {
		t.Errorf("%q, %v, %v", got, err, rec.Header())
	}
}

// TestFormOfStrangers: without AUTH_URL only this machine gets a form, and with it
// nobody is asked.
func TestFormOfStrangers(t *testing.T) {
	auth, err := authent.New(authent.Config{
		Secrets: []string{testSecret}, Adapter: newWorld(t, testdb.SQLite, setup{}).store, Providers: []authent.Provider{provider.Password()}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		url, from, forwarded string
		ok                   bool
	}{
		"loopback": {"http://localhost:3000/login", "127.0.0.1:1", "", true}, "a stranger": {"http://localhost:3000/login", "192.0.2.1:1", "", false},
		"another host": {"http://evil.example/login", "127.0.0.1:1", "", false}, "a proxy": {"http://localhost:3000/login", "127.0.0.1:1", "192.0.2.1", false},
	} {
		r := httptest.NewRequest(http.MethodGet, tc.url, nil)
		r.RemoteAddr = tc.from
		if tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		rec := httptest.NewRecorder()
		d, err := auth.FormData(rec, r)
		token, err2 := auth.CSRFToken(rec, r)
		if (err == nil) != tc.ok || (err2 == nil) != tc.ok || (d.CSRFToken != "") != tc.ok || token != d.CSRFToken {
			t.Errorf("%s: %v, %v", name, err, err2)
		}
		if !tc.ok && (len(rec.Header()) != 0 || !strings.Contains(err.Error(), "AUTH_URL") || !strings.HasPrefix(err2.Error(), "authent: CSRF token: ")) {
			t.Errorf("%s: %v, %v, %v", name, rec.Header(), err, err2)
		}
		if tc.ok && (d.CallbackURL != "http://localhost:3000" || !strings.HasPrefix(rec.Header().Get("Set-Cookie"), "authjs.")) {
			t.Errorf("%s: %q, %v", name, d.CallbackURL, rec.Header())
		}
	}
}

// TestFormDataTooLate: after the answer was begun its cookies are lost, and the form
// is refused, not taken.
func TestFormDataTooLate(t *testing.T) {
	w := newOwnWorld(t, testdb.SQLite, setup{})
	w.registered()
	w.server.Config.Handler.(*http.ServeMux).HandleFunc("/late", func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusOK)
		data, err := w.auth.FormData(rw, r)
		if err == nil {
			err = ownPage.Execute(rw, data)
		}
		if err != nil {
			t.Error(err)
		}
	})
	b := w.browser()
	if a := b.fill(b.get("/late"), "email", ada, "password", adasWord); a.errorCode() != "MissingCSRF" || b.who() != "" {
		t.Errorf("%d to %s", a.status, a.target())
	}
}

// TestKeptFormIsNotForged: what was kept is sealed, and expires.
func TestKeptFormIsNotForged(t *testing.T) {
	w := newOwnWorld(t, testdb.SQLite, setup{})
	b := w.browser()
	b.plant("authent.form", "e30")
	if page := b.get("/login"); !strings.Contains(page.body, `name="email" value=""`) {
		t.Errorf("a form that nobody kept:\n%s", page.body)
	}
	b.signIn("grace@example.com", adasWord)
	w.clock.advance(2 * time.Minute)
	if page := b.get("/login"); !strings.Contains(page.body, `name="email" value=""`) {
		t.Errorf("after two minutes:\n%s", page.body)
	}
	b.register("grace@example.com", "short")
	if page := b.get("/login?new=1&error=Register&code=password_short"); !strings.Contains(page.body, `value="Ada Lovelace"`) {
		t.Errorf("the name is not kept:\n%s", page.body)
	}
}

// TestContinueAs: who is signed in and comes to the sign-in page can go on, or sign in
// as somebody else. It costs no SQL where there is no cookie.
func TestContinueAs(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		const path = "/auth/signin?callbackUrl=%2Freports%3Fa%3D1%26b%3D2"
		link := `href="` + w.server.URL + `/reports?a=1&amp;b=2"`
		nobody := w.browser()
		if ran := w.driver.during(func() {
			if page := nobody.get(path); strings.Contains(page.body, "Continue as") || strings.Contains(page.body, "somebody else") {
				t.Errorf("nobody is signed in:\n%s", page.body)
			}
		}); len(ran) != 0 {
			t.Errorf("without a cookie: %q", ran)
		}
		b := w.registered()
		var page answer
		if ran := w.driver.during(func() { page = b.get(path) }); len(ran) != 1 {
			t.Errorf("with a cookie: %q", ran)
		}
		if !strings.Contains(page.body, "Continue as Ada Lovelace") || !strings.Contains(page.body, ada) || !strings.Contains(page.body, link) || !strings.Contains(page.body, `type="password"`) {
			t.Errorf("the page:\n%s", page.body)
		}
		if page := b.get("/auth/signin?callbackUrl=https://evil.example/"); strings.Contains(page.body, "evil") {
			t.Errorf("it leads to another site:\n%s", page.body)
		}
		for name, want := range map[string]string{"": "Continue as " + ada, "<b>Ada</b>": "Continue as &lt;b&gt;Ada&lt;/b&gt;"} {
			w.exec(`UPDATE users SET name = ?`, name)
			if page := b.get(path); !strings.Contains(page.body, want) {
				t.Errorf("the name %q:\n%s", name, page.body)
			}
		}
		// Somebody else signs in in the same browser.
		w.browser().register("grace@example.com", adasWord)
		old := b.token()
		if a := b.signIn("grace@example.com", adasWord); b.who() != "grace@example.com" || a.status != http.StatusFound {
			t.Errorf("%d to %s as %q", a.status, a.target(), b.who())
		}
		for name, token := range map[string]string{"ended": old, "garbage": "%%%", "unknown": strings.Repeat("z", 43)} {
			if page := w.with("authjs.session-token", token).get(path); page.status != http.StatusOK || strings.Contains(page.body, "Continue as") {
				t.Errorf("%s: %d\n%s", name, page.status, page.body)
			}
		}
		w.clock.advance(31 * 24 * time.Hour)
		if page := b.get(path); strings.Contains(page.body, "Continue as") {
			t.Error("the session has expired")
		}
	})
}

// TestContinueAsWhenTheDatabaseFails: the sign-in page does not say to who may be
// signed in that they are not, and clears nothing.
func TestContinueAsWhenTheDatabaseFails(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	b := w.registered()
	w.driver.failNth(1)
	if a := b.get("/auth/signin"); a.status < http.StatusInternalServerError || b.token() == "" {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a := b.get("/auth/signin"); a.status != http.StatusOK || !strings.Contains(a.body, "Continue as") {
		t.Errorf("after the fault: %d", a.status)
	}
}
