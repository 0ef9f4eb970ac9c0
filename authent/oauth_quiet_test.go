package authent_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestOAuth_RefusalsWriteNothing: an answer that is an error, or has no code, does
// not use its state up.
func TestOAuth_RefusalsWriteNothing(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	for name, bad := range map[string]oauthserver.Misbehaviour{
		"cancelled": {AuthorizeError: "access_denied"}, "error": {AuthorizeError: "server_error"}, "no code": {NoCode: true}, "another server": {WrongIssParam: true},
	} {
		for _, id := range []string{"dev", "posting"} {
			w.idp.Misbehave(bad)
			b := w.browser()
			back := b.atProvider(b.toProvider("/auth/signin/" + id))
			if a := b.to(back); !strings.HasPrefix(a.errorCode(), "OAuthCallbackError") || w.count("verificationtokens") != 0 {
				t.Errorf("%s, %s: %s, %d rows", name, id, a.target(), w.count("verificationtokens"))
			}
		}
	}
}

// TestOAuth_LogLinesAreShort, whatever a provider puts into an ID token.
func TestOAuth_LogLinesAreShort(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	for name, claims := range map[string]map[string]any{
		"issuer": {"iss": strings.Repeat("https://issuer.example/\n", 200)}, "audience": {"aud": strings.Repeat("äudience\r\n", 200)},
	} {
		w.idp.Misbehave(oauthserver.Misbehaviour{Claims: claims})
		if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "OAuthCallbackError" {
			t.Errorf("%s: %s", name, a.target())
		}
	}
	events := w.log.events("sign-in through a provider failed")
	for _, event := range events {
		if text := event["error"].(string); len(text) > 250 || strings.ContainsAny(text, "\r\nä") || !strings.Contains(text, "the ID token is refused") {
			t.Errorf("%d bytes: %.300q", len(text), text)
		}
	}
	if len(events) != 2 {
		t.Errorf("%d lines", len(events))
	}
}

// TestTokenSource_GivesTheAccessTokenAlone, also right after a refresh: whoever
// calls a provider needs neither the refresh token nor the ID token.
func TestTokenSource_GivesTheAccessTokenAlone(t *testing.T) {
	w, _ := expiredWorld(t, testdb.SQLite, oauthserver.Config{RotateRefreshTokens: true})
	refreshed := w.accessToken()
	if w.idp.Refreshes() != 1 {
		t.Fatal("the token was not refreshed")
	}
	if refreshed.RefreshToken != "" || refreshed.ExpiresIn != 0 {
		t.Error("the refresh token is given away")
	}
	for _, name := range []string{"refresh_token", "id_token", "scope", "access_token"} {
		if refreshed.Extra(name) != nil {
			t.Errorf("%s is given away", name)
		}
	}
	stored := w.accessToken()
	if !cmp.Equal([]any{refreshed.AccessToken, refreshed.TokenType, refreshed.Expiry}, []any{stored.AccessToken, stored.TokenType, stored.Expiry}) {
		t.Error("the stored token is another one")
	}
}
