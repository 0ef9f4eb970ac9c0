package provider

import (
	"strconv"
	"strings"

	"github.com/authent/authent/authent"
)

// Discord returns sign-in with Discord. Its id is "discord". A field of c that is ""
// comes from AUTH_DISCORD_ID or AUTH_DISCORD_SECRET.
func Discord(c Client) authent.Provider {
	return OAuth2("discord", "Discord", authent.OAuth{
		ClientID: c.ID, ClientSecret: c.Secret,
		AuthURL: "https://discord.com/api/oauth2/authorize", TokenURL: "https://discord.com/api/oauth2/token",
		UserInfoURL: "https://discord.com/api/users/@me",
		Scopes:      []string{"identify", "email"},
		Profile:     discordProfile,
	})
}

func discordProfile(c authent.Claims) (authent.Profile, error) {
	return authent.Profile{
		ID: c.String("id"), Name: firstOf(c, "global_name", "username"), Email: c.String("email"),
		EmailVerified: c.Verified("verified"), Image: discordImage(c),
	}, nil
}

// discordImage returns the address of the avatar. An account without one has a default
// picture, chosen by its id or, on accounts with a tag, by the tag.
func discordImage(c authent.Claims) string {
	const cdn = "https://cdn.discordapp.com/"
	id, avatar := c.String("id"), c.String("avatar")
	if avatar != "" {
		kind := ".png"
		if strings.HasPrefix(avatar, "a_") {
			kind = ".gif"
		}
		return cdn + "avatars/" + id + "/" + avatar + kind
	}
	if tag, err := strconv.ParseUint(c.String("discriminator"), 10, 64); err == nil && tag != 0 {
		return cdn + "embed/avatars/" + strconv.FormatUint(tag%5, 10) + ".png"
	}
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return ""
	}
	return cdn + "embed/avatars/" + strconv.FormatUint((number>>22)%6, 10) + ".png"
}
