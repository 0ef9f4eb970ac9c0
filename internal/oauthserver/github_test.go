package oauthserver_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/authent/authent/internal/oauthserver"
)

func githubClient(t *testing.T, p *oauthserver.Person) *client {
	return githubClientOf(t, oauthserver.Config{Auto: p})
}

func githubClientOf(t *testing.T, config oauthserver.Config) *client {
	c := newClient(t, config)
	c.conf.Endpoint = oauth2.Endpoint{AuthURL: c.server.URL + "/login/oauth/authorize", TokenURL: c.server.URL + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams}
	c.conf.Scopes = []string{"read:user", "user:email"}
	return c
}

// TestItSpeaksAsGitHubDoes: a form where JSON is not asked for, no expiry, no
// refresh token, no ID token, an issuer of its own, errors with status 200.
func TestItSpeaksAsGitHubDoes(t *testing.T) {
	t.Parallel()
	p := ada()
	p.Number, p.Login = 583231, "octocat"
	p.Emails = []oauthserver.Email{{Email: "a@example.com"}, {Email: "ada@example.com", Primary: true, Verified: true}}
	c := githubClient(t, p)
	if got := c.authorize("v").Get("iss"); got != c.server.URL+"/login/oauth" {
		t.Errorf("iss %q", got)
	}
	token, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	if token.TokenType != "bearer" || !token.Expiry.IsZero() || token.RefreshToken != "" || token.Extra("id_token") != "" || token.Extra("scope") != "read:user,user:email" {
		t.Errorf("type %q, expiry %v, scope %q", token.TokenType, token.Expiry, token.Extra("scope"))
	}
	_, body := c.get("/api/v3/user", token)
	if user := jsonObject(t, body); user["id"] != 583231.0 || user["login"] != "octocat" || user["name"] != "Ada" || user["email"] != nil {
		t.Errorf("user %v", user)
	}
	if _, body := c.get("/api/v3/user/emails", token); strings.TrimSpace(body) != `[{"email":"a@example.com","primary":false,"verified":false},{"email":"ada@example.com","primary":true,"verified":true}]` {
		t.Errorf("emails %s", body)
	}
	_, err = c.conf.Exchange(t.Context(), "guess")
	refused, ok := err.(*oauth2.RetrieveError)
	if !ok || refused.ErrorCode != "invalid_grant" || refused.Response.StatusCode != http.StatusOK {
		t.Errorf("a wrong code: %v", err)
	}
}

func TestAddressesNeedTheScope(t *testing.T) {
	t.Parallel()
	c := githubClient(t, ada())
	c.conf.Scopes = []string{"read:user"}
	token, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := c.get("/user/emails", token); status != http.StatusNotFound {
		t.Errorf("status %d", status)
	}
}

// TestGitHubTokensThatExpire, in a form: a refresh token is beside them, and one
// that is no good is refused in GitHub's own words.
func TestGitHubTokensThatExpire(t *testing.T) {
	t.Parallel()
	c := githubClientOf(t, oauthserver.Config{Auto: ada(), ExpiringGitHubTokens: true, TokenLifetime: time.Minute})
	start := time.Now()
	token, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	if token.Expiry.Before(start.Add(time.Minute)) || token.Expiry.After(time.Now().Add(time.Minute)) || token.RefreshToken == "" || token.Extra("expires_in") != int64(60) {
		t.Errorf("it expires at %v, %v after %v", token.Expiry, token.Extra("expires_in"), start)
	}
	if next, err := c.refresh(token); err != nil || next.AccessToken == token.AccessToken {
		t.Errorf("refresh: %v", err)
	}
	c.server.RevokeGrants()
	_, err = c.refresh(token)
	wantError(t, err, "bad_refresh_token")
}
