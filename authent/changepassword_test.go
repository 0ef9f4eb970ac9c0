package authent_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
)

// TestWellKnownChangePassword leads to where the password is changed, and never to
// where a Host header says.
func TestWellKnownChangePassword(t *testing.T) {
	const url, here = "https://example.com/api/auth", "http://localhost:3000/.well-known/change-password"
	for name, tc := range map[string]struct {
		url, account, method, target string
		status                       int
		want                         string
	}{
		"built-in page":   {url, "", "GET", here, 302, "https://example.com/api/auth/account#change-password"},
		"HEAD":            {url, "", "HEAD", here, 302, "https://example.com/api/auth/account#change-password"},
		"a path":          {url, "/settings", "GET", here, 302, "https://example.com/settings"},
		"a URL":           {url, "https://id.example.com/me?tab=2", "GET", here, 302, "https://id.example.com/me?tab=2"},
		"development":     {"", "", "GET", here, 302, "http://localhost:3000/auth/account#change-password"},
		"not development": {"", "", "GET", "http://evil.example/.well-known/change-password", 500, ""},
		"POST":            {url, "", "POST", here, 405, ""},
	} {
		t.Setenv("AUTH_URL", "")
		auth, err := authent.New(authent.Config{
			URL: tc.url, Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()},
			Pages: authent.Pages{Account: tc.account}, Logger: newSecretLog(t).logger(),
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(tc.method, tc.target, nil)
		r.RemoteAddr = "127.0.0.1:1234"
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		auth.WellKnownChangePassword().ServeHTTP(w, r)
		if w.Code != tc.status || w.Header().Get("Location") != tc.want {
			t.Errorf("%s: %d to %q", name, w.Code, w.Header().Get("Location"))
		}
		if w.Code == http.StatusMethodNotAllowed && w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: Allow is %q", name, w.Header().Get("Allow"))
		}
	}
}
