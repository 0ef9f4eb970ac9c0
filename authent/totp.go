package authent

import (
	"context"
	"time"
)

// TOTP is a user's authenticator app (RFC 6238). A user has at most one.
type TOTP struct {
	// UserID is whose it is.
	UserID string
	// Secret is the shared secret, sealed by the engine.
	Secret Secret
	// LastStep is the time step of the code that was used last. No code of this or an
	// earlier one works again.
	LastStep int64
	// ConfirmedAt is when the person typed the first code.
	ConfirmedAt time.Time
}

// TOTPStore keeps authenticator apps. An Adapter may implement it, and what its InTx passes
// then too; the generated one does if the graph has an entity TOTP.
type TOTPStore interface {
	// CreateTOTP stores a user's TOTP. A second one is ErrConflict (KeyTOTP), an unknown
	// user ErrNotFound.
	CreateTOTP(ctx context.Context, t TOTP) error
	// TOTP returns a user's TOTP.
	TOTP(ctx context.Context, userID string) (*TOTP, error)
	// UseTOTPStep sets LastStep to step if it was below it, in one conditional UPDATE, and
	// reports whether it was: of any number of simultaneous calls with one step, one is
	// true. An unknown user is false.
	UseTOTPStep(ctx context.Context, userID string, step int64) (bool, error)
	// UpdateTOTPSecret replaces the sealed secret old, if it is still the one stored; else
	// it does nothing.
	UpdateTOTPSecret(ctx context.Context, userID string, old, sealed Secret) error
	// DeleteTOTP deletes a user's TOTP.
	DeleteTOTP(ctx context.Context, userID string) error
	// TOTPs returns TOTPs in ascending order of UserID, those above after, at most limit.
	TOTPs(ctx context.Context, after string, limit int) ([]TOTP, error)
}
