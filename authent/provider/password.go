package provider

import "github.com/authent/authent/authent"

// Password returns sign-in by e-mail and password, with registration and a session in
// the database. Its id is "credentials", so that Auth.js's browser client calls it with
// signIn("credentials"). The schema User needs the field password.
func Password() authent.Provider {
	return authent.Provider{
		ID: "credentials", Name: "Password", Type: authent.TypeCredentials,
		Credentials: &authent.Credentials{Password: true},
	}
}
