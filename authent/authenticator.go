package authent

import (
	"context"
	"time"
)

// Authenticator is a passkey (WebAuthn), as Auth.js stores it.
type Authenticator struct {
	// CredentialID identifies it, among all users'. It is in standard base64 with padding
	// (RFC 4648 §4), as Auth.js has it, as are the public key and ProviderAccountID.
	CredentialID string
	// UserID is whose it is.
	UserID string
	// ProviderAccountID is the id of the account that goes with it.
	ProviderAccountID string
	// CredentialPublicKey is the key (COSE) that checks its signatures.
	CredentialPublicKey string
	// Counter is how many signatures it said it had made. Auth.js's tables hold at most
	// 2,147,483,647.
	Counter int64
	// CredentialDeviceType is "singleDevice" or "multiDevice".
	CredentialDeviceType string
	// CredentialBackedUp says that it was backed up when it was used last.
	CredentialBackedUp bool
	// Transports is how browsers reach it, comma-separated; "" stands for NULL.
	Transports string

	// Name is what the person calls it. It is optional, and has no column in Auth.js's
	// tables, as CreatedAt and LastUsedAt have none.
	Name string
	// CreatedAt is when it was added; optional.
	CreatedAt time.Time
	// LastUsedAt is when somebody last signed in with it; optional.
	LastUsedAt time.Time
}

// AuthenticatorUpdate says what UpdateAuthenticator changes: nil leaves a column alone.
type AuthenticatorUpdate struct {
	Counter            *int64
	CredentialBackedUp *bool
	Name               *string
	LastUsedAt         *time.Time
}

// AuthenticatorStore keeps passkeys. An Adapter may implement it; the generated one does if
// the graph has an entity Authenticator. What Adapter's comment asks of every method holds
// for these, a CredentialID being a key, and DeleteUser deletes the user's.
type AuthenticatorStore interface {
	// CreateAuthenticator stores an authenticator and returns it as stored. A CredentialID
	// that is taken is ErrConflict (KeyAuthenticator), whoever has it; an unknown user is
	// ErrNotFound. A value that is longer than its column, or a Counter that is too large,
	// is ErrInvalid, except that Transports are left out then, and Name is cut.
	CreateAuthenticator(ctx context.Context, a Authenticator) (*Authenticator, error)
	// Authenticator returns one; ErrNotFound if there is none.
	Authenticator(ctx context.Context, credentialID string) (*Authenticator, error)
	// Authenticators returns those of a user, in no particular order; if there are none, an
	// empty slice and no error.
	Authenticators(ctx context.Context, userID string) ([]*Authenticator, error)
	// UpdateAuthenticator changes what u names and leaves the rest alone. A Name or
	// LastUsedAt without a column is left out.
	UpdateAuthenticator(ctx context.Context, credentialID string, u AuthenticatorUpdate) error
	// DeleteAuthenticator deletes the user's authenticator and reports whether there was
	// one. Another user's is not touched.
	DeleteAuthenticator(ctx context.Context, userID, credentialID string) (deleted bool, err error)
}
