package interop

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/chromedp/chromedp"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/smtpserver"
	"github.com/authent/authent/internal/testdb"
)

// serveClient is an application on authent, mounted where next-auth's browser
// client of c's version looks for its server, with the page of client.tsx. Beside what c says, it is as
// application makes it.
func serveClient(t *testing.T, c authent.Config) *httptest.Server {
	t.Helper()
	script := clientScript(t, c.AuthJS.Version)
	server := httptest.NewUnstartedServer(nil)
	c.URL = "http://" + server.Listener.Addr().String() + "/api/auth"
	auth, _ := application(t, c)
	server.Config.Handler = clientPage(script, auth.Handler())
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// clientScript is the page of client.tsx with a version's browser client.
func clientScript(t testing.TB, version authent.AuthJSVersion) []byte {
	t.Helper()
	if version == authent.AuthJS4 {
		return fromDeps(t, "node_modules/.authent/client4.js")
	}
	return fromDeps(t, "node_modules/.authent/client.js")
}

// fromDeps reads a file that make deps puts there.
func fromDeps(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: make deps makes it", err)
		}
		t.Skipf("%v: make deps makes it", err)
	}
	return text
}

// application returns an engine with passwords, a provider and those of c. Ada is
// registered; it returns her id too.
func application(t *testing.T, c authent.Config) (auth *authent.Auth, ada string) {
	t.Helper()
	verified := true
	idp, err := oauthserver.Start(oauthserver.Config{Auto: &oauthserver.Person{Subject: "1", Name: "Grace Hopper", Email: "grace@example.com", EmailVerified: &verified}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	c.Secrets, c.Logger = []string{sharedSecret}, slog.New(slog.DiscardHandler)
	c.Adapter = ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(testdb.SQLite.Dialect, testdb.SQLite.Open(t)))))
	c.Providers = append([]authent.Provider{provider.Password(), provider.OIDC(idp.URL, provider.Client{ID: "client", Secret: "secret"})}, c.Providers...)
	if auth, err = authent.New(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = auth.Close(context.WithoutCancel(t.Context())) })
	user, err := auth.Register(t.Context(), authent.Registration{Email: "ada@example.com", Name: "Ada Lovelace", Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	return auth, user.ID
}

// clientPage serves the page at / and app at /api/auth.
func clientPage(script []byte, app http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", app)
	mux.HandleFunc("GET /client.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(script)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><title>client</title><div id="root"></div><script src="/client.js"></script></html>`))
	})
	return mux
}

func is(want string) func(string) bool { return func(text string) bool { return text == want } }

func has(want string) func(string) bool {
	return func(text string) bool { return strings.Contains(text, want) }
}

// TestBrowserClient: next-auth/react, as it is on npm, in a real browser.
func TestBrowserClient(t *testing.T) {
	for name, tc := range map[string]struct {
		set     authent.AuthJS
		refused string
	}{
		"5":        {authent.AuthJS{}, `{"error":"CredentialsSignin","code":"credentials","status":200,"ok":true,"url":null}`},
		"4":        {authent.AuthJS{Version: authent.AuthJS4}, `{"error":"CredentialsSignin","status":401,"ok":false,"url":null}`},
		"4 shared": {authent.AuthJS{Version: authent.AuthJS4, Mode: authent.AuthJSSharedHashed}, `{"error":"CredentialsSignin","status":401,"ok":false,"url":null}`},
	} {
		t.Run(name, func(t *testing.T) { testBrowserClient(t, tc.set, tc.refused) })
	}
}

// countReports counts what the client of next-auth 4 reports, which it does of answers
// that it does not understand.
func countReports(server *httptest.Server) *atomic.Int64 {
	var n atomic.Int64
	app := server.Config.Handler
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/_log") {
			n.Add(1)
		}
		app.ServeHTTP(w, r)
	})
	return &n
}

