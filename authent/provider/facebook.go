package provider

import (
	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// Facebook returns sign-in with Facebook. Its id is "facebook". c holds the app id and
// the app secret; a field that is "" comes from AUTH_FACEBOOK_ID or
// AUTH_FACEBOOK_SECRET.
//
// Facebook does not say whether the address is verified, and some accounts have no
// address. The endpoints carry no version: Facebook then uses the oldest one that the
// app may use.
func Facebook(c Client) authent.Provider {
	return OAuth2("facebook", "Facebook", authent.OAuth{
		ClientID: c.ID, ClientSecret: c.Secret,
		AuthURL: "https://www.facebook.com/dialog/oauth", TokenURL: "https://graph.facebook.com/oauth/access_token",
		UserInfoURL: "https://graph.facebook.com/me?fields=id,name,email,picture",
		AuthStyle:   oauth2.AuthStyleInParams,
		Scopes:      []string{"email"},
		Profile:     facebookProfile,
	})
}

func facebookProfile(c authent.Claims) (authent.Profile, error) {
	return authent.Profile{
		ID: c.String("id"), Name: c.String("name"), Email: c.String("email"),
		Image: c.Object("picture").Object("data").String("url"),
	}, nil
}
