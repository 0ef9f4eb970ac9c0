package provider

import (
	"strings"

	"github.com/authent/authent/authent"
)

// Google returns sign-in with a Google account. Its id is "google". A field of c that is
// "" comes from AUTH_GOOGLE_ID or AUTH_GOOGLE_SECRET.
//
// The address counts as verified only where Google keeps the mailbox: at gmail.com, and
// in a Workspace or Cloud organization (the claim hd). A Google account may have any
// other address, which may no longer belong to its owner.
func Google(c Client) authent.Provider {
	return authent.Provider{ID: "google", Name: "Google", Type: authent.TypeOIDC, OAuth: &authent.OAuth{
		ClientID: c.ID, ClientSecret: c.Secret,
		Issuer:        "https://accounts.google.com",
		OtherIssuers:  []string{"accounts.google.com"},
		RequestParams: []string{"access_type", "hd", "include_granted_scopes"},
		Profile:       googleProfile,
	}}
}

// googleProfile accepts an address as verified by the rules of
//
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
