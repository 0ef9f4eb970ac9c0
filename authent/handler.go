package authent

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/authent/authent/authent/internal/input"
)

// route is one endpoint of the Handler. Unsafe ones are protected against
// cross-site requests before act runs (P18).
type route struct {
	method, action string
	// provider says that a provider's id follows the action in the path.
	provider bool
	// link says that a GET acts by itself, since a link in another program leads
	// there: it is no mere look, so HEAD is refused.
	link bool
	// only4 says that next-auth 4 alone has it.
	only4 bool
	// act takes the request, checks it, does the work and answers.
	act func(e *exchange) error
}

// routes are all endpoints. Their names, and those without "added", are
// Auth.js's.
var routes = []route{
	{method: "GET", action: "csrf", act: (*exchange).getCSRF},
	{method: "GET", action: "providers", act: (*exchange).getProviders},
	{method: "GET", action: "session", act: (*exchange).getSession},
	{method: "POST", action: "session", act: (*exchange).postSession},
	{method: "GET", action: "signin", act: (*exchange).getSignIn},
	{method: "POST", action: "signin", act: (*exchange).postSignIn},
	{method: "POST", action: "signin", provider: true, act: (*exchange).postSignIn},
	{method: "GET", action: "callback", provider: true, link: true, act: (*exchange).getCallback},
	{method: "POST", action: "callback", provider: true, act: (*exchange).postCallback},
	{method: "GET", action: "webauthn-options", provider: true, act: (*exchange).getPasskeyOptions},
	{method: "GET", action: "signout", act: (*exchange).getSignOut},
	{method: "POST", action: "signout", act: (*exchange).postSignOut},
	{method: "GET", action: "verify-request", act: (*exchange).getVerifyRequest},
	{method: "GET", action: "error", act: (*exchange).getError},
	{method: "POST", action: logAction, only4: true, act: (*exchange).postLog},

	// Added by authent.
	{method: "GET", action: "register", act: (*exchange).getRegister},
	{method: "POST", action: "register", act: (*exchange).postRegister},
	{method: "GET", action: "forgot-password", act: (*exchange).getForgotPassword},
	{method: "POST", action: "forgot-password", act: (*exchange).postForgotPassword},
	{method: "GET", action: "reset-password", act: (*exchange).getResetPassword},
	{method: "POST", action: "reset-password", act: (*exchange).postResetPassword},
	{method: "POST", action: "code", act: (*exchange).postCode},
	{method: "GET", action: "verify-email", act: (*exchange).getVerifyEmail},
	{method: "POST", action: "verify-email", act: (*exchange).postVerifyEmail},
	{method: "POST", action: "verify-email/send", act: (*exchange).postSendVerification},
	{method: "POST", action: "email", act: (*exchange).postEmail},
	{method: "GET", action: "change-email", act: (*exchange).getChangeEmail},
	{method: "POST", action: "change-email", act: (*exchange).postChangeEmail},
	{method: "GET", action: "undo-email", act: (*exchange).getUndoEmail},
	{method: "POST", action: "undo-email", act: (*exchange).postUndoEmail},
	{method: "GET", action: "dev/mail", act: (*exchange).getDevMail},
	{method: "GET", action: "account", act: (*exchange).getAccount},
	{method: "GET", action: "sessions", act: (*exchange).getSessions},
	{method: "POST", action: "sessions/revoke", act: (*exchange).postRevoke},
	{method: "POST", action: "password", act: (*exchange).postPassword},
	{method: "GET", action: "reauthenticate", act: (*exchange).getReauthenticate},
	{method: "POST", action: "reauthenticate", act: (*exchange).postReauthenticate},
	{method: "POST", action: "reauthenticate", provider: true, act: (*exchange).postReauthenticate},
	{method: "GET", action: "factor", act: (*exchange).getFactor},
	{method: "POST", action: "factor", act: (*exchange).postFactor},
	{method: "GET", action: "totp", act: (*exchange).getTOTP},
	{method: "POST", action: "totp", act: (*exchange).postTOTP},
	{method: "POST", action: "totp/remove", act: (*exchange).postRemoveTOTP},
	{method: "POST", action: "recovery-codes", act: (*exchange).postRecoveryCodes},
	{method: "POST", action: "trust/revoke", act: (*exchange).postForgetBrowsers},
	{method: "POST", action: "link", provider: true, act: (*exchange).postLink},
	{method: "POST", action: "unlink", act: (*exchange).postUnlink},
	{method: "POST", action: "delete", act: (*exchange).postDelete},
	{method: "POST", action: "passkeys/rename", act: (*exchange).postRenamePasskey},
	{method: "POST", action: "passkeys/remove", act: (*exchange).postRemovePasskey},
	{method: "GET", action: "goodbye", act: (*exchange).getGoodbye},
}

