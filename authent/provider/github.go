package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// GitHub returns sign-in with github.com, through an OAuth app, or a GitHub app that
// may read e-mail addresses. Its id is "github". A field of c that is "" comes from
// AUTH_GITHUB_ID or AUTH_GITHUB_SECRET, or else from GITHUB_ID or GITHUB_SECRET.
//
// The address is the account's primary one. It counts as verified only if GitHub says
// so.
func GitHub(c Client) authent.Provider {
	return gitHub("https://github.com", "https://api.github.com", c)
}

// GitHubEnterprise returns the same as GitHub for the server at baseURL: your own, such
// as "https://github.example.com", or Enterprise Cloud with data residency at
// "https://{name}.ghe.com".
func GitHubEnterprise(baseURL string, c Client) authent.Provider {
	baseURL = strings.TrimSuffix(baseURL, "/")
	return gitHub(baseURL, gitHubAPI(baseURL), c)
}

// gitHubAPI returns the URL of the API: on a host of its own in the clouds that GitHub
// runs, below the server's own URL elsewhere.
//
// https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
func gitHubAPI(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	host := strings.ToLower(u.Hostname())
	if host == "github.com" || strings.HasSuffix(host, ".ghe.com") {
		u.Host = "api." + u.Host
		return u.String()
	}
	return base + "/api/v3"
}

func gitHub(base, api string, c Client) authent.Provider {
	return authent.Provider{ID: "github", Name: "GitHub", Type: authent.TypeOAuth, OAuth: &authent.OAuth{
		ClientID: c.ID, ClientSecret: c.Secret, EnvPrefixes: []string{"GITHUB"},
		Issuer:  base + "/login/oauth",
		AuthURL: base + "/login/oauth/authorize", TokenURL: base + "/login/oauth/access_token",
		AuthStyle:     oauth2.AuthStyleInParams,
		Scopes:        []string{"read:user", "user:email"},
		RequestParams: []string{"login", "allow_signup"},
		UserInfo: func(ctx context.Context, c *http.Client) (authent.Claims, error) {
			return gitHubUser(ctx, c, api)
		},
		Profile: gitHubProfile,
	}}
}

// gitHubUser fetches the account with its primary address. The address in the profile is
// only the one that its owner shows to the public, and need not be verified.
func gitHubUser(ctx context.Context, c *http.Client, api string) (authent.Claims, error) {
	user, err := authent.FetchClaims(ctx, c, api+"/user")
	if err != nil {
		return nil, err
	}
	var emails []any
	err = authent.FetchJSON(ctx, c, api+"/user/emails", &emails)
	if forbidden(err) {
		return user, nil // an app without that permission; the public address is left, unverified
	}
	if err != nil {
		return nil, err
	}
	for _, e := range objects(emails) {
		if e.Verified("primary") == authent.VerifiedYes {
			user["email"], user["email_verified"] = e["email"], e["verified"]
		}
	}
	return user, nil
}

func gitHubProfile(c authent.Claims) (authent.Profile, error) {
	return authent.Profile{
		ID: c.String("id"), Name: firstOf(c, "name", "login"), Email: c.String("email"),
		EmailVerified: c.Verified("email_verified"), Image: c.String("avatar_url"),
	}, nil
}
