package authenttest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
)

// newClient returns a client of the default graph, on a database in memory.
func newClient(ctx context.Context, t testing.TB) *ent.Client {
	t.Helper()
	driver, err := sqlite.OpenDriver(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	client := ent.NewClient(ent.Driver(driver))
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Schema.Create(ctx); err != nil {
		t.Fatal(err)
	}
	return client
}

// application returns what a user of authent writes: the Handler, and a guarded page
// that greets with the application's own entity if there is one.
func application(auth *authent.Auth) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("/account", auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		email := authent.SessionFrom(r.Context()).User.Email
		if user, ok := ent.AuthUserFrom(r.Context()); ok {
			email = "your " + user.Email
		}
		_, _ = io.WriteString(w, "Hello, "+email)
	})))
	return mux
}

// withoutColumns is a table that has none of the optional columns.
type withoutColumns struct{ authent.Adapter }

func (withoutColumns) Columns() authent.Columns { return authent.Columns{} }

// TestNew: whoever SignIn signs in is let in, however a test sends its requests, on every
// kind of adapter, whatever the environment says.
func TestNew(t *testing.T) {
	t.Setenv("AUTH_URL", "https://elsewhere.example.org/auth")
	t.Setenv("AUTH_SECRET", "too short")
	client := newClient(t.Context(), t)
	memory := authenttest.NewMemoryAdapter()
	for name, tc := range map[string]struct {
		adapter authent.Adapter
		want    string
	}{
		"memory":          {memory, "Hello, ada@example.com"},
		"a graph":         {ent.NewAuthAdapter(client), "Hello, your ada@example.com"},
		"without columns": {withoutColumns{authenttest.NewMemoryAdapter()}, "Hello, ada@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			auth := authenttest.New(t, authent.Config{Adapter: tc.adapter})
			ada, err := tc.adapter.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
			if err != nil {
				t.Fatal(err)
			}
			app := application(auth)
			for _, send := range []func(*testing.T, http.Handler, *http.Cookie) (int, string){byRecorder, byServer, byTLSServer} {
				if status, body := send(t, app, nil); status != http.StatusUnauthorized {
					t.Errorf("signed out: %d, %s", status, body)
				}
				if status, body := send(t, app, authenttest.SignIn(t, auth, ada.ID)); status != http.StatusOK || body != tc.want {
					t.Errorf("signed in: %d, %q, want %q", status, body, tc.want)
				}
			}
		})
	}
}

// byRecorder asks as httptest.NewRequest does by default.
func byRecorder(_ *testing.T, app http.Handler, cookie *http.Cookie) (status int, body string) {
	r := httptest.NewRequest(http.MethodGet, "/account", nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// byServer asks httptest.NewServer by its URL, which is 127.0.0.1's, with a cookie jar.
func byServer(t *testing.T, app http.Handler, cookie *http.Cookie) (status int, body string) {
	server := httptest.NewServer(app)
	defer server.Close()
	return get(t, server, server.URL, cookie)
}

// byTLSServer asks httptest.NewTLSServer by the engine's own URL.
func byTLSServer(t *testing.T, app http.Handler, cookie *http.Cookie) (status int, body string) {
	server := httptest.NewTLSServer(app)
	defer server.Close()
	return get(t, server, "https://example.com", cookie)
}

func get(t *testing.T, server *httptest.Server, origin string, cookie *http.Cookie) (status int, body string) {
	t.Helper()
	client := browserOf(t, server)
	if cookie != nil {
		u, err := url.Parse(origin)
		if err != nil {
			t.Fatal(err)
		}
		client.Jar.SetCookies(u, []*http.Cookie{cookie})
	}
	return read(t)(client.Get(origin + "/account"))
}

// browserOf returns a client of the server that keeps cookies.
func browserOf(t *testing.T, server *httptest.Server) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	client.Jar = jar
	return client
}

func read(t *testing.T) func(*http.Response, error) (int, string) {
	return func(res *http.Response, err error) (int, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
}

// TestNew_Flow: a client that follows redirects registers by the built-in form, and comes
// back to the page that it asked for. No request leaves the process.
func TestNew_Flow(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(application(authenttest.New(t)))
	defer server.Close()
	client := browserOf(t, server)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/account", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	status, page := read(t)(client.Do(r))
	token := regexp.MustCompile(`name="csrfToken" value="([^"]+)"`).FindStringSubmatch(page)
	if status != http.StatusOK || token == nil {
		t.Fatalf("the way to sign in: %d, %s", status, page)
	}
	status, page = read(t)(client.PostForm("https://example.com/auth/register", url.Values{
		"csrfToken": {token[1]}, "email": {"ada@example.com"}, "password": {"correct horse battery staple"}, "callbackUrl": {"/account"},
	}))
	if status != http.StatusOK || page != "Hello, ada@example.com" {
		t.Errorf("after the registration: %d, %s", status, page)
	}
}

// failing is a test that may fail.
type failing struct {
	testing.TB
	message string
}

func (f *failing) Helper()                  {}
func (f *failing) Context() context.Context { return context.Background() }
func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// TestNew_Fails: a wrong use ends the test with one message that says why.
func TestNew_Fails(t *testing.T) {
	t.Parallel()
	auth := authenttest.New(t)
	for want, use := range map[string]func(t testing.TB){
		"at most one Config, and got 2": func(t testing.TB) { authenttest.New(t, authent.Config{}, authent.Config{}) },
		"secret 1 of 1 has 5 bytes":     func(t testing.TB) { authenttest.New(t, authent.Config{Secrets: []string{"short"}, Logger: nil}) },
		"sign in: ":                     func(t testing.TB) { authenttest.SignIn(t, auth, "nobody") },
	} {
		f := &failing{TB: t}
		var wg sync.WaitGroup
		wg.Go(func() { use(f) })
		wg.Wait()
		if !strings.HasPrefix(f.message, "authenttest: ") || !strings.Contains(f.message, want) {
			t.Errorf("%q, want %q", f.message, want)
		}
	}
}