// Handler serves Auth.js's HTTP endpoints, the added ones and the built-in
// pages. Mount it with mux.Handle(auth.Pattern(), auth.Handler()).
//
// Each endpoint has one path, letter for letter: what a rule of a proxy in front
// says of that path cannot be dodged by another spelling. Unlike Auth.js's, the
// Handler answers 404 to a slash at the end, to doubled slashes and to escaped
// characters (/callback/credentials/, /callback%2Fcredentials). HEAD is answered
// as GET without the body, and 405 where a GET acts: a provider's way back.
//
// A script that sends the header X-Auth-Return-Redirect, with any value, gets the
// redirect's target in JSON, with status 200 in place of 302:
//
//	{"url": "https://example.com/", "ok": true}
//	{"url": "https://example.com/auth/signin?error=CredentialsSignin&code=credentials",
//	 "ok": false, "error": "CredentialsSignin", "code": "credentials"}
//
// "ok" says whether what was asked is done; "url" is where a browser would go, which
// Auth.js's client reads alone. "code" is there where an error has one. When it is not
// ok and has no error, the SignIn callback sends the person to url. Errors that tell a
// script what to do have their status too: 503 with Retry-After, 401, 403, 400, 413.
// AuthJS4 says what else the client of next-auth 4 is told.
//
// A page of Config.TrustedOrigins may do so from its own origin (CORS): fetch with
// credentials: "include", read csrfToken from GET {base}/csrf, and send it in the body
// of each POST, as form or JSON. Other origins get no CORS headers, and OPTIONS from
// them is 400, as from Auth.js.
func (a *Auth) Handler() http.Handler { return http.HandlerFunc(a.serve) }

