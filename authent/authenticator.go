package authent

import (
	"context"
	"time"
)

// Authenticator is a passkey, as the table of Auth.js has it. Beside it stands an account of
// type webauthn; both are written and removed together.
type Authenticator struct {
	CredentialID, UserID, ProviderAccountID string
	CredentialPublicKey                     string
	Counter                                 int64
	CredentialDeviceType                    string
	CredentialBackedUp                      bool
	Transports                              string
	Name                                    string
	CreatedAt, LastUsedAt                   time.Time
}

// AuthenticatorUpdate says what UpdateAuthenticator changes: nil leaves a column alone.
type AuthenticatorUpdate struct {
	Counter            *int64
	CredentialBackedUp *bool
	Name               *string
	LastUsedAt         *time.Time
}

// AuthenticatorStore keeps passkeys. An Adapter may implement it; the generated one does if
// the graph has an entity Authenticator.
type AuthenticatorStore interface {
	CreateAuthenticator(ctx context.Context, a Authenticator) (*Authenticator, error)
	Authenticator(ctx context.Context, credentialID string) (*Authenticator, error)
	Authenticators(ctx context.Context, userID string) ([]*Authenticator, error)
	UpdateAuthenticator(ctx context.Context, credentialID string, u AuthenticatorUpdate) error
	DeleteAuthenticator(ctx context.Context, userID, credentialID string) (deleted bool, err error)
}
