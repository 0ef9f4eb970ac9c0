package oauthserver_test

import (
	"net/http"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/authent/authent/internal/oauthserver"
)

// refresh gets a new token for an old one.
func (c *client) refresh(old *oauth2.Token) (*oauth2.Token, error) {
	return c.conf.TokenSource(c.t.Context(), &oauth2.Token{RefreshToken: old.RefreshToken}).Token()
}

func TestARefreshTokenStays(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada()})
	first, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		next, err := c.refresh(first)
		if err != nil {
			t.Fatal(err)
		}
		if next.AccessToken == first.AccessToken || next.RefreshToken != first.RefreshToken {
			t.Error("want another access token and the same refresh token")
		}
		if id, err := c.verify(next); err != nil || id.Subject != "ada" || id.Nonce != "" {
			t.Errorf("ID token of a refresh: %v, %v", id, err)
		}
	}
	if got := c.server.Refreshes(); got != 2 {
		t.Errorf("%d refreshes, want 2", got)
	}
}

func TestARotatedRefreshTokenIsGoodOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada(), RotateRefreshTokens: true})
	first, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.refresh(first)
	if err != nil || second.RefreshToken == first.RefreshToken {
		t.Fatalf("the refresh token stays, or %v", err)
	}
	_, err = c.refresh(first)
	wantError(t, err, "invalid_grant")
	_, err = c.refresh(second)
	wantError(t, err, "invalid_grant") // the reuse revoked the grant
	if status, _ := c.get("/userinfo", second); status != http.StatusUnauthorized {
		t.Errorf("an access token of a revoked grant: %d", status)
	}
	if got := c.server.Refreshes(); got != 3 {
		t.Errorf("%d refreshes, want 3", got)
	}
}

func TestRevokedGrantsAreRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada()})
	token, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	c.server.RevokeGrants()
	_, err = c.refresh(token)
	wantError(t, err, "invalid_grant")
	if status, _ := c.get("/userinfo", token); status != http.StatusUnauthorized {
		t.Errorf("UserInfo %d", status)
	}
}

func TestAccessTokensExpire(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := newClient(t, oauthserver.Config{Auto: ada(), NoRefreshTokens: true, TokenLifetime: time.Minute, Now: func() time.Time { return now }})
	token, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	if token.RefreshToken != "" {
		t.Error("there is a refresh token")
	}
	if status, _ := c.get("/userinfo", token); status != http.StatusOK {
		t.Errorf("at first: %d", status)
	}
	now = now.Add(time.Minute)
	if status, _ := c.get("/userinfo", token); status != http.StatusUnauthorized {
		t.Errorf("a minute later: %d", status)
	}
	if status, _ := c.get("/userinfo", &oauth2.Token{AccessToken: "guess"}); status != http.StatusUnauthorized {
		t.Errorf("a guess: %d", status)
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada(), Algorithm: "ES256"})
	old, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.verify(old); err != nil {
		t.Fatal(err)
	}
	if err := c.server.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	token, err := c.exchange()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.verify(token); err != nil {
		t.Errorf("the new key: %v", err)
	}
	if _, err := c.verify(old); err == nil {
		t.Error("the old key still counts")
	}
	if got := len(c.server.RequestsTo("/keys")); got < 2 {
		t.Errorf("%d requests for keys: the test proves nothing", got)
	}
}
