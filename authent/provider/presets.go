package provider

import "github.com/authent/authent/authent"

// standard is OpenID Connect as the standard has it.
func standard(id, name, issuer, clientID, clientSecret string) authent.Provider {
	return authent.Provider{ID: id, Name: name, Type: authent.TypeOIDC, OAuth: &authent.OAuth{
		Issuer: issuer, ClientID: clientID, ClientSecret: authent.Secret(clientSecret),
	}}
}

// Slack is sign-in with Slack. Its id is "slack". If clientID and clientSecret
// are "", they come from AUTH_SLACK_ID and AUTH_SLACK_SECRET. Slack wants the
// callback URL to be https. An account is a member of one workspace: who is in
// two has two.
func Slack(clientID, clientSecret string) authent.Provider {
	p := standard("slack", "Slack", "https://slack.com", clientID, clientSecret)
	p.OAuth.RequestParams = []string{"team"}
	return p
}

// Okta is sign-in with an Okta organization. Its id is "okta". issuer is
// "https://{organization}.okta.com", or that of an authorization server of its
// own. What is "" comes from AUTH_OKTA_ISSUER, AUTH_OKTA_ID and AUTH_OKTA_SECRET.
func Okta(issuer, clientID, clientSecret string) authent.Provider {
	p := standard("okta", "Okta", issuer, clientID, clientSecret)
	p.OAuth.MergeUserInfo = true // with an access token comes a thin ID token
	return p
}

// Auth0 is sign-in with an Auth0 tenant. Its id is "auth0". issuer is
// "https://{domain}/", with the slash. What is "" comes from AUTH_AUTH0_ISSUER,
// AUTH_AUTH0_ID and AUTH_AUTH0_SECRET.
func Auth0(issuer, clientID, clientSecret string) authent.Provider {
	p := standard("auth0", "Auth0", issuer, clientID, clientSecret)
	p.OAuth.RequestParams = []string{"connection", "organization", "screen_hint"}
	return p
}

// Keycloak is sign-in with a realm of a Keycloak server. Its id is "keycloak".
// issuer is "https://{host}/realms/{realm}". What is "" comes from
// AUTH_KEYCLOAK_ISSUER, AUTH_KEYCLOAK_ID and AUTH_KEYCLOAK_SECRET.
func Keycloak(issuer, clientID, clientSecret string) authent.Provider {
	p := standard("keycloak", "Keycloak", issuer, clientID, clientSecret)
	p.OAuth.RequestParams = []string{"kc_idp_hint"}
	return p
}

// Zitadel is sign-in with a ZITADEL instance. Its id is "zitadel". issuer is the
// instance's URL. What is "" comes from AUTH_ZITADEL_ISSUER, AUTH_ZITADEL_ID and
// AUTH_ZITADEL_SECRET.
func Zitadel(issuer, clientID, clientSecret string) authent.Provider {
	p := standard("zitadel", "ZITADEL", issuer, clientID, clientSecret)
	p.OAuth.MergeUserInfo = true // ID tokens of the code flow hold no profile
	return p
}
