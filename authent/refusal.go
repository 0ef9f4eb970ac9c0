package authent

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/page"
)

// logFault logs err where it is a fault, and nothing else.
func (e *exchange) logFault(err error) {
	if !isFault(err) {
		return
	}
	e.cfg.Logger.Log(e.r.Context(), faultLevel(err), "authent: request failed", "method", e.r.Method, "path", input.Excerpt(e.r.URL.Path), "error", err)
}

// fail answers an error: to scripts as JSON with the URL of a page that says
// what to do, to browsers with that page. htmx shows no page of status 4xx or 5xx, and
// is sent there too.
func (e *exchange) fail(err error) {
	if instead, ok := errors.AsType[*redirectError](err); ok {
		e.redirectAs(http.StatusOK, scriptAnswer{URL: e.redirectURL(instead.to)})
		return
	}
	if _, ok := errors.AsType[*factorError](err); ok {
		e.redirectAs(http.StatusOK, scriptAnswer{URL: e.failurePage(failure{page: "factor"}, nil), Error: "FactorRequired"})
		return
	}
	e.logFault(err)
	f := failureOf(err)
	switch limited, ok := errors.AsType[*RateLimitError](err); {
	case ok:
		e.w.Header().Set("Retry-After", limited.seconds())
	case f.status == http.StatusServiceUnavailable:
		e.w.Header().Set("Retry-After", retryAfter)
	}
	query := url.Values{"error": {f.kind}}
	if f.code != "" {
		query.Set("code", f.code)
	}
	if on, ok := errors.AsType[*pageError](err); ok && on.form != "" && f.page == on.page {
		query.Set("form", on.form)
	}
	if f.page == e.again.page {
		for name, values := range e.again.query {
			query[name] = values
		}
	}
	if f.page == "error" && f.status != http.StatusOK && !e.wantsJSON() && !e.isHTMX() && !e.ownFaultPage(f) {
		e.errorPage(f)
		return
	}
	e.redirectAs(e.scriptStatus(f), scriptAnswer{URL: e.failurePage(f, query), Error: f.kind, Code: f.code})
}

// scriptStatus returns the status of a failure for scripts. The client of next-auth 4
// takes the status of a credentials form for its success.
func (e *exchange) scriptStatus(f failure) int {
	status := f.jsonStatus()
	if status != http.StatusOK || !e.cfg.beside4() || !e.wantsJSON() || e.at.action != "callback" || e.provider.Credentials == nil {
		return status
	}
	if f.kind == "AccessDenied" {
		return http.StatusForbidden
	}
	return http.StatusUnauthorized
}

// ownFaultPage reports whether a fault of the server's own is told by a page of
// the application's, to which Auth.js would send the browser too. That page itself, and
// one to which a fault has led already, tell of it in place: there it would go on so.
func (e *exchange) ownFaultPage(f failure) bool {
	own := e.cfg.Pages.Error
	return f.kind == serverFault.kind && own != "" &&
		!e.isPage(e.origin.String()+ownURI(e.r), own) && queryOf(e.r).Get("error") != serverFault.kind
}

// failJSON does what fail does, for endpoints whose every answer is JSON.
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

// failurePage returns the URL of the page that explains a failure.
func (e *exchange) failurePage(f failure, query url.Values) string {
	for _, own := range e.cfg.Pages.named() {
		if own.page != "" && own.endpoint == f.page {
			return withQuery(absolute(e.origin, own.page), query)
		}
	}
	page := f.page
	if f.kind == "Unavailable" || f.kind == "SessionRequired" || f.kind == "RateLimited" {
		page = "signin"
	}
	return e.page(page, query)
}

// errorPage shows what went wrong at the URL where it did.
func (e *exchange) errorPage(f failure) {
	view := page.ErrorView{Frame: e.frame()}
	view.Error, view.Code = f.kind, f.code
	if err := e.html(f.status, page.Error, view); err != nil {
		e.cfg.Logger.ErrorContext(e.r.Context(), "authent: error page failed", "error", err)
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

// logForeign says why sameSite took a request for another site's.
func (e *exchange) logForeign() {
	h := e.r.Header
	check, got, look := "Origin", "Origin: "+h.Get("Origin"), "TrustedOrigins, if that page is yours"
	if site := h.Get("Sec-Fetch-Site"); site != "" {
		check, got = "Sec-Fetch-Site", "Sec-Fetch-Site: "+site+", "+got
	}
	_, host, _ := strings.Cut(h.Get("Origin"), "://")
	switch {
	case h.Get("Origin") == "null":
		look = "the page, which has no origin to name: a sandboxed frame, or Referrer-Policy: no-referrer"
	case host != "" && (strings.EqualFold(host, e.r.Host) || strings.EqualFold(host, e.origin.Host)):
		look = "AUTH_URL, which " + e.saysURL() + ": behind a proxy it is the address in the browser"
	}
	e.logForgery(slog.LevelWarn, check, got, look)
}

// saysURL returns what AUTH_URL, or Config.URL, says of the origin.
func (e *exchange) saysURL() string {
	if e.site.Origin == nil {
		return "is not set, so that the origin is " + e.origin.String()
	}
	return "says " + e.origin.String()
}

// logNoCookie says that the browser brought no CSRF token of ours.
func (e *exchange) logNoCookie() {
	name := e.cookies.csrf
	got, look := "no cookie "+name, "the page: one of your own calls FormData or CSRFToken before it writes; AUTH_URL: with https browsers keep cookies on https alone; a proxy: it passes Cookie and Set-Cookie on"
	switch origin := e.r.Header.Get("Origin"); {
	case brings(e.r, name):
		got, look = "a cookie "+name+" that was not made here", "AUTH_SECRET, if it has changed; another program on this host that sets the cookie"
	case e.r.Header.Get("Sec-Fetch-Site") == "cross-site":
		look = "TrustedOrigins: " + input.Excerpt(origin) + " is of another site than " + e.origin.String() + ", and cookies are SameSite=Lax"
	case origin != "" && origin != e.origin.String():
		look = "the page's fetch: it needs credentials: \"include\" to send cookies and to keep them"
	}
	e.logForgery(slog.LevelInfo, "CSRF cookie", got, look)
}

// logWrongToken says that a form lacks the token, or has another one.
func (e *exchange) logWrongToken(missing bool) {
	got, look := "another token than the cookie's", "the page, if a cache keeps it: FormData and CSRFToken set Cache-Control"
	if missing {
		got, look = "no csrfToken in a body of type "+e.r.Header.Get("Content-Type"), "the page: its form needs the field csrfToken, and is sent as application/x-www-form-urlencoded or application/json"
	}
	e.logForgery(slog.LevelInfo, "CSRF token", got, look)
}

// logForgery logs one line of a request that may be forged: the check that failed,
// what it found, and where to look if it was no forgery. No token is in it.
func (e *exchange) logForgery(level slog.Level, check, got, look string) {
	e.cfg.Logger.Log(e.r.Context(), level, "authent: request refused, since it may be forged", "check", check,
		"got", input.Excerpt(got), "path", input.Excerpt(e.r.URL.Path), "look_at", look)
}
