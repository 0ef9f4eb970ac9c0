package authent

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/page"
)

// FormData is what a page of the application's own needs for its forms. FormData of
// Auth makes it.
type FormData struct {
	// CSRFToken goes into the hidden field csrfToken of every form.
	CSRFToken string
	// CallbackURL is where the person goes afterwards: absolute, checked as a
	// redirect is, and never a page on which people sign in or out. It goes into the
	// hidden field callbackUrl.
	CallbackURL string
	// Email and Name are what the last try typed, for a minute after it failed; else "".
	Email, Name string
	// Error and Code are the codes in the page's query, "" for what has not the form
	// of one: letters, digits and "_", at most 64. Anybody can write such a link.
	Error, Code string
	// Form is the ID of the provider whose form the last error is of, if it is about one
	// and there are several; else "".
	Form string
	// Message is what the built-in pages say for Error and Code, in English, and "" for
	// no error. It never holds anything of the query.
	Message string
	// BasePath is where the Handler is mounted, "/auth" by default.
	BasePath string
	// Providers are the ways to sign in, in Config's order.
	Providers []FormProvider
	// RegisterAction and SignOutAction are the paths to which the forms post that
	// register a person and sign one out. RegisterAction is "" without a password
	// provider.
	RegisterAction, SignOutAction string
}

// FormProvider is one way to sign in, for a form or a button of its own.
type FormProvider struct {
	// ID and Name are the Provider's.
	ID, Name string
	// Type is the Provider's: TypeOAuth and TypeOIDC need a button alone.
	Type ProviderType
	// Action is the path to which the form posts.
	Action string
	// Password says that the form has the fields email and password.
	Password bool
	// Email says that the form has the field email alone, to which a link is mailed.
	Email bool
	// Inputs are the other fields, for a check of the application's own.
	Inputs []Input
}

// String keeps the token out of what prints a FormData.
func (d FormData) String() string { return "[form data]" }

// GoString keeps the token out of what prints a FormData by %#v.
func (d FormData) GoString() string { return d.String() }

// Format keeps the token out of what fmt prints, by any verb.
func (d FormData) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.String()) }

// MarshalText keeps the token out of what encoding/json and others write. Give a script
// CSRFToken by its own name.
func (d FormData) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// LogValue keeps the token out of logs.
func (d FormData) LogValue() slog.Value { return slog.StringValue(d.String()) }

// CSRFToken returns the token that a form of the application's own sends in its field
// csrfToken, such as one that posts to {base}/signout. It sets on w, where r lacks
// them, the cookies that belong to it (the CSRF token's and the callbackUrl's), and
// keeps the answer out of caches: Cache-Control: no-store and Vary: Cookie. Within one
// request it always returns the same.
//
// Call it before anything of the answer is written: what is set later is lost, and the
// form then fails with MissingCSRF and a line in the log. It changes nothing else, so
// that HEAD is as GET. The error says why r cannot be served, when AUTH_URL is not set
// and r is not from this machine; answer 500.
func (a *Auth) CSRFToken(w http.ResponseWriter, r *http.Request) (string, error) {
	e, err := a.formExchange(w, r)
	if err != nil {
		return "", fmt.Errorf("authent: CSRF token: %w", err)
	}
	return e.csrfToken, nil
}

