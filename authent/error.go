package authent

import (
	"errors"
	"fmt"

	"github.com/authent/authent/authent/internal/oauth"
	"github.com/authent/authent/authent/internal/password"
	"github.com/authent/authent/authent/internal/slots"
)

var (
	// ErrNotFound says that a row does not exist or is not the caller's; the two
	// look the same.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that a unique key is taken; see ConflictError.
	ErrConflict = errors.New("already exists")
	// ErrInvalid says that a value was not stored; see InvalidError.
	ErrInvalid = errors.New("not accepted")
	// ErrUnavailable says that the database did not do what it was asked: it
	// could not be reached, dropped the connection, is shutting down, read-only
	// or overloaded, or did not answer in time. The change may or may not have
	// been stored. Try again later.
	ErrUnavailable = errors.New("the database is not available")
	// ErrUnsupported says that the tables lack a column that the call needs, or
	// the Config a provider.
	ErrUnsupported = errors.New("not supported by this schema")

	// ErrInvalidCredentials refuses a sign-in: the password, the address or both
	// are wrong, or the user is disabled or has no password. It never says which.
	ErrInvalidCredentials = errors.New("these credentials are not valid")
	// ErrAccessDenied is returned when the SignIn callback rejects a sign-in.
	ErrAccessDenied = errors.New("access denied")
	// ErrUserDisabled refuses to start a session for a user who is locked out.
	ErrUserDisabled = errors.New("user is disabled")
	// ErrAccountNotLinked refuses a sign-in through a provider if its e-mail
	// address belongs to a user who has not linked that account.
	ErrAccountNotLinked = errors.New("the account is not linked to the user who has its address")
	// ErrLastSignIn refuses to remove the only way in which a person can sign in.
	ErrLastSignIn = errors.New("this is the last way to sign in")
	// ErrSignedOut says that there is no session, or that it has ended.
	ErrSignedOut = errors.New("not signed in")
	// ErrPasswordShort refuses a new password of fewer than 8 code points (ASVS
	// 6.2.1).
	ErrPasswordShort = password.ErrShort
	// ErrPasswordLong refuses a new password that would not be hashed to its end:
	// of more than 1,024 bytes or, in shared mode, where bcrypt reads no further,
	// of more than 72 bytes or with a NUL in it (ASVS 6.2.8).
	ErrPasswordLong = password.ErrLong
	// ErrPasswordCommon refuses a new password that is guessed first: one of the common
	// ones (ASVS 6.2.4), also with names of the address or the application around it, or
	// these names alone (ASVS 6.2.11).
	ErrPasswordCommon = errors.New("password is too easy to guess")
	// ErrPasswordBreached refuses a new password that Passwords.Breached knows (ASVS
	// 6.2.12).
	ErrPasswordBreached = errors.New("password has been in a data breach")
	// ErrBusy says that the server is busy: it is checking as many passwords, or
	// has as many people waiting for one provider, as it may at once. Handlers
	// answer 503 with Retry-After.
	ErrBusy = slots.ErrBusy
	// ErrLinkInvalid says that a link or a code that was mailed does not work: it was used
	// or has expired, it is not whole, or the account has changed since.
	ErrLinkInvalid = errors.New("the link or code was used, has expired, or is not complete")
	// ErrCodeWrong says that a code is not the one that was mailed; people may try again.
	ErrCodeWrong = errors.New("the code is wrong")
	// ErrFactorRequired says that the first step of a sign-in is done, and a second factor
	// is to follow; or that it was done too long ago, or counts no more.
	ErrFactorRequired = errors.New("a second factor is required")
	// ErrFactorUnavailable says that the secret of a one-time code cannot be opened: use
	// another way.
	ErrFactorUnavailable = errors.New("one-time codes cannot be checked now")
	// ErrAssuranceRequired says that this needs a session that a second factor or a passkey
	// began.
	ErrAssuranceRequired = errors.New("a session with a second factor is required")
	// ErrEmailUnverified refuses a sign-in with the right password: the address must be
	// proved first (VerificationRequired).
	ErrEmailUnverified = errors.New("the address is not verified")
	// ErrRecentSignInRequired says that the person must sign in again, or type
	// the password, before they may do this.
	ErrRecentSignInRequired = errors.New("a recent sign-in is required")
)

