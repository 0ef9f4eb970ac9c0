package authent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
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
	exchanges slots
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
		c := &oauthClient{provider: p, OAuth: p.OAuth, http: bounded, now: now, exchanges: make(slots, maxExchanges)}
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
	if err := c.exchanges.take(ctx); err != nil {
		return nil, fmt.Errorf("wait to call the provider: %w", err)
	}
	return c.exchanges.give, nil
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

// jsonPlease asks for JSON, where GitHub would answer with a form.
type jsonPlease struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (j jsonPlease) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", "application/json")
	return j.next.RoundTrip(r)
}

// tokenContext has oauth2 send its requests to the token endpoint by our client.
func (c *oauthClient) tokenContext(ctx context.Context) context.Context {
	with := *c.http
	with.Transport = jsonPlease{c.http.Transport}
	return context.WithValue(ctx, oauth2.HTTPClient, &with)
}

func (c *oauthClient) withToken(token Secret) *http.Client {
	with := *c.http
	with.Transport = bearer{c.http.Transport, token}
	return &with
}

// token trades a code for tokens. Its errors hold nothing of the answer but the
// server's error code, since an answer may hold tokens.
func (c *oauthClient) token(ctx context.Context, m *metadata, f flow, code, redirectURL string) (*oauth2.Token, error) {
	conf, err := c.config(m)
	if err != nil {
		return nil, err
	}
	conf.RedirectURL = redirectURL
	t, err := conf.Exchange(c.tokenContext(ctx), code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, tokenError(err)
	}
	return t, checkTokenType(t)
}

// refresh trades a refresh token for a new access token (RFC 6749 §6).
func (c *oauthClient) refresh(ctx context.Context, m *metadata, token Secret) (*oauth2.Token, error) {
	conf, err := c.config(m)
	if err != nil {
		return nil, err
	}
	source := conf.TokenSource(c.tokenContext(ctx), &oauth2.Token{RefreshToken: string(token)})
	t, err := source.Token()
	if err != nil {
		return nil, tokenError(err)
	}
	return t, checkTokenType(t)
}

func (c *oauthClient) config(m *metadata) (*oauth2.Config, error) {
	secret := c.ClientSecret
	if c.NewClientSecret != nil {
		var err error
		if secret, err = c.NewClientSecret(c.now()); err != nil {
			return nil, fmt.Errorf("%w: make the client secret: %w", errOAuthSetup, err)
		}
	}
	endpoint := oauth2.Endpoint{AuthURL: m.authURL, TokenURL: m.tokenURL, AuthStyle: c.AuthStyle}
	return &oauth2.Config{ClientID: c.ClientID, ClientSecret: string(secret), Endpoint: endpoint}, nil
}

func checkTokenType(t *oauth2.Token) error {
	if t.TokenType != "" && !strings.EqualFold(t.TokenType, "bearer") {
		return errors.New("the token endpoint answered with a token that is not a bearer token")
	}
	return nil
}

// oursAtFault are the codes by which a token endpoint tells that the application
// is not set up as the provider knows it (RFC 6749 §5.2; the second row is
// GitHub's).
var oursAtFault = []string{
	"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"incorrect_client_credentials", "redirect_uri_mismatch",
}

// tokenError is what a failed request to the token endpoint may tell.
func tokenError(err error) error {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if u, ok := errors.AsType[*url.Error](err); ok {
			return fmt.Errorf("call the token endpoint: %w", u)
		}
		return errors.New("the token endpoint did not answer with tokens in JSON")
	}
	status := "an error"
	if e.Response != nil {
		status = e.Response.Status
	}
	for _, code := range oursAtFault {
		if e.ErrorCode == code {
			return fmt.Errorf("%w: the token endpoint answered %s: check the client id, the secret and the callback URL at the provider", errOAuthSetup, code)
		}
	}
	return fmt.Errorf("the token endpoint answered %s %s: %w", status, printable(e.ErrorCode), errTokenRefused{e.ErrorCode})
}

