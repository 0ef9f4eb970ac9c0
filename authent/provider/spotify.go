package provider

import "github.com/authent/authent/authent"

// Spotify returns sign-in with Spotify. Its id is "spotify". A field of c that is ""
// comes from AUTH_SPOTIFY_ID or AUTH_SPOTIFY_SECRET.
//
// Spotify documents that the address is never verified.
func Spotify(c Client) authent.Provider {
	return OAuth2("spotify", "Spotify", authent.OAuth{
		ClientID: c.ID, ClientSecret: c.Secret,
		AuthURL: "https://accounts.spotify.com/authorize", TokenURL: "https://accounts.spotify.com/api/token",
		UserInfoURL:   "https://api.spotify.com/v1/me",
		Scopes:        []string{"user-read-email"},
		RequestParams: []string{"show_dialog"},
		Profile:       spotifyProfile,
	})
}

func spotifyProfile(c authent.Claims) (authent.Profile, error) {
	p := authent.Profile{ID: c.String("id"), Name: c.String("display_name"), Email: c.String("email"), EmailVerified: authent.VerifiedNo}
	if images, _ := c["images"].([]any); len(images) > 0 {
		image, _ := images[0].(map[string]any)
		p.Image = authent.Claims(image).String("url")
	}
	return p, nil
}
