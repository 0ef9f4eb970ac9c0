package authent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/authent/authent/authent/internal/seal"
	"github.com/authent/authent/authent/internal/slots"

	"golang.org/x/oauth2"
)

const (
	// providerTimeout bounds each call to a provider.
	providerTimeout = 10 * time.Second
	// maxAnswer is how many bytes of a provider's answer are read.
	maxAnswer = 1 << 20
)

// oauthClient talks to one provider's server.
type oauthClient struct {
	provider *Provider
	*OAuth
	// issuer is the server, nil where it is not discovered.
	issuer *issuer
	http   *http.Client
	now    func() time.Time
	// exchanges bounds the work for callbacks.
	exchanges slots.Slots
	// announced logs the callback URL once: the provider's form asks for it.
	announced sync.Once
}

// newOAuthClients makes a client for each provider of the types oauth and oidc.
func newOAuthClients(providers []Provider, own *http.Client, now func() time.Time) map[string]*oauthClient {
	clients, issuers := map[string]*oauthClient{}, map[string]*issuer{}
	bounded := boundedClient(own)
	for i := range providers {
		p := &providers[i]
		if !p.isOAuth() {
			continue
		}
		c := &oauthClient{provider: p, OAuth: p.OAuth, http: bounded, now: now, exchanges: make(slots.Slots, maxExchanges)}
		if p.Type == TypeOIDC {
			if issuers[p.OAuth.Issuer] == nil {
				issuers[p.OAuth.Issuer] = newIssuer(p.OAuth.Issuer, bounded, now)
			}
			c.issuer = issuers[p.OAuth.Issuer]
		}
		clients[p.ID] = c
	}
	return clients
}

const (
	// maxExchanges is how many callbacks of one provider are worked on at once.
	// Each calls its endpoints, one after the other. A callback needs a flow of its
	// own, whose state works once, but strangers start as many flows as they like
	// and may bring any code.
	maxExchanges = 64
	// exchangeWait is how long a callback waits for its turn.
	exchangeWait = time.Second
)

// enter waits for a callback's turn to call the provider. ErrBusy says that it did
// not come; leave ends it.
func (c *oauthClient) enter(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, exchangeWait, ErrBusy)
	defer cancel()
	if err := c.exchanges.Take(ctx); err != nil {
		return nil, fmt.Errorf("wait to call the provider: %w", err)
	}
	return c.exchanges.Give, nil
}

// boundedClient is own, or a client of its own, with a time-out, a limit on
// answers, and without following redirects: an endpoint that redirects would
// make us send codes and tokens elsewhere.
func boundedClient(own *http.Client) *http.Client {
	c := &http.Client{Timeout: providerTimeout, Transport: bounded{http.DefaultTransport}}
	if own != nil && own.Transport != nil {
		c.Transport = bounded{own.Transport}
	}
	if own != nil && own.Timeout > 0 {
		c.Timeout = own.Timeout
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// bounded limits what is read of an answer.
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
	token Secret
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b.token))
	return b.next.RoundTrip(r)
}

func (c *oauthClient) withToken(token Secret) *http.Client {
	with := *c.http
	with.Transport = bearer{c.http.Transport, token}
	return &with
}

// printable is a text from outside, fit for a line of a log. What is longer than
// most bytes ends in "...".
func printable(s string, most int) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, s)
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

const (
	// maxQuoted is how much of a name or a code is printed that a stranger chose.
	maxQuoted = 100
	// maxCause is how much is printed of what says what is wrong, and where: more
	// than any of them has that is meant to be read.
	maxCause = 1000
)

// printableError is an error of a library that quotes what a provider sent.
type printableError struct{ error }

// Error implements error.
func (e printableError) Error() string { return printable(e.error.Error(), maxCause) }

// Unwrap gives the error itself.
func (e printableError) Unwrap() error { return e.error }

// maxAccountID is how many bytes a provider's id of a person may have.
const maxAccountID = 255

// profile finds out who the tokens belong to, and who issued the ID token.
func (c *oauthClient) profile(ctx context.Context, m *metadata, f flow, t *oauth2.Token) (Profile, string, error) {
	claims, issuer, err := c.claims(ctx, m, f, t)
	if err != nil {
		return Profile{}, "", err
	}
	p, err := c.OAuth.Profile(claims)
	if err != nil {
		return Profile{}, "", fmt.Errorf("read the profile: %w", err)
	}
	if p.ID == "" || len(p.ID) > maxAccountID || !seal.IsText(p.ID) {
		return Profile{}, "", errors.New("the profile has no usable id")
	}
	p.Claims = claims
	return p, issuer, nil
}

func (c *oauthClient) claims(ctx context.Context, m *metadata, f flow, t *oauth2.Token) (claims Claims, issuer string, err error) {
	with := c.withToken(Secret(t.AccessToken))
	if c.provider.Type == TypeOAuth {
		if c.UserInfo != nil {
			claims, err = c.UserInfo(ctx, with)
		} else {
			claims, err = FetchClaims(ctx, with, m.userInfoURL)
		}
		if err == nil && claims == nil {
			err = errors.New("the profile is empty: UserInfo returned no claims")
		}
		return claims, "", err
	}
	raw, _ := t.Extra("id_token").(string)
	if claims, issuer, err = c.verify(ctx, m, raw, f); err != nil || !c.MergeUserInfo {
		return claims, issuer, err
	}
	more, err := FetchClaims(ctx, with, m.userInfoURL)
	if err != nil {
		return nil, "", err
	}
	if more.String("sub") != claims.String("sub") {
		return nil, "", errors.New("the userinfo endpoint tells of somebody else than the ID token (OpenID Connect Core §5.3.4)")
	}
	return mergeClaims(more, claims), issuer, nil
}

// mergeClaims are the claims of a profile with those of an ID token, which count
// where both have one that is not null. What is said of an address is said of that
// very address: neither document's flag speaks for another one in the other.
func mergeClaims(profile, token Claims) Claims {
	all := maps.Clone(profile)
	for name, value := range token {
		if value != nil {
			all[name] = value
		}
	}
	email, _ := token["email"].(string)
	switch other, _ := profile["email"].(string); {
	case email == "":
		all["email"], all["email_verified"] = profile["email"], profile["email_verified"]
	case token.Verified("email_verified") != VerifiedUnknown:
	case other == email:
		all["email_verified"] = profile["email_verified"]
	default:
		delete(all, "email_verified")
	}
	return all
}
