package provider

import (
	"net/url"

	"github.com/authent/authent/authent"
)

// OIDC returns sign-in with any OpenID Connect provider. issuer must be written exactly as
// in the provider's discovery document, from which the endpoints are read. The id is
// "oidc" and the name is the issuer's host; change both for a provider of your own:
//
//	p := provider.OIDC("https://login.example.com", provider.Client{})
//	p.ID, p.Name = "example", "Example"
//
// An issuer or a field of c that is "" comes from AUTH_OIDC_ISSUER, AUTH_OIDC_ID or
// AUTH_OIDC_SECRET, or under another id from that id's variables.
func OIDC(issuer string, c Client) authent.Provider {
	name := "OpenID Connect"
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		name = u.Host
	}
	return authent.Provider{ID: "oidc", Name: name, Type: authent.TypeOIDC, OAuth: &authent.OAuth{
		Issuer: issuer, ClientID: c.ID, ClientSecret: c.Secret,
	}}
}

// OAuth2 returns sign-in with any OAuth 2.0 provider. o holds its endpoints and, in
// Profile, what its profiles mean. People read name.
func OAuth2(id, name string, o authent.OAuth) authent.Provider {
	return authent.Provider{ID: id, Name: name, Type: authent.TypeOAuth, OAuth: &o}
}
