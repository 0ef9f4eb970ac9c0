package authent

import (
	"errors"
	"net/http"
	"net/url"
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
	// act takes the request, checks it, does the work and answers.
	act func(a *Auth, e *exchange) error
}

// routes are all endpoints. Their names, and those without "added", are
// Auth.js's.
var routes = []route{
	{method: "GET", action: "csrf", act: (*Auth).getCSRF},
	{method: "GET", action: "providers", act: (*Auth).getProviders},
	{method: "GET", action: "session", act: (*Auth).getSession},
	{method: "POST", action: "session", act: (*Auth).postSession},
	{method: "GET", action: "signin", act: (*Auth).getSignIn},
	{method: "POST", action: "signin", act: (*Auth).postSignIn},
	{method: "POST", action: "signin", provider: true, act: (*Auth).postSignIn},
	{method: "GET", action: "callback", provider: true, link: true, act: (*Auth).getCallback},
	{method: "POST", action: "callback", provider: true, act: (*Auth).postCallback},
	{method: "GET", action: "signout", act: (*Auth).getSignOut},
	{method: "POST", action: "signout", act: (*Auth).postSignOut},
	{method: "GET", action: "verify-request", act: (*Auth).getVerifyRequest},
	{method: "GET", action: "error", act: (*Auth).getError},

	// Added by authent.
	{method: "GET", action: "register", act: (*Auth).getRegister},
	{method: "POST", action: "register", act: (*Auth).postRegister},
	{method: "GET", action: "account", act: (*Auth).getAccount},
	{method: "GET", action: "sessions", act: (*Auth).getSessions},
	{method: "POST", action: "sessions/revoke", act: (*Auth).postRevoke},
	{method: "POST", action: "password", act: (*Auth).postPassword},
	{method: "POST", action: "reauthenticate", act: (*Auth).postReauthenticate},
	{method: "POST", action: "link", provider: true, act: (*Auth).postLink},
	{method: "POST", action: "unlink", act: (*Auth).postUnlink},
	{method: "POST", action: "delete", act: (*Auth).postDelete},
}

// Handler serves Auth.js's HTTP endpoints, the added ones and the built-in
// pages. Mount it with mux.Handle(auth.Pattern(), auth.Handler()).
//
// Each endpoint has one path, letter for letter: what a rule of a proxy in front
// says of that path cannot be dodged by another spelling. Unlike Auth.js's, the
// Handler answers 404 to a slash at the end, to doubled slashes and to escaped
// characters (/callback/credentials/, /callback%2Fcredentials). HEAD is answered
// as GET without the body, and 405 where a GET acts: a provider's way back.
func (a *Auth) Handler() http.Handler { return http.HandlerFunc(a.serve) }