// testBrowserClient wants signIn with a wrong password to return refused.
func testBrowserClient(t *testing.T, set authent.AuthJS, refused string) {
	server := serveClient(t, authent.Config{AuthJS: set})
	reports := countReports(server)
	p := newPage(t)
	p.open(server.URL)
	p.wait("status", "that nobody is signed in", is("unauthenticated"))

	p.click("providers")
	var providers map[string]struct{ ID, Name, Type, SigninURL, CallbackURL string }
	shown := p.wait("result", "the providers", has("credentials"))
	if err := json.Unmarshal([]byte(shown), &providers); err != nil || len(providers) != 2 ||
		providers["oidc"].Type != "oidc" || providers["oidc"].SigninURL != server.URL+"/api/auth/signin/oidc" {
		t.Errorf("getProviders: %s, %v", shown, err)
	}
	p.click("csrf")
	if token := p.wait("result", "a CSRF token", func(text string) bool { return len(text) == 66 }); !strings.HasPrefix(token, `"`) {
		t.Errorf("getCsrfToken: %s", token)
	}

	p.fill("email", "ada@example.com")
	p.fill("password", "not her password")
	p.click("sign-in")
	if got := p.wait("result", "the refusal", has(`"error":"CredentialsSignin"`)); got != refused {
		t.Errorf("signIn with a wrong password: %s, want %s", got, refused)
	}
	p.wait("status", "that nobody is signed in", is("unauthenticated"))

	p.fill("password", "correct horse battery")
	p.click("sign-in")
	p.wait("status", "that somebody is signed in", is("authenticated"))
	p.wait("result", "success", has(`"ok":true`))
	if got := p.text("session"); !strings.Contains(got, `"email":"ada@example.com"`) || !strings.Contains(got, `"expires":"`) {
		t.Errorf("useSession: %s", got)
	}
	p.click("update")
	p.wait("result", "the session after update", has(`"email":"ada@example.com"`))

	p.click("csrf")
	p.wait("result", "a CSRF token", func(text string) bool { return len(text) == 66 })
	p.click("get")
	p.wait("result", "the session of getSession", has(`"email":"ada@example.com"`))

	p.click("sign-out")
	p.wait("status", "that nobody is signed in", is("unauthenticated"))
	p.wait("result", "where to go after signOut", has(`"url":"`+server.URL))

	p.click("sign-in-oauth")
	p.wait("session", "who came back from the provider", has("grace@example.com"))
	p.wait("status", "that somebody is signed in", is("authenticated"))
	p.click("sign-out")
	p.wait("status", "that nobody is signed in", is("unauthenticated"))
	if n := reports.Load(); n != 0 {
		t.Errorf("the client reported %d faults", n)
	}
}

// TestBrowserClientMail: next-auth/react asks for a link by mail as it does of Auth.js, and
// the link signs in.
func TestBrowserClientMail(t *testing.T) {
	for name, tc := range map[string]struct {
		id            string
		set           authent.AuthJS
		refused, sent string
	}{
		"alone":    {"email", authent.AuthJS{}, `"error":"EmailSignin","code":"email_invalid",`, ""},
		"shared":   {"nodemailer", authent.AuthJS{Mode: authent.AuthJSShared}, `"error":"EmailSignin","code":"email_invalid",`, ""},
		"shared 4": {"email", authent.AuthJS{Mode: authent.AuthJSShared, Version: authent.AuthJS4}, `"error":"EmailSignin",`, `"error":null,`},
	} {
		t.Run(name, func(t *testing.T) {
			id := tc.id
			links := provider.Email()
			links.ID = id
			mails := smtpserver.Start(t, smtpserver.Config{})
			server := serveClient(t, authent.Config{
				Providers: []authent.Provider{links}, Mailer: mailerTo(t, mails), AuthJS: tc.set,
			})
			p := newPage(t)
			p.open(server.URL)
			p.fill("email", "no address")
			p.click("sign-in-" + id)
			refused := `{` + tc.refused + `"status":200,"ok":true,"url":null}`
			if got := p.wait("result", "the refusal", has(`"url":null`)); got != refused {
				t.Errorf("signIn with what is no address: %s, want %s", got, refused)
			}
			p.fill("email", "grace@example.com")
			p.click("sign-in-" + id)
			sent := `{` + tc.sent + `"status":200,"ok":true,"url":"` + server.URL + `/api/auth/verify-request?provider=` + id + `&type=email"}`
			if got := p.wait("result", "where to wait", has(`"url":"`)); got != sent {
				t.Errorf("signIn: %s, want %s", got, sent)
			}
			p.wait("status", "that nobody is signed in", is("unauthenticated"))

			p.open(mails.NextTo(t, "grace@example.com").Link())
			p.do(chromedp.Click(chromedp.CSS("form button")))
			p.wait("session", "who has the address", has("grace@example.com"))
			p.wait("status", "that somebody is signed in", is("authenticated"))
		})
	}
}
