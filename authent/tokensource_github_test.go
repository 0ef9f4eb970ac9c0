package authent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestTokenSource_GitHubTokensThatExpire: JSON is asked for, and the expiry counts
// also of an answer that is a form all the same. A refresh token that GitHub does
// not take any more is ErrNoToken.
func TestTokenSource_GitHubTokensThatExpire(t *testing.T) {
	for name, form := range map[string]bool{"JSON": false, "form": true} {
		t.Run(name, func(t *testing.T) {
			who := adaThere()
			who.Emails = []oauthserver.Email{{Email: ada, Primary: true, Verified: true}}
			w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
				c.Providers = append(c.Providers, provider.GitHubEnterprise(c.Providers[1].OAuth.Issuer, provider.Client{ID: "client", Secret: idpSecret}))
			}}, oauthserver.Config{Auto: who, ExpiringGitHubTokens: true, RotateRefreshTokens: true})
			w.idp.Misbehave(oauthserver.Misbehaviour{TokenForm: form})
			if a := w.browser().through("/auth/signin/github"); a.errorCode() != "" {
				t.Fatal(a.target())
			}
			first := w.accessTokenAt("github")
			for round := 1; round <= 2; round++ {
				w.clock.advance(2 * time.Hour)
				next := w.accessTokenAt("github")
				if next.AccessToken == first.AccessToken || w.idp.Refreshes() != round {
					t.Errorf("round %d: the token was not refreshed", round)
				}
				accounts, err := w.auth.Accounts(t.Context(), w.user().ID)
				if want := w.clock.now().Truncate(time.Second).Add(time.Hour); err != nil || !accounts[0].ExpiresAt.Equal(want) {
					t.Errorf("round %d: it expires at %v, want %v (%v)", round, accounts[0].ExpiresAt, want, err)
				}
				first = next
			}
			for _, r := range w.idp.RequestsTo("/login/oauth/access_token") {
				if r.Header.Get("Accept") != "application/json" {
					t.Errorf("Accept: %q", r.Header.Get("Accept"))
				}
			}
			w.idp.RevokeGrants()
			w.clock.advance(2 * time.Hour)
			if _, err := w.sourceAt("github").Token(); !errors.Is(err, authent.ErrNoToken) {
				t.Errorf("revoked: %v", err)
			}
		})
	}
}
