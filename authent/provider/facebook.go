package provider

import (
	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// Facebook is sign-in with Facebook. Its id is "facebook". If clientID and
// clientSecret (the app id and the app secret) are "", they come from
// AUTH_FACEBOOK_ID and AUTH_FACEBOOK_SECRET.
//
// Facebook does not say whether the address is verified, and people without one
// have none. The endpoints carry no version: Facebook then takes the oldest one
// that the app may use.
func Facebook(clientID, clientSecret string) authent.Provider {
	return OAuth2("facebook", "Facebook", authent.OAuth{
		ClientID: clientID, ClientSecret: authent.Secret(clientSecret),
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
