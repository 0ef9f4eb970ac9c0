package provider

import "github.com/authent/authent/authent"

// Credentials returns sign-in through a form that the application checks itself: a
// one-time code, a company directory, an invitation. id is the provider's id in URLs,
// people read name, check decides who signs in, and the built-in page shows inputs. The
// user must exist in the database. The session is stored like any other.
func Credentials(id, name string, check authent.CredentialsCheck, inputs ...authent.Input) authent.Provider {
	return authent.Provider{
		ID: id, Name: name, Type: authent.TypeCredentials,
		Credentials: &authent.Credentials{Check: check, Inputs: inputs},
	}
}