// The table of failures says what people are told about these.
var (
	errUnknownPage     = errors.New("unknown page, action or provider")
	errMissingCSRF     = errors.New("the CSRF token or the request's origin is not ours")
	errBadBody         = errors.New("the body cannot be decoded")
	errBodyTooLarge    = errors.New("the body is too large")
	errManyCookies     = errors.New("more session cookies than a browser keeps")
	errSessionNotFound = errors.New("no such session")
	errCurrentPassword = errors.New("the current password is wrong")
	errDeletePassword  = errors.New("the password of an account to be deleted is wrong")
	errOAuthCallback   = oauth.ErrCallback
	errNoEmail         = errors.New("the provider gave no address that can be used")
	errLinkedElsewhere = errors.New("the account is linked to another user")
	errOtherAccount    = errors.New("the account at the provider is another one than that of the person who is signed in")
	errNotLinked       = errors.New("no such account is linked")
	errProofNeeded     = errors.New("the link alone does not show that the account is theirs")
	errNoPasswords     = fmt.Errorf("no password provider: %w", ErrUnsupported)
	errNoMailer        = fmt.Errorf("no Config.Mailer: %w", ErrUnsupported)
	errChallenge       = errors.New("the challenge was not met")
	errOtherProspect   = errors.New("not the user that the application was asked about")
)

// orNotFound replaces ErrNotFound with another error.
func orNotFound(err, instead error) error {
	if errors.Is(err, ErrNotFound) {
		return instead
	}
	return err
}

// orConflict replaces ErrConflict with another error.
func orConflict(err, instead error) error {
	if errors.Is(err, ErrConflict) {
		return instead
	}
	return err
}

// CredentialsError refuses a sign-in with a code that the sign-in page gets in
// its query (a–z, 0–9 and "_", at most 64). A CredentialsCheck or the SignIn
// callback returns it.
type CredentialsError struct{ Code string }

// Error implements error.
func (e *CredentialsError) Error() string { return "sign-in refused: " + e.Code }

// Is makes errors.Is(err, ErrInvalidCredentials) true.
func (e *CredentialsError) Is(target error) bool { return target == ErrInvalidCredentials }

// isRefusal reports whether a callback refused with an error that people may see.
func isRefusal(err error) bool {
	return errors.Is(err, ErrInvalidCredentials) || errors.Is(err, ErrAccessDenied) || errors.Is(err, ErrUnavailable)
}

// Keys that ConflictError names for the engine's own entities.
const (
	KeyUserEmail         = "User.email"
	KeyAccount           = "Account.provider,providerAccountId"
	KeySessionToken      = "Session.sessionToken"
	KeyVerificationToken = "VerificationToken.token"
	KeyTOTP              = "TOTP.userId"
	KeyAuthenticator     = "Authenticator.credentialID"
)

// ConflictError says which unique key is taken. It never wraps the driver's
// error: MySQL's holds the value.
type ConflictError struct {
	// Key is one of the Key constants or, for an application's own unique
	// columns, "Type.field", or "" if the database does not say.
	Key string
}

// Error implements error.
func (e *ConflictError) Error() string {
	if e.Key == "" {
		return ErrConflict.Error()
	}
	return e.Key + ": " + ErrConflict.Error()
}

// Is makes errors.Is(err, ErrConflict) true.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// InvalidError says which field's value was not stored: the column cannot hold
// it, or one of the application's validators refuses it.
type InvalidError struct {
	// Field is "Type.field", such as "User.username", or "Type" alone if the
	// database does not say.
	Field string
	// Err is what the validator or the database said. It never holds the value,
	// unless the application's validators put it there.
	Err error
}

// Error implements error.
func (e *InvalidError) Error() string {
	return e.Field + ": " + ErrInvalid.Error() + ": " + e.Err.Error()
}

// Is makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// Unwrap returns Err.
func (e *InvalidError) Unwrap() error { return e.Err }
