package provider_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
)

// look is what can be seen of a provider before anybody signs in.
type look struct {
	id, name                                       string
	kind                                           authent.ProviderType
	issuer, authURL, tokenURL, userInfoURL, scopes string
	style                                          oauth2.AuthStyle // zero is HTTP Basic
	formPost, merge                                bool
	otherIssuers, declined                         string
	noPKCE, noNonce                                bool
}

// known are all providers with an authorization server, with client id and secret
// and without.
var known = []struct {
	look
	set, unset func() authent.Provider
}{
	{look{id: "apple", name: "Apple", kind: "oidc", issuer: "https://appleid.apple.com", scopes: "openid name email", style: oauth2.AuthStyleInParams, formPost: true, otherIssuers: "https://account.apple.com", declined: "user_cancelled_authorize"},
		func() authent.Provider { return provider.Apple(appleConfig) }, func() authent.Provider { return provider.Apple(provider.AppleClient{}) }},
	{look{id: "auth0", name: "Auth0", kind: "oidc", issuer: "https://t.example.com/"}, at(provider.Auth0, "https://t.example.com/"), unsetAt(provider.Auth0, "")},
	{look{id: "bitbucket", name: "Bitbucket", kind: "oauth", authURL: "https://bitbucket.org/site/oauth2/authorize", tokenURL: "https://bitbucket.org/site/oauth2/access_token", userInfoURL: "https://api.bitbucket.org/2.0/user", scopes: "account email"},
		set(provider.Bitbucket), unset(provider.Bitbucket)},
	{look{id: "discord", name: "Discord", kind: "oauth", authURL: "https://discord.com/api/oauth2/authorize", tokenURL: "https://discord.com/api/oauth2/token", userInfoURL: "https://discord.com/api/users/@me", scopes: "identify email"},
		set(provider.Discord), unset(provider.Discord)},
	{look{id: "facebook", name: "Facebook", kind: "oauth", authURL: "https://www.facebook.com/dialog/oauth", tokenURL: "https://graph.facebook.com/oauth/access_token", userInfoURL: "https://graph.facebook.com/me?fields=id,name,email,picture", scopes: "email", style: oauth2.AuthStyleInParams},
		set(provider.Facebook), unset(provider.Facebook)},
	{look{id: "github", name: "GitHub", kind: "oauth", issuer: "https://github.com/login/oauth", authURL: "https://github.com/login/oauth/authorize", tokenURL: "https://github.com/login/oauth/access_token", scopes: "read:user user:email", style: oauth2.AuthStyleInParams},
		set(provider.GitHub), unset(provider.GitHub)},
	{look{id: "gitlab", name: "GitLab", kind: "oauth", authURL: "https://gitlab.com/oauth/authorize", tokenURL: "https://gitlab.com/oauth/token", userInfoURL: "https://gitlab.com/api/v4/user", scopes: "read_user", style: oauth2.AuthStyleInParams},
		at(provider.GitLab, ""), unsetAt(provider.GitLab, "")},
	{look{id: "gitlab", name: "GitLab", kind: "oauth", authURL: "https://git.example.com/oauth/authorize", tokenURL: "https://git.example.com/oauth/token", userInfoURL: "https://git.example.com/api/v4/user", scopes: "read_user", style: oauth2.AuthStyleInParams},
		at(provider.GitLab, "https://git.example.com/"), unsetAt(provider.GitLab, "https://git.example.com/")},
	{look{id: "google", name: "Google", kind: "oidc", issuer: "https://accounts.google.com", otherIssuers: "accounts.google.com"}, set(provider.Google), unset(provider.Google)},
	{look{id: "keycloak", name: "Keycloak", kind: "oidc", issuer: "https://k.example.com/realms/main"}, at(provider.Keycloak, "https://k.example.com/realms/main"), unsetAt(provider.Keycloak, "")},
	{look{id: "linkedin", name: "LinkedIn", kind: "oidc", issuer: "https://www.linkedin.com/oauth", otherIssuers: "https://www.linkedin.com", style: oauth2.AuthStyleInParams, declined: "user_cancelled_login user_cancelled_authorize", noPKCE: true, noNonce: true},
		set(provider.LinkedIn), unset(provider.LinkedIn)},
	{look{id: "microsoft-entra-id", name: "Microsoft Entra ID", kind: "oidc", issuer: "https://login.microsoftonline.com/common/v2.0", scopes: "openid profile email User.Read"},
		at(provider.MicrosoftEntraID, "common"), unsetAt(provider.MicrosoftEntraID, "")},
	{look{id: "oidc", name: "login.example.com", kind: "oidc", issuer: "https://login.example.com"}, at(provider.OIDC, "https://login.example.com"), unsetAt(provider.OIDC, "")},
	{look{id: "okta", name: "Okta", kind: "oidc", issuer: "https://o.okta.com", merge: true}, at(provider.Okta, "https://o.okta.com"), unsetAt(provider.Okta, "")},
	{look{id: "slack", name: "Slack", kind: "oidc", issuer: "https://slack.com"}, set(provider.Slack), unset(provider.Slack)},
	{look{id: "spotify", name: "Spotify", kind: "oauth", authURL: "https://accounts.spotify.com/authorize", tokenURL: "https://accounts.spotify.com/api/token", userInfoURL: "https://api.spotify.com/v1/me", scopes: "user-read-email"},
		set(provider.Spotify), unset(provider.Spotify)},
	{look{id: "twitch", name: "Twitch", kind: "oidc", issuer: "https://id.twitch.tv/oauth2", scopes: "openid user:read:email", style: oauth2.AuthStyleInParams},
		set(provider.Twitch), unset(provider.Twitch)},
	{look{id: "twitter", name: "X", kind: "oauth", authURL: "https://x.com/i/oauth2/authorize", tokenURL: "https://api.x.com/2/oauth2/token", userInfoURL: "https://api.x.com/2/users/me?user.fields=profile_image_url,confirmed_email", scopes: "users.read users.email tweet.read offline.access"},
		set(provider.Twitter), unset(provider.Twitter)},
	{look{id: "zitadel", name: "ZITADEL", kind: "oidc", issuer: "https://z.example.com", merge: true}, at(provider.Zitadel, "https://z.example.com"), unsetAt(provider.Zitadel, "")},
}

