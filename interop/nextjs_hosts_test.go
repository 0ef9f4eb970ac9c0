package interop

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/chromium"
	"github.com/authent/authent/internal/testdb"
)

// testSubDomains: Next.js and the Go service on two hosts of one domain, with the session
// cookie for that domain.
func (a *nextApp) testSubDomains() {
	app, api := a.subURL(), a.serveAPI()
	if _, err := api.auth.Register(a.Context(), authent.Registration{Email: "ada@example.com", Password: "correct horse battery"}); err != nil {
		a.Fatal(err)
	}
	a.startNext(a.subPort, "COOKIE_DOMAIN=example.localhost", "GO_URL=http://"+api.server.Listener.Addr().String(), "AUTH_URL="+app, "NEXTAUTH_URL="+app)
	p := newPage(a.T)
	p.open(app + "/")
	p.press("#sign-in")
	if a.version == authent.AuthJS4 {
		p.at("/api/auth/signin?callbackUrl=/")
		p.press("form button")
	}
	p.wait("who", "whom Auth.js knows", is("Signed in as grace@example.com."))
	p.open(app + "/private")
	p.wait("who", "whom the proxy lets in", has("grace@example.com"))
	p.asks(api.url+"/go/auth/session", "grace@example.com")

	p.open(api.url + "/go/auth/signout?callbackUrl=" + url.QueryEscape(app+"/"))
	p.press("form button")
	p.wait("who", "that nobody is signed in", is("Nobody is signed in."))
	p.open(api.url + "/go/auth/signin?callbackUrl=" + url.QueryEscape(app+"/"))
	p.fill("email", "ada@example.com")
	p.fill("password", "correct horse battery")
	p.press("form button")
	p.wait("who", "whom Auth.js knows", is("Signed in as ada@example.com."))
	a.signOutAtAuthJS(p)
	p.asks(api.url+"/go/auth/session", "nobody")
	if n := testdb.Number(a.T, a.db, "SELECT count(*) FROM sessions"); n != 0 {
		a.Errorf("%d sessions are left", n)
	}
}

// asks wants a script of the page to be told who is signed in.
func (p *page) asks(session, want string) {
	p.Helper()
	script := fmt.Sprintf(`fetch(%q, {credentials: "include"}).then(r => r.json()).then(s => s?.user?.email ?? "nobody", String).then(who => { document.body.dataset.who = who }), 0`, session)
	if _, err := chromium.Evaluate[int](p.ctx, "delete document.body.dataset.who, "+script); err != nil {
		p.Fatal(err)
	}
	await.True(p, "a script is told of "+want, func() bool {
		who, err := chromium.Evaluate[string](p.ctx, `document.body.dataset.who ?? ""`)
		if err != nil || who != "" && who != want {
			p.Fatal(who, err)
		}
		return who != ""
	})
}

type api struct {
	auth   *authent.Auth
	server *httptest.Server
	url    string
}

