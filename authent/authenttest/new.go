package authenttest

import (
	"context"
	"log/slog"
	"net/netip"
	"net/url"
	"testing"

	"github.com/authent/authent/authent"
)

const (
	// testURL has the host that httptest.NewRequest asks for, and that the client of an
	// httptest.Server takes to its server.
	testURL    = "https://example.com"
	testSecret = "known to everybody, and so for tests alone"
)

// New returns an engine for the tests of an application. config is at most one Config, of
// which each field may be unset. What is unset has a value for tests, and nothing comes
// from the environment:
//
//	URL             https://example.com, httptest's own host, so that the path is /auth
//	Secrets         one that is the same for every call
//	Adapter         NewMemoryAdapter()
//	Providers       e-mail and password, where the Adapter has a column for passwords
//	TrustedProxies  none
//	Logger          the log of t
//
// A handler that asks for ent.AuthUserFrom needs the adapter of its graph:
//
//	auth := authenttest.New(t, authent.Config{Adapter: ent.NewAuthAdapter(client)})
//
// Requests of httptest.NewRequest are served, and so are those to the URL of an
// httptest.Server. A test whose client follows redirects and keeps cookies takes
// httptest.NewTLSServer, with its Client, and asks for https://example.com/…; see
// docs/testing.md. A configuration that authent.New refuses fails the test.
func New(t testing.TB, config ...authent.Config) *authent.Auth {
	t.Helper()
	var c authent.Config
	switch len(config) {
	case 0:
	case 1:
		c = config[0]
	default:
		t.Fatalf("authenttest: New takes at most one Config, and got %d", len(config))
	}
	if c.URL == "" {
		c.URL = testURL
	}
	if len(c.Secrets) == 0 {
		c.Secrets = []string{testSecret}
	}
	if c.Adapter == nil {
		c.Adapter = NewMemoryAdapter()
	}
	if len(c.Providers) == 0 {
		c.Providers = []authent.Provider{testProvider(c.Adapter.Columns())}
	}
	if c.TrustedProxies == nil {
		c.TrustedProxies = []netip.Prefix{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	auth, err := authent.New(c)
	if err != nil {
		t.Fatalf("authenttest: %v", err)
	}
	return auth
}

// testProvider returns what provider.Password does, or a provider through which nobody
// comes in where there is no column for passwords.
func testProvider(columns authent.Columns) authent.Provider {
	p := authent.Provider{ID: "credentials", Name: "Password", Type: authent.TypeCredentials}
	if columns.UserPassword {
		p.Credentials = &authent.Credentials{Password: true}
		return p
	}
	p.Credentials = &authent.Credentials{Check: func(context.Context, url.Values) (string, error) {
		return "", authent.ErrInvalidCredentials
	}}
	return p
}
