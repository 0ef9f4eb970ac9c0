package provider

import "github.com/authent/authent/authent"

// Google is sign-in with a Google account. Its id is "google". If clientID and
// clientSecret are "", they come from AUTH_GOOGLE_ID and AUTH_GOOGLE_SECRET.
func Google(clientID, clientSecret string) authent.Provider {
	return authent.Provider{ID: "google", Name: "Google", Type: authent.TypeOIDC, OAuth: &authent.OAuth{
		ClientID: clientID, ClientSecret: authent.Secret(clientSecret),
		Issuer:        "https://accounts.google.com",
		RequestParams: []string{"access_type", "hd", "include_granted_scopes"},
	}}
}
