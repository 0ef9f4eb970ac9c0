package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/examples/customschema/ent"
	"github.com/authent/authent/examples/customschema/ent/privacy"
	"github.com/authent/authent/examples/customschema/migrations"
	"github.com/authent/authent/internal/testdb"
)

// site is the application, served from a database of its own.
type site struct {
	t      *testing.T
	client *ent.Client
	server *httptest.Server
	// statements counts what goes to the database.
	statements atomic.Int64
}

func newSite(t *testing.T, kind testdb.Kind) *site {
	t.Helper()
	s := &site{t: t}
	db := kind.Connect(t, kind.URL(t))
	if err := migrations.Apply(t.Context(), kind.Dialect, db); err != nil {
		t.Fatal(err)
	}
	driver := dialect.DebugWithContext(entsql.OpenDB(kind.Dialect, db), func(context.Context, ...any) { s.statements.Add(1) })
	s.client = ent.NewClient(ent.Driver(driver))
	s.server = httptest.NewUnstartedServer(nil)
	app, err := newApp(s.client, authent.Config{
		URL:     "http://" + s.server.Listener.Addr().String() + "/auth",
		Secrets: []string{"a secret of more than thirty-two bytes for tests"},
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.server.Config.Handler = app
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// browser keeps cookies and follows redirects.
type browser struct {
	site   *site
	client *http.Client
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s, &http.Client{Jar: jar, Transport: reader{}}}
}

// reader asks for pages, as browsers do.
type reader struct{}

// RoundTrip implements http.RoundTripper.
func (reader) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept", "text/html")
	return http.DefaultTransport.RoundTrip(r)
}

// get is where the browser ends up, and what it shows.
func (b *browser) get(path string) (at, body string) {
	b.site.t.Helper()
	return b.read(b.client.Get(b.site.server.URL + path))
}

func (b *browser) read(res *http.Response, err error) (at, body string) {
	b.site.t.Helper()
	if err != nil {
		b.site.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.site.t.Fatal(err)
	}
	return res.Request.URL.RequestURI(), string(text)
}

func (b *browser) post(path string, fields ...string) (at, body string) {
	b.site.t.Helper()
	_, text := b.get("/auth/csrf")
	var token struct{ CSRFToken string }
	if err := json.Unmarshal([]byte(text), &token); err != nil {
		b.site.t.Fatal(err)
	}
	form := url.Values{"csrfToken": {token.CSRFToken}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.read(b.client.PostForm(b.site.server.URL+path, form))
}

const word = "correct horse battery"

// TestApplication goes through what a person does.
func TestApplication(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		s := newSite(t, kind)
		ada := s.browser()
		if at, _ := ada.post("/auth/register", "email", "ada@example.com", "password", word, "username", "no spaces"); !strings.Contains(at, "code=username_invalid") {
			t.Errorf("a bad username leads to %s", at)
		}
		if _, body := ada.post("/auth/register", "email", "ada@example.com", "password", word, "username", "Ada", "callbackUrl", "/"); !strings.Contains(body, "Hello, @ada") {
			t.Fatalf("after registration: %s", body)
		}
		other := s.browser()
		if at, _ := other.post("/auth/register", "email", "b@example.com", "password", word, "username", "ada"); !strings.Contains(at, "code=username_taken") {
			t.Errorf("a taken username leads to %s", at)
		}
		if _, body := other.post("/auth/register", "email", "b@example.com", "password", word, "callbackUrl", "/"); !strings.Contains(body, "Hello, @person_") {
			t.Errorf("without a username: %s", body)
		}
		if _, body := ada.post("/posts", "title", "On engines"); !strings.Contains(body, "<li>On engines") {
			t.Errorf("after writing: %s", body)
		}
		if _, body := other.get("/"); strings.Contains(body, "On engines") {
			t.Error("somebody else's posts are shown")
		}
		s.statements.Store(0)
		ada.get("/")
		// A session and its user, through the interceptor, and the posts.
		if n := s.statements.Load(); n != 3 {
			t.Errorf("the page took %d statements: the user costs one of her own", n)
		}
		s.leave(ada)
	})
}

// leave wants whoever leaves to be gone from everywhere, and kept.
func (s *site) leave(ada *browser) {
	s.t.Helper()
	phone := s.browser()
	if _, body := phone.post("/auth/callback/credentials", "email", "ada@example.com", "password", word, "callbackUrl", "/"); !strings.Contains(body, "@ada") {
		s.t.Fatalf("sign in: %s", body)
	}
	if at, _ := ada.post("/leave"); !strings.HasPrefix(at, "/auth/signin") {
		s.t.Errorf("after leaving: %s", at)
	}
	if at, _ := phone.get("/"); !strings.HasPrefix(at, "/auth/signin") {
		s.t.Errorf("on another browser, after leaving: %s", at)
	}
	if at, _ := ada.post("/auth/callback/credentials", "email", "ada@example.com", "password", word); !strings.Contains(at, "error=CredentialsSignin") {
		s.t.Errorf("signing in after leaving leads to %s", at)
	}
	if at, _ := ada.post("/auth/register", "email", "ada@example.com", "password", word); !strings.Contains(at, "code=email_taken") {
		s.t.Errorf("registering after leaving leads to %s", at)
	}
	n, err := s.client.User.Query().Count(allow(s.t.Context()))
	if err != nil || n != 1 {
		s.t.Errorf("%d people are found: %v", n, err)
	}
}

// TestPolicy: whoever is neither authent nor the person gets nothing.
func TestPolicy(t *testing.T) {
	s := newSite(t, testdb.SQLite)
	for what, err := range map[string]error{
		"reading":  errOf(s.client.User.Query().All(t.Context())),
		"counting": errOf(s.client.User.Query().Count(t.Context())),
		"creating": s.client.User.Create().SetEmail("eve@example.com").Exec(t.Context()),
		"updating": s.client.User.Update().SetName("Eve").Exec(t.Context()),
		"deleting": errOf(s.client.User.Delete().Exec(t.Context())),
	} {
		if !errors.Is(err, privacy.Deny) {
			t.Errorf("%s people: %v", what, err)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }
