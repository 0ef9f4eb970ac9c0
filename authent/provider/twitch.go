package provider

import (
	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// Twitch returns sign-in with Twitch. Its id is "twitch". A field of c that is "" comes
// from AUTH_TWITCH_ID or AUTH_TWITCH_SECRET.
func Twitch(c Client) authent.Provider {
	p := standard("twitch", "Twitch", "https://id.twitch.tv/oauth2", c)
	p.OAuth.AuthStyle = oauth2.AuthStyleInParams
	p.OAuth.Scopes = []string{"openid", "user:read:email"}
	// Twitch tells what it is asked for by name (OpenID Connect Core §5.5).
	p.OAuth.AuthParams = map[string]string{
		"claims": `{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}`,
	}
	p.OAuth.RequestParams = []string{"force_verify"}
	return p
}
