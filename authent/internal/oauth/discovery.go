package oauth

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

	"github.com/go-jose/go-jose/v4"
)

// metadata is where a provider's endpoints are and how it signs.
type metadata struct {
	authURL, tokenURL, userInfoURL string
	// announcesIssuer says that a callback without "iss" is not the server's
	// (RFC 9207 §2.4).
	announcesIssuer bool
	algorithms      []string
}

const (
	// defaultLifetime is the lifetime of a document that does not state one.
	defaultLifetime = time.Hour
	minLifetime     = time.Minute
	maxLifetime     = 24 * time.Hour
	// discoveryGrace is how long a server's endpoints are used after the lifetime
	// of the document that names them, while the server does not answer.
	// Endpoints hardly ever change, and an outage of an hour is a long one.
	discoveryGrace = time.Hour
)

// issuer is an OpenID Connect server. All providers that name it share what is
// known about it, and so the requests for that (P42).
type issuer struct {
	url       string
	discovery lookup[discovery]
	keys      keySet
	// keysURL is where the keys are, according to the last document.
	keysURL atomic.Pointer[string]
}

func newIssuer(url string, c *http.Client, now func() time.Time) *issuer {
	i := &issuer{url: url}
	i.discovery = lookup[discovery]{now: now, limit: c.Timeout, grace: discoveryGrace, ask: func(ctx context.Context) (*discovery, time.Duration, error) {
		return i.discover(ctx, c)
	}}
	i.keys.lookup = lookup[[]jose.JSONWebKey]{now: now, limit: c.Timeout, ask: func(ctx context.Context) (*[]jose.JSONWebKey, time.Duration, error) {
		return fetchKeys(ctx, c, *i.keysURL.Load())
	}}
	return i
}

// discovery is the part that matters of a discovery document (OpenID Connect
// Discovery §3).
type discovery struct {
	issuer, authURL, tokenURL, userInfoURL, keysURL string
	algorithms                                      []string
	announcesIssuer                                 bool
}

// readDiscovery reads a document member by member: one of the wrong type counts
// as absent, which matters only if it is needed.
func readDiscovery(c Claims) *discovery {
	announces, _ := c.Verified("authorization_response_iss_parameter_supported")
	return &discovery{
		issuer: c.String("issuer"), authURL: c.String("authorization_endpoint"), tokenURL: c.String("token_endpoint"),
		userInfoURL: c.String("userinfo_endpoint"), keysURL: c.String("jwks_uri"),
		algorithms:      c.Texts("id_token_signing_alg_values_supported"),
		announcesIssuer: announces,
	}
}

func (i *issuer) document() string {
	return strings.TrimSuffix(i.url, "/") + "/.well-known/openid-configuration"
}

func (i *issuer) discover(ctx context.Context, c *http.Client) (*discovery, time.Duration, error) {
	var document Claims
	header, err := fetchJSON(ctx, c, i.document(), &document)
	if err != nil {
		return nil, 0, err
	}
	d := readDiscovery(document)
	if d.issuer == "" {
		return nil, 0, fmt.Errorf("%s has no issuer", i.document())
	}
	if !IsEndpoint(d.keysURL) {
		return nil, 0, i.lacks("jwks_uri")
	}
	i.keysURL.Store(&d.keysURL)
	return d, lifetime(header), nil
}

func (i *issuer) lacks(name string) error {
	return fmt.Errorf("%s has no %s that is an https URL", i.document(), name)
}

// metadata returns what is known about the server, and discovers it if needed.
func (c *Client) metadata(ctx context.Context) (*metadata, error) {
	if c.issuer == nil {
		return &metadata{authURL: c.AuthURL, tokenURL: c.TokenURL, userInfoURL: c.UserInfoURL}, nil
	}
	d, err := c.issuer.discovery.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("discover the provider: %w", err)
	}
	m, err := c.metadataOf(d)
	if err != nil {
		c.issuer.discovery.doubt(d)
		return nil, fmt.Errorf("discover the provider: %w", err)
	}
	return m, nil
}

// metadataOf combines a server's document with the provider's configuration.
func (c *Client) metadataOf(d *discovery) (*metadata, error) {
	if c.CheckIssuer == nil && !c.isIssuer(d.issuer) {
		return nil, fmt.Errorf("%w: it calls itself %q and not %q: set Issuer to what it says, letter for letter", ErrSetup, printable(d.issuer, maxCause), c.Issuer)
	}
	m := &metadata{
		authURL: cmp.Or(c.AuthURL, d.authURL), tokenURL: cmp.Or(c.TokenURL, d.tokenURL), userInfoURL: cmp.Or(c.UserInfoURL, d.userInfoURL),
		announcesIssuer: d.announcesIssuer, algorithms: asymmetric(d.algorithms),
	}
	switch {
	case !IsEndpoint(m.authURL):
		return nil, c.issuer.lacks("authorization_endpoint")
	case !IsEndpoint(m.tokenURL):
		return nil, c.issuer.lacks("token_endpoint")
	case c.MergeUserInfo && !IsEndpoint(m.userInfoURL):
		return nil, c.issuer.lacks("userinfo_endpoint")
	}
	return m, nil
}

// lifetime returns how long an answer may be used (RFC 9111 §4.2.1), within
// bounds: withdrawn keys must go, and no server is asked at every sign-in.
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

// signatures are the algorithms with which an ID token may be signed: those with
// a public key, never "none" and never one whose key is the client secret.
var signatures = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"}

func asymmetric(offered []string) []string {
	kept := slices.DeleteFunc(slices.Clone(offered), func(a string) bool { return !slices.Contains(signatures, a) })
	if len(kept) == 0 {
		return []string{"RS256"} // OpenID Connect Core §15.1: every server has it.
	}
	return kept
}