// registered is what a provider issued to the application.
var registered = provider.Client{ID: "client", Secret: "the secret of the client"}

func set(of func(provider.Client) authent.Provider) func() authent.Provider {
	return func() authent.Provider { return of(registered) }
}

func unset(of func(provider.Client) authent.Provider) func() authent.Provider {
	return func() authent.Provider { return of(provider.Client{}) }
}

// at returns a provider at an issuer or a base URL.
func at(of func(issuer string, c provider.Client) authent.Provider, issuer string) func() authent.Provider {
	return func() authent.Provider { return of(issuer, registered) }
}

// unsetAt returns the same as at, without client id and secret.
func unsetAt(of func(issuer string, c provider.Client) authent.Provider, issuer string) func() authent.Provider {
	return func() authent.Provider { return of(issuer, provider.Client{}) }
}

func lookOf(p authent.Provider) look {
	o := p.OAuth
	return look{
		p.ID, p.Name, p.Type, o.Issuer, o.AuthURL, o.TokenURL, o.UserInfoURL, strings.Join(o.Scopes, " "),
		o.AuthStyle, o.FormPost, o.MergeUserInfo, strings.Join(o.OtherIssuers, " "), strings.Join(o.Declined, " "), o.NoPKCE, o.NoNonce,
	}
}

func newAuth(p authent.Provider) error {
	_, err := authent.New(authent.Config{
		URL: "https://example.com/auth", Secrets: []string{"a secret of more than thirty-two bytes for tests"},
		Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{p},
	})
	return err
}

// TestProviders: each is what Auth.js has under that id, and New accepts it.
func TestProviders(t *testing.T) {
	t.Parallel()
	for _, k := range known {
		p := k.set()
		if got := lookOf(p); got != k.look {
			t.Errorf("%s:\n got %+v\nwant %+v", k.id, got, k.look)
		}
		if p.OAuth.TrustEmail {
			t.Errorf("%s: its addresses are trusted without the application's word", k.id)
		}
		if id := p.OAuth.ClientID; id != registered.ID {
			t.Errorf("%s: client id %q", k.id, id)
		}
		if s := p.OAuth.ClientSecret; s != registered.Secret && p.OAuth.NewClientSecret == nil {
			t.Errorf("%s: its client secret is of %d bytes and another one", k.id, len(s))
		}
		if err := newAuth(p); err != nil {
			t.Errorf("%s: %v", k.id, err)
		}
	}
}

// TestEnvironment: what is "" comes from the variables that the documentation
// names, and the error names them.
func TestEnvironment(t *testing.T) {
	for _, k := range known {
		t.Run(k.id, func(t *testing.T) {
			p := k.unset()
			prefix := "AUTH_" + strings.ToUpper(strings.ReplaceAll(k.id, "-", "_"))
			names := []string{prefix + "_ID", prefix + "_SECRET"}
			if k.kind == authent.TypeOIDC && p.OAuth.Issuer == "" {
				names = append(names, prefix+"_ISSUER")
			}
			err := newAuth(p)
			for _, name := range names {
				if err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("without %s: %v", name, err)
				}
				t.Setenv(name, "https://issuer.example.com")
			}
			if err := newAuth(p); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestClientSecretIsNotPrinted: a Client, and the provider that it becomes, may be
// printed and logged.
func TestClientSecretIsNotPrinted(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	for _, v := range []any{registered, &registered, provider.AppleClient{PrivateKey: registered.Secret}, *provider.OIDC("https://login.example.com", registered).OAuth} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&log, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "client", v)
	}
	text, err := json.Marshal(registered)
	if err != nil {
		t.Fatal(err)
	}
	log.Write(text)
	for _, form := range []string{string(registered.Secret), hex.EncodeToString([]byte(registered.Secret))} {
		if strings.Contains(log.String(), form) {
			t.Errorf("the secret is in %s", log.String())
		}
	}
}

// TestTwitchIsAskedByName: it tells nothing else.
func TestTwitchIsAskedByName(t *testing.T) {
	t.Parallel()
	const want = `{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}`
	if got := provider.Twitch(provider.Client{ID: "client", Secret: "secret"}).OAuth.AuthParams["claims"]; got != want {
		t.Errorf("claims %s", got)
	}
}
