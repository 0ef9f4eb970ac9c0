package authent

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/authent/authent/authent/internal/page"
)

// logFault logs err where it is a fault, and nothing else.
func (e *exchange) logFault(err error) {
	if !isFault(err) {
		return
	}
	e.cfg.Logger.Log(e.r.Context(), faultLevel(err), "authent: request failed", "method", e.r.Method, "path", e.r.URL.Path, "error", err)
}

// fail answers an error: to scripts as JSON with the URL of a page that says
// what to do, to browsers with that page.
func (e *exchange) fail(err error) {
	if instead, ok := errors.AsType[*redirectError](err); ok {
		e.redirectAs(http.StatusOK, scriptAnswer{URL: e.redirectURL(instead.to)})
		return
	}
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
	e.redirectAs(f.jsonStatus(), scriptAnswer{URL: e.failurePage(f, query), Error: f.kind, Code: f.code})
}

// ownFaultPage reports whether a fault of the server's own is told by a page of
// the application's, to which Auth.js would send the browser too.
func (e *exchange) ownFaultPage(f failure) bool {
	return f.kind == serverFault.kind && e.cfg.Pages.Error != ""
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

// failurePage is the URL of the page that explains a failure.
func (e *exchange) failurePage(f failure, query url.Values) string {
	own := map[string]string{
		"signin": e.cfg.Pages.SignIn, "error": e.cfg.Pages.Error,
		"register": e.cfg.Pages.Register, "account": e.cfg.Pages.Account,
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
