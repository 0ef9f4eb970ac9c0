package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/examples/customadapter/boltstore"
	"github.com/authent/authent/internal/freeport"
)

const (
	ada    = "ada@example.com"
	word   = "correct horse battery"
	secret = "a secret of more than thirty-two bytes for tests"
)

// startApp serves the application from a file until the test ends or stop is
// called.
func startApp(t *testing.T, file string) (base string, stop func()) {
	t.Helper()
	store, err := boltstore.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	base = "http://" + server.Listener.Addr().String()
	app, err := newApp(store, authent.Config{
		URL: base + "/auth", Secrets: []string{secret}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = app
	server.Start()
	stop = func() {
		server.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return base, stop
}

// browser keeps cookies and follows redirects.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, base, &http.Client{Jar: jar}}
}

// get is where the browser ends up, and what it shows.
func (b *browser) get(path string) (at, body string) {
	b.t.Helper()
	return b.read(b.client.Get(b.base + path))
}

// post sends a form, given as pairs of name and value.
func (b *browser) post(path string, fields ...string) (at, body string) {
	b.t.Helper()
	_, text := b.get("/auth/csrf")
	var token struct{ CSRFToken string }
	if err := json.Unmarshal([]byte(text), &token); err != nil {
		b.t.Fatal(err)
	}
	form := url.Values{"csrfToken": {token.CSRFToken}, "callbackUrl": {"/"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.read(b.client.PostForm(b.base+path, form))
}

func (b *browser) read(res *http.Response, err error) (at, body string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.Request.URL.RequestURI(), string(text)
}

// sees fails the test unless the home page has the text.
func (b *browser) sees(text string) {
	b.t.Helper()
	if _, body := b.get("/"); !strings.Contains(body, text) {
		b.t.Fatalf("the home page lacks %q:\n%s", text, body)
	}
}

// TestApplication goes through what a person does.
func TestApplication(t *testing.T) {
	base, _ := startApp(t, filepath.Join(t.TempDir(), "test.bolt"))
	b := newBrowser(t, base)
	b.sees("Create an account")
	if _, body := b.post("/auth/register", "name", "Ada Lovelace", "email", ada, "password", word); !strings.Contains(body, "Hello, Ada Lovelace") {
		t.Fatalf("after registration: %s", body)
	}
	b.sees("You signed up with credentials")
	if at, _ := newBrowser(t, base).post("/auth/register", "email", ada, "password", word); !strings.Contains(at, "code=email_taken") {
		t.Errorf("registering a taken address leads to %s", at)
	}
	b.post("/auth/signout")
	b.sees("Create an account")
	if at, _ := b.post("/auth/callback/credentials", "email", ada, "password", "not the password"); !strings.Contains(at, "error=CredentialsSignin") {
		t.Errorf("a wrong password leads to %s", at)
	}
	b.sees("Create an account")
	b.post("/auth/callback/credentials", "email", ada, "password", word)
	b.sees("Hello, Ada Lovelace")
}

// TestSessionOutlivesProcess: who was signed in before a restart is so after it.
func TestSessionOutlivesProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.bolt")
	base, stop := startApp(t, file)
	b := newBrowser(t, base)
	b.post("/auth/register", "name", "Ada Lovelace", "email", ada, "password", word)
	b.sees("Hello, Ada Lovelace")
	stop()
	// Cookies do not know ports.
	b.base, _ = startApp(t, file)
	b.sees("Hello, Ada Lovelace")
}

// TestRun starts the program as a person does, and stops it.
func TestRun(t *testing.T) {
	port := freeport.For(t)
	env := map[string]string{"PORT": port, "AUTH_SECRET": secret, "BOLT_FILE": filepath.Join(t.TempDir(), "test.bolt")}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, func(name string) string { return env[name] }) }()
	for {
		res, err := http.Get("http://localhost:" + port)
		if err == nil {
			res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Errorf("the home page: %s", res.Status)
			}
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("run: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}
