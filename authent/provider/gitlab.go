package provider

import (
	"cmp"
	"strings"

	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// GitLab is sign-in with GitLab at baseURL, such as "https://gitlab.example.com";
// if "", https://gitlab.com. Its id is "gitlab". If clientID and clientSecret are
// "", they come from AUTH_GITLAB_ID and AUTH_GITLAB_SECRET.
//
// GitLab does not say whether the address is verified.
func GitLab(baseURL, clientID, clientSecret string) authent.Provider {
	base := strings.TrimSuffix(cmp.Or(baseURL, "https://gitlab.com"), "/")
	return OAuth2("gitlab", "GitLab", authent.OAuth{
		ClientID: clientID, ClientSecret: authent.Secret(clientSecret),
		AuthURL: base + "/oauth/authorize", TokenURL: base + "/oauth/token", UserInfoURL: base + "/api/v4/user",
		AuthStyle: oauth2.AuthStyleInParams,
		Scopes:    []string{"read_user"},
		Profile:   gitLabProfile,
	})
}

func gitLabProfile(c authent.Claims) (authent.Profile, error) {
	return authent.Profile{
		ID: c.String("id"), Name: firstOf(c, "name", "username"), Email: c.String("email"), Image: c.String("avatar_url"),
	}, nil
}