func (a *Auth) serve(w http.ResponseWriter, r *http.Request) {
	e := &exchange{auth: a, w: w, r: r}
	var err error
	if e.origin, err = a.originOf(r); err != nil {
		a.logUnserved(r, err)
		e.origin = &url.URL{}
		e.misconfigured()
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
		e.json(http.StatusBadRequest, "Bad request.")
		return
	}
	rt, err := a.route(e)
	if err != nil {
		e.fail(err)
		return
	}
	if rt.link && r.Method == http.MethodHead {
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if err := a.prepare(e, rt); err != nil {
		rt.fail(e, err)
		return
	}
	if err := rt.act(a, e); err != nil {
		rt.fail(e, err)
	}
}

func (a *Auth) logUnserved(r *http.Request, err error) {
	a.cfg.Logger.ErrorContext(r.Context(), "authent: request refused: set AUTH_URL to the URL at which people reach this server",
		"error", err, "host", r.Host)
}

// fail answers an error. POST session answers a client's as Auth.js does.
func (rt route) fail(e *exchange, err error) {
	if rt.action == "session" && rt.method == http.MethodPost {
		e.logFault(err)
		e.json(http.StatusBadRequest, nil)
		return
	}
	e.fail(err)
}

// route finds the endpoint for e's method and path. A path with escaped
// characters is none.
func (a *Auth) route(e *exchange) (route, error) {
	path := e.r.URL.Path
	rest, ok := a.cutBase(e.r)
	if !ok {
		a.cfg.Logger.ErrorContext(e.r.Context(), "authent: the Handler is mounted where AUTH_URL does not point: mount it with mux.Handle(auth.Pattern(), auth.Handler())",
			"path", path, "base", a.site.base)
		return route{}, errUnknownPage
	}
	if raw := e.r.URL.RawPath; raw != "" && raw != path {
		return route{}, errUnknownPage
	}
	action, id, _ := strings.Cut(rest, "/")
	for _, rt := range routes {
		switch {
		case rt.method != e.method():
		case !rt.provider && rt.action == rest:
			return rt, nil
		case rt.provider && rt.action == action:
			if e.provider, ok = a.provider(id); ok {
				return rt, nil
			}
		}
	}
	return route{}, errUnknownPage
}

// cutBase is r's path without Config.URL's, or false where it has another. Behind
// http.StripPrefix that of r.URL is the end of the one that the browser asked for,
// which then counts: what is left of "/auth/auth/signin" is not "/auth/signin".
func (a *Auth) cutBase(r *http.Request) (string, bool) {
	base := a.site.base + "/"
	whole, _ := input.SplitPath(ownURI(r))
	if strings.HasPrefix(r.URL.Path, "/") && strings.HasSuffix(whole, r.URL.Path) {
		if rest, ok := strings.CutPrefix(whole, base); ok {
			return rest, true
		}
	}
	return strings.CutPrefix(r.URL.Path, base)
}

// method is the request's; HEAD counts as GET.
func (e *exchange) method() string {
	if e.r.Method == http.MethodHead {
		return http.MethodGet
	}
	return e.r.Method
}

// prepare does what every endpoint needs first: the body, the CSRF and
// callback-url cookies, and for unsafe methods the protection against
// cross-site requests.
func (a *Auth) prepare(e *exchange, rt route) error {
	if err := e.readBody(); err != nil {
		return err
	}
	if rt.action == "providers" || e.postedByProvider(rt) {
		return nil
	}
	sent, err := a.prepareCSRF(e)
	if err != nil {
		return err
	}
	a.prepareCallbackURL(e)
	if rt.method == http.MethodPost {
		return a.checkCrossSite(e, sent)
	}
	return nil
}

// postedByProvider reports whether a provider made the browser send the request.
// It comes from another site by design, and does nothing but come again as GET.
func (e *exchange) postedByProvider(rt route) bool {
	return rt.method == http.MethodPost && rt.action == "callback" && e.provider.OAuth != nil && e.provider.OAuth.FormPost
}

// prepareCSRF takes the browser's CSRF token from its cookie, or issues one. It
// reports whether the browser already had it.
func (a *Auth) prepareCSRF(e *exchange) (had bool, err error) {
	if token, ok := a.csrf.Verify(cookie(e.r, a.cookies.csrf)); ok {
		e.csrfToken = token
		return true, nil
	}
	token, value, err := a.csrf.Issue(a.cfg.Rand)
	if err != nil {
		return false, err
	}
	e.csrfToken = token
	a.setCookie(e.w, a.cookies.csrf, value, noExpiry)
	return false, nil
}

// checkCrossSite lets an unsafe request pass when the browser says that it is
// our own page's (Fetch Metadata, else Origin, the scheme compared), and it
// knows the token in the cookie (ASVS 10.2.1).
func (a *Auth) checkCrossSite(e *exchange, hadToken bool) error {
	if !a.sameSite(e) || !hadToken || !Secret(e.form.Get("csrfToken")).Equal(Secret(e.csrfToken)) {
		return errMissingCSRF
	}
	return nil
}

// sameSite judges the headers in which browsers say where a request comes from.
// The standard library compares an Origin's host alone; without Sec-Fetch-Site
// we compare the whole of it.
func (a *Auth) sameSite(e *exchange) bool {
	if e.r.Header.Get("Sec-Fetch-Site") != "" {
		return a.origins.Check(e.r) == nil
	}
	origin := e.r.Header.Get("Origin")
	if origin == "" || origin == e.origin.String() {
		return true
	}
	for _, trusted := range a.cfg.TrustedOrigins {
		if origin == trusted {
			return true
		}
	}
	return false
}

// prepareCallbackURL works out where the browser goes afterwards: to what the
// request asks for, else to what an earlier one asked for, else to the origin.
func (a *Auth) prepareCallbackURL(e *exchange) {
	asked := e.form.Get("callbackUrl")
	if asked == "" {
		asked = queryOf(e.r).Get("callbackUrl")
	}
	before := cookie(e.r, a.cookies.callbackURL)
	switch {
	case asked != "":
		e.callbackURL = a.redirectURL(e, asked)
	case before != "":
		e.callbackURL = a.redirectURL(e, before)
	default:
		e.callbackURL = e.origin.String()
	}
	if e.callbackURL != before && len(e.callbackURL) <= maxCallbackURL {
		a.setCookie(e.w, a.cookies.callbackURL, e.callbackURL, noExpiry)
	}
}

// maxCallbackURL keeps the cookie within the 4 KiB that browsers give one, the
// percent-encoding included.
const maxCallbackURL = 1024

// redirectURL is the absolute URL for what a browser asks to be sent to: of the
// application's own origin, unless the Redirect callback says otherwise (P17).
func (a *Auth) redirectURL(e *exchange, asked string) string {
	base := e.origin.String()
	if a.cfg.Callbacks.Redirect != nil {
		return absolute(e.origin, a.cfg.Callbacks.Redirect(e.r.Context(), RedirectParams{URL: asked, BaseURL: base}))
	}
	if u, ok := input.SameOriginURL(asked, e.origin); ok {
		return u
	}
	return base
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

var (
	errUnknownPage  = errors.New("unknown page, action or provider")
	errMissingCSRF  = errors.New("the CSRF token or the request's origin is not ours")
	errBadBody      = errors.New("the body cannot be decoded")
	errBodyTooLarge = errors.New("the body is too large")
)
