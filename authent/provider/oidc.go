package provider

import (
	"net/url"

	"github.com/authent/authent/authent"
)

// OIDC is sign-in with any OpenID Connect provider, found by its issuer, which is
// written letter for letter as in its discovery document. The id is "oidc" and
// the name the issuer's host; change both for a provider of your own:
//
//	p := provider.OIDC("https://login.example.com", "", "")
//	p.ID, p.Name = "example", "Example"
//
// What is "" comes from AUTH_OIDC_ISSUER, AUTH_OIDC_ID and AUTH_OIDC_SECRET,
// or with another id from the variables of that id.
func OIDC(issuer, clientID, clientSecret string) authent.Provider {
	name := "OpenID Connect"
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		name = u.Host
	}
	return authent.Provider{ID: "oidc", Name: name, Type: authent.TypeOIDC, OAuth: &authent.OAuth{
		Issuer: issuer, ClientID: clientID, ClientSecret: authent.Secret(clientSecret),
	}}
}

// OAuth2 is sign-in with any OAuth 2.0 provider: o says where its endpoints are
// and, in Profile, what its profiles mean. name is what people read.
func OAuth2(id, name string, o authent.OAuth) authent.Provider {
	return authent.Provider{ID: id, Name: name, Type: authent.TypeOAuth, OAuth: &o}
}
