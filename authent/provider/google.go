package provider

import (
	"strings"

	"github.com/authent/authent/authent"
)

// Google is sign-in with a Google account. Its id is "google". If clientID and
// clientSecret are "", they come from AUTH_GOOGLE_ID and AUTH_GOOGLE_SECRET.
//
// The address counts as verified only where Google keeps the mailbox: at
// gmail.com, and in a Workspace or Cloud organization (the claim hd). A Google
// account may have any other address, which need not be its owner's any more.
func Google(clientID, clientSecret string) authent.Provider {
	return authent.Provider{ID: "google", Name: "Google", Type: authent.TypeOIDC, OAuth: &authent.OAuth{
		ClientID: clientID, ClientSecret: authent.Secret(clientSecret),
		Issuer:        "https://accounts.google.com",
		OtherIssuers:  []string{"accounts.google.com"},
		RequestParams: []string{"access_type", "hd", "include_granted_scopes"},
		Profile:       googleProfile,
	}}
}

// googleProfile follows
// https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
func googleProfile(c authent.Claims) (authent.Profile, error) {
	p, err := authent.StandardProfile(c)
	domain := p.Email[strings.LastIndex(p.Email, "@")+1:]
	keeps := c.String("hd") != "" || strings.EqualFold(domain, "gmail.com") && domain != p.Email
	if p.EmailVerified == authent.VerifiedYes && !keeps {
		p.EmailVerified = authent.VerifiedUnknown
	}
	return p, err
}
