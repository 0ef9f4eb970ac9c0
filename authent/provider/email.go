package provider

import "github.com/authent/authent/authent"

// Email returns sign-in with a link, or a code, that is mailed; Config.Mailer sends it.
// Whoever has no account gets one with their first link, unless Config.SignUp says
// otherwise. Its id is "email", so that Auth.js's browser client calls it with
// signIn("email", { email }). Beside an Auth.js app that sends such links too, give it that
// app's id, so that each opens the other's:
//
//	p := provider.Email()
//	p.ID = "nodemailer"
func Email() authent.Provider {
	return authent.Provider{ID: "email", Name: "Email", Type: authent.TypeEmail}
}