// serveAPI is the Go service on a host of its own, beside the application on another.
func (a *nextApp) serveAPI() api {
	a.Helper()
	s := api{server: httptest.NewUnstartedServer(nil)}
	_, port, _ := strings.Cut(s.server.Listener.Addr().String(), ":")
	s.url = "http://api.example.localhost:" + port
	var err error
	s.auth, err = authent.New(authent.Config{
		URL: s.url + "/go/auth", Secrets: []string{sharedSecret}, Adapter: a.store, Providers: []authent.Provider{provider.Password()},
		TrustedOrigins: []string{a.subURL()}, Logger: slog.New(slog.DiscardHandler),
		AuthJS: authent.AuthJS{Mode: authent.AuthJSSharedHashed, Version: a.version, Domain: "example.localhost"},
	})
	a.must(err)
	mux := http.NewServeMux()
	mux.Handle(s.auth.Pattern(), s.auth.Handler())
	mux.Handle("GET /go/me", s.auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"email": %q, "role": "user"}`, authent.SessionFrom(r.Context()).User.Email)
	})))
	s.server.Config.Handler = mux
	s.server.Start()
	a.Cleanup(s.server.Close)
	return s
}

// testOtherHost: on a host that the Go service does not know, as a preview has, it tells who
// is signed in, and its forms work. They lead to the host that it knows.
func (a *nextApp) testOtherHost() {
	token := a.cookie() + "=" + a.session("ada@example.com", month)
	const preview = "my-app-git-branch.vercel.app"
	for _, path := range []string{"/private", "/go/me"} {
		if w := a.askAt(preview, http.MethodGet, path, token, nil); w.status != http.StatusOK || !strings.Contains(w.body, "ada@example.com") {
			a.Errorf("%s: %d %s", path, w.status, w.body)
		}
	}
	w := a.askAt(preview, http.MethodGet, "/go/auth/csrf", token, nil)
	var csrf struct{ CSRFToken string }
	a.must(json.Unmarshal([]byte(w.body), &csrf))
	cookies := token
	for _, line := range w.header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(line, ";")
		cookies += "; " + pair
	}
	form := url.Values{"callbackUrl": {"https://" + preview + "/private"}}
	if w = a.askAt(preview, http.MethodPost, "/go/auth/signout", cookies, form); !strings.HasPrefix(w.location, a.url+"/") {
		a.Errorf("without a token: %d to %s", w.status, w.location)
	}
	sessions := func() int { return testdb.Number(a.T, a.db, "SELECT count(*) FROM sessions") }
	if n := sessions(); n != 1 {
		a.Errorf("%d sessions are left by a form without a token", n)
	}
	form.Set("csrfToken", csrf.CSRFToken)
	if w = a.askAt(preview, http.MethodPost, "/go/auth/signout", cookies, form); strings.TrimSuffix(w.location, "/") != a.url || sessions() != 0 {
		a.Errorf("signing out on a preview: %d to %s, %d sessions", w.status, w.location, sessions())
	}
}

// testForwarded: Next.js hands on where a request says that it is from. Who believes it is
// to have a proxy in front that writes it.
func (a *nextApp) testForwarded() {
	a.golang.stop()
	at, err := url.Parse(a.golang.answers)
	a.must(err)
	listener, err := (&net.ListenConfig{}).Listen(a.Context(), "tcp", at.Host)
	a.must(err)
	echo := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Header.Get("X-Forwarded-For")))
	})}}
	echo.Start()
	var w answered
	await.True(a.T, "Next.js has found the program that took the port over", func() bool {
		w = a.ask("/go/echo", "", http.Header{"X-Forwarded-For": {"192.0.2.7"}})
		return w.status == http.StatusOK
	})
	echo.Close()
	a.golang.start(a.golang.answers)
	if !strings.HasPrefix(w.body, "192.0.2.7") {
		a.Errorf("the Go service is told that a request is from %q", w.body)
	}
}

// TestPublicSuffix: for a domain under which anybody can have a host, browsers keep no
// cookie.
func TestPublicSuffix(t *testing.T) {
	for domain, kept := range map[string]bool{"vercel.app": false, "co.uk": false, "shop.co.uk": true, "my-app.vercel.app": true} {
		host := "app." + domain
		store := authenttest.NewMemoryAdapter()
		auth, err := authent.New(authent.Config{
			URL: "https://" + host, Secrets: []string{sharedSecret}, Adapter: store, Providers: []authent.Provider{provider.Password()},
			AuthJS: authent.AuthJS{Mode: authent.AuthJSSharedHashed, Domain: domain}, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		user, err := store.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+"/", nil)
		if _, err := auth.SignIn(w, r, user.ID); err != nil {
			t.Fatal(err)
		}
		jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
		if err != nil {
			t.Fatal(err)
		}
		jar.SetCookies(r.URL, w.Result().Cookies())
		got := false
		for _, c := range jar.Cookies(r.URL) {
			got = got || c.Name == "__Secure-authjs.session-token"
		}
		if got != kept {
			t.Errorf("%s: the cookie is kept: %v, want %v", domain, got, kept)
		}
	}
}