// FormData returns what a sign-in, registration or error page of the application's own
// shows, and does all that CSRFToken does. It reads callbackUrl, error, code and form from
// r's query, where the Handler and RequireUser put them on their way to a page of
// Config.Pages; without callbackUrl the browser's cookie counts, then the origin. What
// the last try typed is given once: it is cleared on w.
func (a *Auth) FormData(w http.ResponseWriter, r *http.Request) (FormData, error) {
	e, err := a.formExchange(w, r)
	if err != nil {
		return FormData{}, fmt.Errorf("authent: form data: %w", err)
	}
	query := queryOf(r)
	kept := e.takeForm(w, r)
	d := FormData{
		CSRFToken: e.csrfToken, CallbackURL: e.callbackURL, Email: kept.Email, Name: kept.Name,
		Error: queryCode(query.Get("error")), Code: queryCode(query.Get("code")),
		BasePath: a.BasePath(), SignOutAction: a.BasePath() + "/signout",
	}
	d.Message = page.AnyMessage(d.Error, d.Code)
	if p, ok := a.provider(query.Get("form")); ok {
		d.Form = p.ID
	}
	if _, ok := a.passwordProvider(); ok {
		d.RegisterAction = a.BasePath() + "/register"
	}
	for i := range a.cfg.Providers {
		d.Providers = append(d.Providers, a.formProvider(&a.cfg.Providers[i]))
	}
	return d, nil
}

func (a *Auth) formProvider(p *Provider) FormProvider {
	f := FormProvider{ID: p.ID, Name: p.Name, Type: p.Type, Action: a.BasePath() + "/callback/" + p.ID, Password: p.isPassword(), Email: p.isEmail()}
	if p.isOAuth() || p.isEmail() {
		f.Action = a.BasePath() + "/signin/" + p.ID
	}
	if p.Credentials != nil {
		f.Inputs = append(f.Inputs, p.Credentials.Inputs...)
	}
	return f
}

// formExchange prepares the answer to r for forms: cookies and headers.
func (a *Auth) formExchange(w http.ResponseWriter, r *http.Request) (*exchange, error) {
	origin, err := a.originOf(r)
	if err != nil {
		return nil, fmt.Errorf("%w: set AUTH_URL to the URL at which people reach this server", err)
	}
	e := &exchange{Auth: a, w: w, r: r, origin: origin}
	if err := e.prepareCSRF(); err != nil {
		return nil, err
	}
	e.prepareCallbackURL()
	e.callbackURL = e.onward(e.callbackURL)
	e.noStore()
	addVary(w.Header(), "Cookie")
	return e, nil
}

var formOfCode = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)

// queryCode returns a code of a query, "" for what cannot be one.
func queryCode(s string) string {
	if formOfCode.MatchString(s) {
		return s
	}
	return ""
}

// shareWithTrusted lets pages of Config.TrustedOrigins read the answer, whatever it
// will be, and reports whether r comes from one (Fetch Standard, CORS protocol). It
// names that very origin, never "*" or "null", neither of which New accepts.
func (e *exchange) shareWithTrusted() bool {
	if len(e.cfg.TrustedOrigins) == 0 {
		return false
	}
	h := e.w.Header()
	addVary(h, "Origin")
	origins := e.r.Header.Values("Origin")
	if len(origins) != 1 || !slices.Contains(e.cfg.TrustedOrigins, origins[0]) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origins[0])
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	return true
}

// preflight answers OPTIONS of a trusted origin's page. It allows what the endpoints
// take and leaves it to the request itself which of them there is.
func (e *exchange) preflight() {
	h := e.w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "content-type, x-auth-return-redirect")
	h.Set("Access-Control-Max-Age", "7200") // as long as Chromium keeps it at most
	e.w.WriteHeader(http.StatusNoContent)
}

// isHTMX reports whether htmx sent the request and acts on the headers of the answer.
// It does not where it fetches a page that its history has lost: that answer takes the
// whole page's place, and htmx reads none of its headers.
func (e *exchange) isHTMX() bool {
	// "HX-Request" as Go writes it: any other spelling is made into that each time.
	return e.r.Header.Get("Hx-Request") == "true" && !e.restoresHistory()
}

func (e *exchange) restoresHistory() bool {
	return e.r.Header.Get("HX-History-Restore-Request") == "true"
}

