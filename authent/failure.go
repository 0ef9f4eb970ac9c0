package authent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"

	"github.com/authent/authent/authent/internal/oauth"
)

// failure is what people and scripts are told about an error.
type failure struct {
	err error
	// kind is the code in the query of the page, with Auth.js's names.
	kind string
	// code is the second code in the query.
	code string
	// page is the page that browsers are sent to. The error page with a status
	// other than 200 is shown at once, at the URL where the error happened.
	page string
	// status is the status for scripts, and for browsers that are not redirected
	// with 302.
	status int
}

// failures maps errors to public answers; the first that matches counts. Any
// other error is the server's own fault: Configuration, with the cause in the log
// alone.
var failures = []failure{
	{ErrUnavailable, "Unavailable", "", "error", http.StatusServiceUnavailable},
	{ErrInvalidCredentials, "CredentialsSignin", "credentials", "signin", http.StatusOK},
	{ErrLinkInvalid, "Verification", "", "error", http.StatusOK},
	{ErrFactorRequired, "FactorRequired", "", "signin", http.StatusOK},
	{ErrFactorUnavailable, "FactorUnavailable", "", "factor", http.StatusServiceUnavailable},
	{ErrAssuranceRequired, "FactorRequired", "", "reauthenticate", http.StatusForbidden},
	{errHasTOTP, "FactorExists", "", "account", http.StatusOK},
	{errNoTOTP, "FactorNotFound", "", "account", http.StatusOK},
	{errAddressUnproved, "AddressUnproved", "", "account", http.StatusOK},
	{errSetupGone, "SetupGone", "", "totp", http.StatusOK},
	{ErrCodeWrong, "CodeWrong", "", "verify-request", http.StatusOK},
	{ErrEmailUnverified, "EmailUnverified", "", "verify-request", http.StatusOK},
	{ErrUserDisabled, "CredentialsSignin", "credentials", "signin", http.StatusOK},
	{errNoEmail, "OAuthCallbackError", "email_missing", "signin", http.StatusOK},
	{errOAuthCallback, "OAuthCallbackError", "", "signin", http.StatusOK},
	{ErrAccountNotLinked, "OAuthAccountNotLinked", "", "signin", http.StatusOK},
	{errLinkedElsewhere, "AccountNotLinked", "", "account", http.StatusOK},
	{errOtherAccount, "OtherAccount", "", "account", http.StatusOK},
	{errNotLinked, "AccountNotFound", "", "account", http.StatusOK},
	{ErrLastSignIn, "LastSignIn", "", "account", http.StatusOK},
	{errPasskeyBlocked, "WebAuthnVerificationError", "blocked", "signin", http.StatusOK},
	{ErrPasskey, "WebAuthnVerificationError", "", "signin", http.StatusOK},
	{errPasskeyTaken, "PasskeyTaken", "", "account", http.StatusOK},
	{errPasskeyLong, "PasskeyLong", "", "account", http.StatusOK},
	{errPasskeyName, "PasskeyName", "", "account", http.StatusOK},
	{errManyPasskeys, "ManyPasskeys", "", "account", http.StatusOK},
	{errPasskeyNotFound, "PasskeyNotFound", "", "account", http.StatusOK},
	{errMissingCSRF, "MissingCSRF", "", "signin", http.StatusOK},
	{ErrSignUpClosed, "SignUpClosed", "", "signin", http.StatusOK},
	{ErrAccessDenied, "AccessDenied", "", "error", http.StatusOK},
	{errSessionNotFound, "SessionNotFound", "", "account", http.StatusOK},
	{errDeletePassword, "DeletePassword", "", "account", http.StatusOK},
	{errCurrentPassword, "CurrentPassword", "", "account", http.StatusOK},
	{ErrRecentSignInRequired, "RecentSignInRequired", "", "account", http.StatusForbidden},
	{errBadBody, "BadRequest", "", "error", http.StatusBadRequest},
	{errManyCookies, "BadRequest", "", "error", http.StatusBadRequest},
	{errBodyTooLarge, "TooLarge", "", "error", http.StatusRequestEntityTooLarge},
	{errUnknownPage, "PageNotFound", "", "error", http.StatusNotFound},
	{ErrSignedOut, "SessionRequired", "", "error", http.StatusUnauthorized},
	{ErrBusy, "Unavailable", "", "error", http.StatusServiceUnavailable},
	{ErrRateLimited, "RateLimited", "", "error", http.StatusTooManyRequests},
	{errChallenge, "Challenge", "", "signin", http.StatusOK},
	{context.DeadlineExceeded, "Unavailable", "", "error", http.StatusServiceUnavailable},
}

