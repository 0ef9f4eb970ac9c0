package authent_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
)

// behindProxy is an engine whose only proxies are those of the environment and of
// Config, and what it logs.
func behindProxy(t *testing.T, env string, config ...netip.Prefix) (auth *authent.Auth, log *bytes.Buffer, err error) {
	t.Helper()
	t.Setenv("AUTH_TRUSTED_PROXIES", env)
	log = &bytes.Buffer{}
	auth, err = authent.New(authent.Config{
		URL: "https://example.com", Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(),
		Providers: []authent.Provider{provider.Password()}, TrustedProxies: config, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	return auth, log, err
}

// clientOf signs a new user in from 10.0.0.1, for 203.0.113.7, and returns the address
// that the session has.
func clientOf(t *testing.T, auth *authent.Auth, email string) string {
	t.Helper()
	user, err := auth.Register(t.Context(), authent.Registration{Email: email, Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := auth.SignIn(httptest.NewRecorder(), forwarded("10.0.0.1:1234"), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s.IPAddress
}

func forwarded(peer string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://example.com/", nil)
	r.RemoteAddr = peer
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	return r
}

// TestTrustedProxies of the environment count where Config has none.
func TestTrustedProxies(t *testing.T) {
	other := netip.MustParsePrefix("192.0.2.0/24")
	for name, tc := range map[string]struct {
		env    string
		config []netip.Prefix
		want   string
	}{
		"none":                   {"", nil, "10.0.0.1"},
		"the environment's":      {"192.0.2.7, 10.0.0.0/8", nil, "203.0.113.7"},
		"Config before them":     {"10.0.0.0/8", []netip.Prefix{other}, "10.0.0.1"},
		"Config before nonsense": {"nonsense", []netip.Prefix{other}, "10.0.0.1"},
	} {
		auth, _, err := behindProxy(t, tc.env, tc.config...)
		if err != nil {
			t.Fatal(name, err)
		}
		if got := clientOf(t, auth, "ada@example.com"); got != tc.want {
			t.Errorf("%s: the client is %s, want %s", name, got, tc.want)
		}
	}
	_, _, err := behindProxy(t, "10.0.0.0/8, everybody")
	if err == nil || !strings.Contains(err.Error(), `AUTH_TRUSTED_PROXIES: "everybody" is neither an address`) {
		t.Errorf("nonsense: %v", err)
	}
}

// TestUntrustedProxy_IsToldOnce a minute, with its address and what to set.
func TestUntrustedProxy_IsToldOnce(t *testing.T) {
	t.Setenv("AUTH_TRUSTED_PROXIES", "10.0.0.0/8")
	log, now := &bytes.Buffer{}, time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	auth, err := authent.New(authent.Config{
		URL: "https://example.com", Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(), Now: func() time.Time { return now },
		Providers: []authent.Provider{provider.Password()}, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	page := auth.LoadSession(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, peer := range []string{"10.0.0.1:1", "192.0.2.1:1", "192.0.2.1:1", "192.0.2.2:1"} {
		page.ServeHTTP(httptest.NewRecorder(), forwarded(peer))
		if peer == "10.0.0.1:1" && log.Len() > 0 {
			t.Errorf("a trusted proxy: %s", log)
		}
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 1 || !strings.Contains(lines[0], "WARN") || !strings.Contains(lines[0], "AUTH_TRUSTED_PROXIES") || !strings.Contains(lines[0], "peer=192.0.2.1") {
		t.Errorf("the log has\n%s", log)
	}
	// Whoever caused that line keeps nobody from the next.
	now = now.Add(time.Minute)
	page.ServeHTTP(httptest.NewRecorder(), forwarded("192.0.2.2:1"))
	if !strings.Contains(log.String(), "peer=192.0.2.2") {
		t.Errorf("after a minute the log has\n%s", log)
	}
}
