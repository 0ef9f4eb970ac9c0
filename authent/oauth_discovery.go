package authent

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// metadata is where a provider's endpoints are and how it signs.
type metadata struct {
	authURL, tokenURL, userInfoURL string
	// announcesIssuer says that a callback without "iss" is not the server's
	// (RFC 9207 §2.4).
	announcesIssuer bool
	algorithms      []string
	keys            oidc.KeySet
	// expires is in Unix milliseconds, the earlier of the document's and the
	// keys' lifetimes.
	expires atomic.Int64
}

const (
	// defaultLifetime is that of a document that does not tell its own.
	defaultLifetime = time.Hour
	minLifetime     = time.Minute
	maxLifetime     = 24 * time.Hour
)

// metadata returns what is known of the server, discovering it when that is
// needed. Requests at the same time may each discover it: none waits for another
// while a server hangs.
func (c *oauthClient) metadata(ctx context.Context) (*metadata, error) {
	c.mu.Lock()
	found := c.found
	c.mu.Unlock()
	if found != nil && c.now().UnixMilli() < found.expires.Load() {
		return found, nil
	}
	found, err := c.discover(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.found = found
	c.mu.Unlock()
	return found, nil
}

// discovery is the part that matters of a discovery document (OpenID Connect
// Discovery §3).
type discovery struct {
	Issuer          string   `json:"issuer"`
	AuthURL         string   `json:"authorization_endpoint"`
	TokenURL        string   `json:"token_endpoint"`
	UserInfoURL     string   `json:"userinfo_endpoint"`
	KeysURL         string   `json:"jwks_uri"`
	Algorithms      []string `json:"id_token_signing_alg_values_supported"`
	AnnouncesIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

func (c *oauthClient) discover(ctx context.Context) (*metadata, error) {
	m := &metadata{authURL: c.AuthURL, tokenURL: c.TokenURL, userInfoURL: c.UserInfoURL}
	if c.provider.Type == TypeOAuth {
		m.expires.Store(c.now().Add(maxLifetime).UnixMilli())
		return m, nil
	}
	var d discovery
	document := strings.TrimSuffix(c.Issuer, "/") + "/.well-known/openid-configuration"
	header, err := fetchJSON(ctx, c.http, document, &d)
	if err != nil {
		return nil, fmt.Errorf("discover the provider: %w", err)
	}
	if d.Issuer == "" {
		return nil, fmt.Errorf("discover the provider: %s has no issuer", document)
	}
	if d.Issuer != c.Issuer && c.CheckIssuer == nil {
		return nil, fmt.Errorf("discover the provider: %w: it calls itself %q and not %q: set Issuer to what it says, letter for letter", errOAuthSetup, printable(d.Issuer), c.Issuer)
	}
	m.authURL, m.tokenURL, m.userInfoURL = cmp.Or(c.AuthURL, d.AuthURL), cmp.Or(c.TokenURL, d.TokenURL), cmp.Or(c.UserInfoURL, d.UserInfoURL)
	for _, endpoint := range []struct{ name, url string }{
		{"authorization_endpoint", m.authURL}, {"token_endpoint", m.tokenURL}, {"jwks_uri", d.KeysURL}, {"userinfo_endpoint", m.userInfoURL},
	} {
		if !providerURL(endpoint.url) && (endpoint.name != "userinfo_endpoint" || c.MergeUserInfo) {
			return nil, fmt.Errorf("discover the provider: %s has no %s that is an https URL", document, endpoint.name)
		}
	}
	m.announcesIssuer = d.AnnouncesIssuer
	m.algorithms = asymmetric(d.Algorithms)
	m.expires.Store(c.now().Add(lifetime(header)).UnixMilli())
	keys := *c.http
	keys.Transport = &ageing{c.http.Transport, m, c.now}
	m.keys = oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), &keys), d.KeysURL)
	return m, nil
}

// ageing makes what is known of a server expire no later than its keys do.
type ageing struct {
	next http.RoundTripper
	of   *metadata
	now  func() time.Time
}

// RoundTrip implements http.RoundTripper.
func (a *ageing) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := a.next.RoundTrip(r)
	if err == nil && res.StatusCode == http.StatusOK {
		end := a.now().Add(lifetime(res.Header)).UnixMilli()
		for old := a.of.expires.Load(); end < old && !a.of.expires.CompareAndSwap(old, end); {
			old = a.of.expires.Load()
		}
	}
	return res, err
}

// lifetime is how long an answer may be used (RFC 9111 §4.2.1), within bounds:
// keys that were withdrawn must go, and no server is asked at every sign-in.
func lifetime(h http.Header) time.Duration {
	age := defaultLifetime
	for _, directive := range strings.Split(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return minLifetime
		case "max-age":
			if n, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil && n >= 0 {
				age = time.Duration(min(n, int(maxLifetime/time.Second))) * time.Second
			}
		}
	}
	return min(max(age, minLifetime), maxLifetime)
}

// signatures are the algorithms by which an ID token may be signed: those with a
// public key, never "none" and never one whose key is the client secret.
var signatures = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"}

func asymmetric(offered []string) []string {
	kept := slices.DeleteFunc(slices.Clone(offered), func(a string) bool { return !slices.Contains(signatures, a) })
	if len(kept) == 0 {
		return []string{"RS256"} // OpenID Connect Core §15.1: every server has it.
	}
	return kept
}
