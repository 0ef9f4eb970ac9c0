package provider

import (
	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// Twitch is sign-in with Twitch. Its id is "twitch". If clientID and clientSecret
// are "", they come from AUTH_TWITCH_ID and AUTH_TWITCH_SECRET.
func Twitch(clientID, clientSecret string) authent.Provider {
	p := standard("twitch", "Twitch", "https://id.twitch.tv/oauth2", clientID, clientSecret)
	p.OAuth.AuthStyle = oauth2.AuthStyleInParams
	p.OAuth.Scopes = []string{"openid", "user:read:email"}
	// Twitch tells what it is asked for by name (OpenID Connect Core §5.5).
	p.OAuth.AuthParams = map[string]string{
		"claims": `{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}`,
	}
	p.OAuth.RequestParams = []string{"force_verify"}
	return p
}
