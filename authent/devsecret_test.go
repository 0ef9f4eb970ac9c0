package authent_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
)

var secretNames = []string{"AUTH_URL", "AUTH_SECRET", "AUTH_SECRET_1", "AUTH_SECRET_2", "AUTH_SECRET_3"}

// development is a Config with nothing but what New cannot do without, in a folder of
// its own, and what it logs.
func development(t *testing.T) (c authent.Config, log *bytes.Buffer) {
	t.Helper()
	for _, name := range secretNames {
		t.Setenv(name, "")
	}
	t.Chdir(t.TempDir())
	log = &bytes.Buffer{}
	return authent.Config{
		Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()},
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	}, log
}

// TestDevSecret: development without a secret makes one, tells where it keeps it, and
// uses it at the next start.
func TestDevSecret(t *testing.T) {
	config, log := development(t)
	first, err := authent.New(config)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile(filepath.Join(".authent", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), filepath.Join(dir, ".authent", "secret")); n != 1 || strings.Contains(log.String(), strings.TrimSpace(string(secret))) {
		t.Errorf("the file is named %d times, or the secret is told:\n%s", n, log)
	}
	log.Reset()
	second, err := authent.New(config)
	if err != nil || strings.Contains(log.String(), "AUTH_SECRET") {
		t.Fatalf("the second start: %v\n%s", err, log)
	}
	token, cookies := csrfOf(first)
	if again, _ := csrfOf(second, cookies...); again != token {
		t.Error("the second start has another secret: it does not know its own CSRF cookie")
	}
}

// csrfOf asks for the token of a browser with cookies, and for what it then has.
func csrfOf(auth *authent.Auth, cookies ...*http.Cookie) (token string, set []*http.Cookie) {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/auth/csrf", nil)
	r.RemoteAddr = "127.0.0.1:1234"
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	auth.Handler().ServeHTTP(w, r)
	return w.Body.String(), w.Result().Cookies()
}

// TestDevSecret_Never: with a URL, beside an Auth.js app, and where anything else is
// wrong, no secret is made.
func TestDevSecret_Never(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*authent.Config)
		want   string
	}{
		"production":      {func(c *authent.Config) { c.URL = "https://example.com" }, "no secret: set AUTH_SECRET"},
		"a loopback URL":  {func(c *authent.Config) { c.URL = "http://localhost:3000" }, "no secret: set AUTH_SECRET"},
		"AUTH_URL":        {func(*authent.Config) { t.Setenv("AUTH_URL", "https://example.com") }, "no secret: set AUTH_SECRET"},
		"shared mode":     {func(c *authent.Config) { c.AuthJS.Mode = authent.AuthJSShared }, "no secret: set AUTH_SECRET"},
		"another fault":   {func(c *authent.Config) { c.Adapter = nil }, "no Adapter"},
		"a secret is set": {func(c *authent.Config) { c.Secrets = []string{testSecret} }, ""},
	} {
		config, log := development(t)
		tc.change(&config)
		_, err := authent.New(config)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		if _, err := os.Stat(".authent"); err == nil || strings.Contains(log.String(), "made a secret") {
			t.Errorf("%s: a secret was made", name)
		}
	}
}

// TestDevSecret_NotWritable says what to do instead.
func TestDevSecret_NotWritable(t *testing.T) {
	config, _ := development(t)
	if err := os.WriteFile(".authent", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := authent.New(config)
	if err == nil || !strings.Contains(err.Error(), "set AUTH_SECRET") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}