// currentURL returns the address of the page from which htmx sent the request, without
// its fragment, "" if it is not of our origin, or a page on which people sign in or out:
// they do not want to come back there.
func (e *exchange) currentURL() string {
	if !e.isHTMX() {
		return ""
	}
	u, ok := input.SameOriginURL(e.r.Header.Get("HX-Current-URL"), e.origin)
	if !ok || strings.HasPrefix(u, e.page("", nil)) || e.isWayIn(u) {
		return ""
	}
	return withoutFragment(u)
}

// reloading returns target as htmx is to be told it, which sets location.href: of an
// address that differs from the page's by its fragment alone nothing would be loaded.
func (e *exchange) reloading(target string) string {
	bare := withoutFragment(e.browsersURL(target))
	if on := e.browsersURL(e.r.Header.Get("HX-Current-URL")); bare == withoutFragment(on) {
		return withoutFragment(target)
	}
	return target
}

// browsersURL returns what a browser makes of an address on our origin or a trusted
// one; any other stays as it is.
func (e *exchange) browsersURL(u string) string {
	if own, ok := input.SameOriginURL(u, e.origin); ok {
		u = own
	} else if trusted, ok := input.URLOfOrigins(u, e.cfg.TrustedOrigins); ok {
		u = trusted
	}
	if path, suffix := input.SplitPath(u); strings.Count(path, "/") == 2 {
		return path + "/" + suffix // an origin alone
	}
	return u
}

func withoutFragment(u string) string {
	bare, _, _ := strings.Cut(u, "#")
	return bare
}

// isWayIn reports whether u is a page on which people sign in or out, register or are
// told of a fault, built in or the application's own.
func (e *exchange) isWayIn(u string) bool {
	ways := e.waysIn
	if e.site.Origin == nil {
		ways = e.waysInOn(e.origin)
	}
	return isOneOf(e.browsersURL(u), ways)
}

// waysInOn returns those pages of an origin, nil where there is none. New keeps those of
// Config.URL's.
func (a *Auth) waysInOn(origin *url.URL) []pageURL {
	if origin == nil {
		return nil
	}
	e := &exchange{Auth: a, origin: origin}
	var ways []pageURL
	for _, field := range a.cfg.Pages.named() {
		switch field.endpoint {
		case "", "account":
		default:
			ways = append(ways, e.pageURLs(field.page, e.page(field.endpoint, nil))...)
		}
	}
	return ways
}

// isPage reports whether u is the URL of one of pages, which are as in Config.Pages.
func (e *exchange) isPage(u string, pages ...string) bool {
	return isOneOf(e.browsersURL(u), e.pageURLs(pages...))
}

// pageURL is a page's URL in the parts by which it is recognised.
type pageURL struct {
	bare   string
	params url.Values
}

// pageURLs returns the URLs of pages, without those that are "".
func (e *exchange) pageURLs(pages ...string) []pageURL {
	var urls []pageURL
	for _, page := range pages {
		if page != "" {
			u := e.browsersURL(absolute(e.origin, page))
			urls = append(urls, pageURL{bareURL(u), paramsOf(u)})
		}
	}
	return urls
}

// isOneOf reports whether u, as browsersURL returns it, is one of pages: it has the same
// path on the same origin, and all parameters that the page's own URL has.
func isOneOf(u string, pages []pageURL) bool {
	bare := bareURL(u)
	return slices.ContainsFunc(pages, func(p pageURL) bool {
		return p.bare == bare && hasParams(paramsOf(u), p.params)
	})
}

// hasParams reports whether all of some are among all.
func hasParams(all, some url.Values) bool {
	for name, values := range some {
		for _, v := range values {
			if !slices.Contains(all[name], v) {
				return false
			}
		}
	}
	return true
}

// paramsOf returns the parameters of a URL's query.
func paramsOf(u string) url.Values {
	_, query, _ := strings.Cut(withoutFragment(u), "?")
	return parseQuery(query)
}

// bareURL returns a URL without its query, and without a slash at the end.
func bareURL(u string) string {
	path, _ := input.SplitPath(u)
	return strings.TrimSuffix(path, "/")
}
