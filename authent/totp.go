package authent

import (
	"context"
	"time"
)

// TOTP is a user's authenticator app (RFC 6238).
type TOTP struct {
	// UserID is whose it is. A user has one at most.
	UserID string
	// Secret is the shared secret, sealed by the engine, of at most MaxKey bytes.
	Secret Secret
	// LastStep is the time step of the code that was used last; 0 before the first. No code
	// of this or an earlier one works again.
	LastStep int64
	// ConfirmedAt is when the person typed the first code.
	ConfirmedAt time.Time
}

// TOTPStore keeps authenticator apps. An Adapter may implement it; the generated one does
// if the graph has an entity TOTP. What Adapter's comment asks of every method holds for
// these, and DeleteUser deletes the user's.
type TOTPStore interface {
	// CreateTOTP stores a user's TOTP. A second one is ErrConflict (KeyTOTP), an unknown
	// user ErrNotFound.
	CreateTOTP(ctx context.Context, t TOTP) error
	// TOTP returns a user's TOTP; ErrNotFound if there is none.
	TOTP(ctx context.Context, userID string) (*TOTP, error)
	// UseTOTPStep sets LastStep to step in one conditional UPDATE, and reports whether
	// LastStep was below it: of any number of simultaneous calls with one step, in any
	// number of processes, exactly one is true. It is false where there is no TOTP.
	UseTOTPStep(ctx context.Context, userID string, step int64) (bool, error)
	// UpdateTOTPSecret replaces the sealed secret old by sealed, if old is still stored;
	// else it does nothing, which is no error.
	UpdateTOTPSecret(ctx context.Context, userID string, old, sealed Secret) error
	// DeleteTOTP deletes a user's TOTP.
	DeleteTOTP(ctx context.Context, userID string) error
	// TOTPs returns TOTPs in ascending order of UserID, as the database orders that, those
	// above after, at most limit, which is 1 or more. after is "" or the UserID of the last
	// one that was returned.
	TOTPs(ctx context.Context, after string, limit int) ([]TOTP, error)
}
