package provider

import "github.com/authent/authent/authent"

// Twitter returns sign-in with X. Its id is "twitter". c holds the id and the secret of
// OAuth 2.0, not the API key; a field that is "" comes from AUTH_TWITTER_ID or
// AUTH_TWITTER_SECRET. X gives the address only to applications with "Request email from
// users" switched on, and only a confirmed one.
func Twitter(c Client) authent.Provider {
	return OAuth2("twitter", "X", authent.OAuth{
		ClientID: c.ID, ClientSecret: c.Secret,
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
