package authent

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/input"
)

// cookieNames are the names in force. Attributes are the same for all: Path=/,
// HttpOnly, SameSite=Lax, no Domain, and Secure on https (RFC 6265bis §5.7). The session
// cookie alone may have a Domain.
type cookieNames struct {
	secure                     bool
	session, csrf, callbackURL string
	// domain is that of the session cookie, "" for none.
	domain string
	// authJS is Auth.js's session cookie, where it is taken over; else "".
	authJS                    string
	form, recent, known, code string
	// factor is of a sign-in whose second step is to follow, setup of an authenticator app
	// that is set up, trust of a browser that is remembered.
	factor, setup, trust string
	// passkey is of a passkey's ceremony.
	passkey string
	// flow and post are what the names of a flow's cookies begin with.
	flow, post string
}

// cookieNames chooses the names: __Host- binds a cookie to one host, which keeps
// sibling domains from planting one; Auth.js has only __Secure- for some.
func (c *Config) cookieNames(site input.Site) cookieNames {
	host := ""
	if site.Secure {
		host = "__Host-"
	}
	n := cookieNames{
		secure:      site.Secure,
		session:     host + "authjs.session-token",
		csrf:        host + "authjs.csrf-token",
		callbackURL: host + "authjs.callback-url",
		form:        host + "authent.form",
		recent:      host + "authent.recent",
		known:       host + "authent.known",
		code:        host + "authent.code",
		factor:      host + "authent.factor",
		setup:       host + "authent.setup",
		trust:       host + "authent.trust",
		passkey:     host + "authent.passkey",
		flow:        host + "authent.flow.",
		post:        host + "authent.post.",
	}
	switch theirs := c.AuthJS.cookies(site.Secure); {
	case c.shared():
		n.session, n.csrf, n.callbackURL, n.domain = theirs.Session, theirs.CSRF, theirs.CallbackURL, c.AuthJS.Domain
	case c.AuthJS.Mode == AuthJSAdopted && theirs.Session != n.session:
		n.authJS = theirs.Session
	}
	return n
}

// sessionTokens returns the tokens among which r's session is to be found. Natively
// there is one or none: of two cookies of one name, one was planted. Beside an
// Auth.js that sets its cookie with a Domain both come, so in shared mode there may
// be two; the one that names a live session counts if the other does not.
func (a *Auth) sessionTokens(r *http.Request) []string {
	values := a.tokenValues(r, a.cookies.session)
	if len(values) == 0 && a.cookies.authJS != "" {
		values = a.tokenValues(r, a.cookies.authJS)
	}
	if values = withoutJWTs(values); len(values) == 0 {
		a.logJWT(r)
	}
	most := 1
	if a.cfg.shared() {
		most = 2
		values = slices.DeleteFunc(values, func(v string) bool { return !a.cfg.AuthJS.plausible(v) })
	}
	if len(values) > 1 {
		a.logSeveralCookies(r, len(values))
	}
	if len(values) > most || len(values) == 1 && !a.cfg.AuthJS.plausible(values[0]) {
		return nil
	}
	return values
}

// isJWT reports whether a cookie's value is, or begins as, what Auth.js makes of a session
// that it keeps in no database: an encrypted JWT of five parts (RFC 7516 §3.1).
func isJWT(value string) bool {
	return strings.HasPrefix(value, "eyJ") && strings.Count(value, ".") == 4
}

func withoutJWTs(values []string) []string { return slices.DeleteFunc(values, isJWT) }

// logJWT says what to do about sessions that are JWTs, once. A long one comes in
// parts, name.0 and so on.
func (a *Auth) logJWT(r *http.Request) {
	if a.cfg.AuthJS.Mode == AuthJSAlone {
		return
	}
	name := a.cookies.session
	if a.cookies.authJS != "" {
		name = a.cookies.authJS
	}
	for n, value := range input.Cookies(r) {
		if n == name && isJWT(value) || a.isChunk(n) && strings.HasPrefix(value, "eyJ") {
			a.jwtSession.Do(func() {
				a.cfg.Logger.WarnContext(r.Context(), "authent: a browser brought a session of Auth.js that is a JWT and in no database, so nobody is signed in here: Auth.js has session: { strategy: \"jwt\" }, which is its default without an adapter; set it to \"database\". People with such a cookie sign in again",
					"cookie", n)
			})
			return
		}
	}
}

