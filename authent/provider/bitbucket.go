package provider

import "github.com/authent/authent/authent"

// Bitbucket is sign-in with Bitbucket Cloud. Its id is "bitbucket". If clientID
// and clientSecret (an OAuth consumer's key and secret) are "", they come from
// AUTH_BITBUCKET_ID and AUTH_BITBUCKET_SECRET. Bitbucket tells no address by this
// scope.
func Bitbucket(clientID, clientSecret string) authent.Provider {
	return OAuth2("bitbucket", "Bitbucket", authent.OAuth{
		ClientID: clientID, ClientSecret: authent.Secret(clientSecret),
		AuthURL: "https://bitbucket.org/site/oauth2/authorize", TokenURL: "https://bitbucket.org/site/oauth2/access_token",
		UserInfoURL: "https://api.bitbucket.org/2.0/user",
		Scopes:      []string{"account"},
		Profile:     bitbucketProfile,
	})
}

func bitbucketProfile(c authent.Claims) (authent.Profile, error) {
	return authent.Profile{
		ID: c.String("account_id"), Name: firstOf(c, "display_name", "username"),
		Image: c.Object("links").Object("avatar").String("href"),
	}, nil
}
