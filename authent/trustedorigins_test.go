package authent_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
)

// TestTrustedOriginsThatCannotWork are refused, each with what to write instead.
func TestTrustedOriginsThatCannotWork(t *testing.T) {
	t.Setenv("AUTH_URL", "")
	const public, local = "https://api.example.com", "http://localhost:3000"
	for _, tc := range []struct{ url, origin, want string }{
		{public, "https://app.example.com", ""}, {public, "https://app.example.com:8443", ""}, {public, "https://localhost:5173", ""},
		{public, "https://xn--bcher-kva.example", ""}, {public, "https://[::1]:5173", ""}, {public, "https://my_app.example.com", ""},
		{local, "http://localhost:5173", ""}, {local, "http://app.localhost:5173", ""}, {local, "http://127.0.0.1", ""}, {local, "http://[::1]:5173", ""}, {"", "http://localhost:5173", ""},
		{public, "http://app.example.com", "use https"}, {local, "http://app.example.com", "use https"}, {"", "http://app.example.com", "use https"}, {public, "http://localhost.example.com", "use https"},
		{public, "http://localhost:5173", "URL is https"}, {"https://localhost:8443", "http://localhost:5173", "URL is https"},
		{public, "https://app.example.com:70000", "port 70000"}, {public, "https://app.example.com:65536", "port 65536"}, {local, "http://localhost:99999", "port 99999"},
		{public, "https://*.example.com", "each origin"}, {public, "https://*", "each origin"},
		{public, "https://bücher.example", "xn--"}, {public, "https://ex ample.com", "scheme://host"}, {public, "https://a,b.example.com", "host"}, {public, "https://:8443", "scheme://host"},
	} {
		_, err := authent.New(authent.Config{
			URL: tc.url, Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()},
			TrustedOrigins: []string{tc.origin}, Logger: slog.New(slog.DiscardHandler),
		})
		if tc.want == "" && err != nil {
			t.Errorf("%s beside %q: %v", tc.origin, tc.url, err)
		}
		if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "TrustedOrigins")) {
			t.Errorf("%s beside %q: %v, want %q", tc.origin, tc.url, err, tc.want)
		}
	}
}

// TestURLThatCannotBeReached: what no browser names as a host is no URL either.
func TestURLThatCannotBeReached(t *testing.T) {
	for _, url := range []string{"https://*.example.com", "https://:8443", "https://a,b.example.com", "https://[fe80::1%25eth0]"} {
		_, err := authent.New(authent.Config{
			URL: url, Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()}, Logger: slog.New(slog.DiscardHandler),
		})
		if err == nil || !strings.Contains(err.Error(), "URL (AUTH_URL)") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
