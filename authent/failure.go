package authent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"

	"github.com/authent/authent/authent/internal/page"
)

// failure is what people and scripts are told of an error.
type failure struct {
	err error
	// kind is the code in the query of the page, with Auth.js's names.
	kind string
	// code is the second code in the query.
	code string
	// page is where browsers are sent. On the error page a status other than 200
	// is shown at once, at the URL where it happened.
	page string
	// status is the answer's to scripts, and to browsers where they are not sent
	// elsewhere with 302.
	status int
}

// failures maps errors to public answers; the first that matches counts. What is
// not here is a fault of the server's own: Configuration, and the cause in the
// log alone.
var failures = []failure{
	{ErrUnavailable, "Unavailable", "", "error", http.StatusServiceUnavailable},
	{ErrInvalidCredentials, "CredentialsSignin", "credentials", "signin", http.StatusOK},
	{ErrUserDisabled, "CredentialsSignin", "credentials", "signin", http.StatusOK},
	{errNoEmail, "OAuthCallbackError", "email_missing", "signin", http.StatusOK},
	{errOAuthCallback, "OAuthCallbackError", "", "signin", http.StatusOK},
	{ErrAccountNotLinked, "OAuthAccountNotLinked", "", "signin", http.StatusOK},
	{errLinkedElsewhere, "AccountNotLinked", "", "account", http.StatusOK},
	{errNotLinked, "AccountNotFound", "", "account", http.StatusOK},
	{ErrLastSignIn, "LastSignIn", "", "account", http.StatusOK},
	{errMissingCSRF, "MissingCSRF", "", "signin", http.StatusOK},
	{ErrAccessDenied, "AccessDenied", "", "error", http.StatusOK},
	{errSessionNotFound, "SessionNotFound", "", "account", http.StatusOK},
	{errCurrentPassword, "CurrentPassword", "", "account", http.StatusOK},
	{ErrRecentSignInRequired, "RecentSignInRequired", "", "account", http.StatusForbidden},
	{errBadBody, "BadRequest", "", "error", http.StatusBadRequest},
	{errManyCookies, "BadRequest", "", "error", http.StatusBadRequest},
	{errBodyTooLarge, "TooLarge", "", "error", http.StatusRequestEntityTooLarge},
	{errUnknownPage, "PageNotFound", "", "error", http.StatusNotFound},
	{ErrSignedOut, "SessionRequired", "", "error", http.StatusUnauthorized},
	{ErrBusy, "Unavailable", "", "error", http.StatusServiceUnavailable},
	{context.DeadlineExceeded, "Unavailable", "", "error", http.StatusServiceUnavailable},
}

var serverFault = failure{nil, "Configuration", "", "error", http.StatusInternalServerError}

var publicCode = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

// retryAfter is how many seconds a client is to wait before it tries again.
const retryAfter = "2"

// failureOf finds the public answer to err.
func failureOf(err error) failure {
	if c, ok := errors.AsType[*passwordError](err); ok {
		return failure{err, "PasswordChange", public(c.Code), "account", http.StatusOK}
	}
	if c, ok := errors.AsType[*RegisterError](err); ok {
		return failure{err, "Register", public(c.Code), "register", http.StatusOK}
	}
	for _, f := range failures {
		if !errors.Is(err, f.err) {
			continue
		}
		if _, ok := errors.AsType[*cancelledError](err); ok {
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

// public is a code if it has the form of one, else "".
func public(code string) string {
	if publicCode.MatchString(code) {
		return code
	}
	return ""
}

// isFault reports whether err is a fault of the server's or its database's, whose
// cause belongs into the log.
func isFault(err error) bool {
	return errors.Is(err, ErrUnavailable) || failureOf(err).kind == serverFault.kind
}

// logFault logs err where it is a fault, and nothing else.
func (e *exchange) logFault(err error) {
	if !isFault(err) {
		return
	}
	e.auth.cfg.Logger.Log(e.r.Context(), faultLevel(err), "authent: request failed", "method", e.r.Method, "path", e.r.URL.Path, "error", err)
}

// faultLevel is Error, but Debug for what a client has left behind who has gone.
func faultLevel(err error) slog.Level {
	if errors.Is(err, context.Canceled) && !errors.Is(err, ErrUnavailable) {
		return slog.LevelDebug
	}
	return slog.LevelError
}

// fail answers an error: to scripts as JSON with the URL of a page that says
// what to do, to browsers with that page.
func (e *exchange) fail(err error) {
	e.logFault(err)
	f := failureOf(err)
	if f.status == http.StatusServiceUnavailable {
		e.w.Header().Set("Retry-After", retryAfter)
	}
	query := url.Values{"error": {f.kind}}
	if f.code != "" {
		query.Set("code", f.code)
	}
	if f.page == "error" && f.status != http.StatusOK && !e.wantsJSON() && !e.ownFaultPage(f) {
		e.errorPage(f)
		return
	}
	_ = e.redirectAs(f.jsonStatus(), e.failurePage(f, query))
}

// ownFaultPage reports whether a fault of the server's own is told by a page of
// the application's, to which Auth.js would send the browser too.
func (e *exchange) ownFaultPage(f failure) bool {
	return f.kind == serverFault.kind && e.auth.cfg.Pages.Error != ""
}

// failJSON is fail for endpoints whose every answer is JSON.
func (e *exchange) failJSON(err error) error {
	f := failureOf(err)
	if f.status != http.StatusServiceUnavailable {
		return err
	}
	e.logFault(err)
	e.w.Header().Set("Retry-After", retryAfter)
	e.noStore()
	e.json(f.status, map[string]string{"error": f.kind})
	return nil
}

// jsonStatus is what scripts get: Auth.js's client looks at the URL and expects
// 200, except where a status tells a script what to do.
func (f failure) jsonStatus() int {
	if f.status == http.StatusNotFound {
		return http.StatusOK
	}
	return f.status
}

// failurePage is the URL of the page that explains a failure.
func (e *exchange) failurePage(f failure, query url.Values) string {
	own := map[string]string{
		"signin": e.auth.cfg.Pages.SignIn, "error": e.auth.cfg.Pages.Error,
		"register": e.auth.cfg.Pages.Register, "account": e.auth.cfg.Pages.Account,
	}[f.page]
	if own != "" {
		return withQuery(absolute(e.origin, own), query)
	}
	page := f.page
	if f.kind == "Unavailable" || f.kind == "SessionRequired" {
		page = "signin"
	}
	return e.page(page, query)
}

// errorPage shows what went wrong at the URL where it did.
func (e *exchange) errorPage(f failure) {
	view := page.ErrorView{Frame: e.frame()}
	view.Error, view.Code = f.kind, f.code
	if err := e.html(f.status, page.Error, view); err != nil {
		e.auth.cfg.Logger.ErrorContext(e.r.Context(), "authent: error page failed", "error", err)
		e.w.WriteHeader(http.StatusInternalServerError)
	}
}

// misconfigured answers a request that the server cannot serve as it is set up:
// with the error page for a page, else in JSON, as Auth.js does.
func (e *exchange) misconfigured() {
	f := failure{kind: "Configuration", status: http.StatusInternalServerError}
	if e.method() == http.MethodGet && acceptsHTML(e.r) {
		e.errorPage(f)
		return
	}
	e.json(f.status, map[string]string{"message": "There was a problem with the server configuration. Check the server logs for more information."})
}

var (
	errSessionNotFound = errors.New("no such session")
	errCurrentPassword = errors.New("the current password is wrong")
)
