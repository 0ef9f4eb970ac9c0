package provider

import "github.com/authent/authent/authent"

// Credentials is sign-in by a form whose fields the application checks itself:
// a one-time code, a company directory, an invitation. id is the provider's id
// in URLs, name what people read, check says who it is, and inputs are the
// fields that the built-in page shows. The user must exist in the database; the
// session is one in the database like any other.
func Credentials(id, name string, check authent.CredentialsCheck, inputs ...authent.Input) authent.Provider {
	return authent.Provider{
		ID: id, Name: name, Type: authent.TypeCredentials,
		Credentials: &authent.Credentials{Check: check, Inputs: inputs},
	}
}