func (a *Auth) logSeveralCookies(r *http.Request, n int) {
	if !a.severalCookies.over(a.now()) {
		return
	}
	a.cfg.Logger.WarnContext(r.Context(), "authent: a browser sent several session cookies of one name: another program sets its own with a Domain or a Path; set it without them",
		"cookie", a.cookies.session, "values", n)
}

// broughtTokens returns all session tokens that r's cookies name, whether or not they
// count: those sessions end when somebody signs in or out.
func (a *Auth) broughtTokens(r *http.Request) []string {
	values := a.tokenValues(r, a.cookies.session)
	if a.cookies.authJS != "" {
		values = append(values, a.tokenValues(r, a.cookies.authJS)...)
	}
	var tokens []string
	for _, v := range values {
		if a.cfg.AuthJS.plausible(v) && !slices.Contains(tokens, v) {
			tokens = append(tokens, v)
		}
	}
	return tokens
}

// renews reports whether r's session cookie is to be set anew: its token came by
// Auth.js's cookie alone, or beside chunks.
func (a *Auth) renews(r *http.Request) bool {
	return a.cookies.authJS != "" && len(cookieValues(r, a.cookies.session)) == 0 || len(a.chunks(r)) > 0
}

// bringsDeadSession reports whether the cookies of r, in which no session was
// found, are of no use. Where several came one may be somebody's, and to clear ours
// would leave the browser with the one that was planted.
func (a *Auth) bringsDeadSession(r *http.Request) bool {
	var first string
	found := false
	for name, value := range input.Cookies(r) {
		if name != a.cookies.session && name != a.cookies.authJS {
			continue
		}
		if found && value != first {
			return false
		}
		first, found = value, true
	}
	return found || len(a.chunks(r)) > 0
}

// tokenValues returns the different values of the session cookies of that name. A token
// has other characters than those that stay as they are in a cookie only where Config
// says so.
func (a *Auth) tokenValues(r *http.Request, name string) []string {
	values := cookieValues(r, name)
	if a.cfg.AuthJS.TokenFormat.Extra == "" {
		return values
	}
	var decoded []string
	for _, v := range values {
		if d, err := url.PathUnescape(v); err == nil {
			v = d
		}
		if !slices.Contains(decoded, v) {
			decoded = append(decoded, v)
		}
	}
	return decoded
}

// cookieValues returns the different values of the cookies of that name, without
// empty ones.
func cookieValues(r *http.Request, name string) []string {
	var values []string
	for value := range input.CookiesNamed(r, name) {
		if value != "" && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}

// cookie returns the first cookie of that name, percent-decoded where it can be.
func cookie(r *http.Request, name string) string {
	for value := range input.CookiesNamed(r, name) {
		if v, err := url.PathUnescape(value); err == nil {
			return v
		}
		return value
	}
	return ""
}

// brings reports whether r has a cookie of that name.
func brings(r *http.Request, name string) bool {
	for range input.CookiesNamed(r, name) {
		return true
	}
	return false
}

// setCookie sets a cookie and replaces what this response set under the name
// before. A zero expires makes it last as long as the browser runs.
func (a *Auth) setCookie(w http.ResponseWriter, name, value string, expires time.Time) {
	replaceCookie(w, a.newCookie(name, value, expires))
}

func (a *Auth) newCookie(name, value string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: encodeCookie(value), Path: "/", Expires: expires,
		HttpOnly: true, Secure: a.cookies.secure, SameSite: http.SameSiteLaxMode,
	}
}

func (a *Auth) clearCookie(w http.ResponseWriter, name string) {
	c := a.newCookie(name, "", noExpiry)
	c.MaxAge = -1
	replaceCookie(w, c)
}

// clearOnDomain clears a session cookie, that of this host and, where there is a domain,
// that of the domain.
func (a *Auth) clearOnDomain(w http.ResponseWriter, name, domain string) {
	a.clearCookie(w, name)
	a.clearDomain(w, name, domain)
}

// clearDomain clears the cookie of a domain, if there is one.
func (a *Auth) clearDomain(w http.ResponseWriter, name, domain string) {
	if domain == "" {
		return
	}
	c := a.newCookie(name, "", noExpiry)
	c.MaxAge, c.Domain = -1, domain
	http.SetCookie(w, c)
}

