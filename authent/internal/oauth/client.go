// Package oauth talks to authorization servers: it sends people there, checks what comes
// back (RFC 6749, 7636, 9207, OpenID Connect Core), and trades codes for tokens.
package oauth

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/slots"
	"github.com/authent/authent/authent/secret"
)

const (
	// Timeout bounds each call to a provider, unless the application says otherwise.
	Timeout = 10 * time.Second
	// ClockSkew is how far the clocks of two servers may be apart.
	ClockSkew = time.Minute
	// maxAnswer is how many bytes of a provider's answer are read.
	maxAnswer = 1 << 20
)

// Config describes an authorization server and the application's client there.
// Its fields mean what those of the same name in authent.OAuth do; defaults are
// filled in.
type Config struct {
	// OIDC says that it is OpenID Connect: the claims are in an ID token. Its
	// endpoints are discovered at Issuer where they are "".
	OIDC bool

	ClientID        string
	ClientSecret    secret.Secret
	NewClientSecret func(now time.Time) (secret.Secret, error)

	Issuer       string
	OtherIssuers []string
	CheckIssuer  func(issuer string, c Claims) error

	AuthURL, TokenURL, UserInfoURL string
	AuthStyle                      oauth2.AuthStyle

	Scopes        []string
	AuthParams    map[string]string
	RequestParams []string
	Declined      []string

	NoPKCE, NoNonce, FormPost bool

	PostedName    func(user Claims) string
	UserInfo      func(ctx context.Context, c *http.Client) (Claims, error)
	MergeUserInfo bool
}

// Client talks to one provider's server.
type Client struct {
	Config
	// Announced lets the callback URL be logged once: people have to give it to
	// the provider.
	Announced sync.Once

	// issuer is the server, nil if it is not discovered.
	issuer *issuer
	http   *http.Client
	now    func() time.Time
	// exchanges bounds the work for callbacks.
	exchanges slots.Slots
}

// Calls says how providers are called.
type Calls struct {
	// Transport makes the calls. If nil, http.DefaultTransport.
	Transport http.RoundTripper
	// Timeout bounds each of them. If zero, 10 seconds.
	Timeout time.Duration
	// Now is the clock.
	Now func() time.Time
}

// NewClients makes a client for each configuration. Those that name the same Issuer
// share what is known about it.
func NewClients(configs map[string]Config, calls Calls) map[string]*Client {
	clients, issuers := map[string]*Client{}, map[string]*issuer{}
	bounded := boundedClient(calls)
	for id, config := range configs {
		c := &Client{Config: config, http: bounded, now: calls.Now, exchanges: make(slots.Slots, maxExchanges)}
		if config.OIDC {
			if issuers[config.Issuer] == nil {
				issuers[config.Issuer] = newIssuer(config.Issuer, bounded, calls.Now)
			}
			c.issuer = issuers[config.Issuer]
		}
		clients[id] = c
	}
	return clients
}

// Timeout returns how long one call to the provider may take.
func (c *Client) Timeout() time.Duration { return c.http.Timeout }

const (
	// maxExchanges is how many callbacks of one provider are handled at once. Each
	// calls its endpoints, one after the other. A callback needs a flow of its own,
	// whose state works once, but strangers start as many flows as they like and
	// may bring any code.
	maxExchanges = 64
	// exchangeWait is how long a callback waits for its turn.
	exchangeWait = time.Second
)

// enter waits for a callback's turn to call the provider; leave ends the turn. If the
// turn does not come, the error is slots.ErrBusy.
func (c *Client) enter(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, exchangeWait, slots.ErrBusy)
	defer cancel()
	if err := c.exchanges.Take(ctx); err != nil {
		return nil, fmt.Errorf("wait to call the provider: %w", err)
	}
	return c.exchanges.Give, nil
}

// boundedClient makes a client with a time-out, a limit on answers, and without
// following redirects: an endpoint that redirects could make us send codes and tokens
// elsewhere.
func boundedClient(calls Calls) *http.Client {
	c := &http.Client{Timeout: cmp.Or(calls.Timeout, Timeout), Transport: bounded{http.DefaultTransport}}
	if calls.Transport != nil {
		c.Transport = bounded{calls.Transport}
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// bounded limits how much is read of an answer.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxAnswer)
	}
	return res, err
}

// bearer sends an access token (RFC 6750 §2.1).
type bearer struct {
	next  http.RoundTripper
	token secret.Secret
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b.token))
	return b.next.RoundTrip(r)
}

func (c *Client) withToken(token secret.Secret) *http.Client {
	with := *c.http
	with.Transport = bearer{c.http.Transport, token}
	return &with
}

// IsEndpoint reports whether a URL of a provider may be called: over TLS, or on this
// machine.
func IsEndpoint(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && u.User == nil && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && input.IsLoopbackServer(u.Host))
}
