package provider

import (
	"cmp"
	"strings"

	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// GitLab returns sign-in with GitLab at baseURL, such as "https://gitlab.example.com";
// if baseURL is "", at https://gitlab.com. Its id is "gitlab". A field of c that is ""
// comes from AUTH_GITLAB_ID or AUTH_GITLAB_SECRET.
//
// GitLab does not say whether the address is verified.
func GitLab(baseURL string, c Client) authent.Provider {
	base := strings.TrimSuffix(cmp.Or(baseURL, "https://gitlab.com"), "/")
	return OAuth2("gitlab", "GitLab", authent.OAuth{
		ClientID: c.ID, ClientSecret: c.Secret,
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
