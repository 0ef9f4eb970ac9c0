package provider

import "github.com/authent/authent/authent"

// Client holds what a provider issued when the application was registered there. A
// field that is "" comes from the environment, so the zero Client stands for
// AUTH_<ID>_ID and AUTH_<ID>_SECRET, where <ID> is the provider's id in capitals with
// "_" for "-".
type Client struct {
	// ID is the client id, which some providers call app id or key. Anybody may know
	// it. If "", the environment's AUTH_<ID>_ID.
	ID string
	// Secret is the client secret. It is never printed. If "", the environment's
	// AUTH_<ID>_SECRET.
	Secret authent.Secret
}
