package provider

import (
	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// LinkedIn returns sign-in with LinkedIn, through its product "Sign In with LinkedIn
// using OpenID Connect". Its id is "linkedin". A field of c that is "" comes from
// AUTH_LINKEDIN_ID or AUTH_LINKEDIN_SECRET.
//
// It is weaker than the other providers: LinkedIn refuses PKCE from web applications and
// puts no nonce into its ID tokens. A stolen code is then limited only by working once,
// within LinkedIn's half hour, and by needing the client secret. OAuth.NoPKCE and
// OAuth.NoNonce say so; the state still ties the answer to the browser that asked.
func LinkedIn(c Client) authent.Provider {
	p := standard("linkedin", "LinkedIn", "https://www.linkedin.com/oauth", c)
	p.OAuth.OtherIssuers = []string{"https://www.linkedin.com"} // the ID tokens in its documentation
	p.OAuth.AuthStyle = oauth2.AuthStyleInParams
	p.OAuth.NoPKCE, p.OAuth.NoNonce = true, true
	// https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
	p.OAuth.Declined = []string{"user_cancelled_login", "user_cancelled_authorize"}
	return p
}
