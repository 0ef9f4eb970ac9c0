package oauthserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/authent/authent/internal/oauthserver"
)

type misbehaviour = oauthserver.Misbehaviour

// TestBadIDTokensAreRefused: an independent client refuses each, and takes the
// next when the server behaves again.
func TestBadIDTokensAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		m    misbehaviour
		want string
	}{
		"WrongIssuer":   {misbehaviour{WrongIssuer: true}, "different provider"},
		"WrongAudience": {misbehaviour{WrongAudience: true}, "audience"},
		"Expired":       {misbehaviour{Expired: true}, "expired"},
		"BadSignature":  {misbehaviour{BadSignature: true}, "verify signature"},
		"AlgNone":       {misbehaviour{AlgNone: true}, "none"},
		"AlgHS256":      {misbehaviour{AlgHS256: true}, "HS256"},
		"UnknownKey":    {misbehaviour{UnknownKey: true}, "verify signature"},
		"StolenKid":     {misbehaviour{StolenKid: true}, "verify signature"},
		"NoIDToken":     {misbehaviour{NoIDToken: true}, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, oauthserver.Config{Auto: ada()})
			c.server.Misbehave(test.m)
			token, err := c.exchange()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.verify(token); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			c.server.Misbehave(misbehaviour{})
			if token, err = c.exchange(); err != nil {
				t.Fatal(err)
			}
			if _, err := c.verify(token); err != nil {
				t.Errorf("after: %v", err)
			}
		})
	}
}

// TestClaimsThatTheClientMustCheck: go-oidc leaves these to its caller.
func TestClaimsThatTheClientMustCheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		m           misbehaviour
		claim, want string // want is JSON; "" says that the claim is not there
	}{
		"WrongNonce":      {misbehaviour{WrongNonce: true}, "nonce", `"n-1x"`},
		"NoNonce":         {misbehaviour{NoNonce: true}, "nonce", ""},
		"ExtraAudience":   {misbehaviour{ExtraAudience: true}, "aud", `["client","another-client"]`},
		"no party":        {misbehaviour{ExtraAudience: true}, "azp", ""},
		"AuthorizedParty": {misbehaviour{AuthorizedParty: "another-client"}, "azp", `"another-client"`},
		"EmptySubject":    {misbehaviour{EmptySubject: true}, "sub", `""`},
		"NumericSubject":  {misbehaviour{NumericSubject: true}, "sub", `12345678901234567890`},
		"MissingSubject":  {misbehaviour{MissingSubject: true}, "sub", ""},
		"NoEmail":         {misbehaviour{NoEmail: true}, "email", ""},
		"Claims":          {misbehaviour{Claims: map[string]any{"email_verified": "true"}}, "email_verified", `"true"`},
		"less claims":     {misbehaviour{Claims: map[string]any{"iat": nil}}, "iat", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, oauthserver.Config{Auto: ada()})
			c.server.Misbehave(test.m)
			token, err := c.exchange()
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := token.Extra("id_token").(string)
			jws, err := jose.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
			if err != nil {
				t.Fatal(err)
			}
			if got := rawClaim(t, jws.UnsafePayloadWithoutVerification(), test.claim); got != test.want {
				t.Errorf("%s is %q, want %q", test.claim, got, test.want)
			}
		})
	}
}

func TestBadAuthorizationResponses(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada()})
	for name, test := range map[string]struct {
		m           misbehaviour
		param, want string
	}{
		"WrongIssParam":  {misbehaviour{WrongIssParam: true}, "iss", "https://issuer.invalid"},
		"NoIssParam":     {misbehaviour{NoIssParam: true}, "iss", ""},
		"WrongState":     {misbehaviour{WrongState: true}, "state", "s-1x"},
		"NoState":        {misbehaviour{NoState: true}, "state", ""},
		"NoCode":         {misbehaviour{NoCode: true}, "code", ""},
		"AuthorizeError": {misbehaviour{AuthorizeError: "server_error"}, "error", "server_error"},
	} {
		c.server.Misbehave(test.m)
		if got := c.authorize("v").Get(test.param); got != test.want {
			t.Errorf("%s: %s is %q, want %q", name, test.param, got, test.want)
		}
	}
}

func TestBadTokenResponses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		m    misbehaviour
		want string
	}{
		"TokenStatus":       {misbehaviour{TokenStatus: 500}, "500"},
		"TokenHTML":         {misbehaviour{TokenHTML: true}, "cannot parse json"},
		"TokenHuge":         {misbehaviour{TokenHuge: true}, "cannot parse json"}, // x/oauth2 reads a part
		"TokenHang":         {misbehaviour{TokenHang: true}, "deadline exceeded"},
		"TokenErrorWith200": {misbehaviour{TokenErrorWith200: true}, "bad_verification_code"},
		"NoAccessToken":     {misbehaviour{NoAccessToken: true}, "missing access_token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, oauthserver.Config{Auto: ada()})
			c.server.Misbehave(test.m)
			code := c.authorize("v").Get("code")
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			if !test.m.TokenHang {
				ctx = t.Context()
			}
			defer cancel()
			if _, err := c.conf.Exchange(ctx, code, oauth2.VerifierOption("v")); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestTokenResponsesThatLackSomething(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada()})
	c.server.Misbehave(misbehaviour{NoExpiresIn: true, TokenType: "mac", TokenDelay: time.Millisecond})
	token, err := c.exchange()
	if err != nil || !token.Expiry.IsZero() || token.TokenType != "mac" {
		t.Errorf("got expiry %v, type %q, %v", token.Expiry, token.TokenType, err)
	}
}

func TestBadProfiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		m      misbehaviour
		path   string
		status int
		want   string // in the body
	}{
		"UserInfoOtherSubject":     {misbehaviour{UserInfoOtherSubject: true}, "/userinfo", 200, `"sub":"somebody-else"`},
		"UserInfoStatus":           {misbehaviour{UserInfoStatus: 503}, "/userinfo", 503, ""},
		"UserInfoStatus, GitHub":   {misbehaviour{UserInfoStatus: 503}, "/user", 503, ""},
		"UserInfoHuge":             {misbehaviour{UserInfoHuge: true}, "/userinfo", 200, strings.Repeat("x", 10<<20)},
		"UserInfoHTML":             {misbehaviour{UserInfoHTML: true}, "/userinfo", 200, "<!doctype html>"},
		"MissingSubject, UserInfo": {misbehaviour{MissingSubject: true}, "/userinfo", 200, `{"email":`},
		"MissingSubject, GitHub":   {misbehaviour{MissingSubject: true}, "/user", 200, `,"email":null,"login":"ada"`},
		"EmptySubject, GitHub":     {misbehaviour{EmptySubject: true}, "/user", 200, `"id":""`},
		"EmailsStatus":             {misbehaviour{EmailsStatus: 404}, "/user/emails", 404, ""},
		"NoEmail":                  {misbehaviour{NoEmail: true}, "/user/emails", 200, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, oauthserver.Config{Auto: ada()})
			c.conf.Scopes = append(c.conf.Scopes, "user:email")
			token, err := c.exchange()
			if err != nil {
				t.Fatal(err)
			}
			c.server.Misbehave(test.m)
			if status, body := c.get(test.path, token); status != test.status || !strings.Contains(body, test.want) {
				t.Errorf("got %d, %.200s", status, body)
			}
		})
	}
}

func TestBadDiscovery(t *testing.T) {
	t.Parallel()
	s := start(t, oauthserver.Config{Auto: ada()})
	for name, test := range map[string]struct {
		m    misbehaviour
		want string
	}{
		"DiscoveryStatus":      {misbehaviour{DiscoveryStatus: http.StatusBadGateway}, "502"},
		"DiscoveryOtherIssuer": {misbehaviour{DiscoveryOtherIssuer: true}, "did not match"},
		"DiscoveryHuge":        {misbehaviour{DiscoveryHuge: true}, ""},
	} {
		s.Misbehave(test.m)
		if _, err := oidc.NewProvider(t.Context(), s.URL); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestKeysThatCannotBeHad(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada()})
	token, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	c.server.Misbehave(misbehaviour{KeysStatus: http.StatusServiceUnavailable})
	if _, err := c.verify(token); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsWhatHangs(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada()})
	c.server.Misbehave(misbehaviour{TokenHang: true})
	code := c.authorize("v").Get("code")
	done := make(chan error)
	go func() {
		_, err := c.conf.Exchange(t.Context(), code)
		done <- err
	}()
	for len(c.server.RequestsTo("/token")) == 0 {
		time.Sleep(time.Millisecond)
	}
	err := c.server.Close()
	if answer := <-done; err != nil || answer == nil || errors.Is(answer, context.Canceled) {
		t.Errorf("close %v, exchange %v", err, answer)
	}
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(body)
}

// TestWhatHangsIsReleased by the next Misbehave, and only what was said hangs.
func TestWhatHangsIsReleased(t *testing.T) {
	t.Parallel()
	s := start(t, oauthserver.Config{Auto: ada()})
	s.Misbehave(misbehaviour{Hang: []string{"/keys"}, Answers: map[string]string{"/user": "null"}})
	if status, body := fetch(t, s.URL+"/user"); status != http.StatusOK || body != "null" {
		t.Errorf("an answer that was given: %d %s", status, body)
	}
	done := make(chan int)
	go func() {
		status, _ := fetch(t, s.URL+"/keys")
		done <- status
	}()
	for len(s.RequestsTo("/keys")) == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Misbehave(misbehaviour{Hang: []string{"/keys"}}) // it still hangs
	select {
	case status := <-done:
		t.Errorf("it answered %d", status)
	default:
	}
	s.Misbehave(misbehaviour{KeysStatus: http.StatusServiceUnavailable})
	if status := <-done; status != http.StatusServiceUnavailable {
		t.Errorf("released, it answered %d", status)
	}
}
