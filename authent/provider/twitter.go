package provider

import "github.com/authent/authent/authent"

// Twitter is sign-in with X. Its id is "twitter". If clientID and clientSecret
// (those of OAuth 2.0, not the API key) are "", they come from AUTH_TWITTER_ID
// and AUTH_TWITTER_SECRET. X tells the address only to applications for which
// "Request email from users" is switched on, and only one that is confirmed.
func Twitter(clientID, clientSecret string) authent.Provider {
	return OAuth2("twitter", "X", authent.OAuth{
		ClientID: clientID, ClientSecret: authent.Secret(clientSecret),
		AuthURL: "https://x.com/i/oauth2/authorize", TokenURL: "https://api.x.com/2/oauth2/token",
		UserInfoURL: "https://api.x.com/2/users/me?user.fields=profile_image_url,confirmed_email",
		Scopes:      []string{"users.read", "users.email", "tweet.read", "offline.access"},
		Profile:     twitterProfile,
	})
}

func twitterProfile(c authent.Claims) (authent.Profile, error) {
	user := c.Object("data")
	p := authent.Profile{
		ID: user.String("id"), Name: firstOf(user, "name", "username"), Email: user.String("confirmed_email"), Image: user.String("profile_image_url"),
	}
	if p.Email != "" {
		p.EmailVerified = authent.VerifiedYes
	}
	return p, nil
}