func (a *Auth) serve(w http.ResponseWriter, r *http.Request) {
	e := &exchange{Auth: a, w: w, r: r}
	trusted := e.shareWithTrusted()
	if !e.served() {
		return
	}
	if r.Method == http.MethodOptions && trusted {
		e.preflight()
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
		e.json(http.StatusBadRequest, "Bad request.")
		return
	}
	rt, err := e.route()
	if err != nil {
		e.fail(err)
		return
	}
	if rt.link && r.Method == http.MethodHead {
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	e.at = rt
	if err := e.prepare(rt); err != nil {
		rt.fail(e, err)
		return
	}
	if err := rt.act(e); err != nil {
		rt.fail(e, err)
	}
}

// served finds the origin at which the request reached us, and reports whether it may be
// served. One that may not is answered and logged.
func (e *exchange) served() bool {
	origin, err := e.originOf(e.r)
	if err == nil {
		e.origin = origin
		return true
	}
	e.cfg.Logger.ErrorContext(e.r.Context(), "authent: request refused: set AUTH_URL to the URL at which people reach this server",
		"error", err, "host", input.Excerpt(e.r.Host))
	e.origin = &url.URL{}
	e.misconfigured()
	return false
}

// fail answers an error. POST session answers a client's as Auth.js does.
func (rt route) fail(e *exchange, err error) {
	if rt.action == "session" && rt.method == http.MethodPost {
		e.logFault(err)
		e.json(http.StatusBadRequest, e.nobody())
		return
	}
	e.fail(err)
}

// route finds the endpoint for e's method and path. A path with escaped
// characters is none.
func (e *exchange) route() (route, error) {
	path := e.r.URL.Path
	rest, ok := e.cutBase(e.r)
	if !ok && path == e.site.Base { // as chi's Mount passes it on
		return route{}, errUnknownPage
	}
	if !ok {
		e.cfg.Logger.ErrorContext(e.r.Context(), "authent: the Handler is mounted where AUTH_URL does not point: mount it with mux.Handle(auth.Pattern(), auth.Handler())",
			"path", input.Excerpt(path), "base", e.site.Base)
		return route{}, errUnknownPage
	}
	if raw := e.r.URL.RawPath; raw != "" && raw != path {
		return route{}, errUnknownPage
	}
	action, id, _ := strings.Cut(rest, "/")
	for _, rt := range routes {
		switch {
		case rt.method != e.method() || rt.only4 && !e.cfg.beside4():
		case !rt.provider && rt.action == rest:
			return rt, nil
		case rt.provider && rt.action == action:
			if e.provider, ok = e.Auth.provider(id); ok {
				return rt, nil
			}
		}
	}
	return route{}, errUnknownPage
}

// cutBase returns r's path without Config.URL's, or false if it has another. Behind
// http.StripPrefix that of r.URL is the end of the one that the browser asked for,
// which then counts: what is left of "/auth/auth/signin" is not "/auth/signin".
func (a *Auth) cutBase(r *http.Request) (string, bool) {
	base := a.site.Base + "/"
	whole, _ := input.SplitPath(ownURI(r))
	if strings.HasPrefix(r.URL.Path, "/") && strings.HasSuffix(whole, r.URL.Path) {
		if rest, ok := strings.CutPrefix(whole, base); ok {
			return rest, true
		}
	}
	return strings.CutPrefix(r.URL.Path, base)
}

// method returns the request's method; HEAD counts as GET.
func (e *exchange) method() string {
	if e.r.Method == http.MethodHead {
		return http.MethodGet
	}
	return e.r.Method
}

// prepare does what every endpoint needs first: the body, the CSRF and
// callback-url cookies, and for unsafe methods the protection against
// cross-site requests.
func (e *exchange) prepare(rt route) error {
	if rt.action == logAction { // nothing is read, and nothing done
		return nil
	}
	if err := e.readBody(); err != nil {
		return err
	}
	if rt.action == "providers" || e.postedByProvider(rt) {
		return nil
	}
	if err := e.prepareCSRF(); err != nil {
		return err
	}
	e.prepareCallbackURL()
	if rt.method == http.MethodPost {
		return e.checkCrossSite()
	}
	return nil
}

// postedByProvider reports whether a provider made the browser send the request.
// It comes from another site by design, and does nothing but come again as GET.
func (e *exchange) postedByProvider(rt route) bool {
	return rt.method == http.MethodPost && rt.action == "callback" && e.provider.OAuth != nil && e.provider.OAuth.FormPost
}

// prepareCSRF takes the browser's CSRF token from its cookie, or issues one; what
// this answer issued already counts as well.
func (e *exchange) prepareCSRF() error {
	if token, ok := e.csrf.Verify(cookie(e.r, e.cookies.csrf)); ok {
		e.csrfToken, e.hadCSRF = token, true
		return nil
	}
	if token, ok := e.csrf.Verify(cookieSet(e.w, e.cookies.csrf)); ok {
		e.csrfToken = token
		return nil
	}
	token, value, err := e.csrf.Issue(e.cfg.Rand)
	if err != nil {
		return err
	}
	e.csrfToken = token
	e.setCookie(e.w, e.cookies.csrf, value, noExpiry)
	return nil
}

// checkCrossSite lets an unsafe request pass when the browser says that it is
// our own page's (Fetch Metadata, else Origin, the scheme compared), and it
// knows the token in the cookie (ASVS 10.2.1). No other header is evidence, such as
// HX-Request. Of what it refuses it logs why.
func (e *exchange) checkCrossSite() error {
	switch sent := e.form.Get("csrfToken"); {
	case !e.sameSite():
		e.logForeign()
	case !e.hadCSRF:
		e.logNoCookie()
	case !Secret(sent).Equal(Secret(e.csrfToken)):
		e.logWrongToken(sent == "")
	default:
		return nil
	}
	return errMissingCSRF
}

// sameSite judges the headers in which browsers say where a request comes from.
// The standard library compares an Origin's host alone; without Sec-Fetch-Site
// we compare the whole of it.
func (e *exchange) sameSite() bool {
	if e.r.Header.Get("Sec-Fetch-Site") != "" {
		return e.origins.Check(e.r) == nil
	}
	origin := e.r.Header.Get("Origin")
	if origin == "" || origin == e.origin.String() {
		return true
	}
	return slices.Contains(e.cfg.TrustedOrigins, origin)
}

// prepareCallbackURL works out where the browser goes afterwards: to what the
// request asks for, else to the page from which htmx sent it, else to what an earlier
// request asked for, else to the origin.
func (e *exchange) prepareCallbackURL() {
	asked := e.form.Get("callbackUrl")
	if asked == "" {
		asked = queryOf(e.r).Get("callbackUrl")
	}
	if asked == "" {
		asked = e.currentURL()
	}
	before := cookie(e.r, e.cookies.callbackURL)
	switch {
	case asked != "":
		e.callbackURL = e.redirectURL(asked)
		e.keepCallbackURL(before, e.onward(e.callbackURL))
		return
	case before != "":
		e.callbackURL = e.onward(e.redirectURL(before))
	default:
		e.callbackURL = e.origin.String()
	}
	e.keepCallbackURL(before, e.callbackURL)
}

// keepCallbackURL has the browser, whose cookie was before, remember where it goes
// afterwards.
func (e *exchange) keepCallbackURL(before, onward string) {
	if onward != before && len(onward) <= maxCallbackURL {
		e.setCookie(e.w, e.cookies.callbackURL, onward, noExpiry)
	}
}

// onward returns where a person who has signed in goes: to target, but to the origin in
// place of a page on which people sign in or out, or are told of a fault.
func (e *exchange) onward(target string) string {
	if e.isWayIn(target) {
		return e.origin.String()
	}
	return target
}

// maxCallbackURL keeps the cookie within the 4 KiB that browsers give one, the
// percent-encoding included.
const maxCallbackURL = 1024

// redirectURL returns the absolute URL for what a browser asks to be sent to: of the
// application's own origin or a trusted one, unless the Redirect callback says
// otherwise (P17).
func (e *exchange) redirectURL(asked string) string {
	if e.cfg.Callbacks.Redirect != nil {
		return absolute(e.origin, e.cfg.Callbacks.Redirect(e.r.Context(), RedirectParams{URL: asked, BaseURL: e.origin.String()}))
	}
	if u, ok := input.SameOriginURL(asked, e.origin); ok {
		return u
	}
	if u, ok := input.URLOfOrigins(asked, e.cfg.TrustedOrigins); ok {
		return u
	}
	return e.origin.String()
}

// absolute resolves a path or URL of the application's own choice; what is
// neither becomes the origin.
func absolute(origin *url.URL, ref string) string {
	u, err := origin.Parse(ref)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return origin.String()
	}
	return u.String()
}