// cookieSet returns what this response sets a cookie to, percent-decoded, "" where it
// does not.
func cookieSet(w http.ResponseWriter, name string) string {
	for _, line := range w.Header().Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == name {
			if v, err := url.PathUnescape(c.Value); err == nil {
				return v
			}
		}
	}
	return ""
}

func replaceCookie(w http.ResponseWriter, c *http.Cookie) {
	keepCookie(w, c.Name)
	w.Header().Add("Set-Cookie", c.String())
}

// keepCookie takes back what this response does to a cookie.
func keepCookie(w http.ResponseWriter, name string) {
	lines := slices.DeleteFunc(w.Header().Values("Set-Cookie"), func(line string) bool { return strings.HasPrefix(line, name+"=") })
	if len(lines) == 0 {
		w.Header().Del("Set-Cookie")
		return
	}
	w.Header()["Set-Cookie"] = lines
}

// encodeCookie does what JavaScript's encodeURIComponent does for the characters that occur
// in our values, which is how Auth.js writes them.
func encodeCookie(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// setSessionCookie sets the session cookie, and clears the chunks, and Auth.js's own
// cookie where that is taken over.
func (a *Auth) setSessionCookie(w http.ResponseWriter, r *http.Request, token string, expires time.Time) {
	a.clearChunks(w, r)
	a.clearAuthJS(w, r)
	if a.cookies.domain == "" {
		a.setCookie(w, a.cookies.session, token, expires)
		a.clearNamesake(w)
		return
	}
	// A cookie of this host alone would be sent beside it. To some that is the same
	// cookie where the domain is this host, so it is cleared first.
	a.clearCookie(w, a.cookies.session)
	c := a.newCookie(a.cookies.session, token, expires)
	c.Domain = a.cookies.domain
	http.SetCookie(w, c)
}

func (a *Auth) clearSessionCookie(w http.ResponseWriter, r *http.Request) {
	a.clearChunks(w, r)
	a.clearAuthJS(w, r)
	a.clearOnDomain(w, a.cookies.session, a.cookies.domain)
	a.clearNamesake(w)
	if !a.recordsStart() {
		a.clearCookie(w, a.cookies.recent)
	}
}

// clearNamesake clears Auth.js's cookie of a domain that is taken over and is called as ours
// is, as on http.
func (a *Auth) clearNamesake(w http.ResponseWriter) {
	if a.cfg.AuthJS.Mode == AuthJSAdopted && a.cookies.authJS == "" {
		a.clearDomain(w, a.cookies.session, a.cfg.AuthJS.Domain)
	}
}

func (a *Auth) clearAuthJS(w http.ResponseWriter, r *http.Request) {
	if a.cookies.authJS != "" && brings(r, a.cookies.authJS) {
		a.clearOnDomain(w, a.cookies.authJS, a.cfg.AuthJS.Domain)
	}
}

func (a *Auth) clearChunks(w http.ResponseWriter, r *http.Request) {
	for _, name := range a.chunks(r) {
		a.clearOnDomain(w, name, a.cfg.AuthJS.Domain)
	}
}

// chunks returns the names of the parts of a long JWT that r brings, which Auth.js calls
// name.0 and so on. It joins all parts with the cookie of that name, so that it would know
// no session beside those that are left from before.
func (a *Auth) chunks(r *http.Request) []string {
	if !a.mayBringChunks(r) {
		return nil
	}
	var names []string
	for name := range input.Cookies(r) {
		if a.isChunk(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// mayBringChunks looks for chunks without taking the cookies apart, which every request
// would pay for.
func (a *Auth) mayBringChunks(r *http.Request) bool {
	for _, line := range r.Header["Cookie"] {
		for _, name := range [...]string{a.cookies.session, a.cookies.authJS} {
			for rest, found := line, name != ""; found; {
				if _, rest, found = strings.Cut(rest, name); strings.HasPrefix(rest, ".") {
					return true
				}
			}
		}
	}
	return false
}

// isChunk reports whether a cookie of that name is a part of a session cookie.
func (a *Auth) isChunk(name string) bool {
	i := strings.LastIndexByte(name, '.')
	return i > 0 && isDigits(name[i+1:]) && (name[:i] == a.cookies.session || name[:i] == a.cookies.authJS)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
