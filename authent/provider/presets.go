package provider

import "github.com/authent/authent/authent"

// standard returns sign-in with a provider that follows OpenID Connect in every part.
func standard(id, name, issuer string, c Client) authent.Provider {
	return authent.Provider{ID: id, Name: name, Type: authent.TypeOIDC, OAuth: &authent.OAuth{
		Issuer: issuer, ClientID: c.ID, ClientSecret: c.Secret,
	}}
}

// Slack returns sign-in with Slack. Its id is "slack". A field of c that is "" comes from
// AUTH_SLACK_ID or AUTH_SLACK_SECRET. Slack accepts only callback URLs with https. An
// account is a member of one workspace: a person in two workspaces has two accounts.
func Slack(c Client) authent.Provider {
	p := standard("slack", "Slack", "https://slack.com", c)
	p.OAuth.RequestParams = []string{"team"}
	return p
}

// Okta returns sign-in with an Okta organization. Its id is "okta". issuer is
// "https://{organization}.okta.com", or that of an authorization server of its own. An
// issuer or a field of c that is "" comes from AUTH_OKTA_ISSUER, AUTH_OKTA_ID or
// AUTH_OKTA_SECRET.
func Okta(issuer string, c Client) authent.Provider {
	p := standard("okta", "Okta", issuer, c)
	p.OAuth.MergeUserInfo = true // with an access token comes a thin ID token
	return p
}

// Auth0 returns sign-in with an Auth0 tenant. Its id is "auth0". issuer is
// "https://{domain}/", with the slash. An issuer or a field of c that is "" comes from
// AUTH_AUTH0_ISSUER, AUTH_AUTH0_ID or AUTH_AUTH0_SECRET.
func Auth0(issuer string, c Client) authent.Provider {
	p := standard("auth0", "Auth0", issuer, c)
	p.OAuth.RequestParams = []string{"connection", "organization", "screen_hint"}
	return p
}

// Keycloak returns sign-in with a realm of a Keycloak server. Its id is "keycloak".
// issuer is "https://{host}/realms/{realm}". An issuer or a field of c that is "" comes
// from AUTH_KEYCLOAK_ISSUER, AUTH_KEYCLOAK_ID or AUTH_KEYCLOAK_SECRET.
func Keycloak(issuer string, c Client) authent.Provider {
	p := standard("keycloak", "Keycloak", issuer, c)
	p.OAuth.RequestParams = []string{"kc_idp_hint"}
	return p
}

// Zitadel returns sign-in with a ZITADEL instance. Its id is "zitadel". issuer is the
// instance's URL. An issuer or a field of c that is "" comes from AUTH_ZITADEL_ISSUER,
// AUTH_ZITADEL_ID or AUTH_ZITADEL_SECRET.
func Zitadel(issuer string, c Client) authent.Provider {
	p := standard("zitadel", "ZITADEL", issuer, c)
	p.OAuth.MergeUserInfo = true // ID tokens of the code flow hold no profile
	return p
}
