package oauthserver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/authent/authent/internal/oauthserver"
)

const callback = "http://127.0.0.1:9/auth/callback/test"

// client is an independent client of the server.
type client struct {
	t      *testing.T
	server *oauthserver.Server
	oidc   *oidc.Provider
	conf   oauth2.Config
	http   *http.Client
	params []oauth2.AuthCodeOption
}

func ada() *oauthserver.Person {
	return &oauthserver.Person{Subject: "ada", Name: "Ada", Email: "ada@example.com", EmailVerified: new(true)}
}

func start(t *testing.T, c oauthserver.Config) *oauthserver.Server {
	t.Helper()
	s, err := oauthserver.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newClient(t *testing.T, c oauthserver.Config) *client {
	t.Helper()
	s := start(t, c)
	p, err := oidc.NewProvider(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	return &client{
		t: t, server: s, oidc: p,
		conf: oauth2.Config{ClientID: "client", ClientSecret: "secret", Endpoint: endpoint, RedirectURL: callback, Scopes: []string{"openid", "profile", "email"}},
		http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// authorize returns the parameters of the authorization response.
func (c *client) authorize(verifier string) url.Values {
	c.t.Helper()
	options := append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier), oidc.Nonce("n-1")}, c.params...)
	res, err := c.http.Get(c.conf.AuthCodeURL("s-1", options...))
	if err != nil {
		c.t.Fatal(err)
	}
	_ = res.Body.Close()
	target, err := res.Location()
	if err != nil {
		c.t.Fatalf("status %d: %v", res.StatusCode, err)
	}
	return target.Query()
}

func (c *client) exchange() (*oauth2.Token, error) {
	c.t.Helper()
	verifier := oauth2.GenerateVerifier()
	answer := c.authorize(verifier)
	return c.conf.Exchange(c.t.Context(), answer.Get("code"), oauth2.VerifierOption(verifier))
}

// verify checks an ID token as go-oidc does.
func (c *client) verify(token *oauth2.Token) (*oidc.IDToken, error) {
	raw, _ := token.Extra("id_token").(string)
	return c.oidc.Verifier(&oidc.Config{ClientID: "client"}).Verify(c.t.Context(), raw)
}

// get asks a URL with an access token and returns status and JSON.
func (c *client) get(path string, token *oauth2.Token) (int, string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.server.URL+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	token.SetAuthHeader(req)
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func claims(t *testing.T, token *oidc.IDToken) map[string]any {
	t.Helper()
	var c map[string]any
	if err := token.Claims(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

func jsonObject(t *testing.T, body string) map[string]any {
	t.Helper()
	var c map[string]any
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return c
}

// rawClaim is a claim as JSON, "" if it is not there.
func rawClaim(t *testing.T, payload []byte, name string) string {
	t.Helper()
	var c map[string]json.RawMessage
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	return string(c[name])
}
