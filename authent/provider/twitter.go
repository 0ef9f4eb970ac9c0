package provider

import "github.com/authent/authent/authent"

// Twitter is sign-in with X. Its id is "twitter". If clientID and clientSecret
// (those of OAuth 2.0, not the API key) are "", they come from AUTH_TWITTER_ID
// and AUTH_TWITTER_SECRET. X tells no address by these scopes.
func Twitter(clientID, clientSecret string) authent.Provider {
	return OAuth2("twitter", "X", authent.OAuth{
		ClientID: clientID, ClientSecret: authent.Secret(clientSecret),
		AuthURL: "https://x.com/i/oauth2/authorize", TokenURL: "https://api.x.com/2/oauth2/token",
		UserInfoURL: "https://api.x.com/2/users/me?user.fields=profile_image_url",
		Scopes:      []string{"users.read", "tweet.read", "offline.access"},
		Profile:     twitterProfile,
	})
}

func twitterProfile(c authent.Claims) (authent.Profile, error) {
	user := c.Object("data")
	return authent.Profile{ID: user.String("id"), Name: firstOf(user, "name", "username"), Image: user.String("profile_image_url")}, nil
}
