package provider

import (
	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// LinkedIn is sign-in with LinkedIn, by its product "Sign In with LinkedIn using
// OpenID Connect". Its id is "linkedin". If clientID and clientSecret are "", they
// come from AUTH_LINKEDIN_ID and AUTH_LINKEDIN_SECRET.
//
// It is weaker than the others: LinkedIn refuses PKCE from web applications and puts
// no nonce into its ID tokens, so that nothing tells a stolen code from one's own
// but that it works once, within LinkedIn's half hour, and wants the client secret.
// OAuth.NoPKCE and OAuth.NoNonce say so; the state still binds the answer to the
// browser that asked.
func LinkedIn(clientID, clientSecret string) authent.Provider {
	p := standard("linkedin", "LinkedIn", "https://www.linkedin.com/oauth", clientID, clientSecret)
	p.OAuth.OtherIssuers = []string{"https://www.linkedin.com"} // the ID tokens in its documentation
	p.OAuth.AuthStyle = oauth2.AuthStyleInParams
	p.OAuth.NoPKCE, p.OAuth.NoNonce = true, true
	// https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
	p.OAuth.Declined = []string{"user_cancelled_login", "user_cancelled_authorize"}
	return p
}