// errTokenRefused holds the code with which a token endpoint refused.
type errTokenRefused struct{ code string }

// Error implements error.
func (e errTokenRefused) Error() string { return "no token" }

// printable is a text from outside, fit for a line of a log.
func printable(s string) string {
	const most = 100
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, s)
	return s[:min(len(s), most)]
}

// printableError is an error of a library that quotes what a provider sent.
type printableError struct{ error }

// Error implements error.
func (e printableError) Error() string { return printable(e.error.Error()) }

// Unwrap gives the error itself.
func (e printableError) Unwrap() error { return e.error }

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
	if p.ID == "" || len(p.ID) > maxKey || !isText(p.ID) {
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
	maps.Copy(more, claims)
	return more, issuer, nil
}

// verify checks an ID token (OpenID Connect Core §3.1.3.7) and returns its
// claims.
func (c *oauthClient) verify(ctx context.Context, m *metadata, raw string, f flow) (Claims, string, error) {
	if raw == "" {
		return nil, "", errors.New("the token endpoint answered without an ID token")
	}
	signature := &signed{keys: &c.issuer.keys}
	verifier := oidc.NewVerifier(c.Issuer, signature, &oidc.Config{
		ClientID: c.ClientID, SupportedSigningAlgs: m.algorithms, Now: c.now, SkipIssuerCheck: c.CheckIssuer != nil,
	})
	token, err := verifier.Verify(ctx, raw)
	if signature.err != nil {
		return nil, "", fmt.Errorf("the ID token's signature cannot be checked: %w", signature.err)
	}
	if err != nil {
		return nil, "", fmt.Errorf("the ID token is refused: %w", printableError{err})
	}
	var body json.RawMessage
	var claims Claims
	if err := token.Claims(&body); err != nil {
		return nil, "", errors.New("the ID token is refused: its claims cannot be decoded")
	}
	if err := decodeClaims(body, &claims); err != nil {
		return nil, "", errors.New("the ID token is refused: its claims cannot be decoded")
	}
	if err := c.checkClaims(token, claims, f.Nonce); err != nil {
		return nil, "", err
	}
	return claims, token.Issuer, checkAuthTime(claims, f)
}

// checkAuthTime checks that people signed in at the provider as lately as the
// request asked for: a provider need not have heeded max_age (OpenID Connect Core
// §3.1.3.7). It counts from the request, since they may take their time after.
func checkAuthTime(claims Claims, f flow) error {
	maxAge, err := strconv.ParseInt(f.MaxAge, 10, 64)
	if err != nil {
		return nil // not asked for
	}
	authTime, err := strconv.ParseInt(claims.String("auth_time"), 10, 64)
	at, latest := time.Unix(authTime, 0), f.expires().Add(clockSkew)
	earliest := time.UnixMilli(f.Started).Add(-time.Duration(maxAge)*time.Second - clockSkew)
	if err != nil || at.Before(earliest) || at.After(latest) {
		return errors.New("the ID token is refused: it does not tell of a sign-in as late as was asked for (auth_time)")
	}
	return nil
}

// checkClaims checks what the library leaves to its caller.
func (c *oauthClient) checkClaims(token *oidc.IDToken, claims Claims, nonce string) error {
	azp := claims.String("azp")
	switch {
	case nonce == "" || !Secret(token.Nonce).Equal(Secret(nonce)):
		return errors.New("the ID token is refused: it was not made for this sign-in (nonce)")
	case claims["azp"] != nil && azp != c.ClientID, len(token.Audience) > 1 && azp == "":
		return errors.New("the ID token is refused: it was made for another application (azp)")
	case token.Subject == "" || claims.String("sub") != token.Subject: // the library takes "SUB" for "sub"
		return errors.New("the ID token is refused: it has no subject")
	case c.CheckIssuer != nil:
		if err := c.CheckIssuer(token.Issuer, claims); err != nil {
			return fmt.Errorf("the ID token is refused: %w", err)
		}
	}
	return nil
}
