package provider

import (
	"context"
	"net/http"

	"github.com/authent/authent/authent"
)

const bitbucketAPI = "https://api.bitbucket.org/2.0"

// Bitbucket returns sign-in with Bitbucket Cloud. Its id is "bitbucket". c holds the
// key and the secret of an OAuth consumer; a field that is "" comes from
// AUTH_BITBUCKET_ID or AUTH_BITBUCKET_SECRET. The consumer needs the permissions
// Account: Email and Account: Read.
//
// The address is the account's primary one, if Bitbucket says that it is confirmed.
func Bitbucket(c Client) authent.Provider {
	return OAuth2("bitbucket", "Bitbucket", authent.OAuth{
		ClientID: c.ID, ClientSecret: c.Secret,
		AuthURL: "https://bitbucket.org/site/oauth2/authorize", TokenURL: "https://bitbucket.org/site/oauth2/access_token",
		UserInfoURL: bitbucketAPI + "/user",
		UserInfo:    bitbucketUser,
		Scopes:      []string{"account", "email"},
		Profile:     bitbucketProfile,
	})
}

// bitbucketUser fetches the account and adds its primary address, if that is confirmed,
// as confirmed_email. No answer of Bitbucket has a field of that name.
func bitbucketUser(ctx context.Context, c *http.Client) (authent.Claims, error) {
	user, err := authent.FetchClaims(ctx, c, bitbucketAPI+"/user")
	if err != nil {
		return nil, err
	}
	delete(user, "confirmed_email")
	page, err := authent.FetchClaims(ctx, c, bitbucketAPI+"/user/emails?pagelen=100")
	if forbidden(err) {
		return user, nil // a consumer without that permission
	}
	if err != nil {
		return nil, err
	}
	for _, e := range objects(page["values"]) {
		if e.Verified("is_primary") == authent.VerifiedYes && e.Verified("is_confirmed") == authent.VerifiedYes {
			user["confirmed_email"] = e.String("email")
		}
	}
	return user, nil
}

func bitbucketProfile(c authent.Claims) (authent.Profile, error) {
	p := authent.Profile{
		ID: c.String("account_id"), Name: firstOf(c, "display_name", "username"), Email: c.String("confirmed_email"),
		Image: c.Object("links").Object("avatar").String("href"),
	}
	if p.Email != "" {
		p.EmailVerified = authent.VerifiedYes
	}
	return p, nil
}