var serverFault = failure{nil, "Configuration", "", "error", http.StatusInternalServerError}

var publicCode = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

// retryAfter is how many seconds a client is to wait before it tries again.
const retryAfter = "2"

// failureOf finds the public answer to err.
func failureOf(err error) failure {
	f := failureIn(err)
	if on, ok := errors.AsType[*pageError](err); ok && f.page != "error" {
		f.page = on.page
	}
	return f
}

// pageError is an error of a form that stands on another page than most of its kind.
type pageError struct {
	error
	page string
	// form says which form of the page it was, where the error's kind does not.
	form string
}

// Unwrap returns the error itself.
func (e *pageError) Unwrap() error { return e.error }

// challengeOn has a challenge that was not met told by the form that was sent: every kind
// of form can meet one. Other errors stay as they are.
func challengeOn(err error, page, form string) error {
	if !errors.Is(err, errChallenge) {
		return err
	}
	return &pageError{err, page, form}
}

func failureIn(err error) failure {
	if c, ok := errors.AsType[*PasswordError](err); ok {
		return failure{err, "PasswordChange", public(c.Code), "account", http.StatusOK}
	}
	if c, ok := errors.AsType[*RegisterError](err); ok {
		return failure{err, "Register", public(c.Code), "register", http.StatusOK}
	}
	if c, ok := errors.AsType[*RequestError](err); ok {
		return failure{err, "EmailSignin", public(c.Code), "signin", http.StatusOK}
	}
	if c, ok := errors.AsType[*ResetError](err); ok {
		return failure{err, "PasswordReset", public(c.Code), "reset-password", http.StatusOK}
	}
	for _, f := range failures {
		if !errors.Is(err, f.err) {
			continue
		}
		if _, ok := errors.AsType[*oauth.CancelledError](err); ok {
			f.code = "cancelled"
		}
		if _, ok := errors.AsType[linkError](err); ok && f.page == "signin" {
			f.page = "account"
		}
		if c, ok := errors.AsType[*CredentialsError](err); ok && public(c.Code) != "" {
			f.code = c.Code
		}
		return f
	}
	return serverFault
}

// public returns a code if it has the form of one, else "".
func public(code string) string {
	if publicCode.MatchString(code) {
		return code
	}
	return ""
}

// isFault reports whether err is a fault of the server or its database, whose
// cause belongs in the log.
func isFault(err error) bool {
	return errors.Is(err, ErrUnavailable) || failureOf(err).kind == serverFault.kind
}

// faultLevel returns Error, or Debug if the client has gone.
func faultLevel(err error) slog.Level {
	if errors.Is(err, context.Canceled) && !errors.Is(err, ErrUnavailable) {
		return slog.LevelDebug
	}
	return slog.LevelError
}

// jsonStatus returns the status for scripts. Auth.js's client looks at the URL
// and expects 200; another status is sent only if it tells a script what to do.
func (f failure) jsonStatus() int {
	if f.status == http.StatusNotFound {
		return http.StatusOK
	}
	return f.status
}

// linkError is an error of linking, which people see on the account page.
type linkError struct{ error }

// Unwrap returns the error itself.
func (e linkError) Unwrap() error { return e.error }
