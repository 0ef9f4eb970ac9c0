package authent

import (
	"errors"
	"fmt"
	"strings"

	"github.com/authent/authent/authent/internal/input"
)

// AuthJSCookies are the names of an Auth.js app's cookies. A whole name is taken as it
// is, so write __Secure- or __Host- before it if the app has that.
type AuthJSCookies struct {
	// Prefix stands in place of "authjs", in version 4 of "next-auth": with "shop" the
	// session cookie is shop.session-token, on https __Secure-shop.session-token. If "",
	// Auth.js's.
	Prefix string
	// Session is the whole name of the session cookie (cookies.sessionToken.name). If "",
	// that of Prefix. Without __Secure- or __Host- before it, a page of http can plant
	// one.
	Session string
	// CSRF is the whole name of the cookie with the CSRF token (cookies.csrfToken.name),
	// for the shared modes. If "", that of Prefix.
	CSRF string
	// CallbackURL is the whole name of the cookie that says where a person goes
	// afterwards (cookies.callbackUrl.name), for the shared modes. If "", that of Prefix.
	CallbackURL string
}

const (
	hostPrefix   = "__Host-"
	securePrefix = "__Secure-"
)

// cookies returns the names of the Auth.js app's cookies, on https or not.
func (j AuthJS) cookies(https bool) AuthJSCookies {
	c := j.Cookies
	switch {
	case c.Prefix != "":
	case j.Version == AuthJS4:
		c.Prefix = "next-auth"
	default:
		c.Prefix = "authjs"
	}
	host, wide := "", ""
	if https {
		host, wide = hostPrefix, securePrefix
	}
	for _, n := range []struct {
		name       *string
		by, suffix string
	}{
		{&c.Session, wide, ".session-token"}, {&c.CSRF, host, ".csrf-token"}, {&c.CallbackURL, wide, ".callback-url"},
	} {
		if *n.name == "" {
			*n.name = n.by + c.Prefix + n.suffix
		}
	}
	return c
}

// validateCookies refuses names with which one of the two apps would not find its
// cookies, or take another for its own.
func (j AuthJS) validateCookies(site input.Site) error {
	var errs []error
	if p := j.Cookies.Prefix; p != "" && (!isCookieName(p) || strings.HasPrefix(p, "__") || strings.HasPrefix(p+".", "authent.")) {
		errs = append(errs, fmt.Errorf("AuthJS.Cookies.Prefix is %q: use letters, digits, \"-\" and \".\", such as \"shop\", but not ours, which is \"authent\"; __Secure- and __Host- are put before it", p))
	}
	names := j.cookies(site.Secure)
	for _, n := range []struct{ field, set, name string }{
		{"Session", j.Cookies.Session, names.Session}, {"CSRF", j.Cookies.CSRF, names.CSRF}, {"CallbackURL", j.Cookies.CallbackURL, names.CallbackURL},
	} {
		bare, bound := cutCookiePrefix(n.name)
		switch {
		case n.set != "" && !isCookieName(n.set):
			errs = append(errs, fmt.Errorf("AuthJS.Cookies.%s is %q: use letters, digits, \"-\", \"_\" and \".\", 100 at most", n.field, n.set))
		case bound && !site.Secure:
			errs = append(errs, fmt.Errorf("AuthJS.Cookies.%s is %q, which browsers keep on https alone: use another name where URL is http", n.field, n.name))
		case n.set != "" && strings.HasPrefix(bare, "authent."):
			errs = append(errs, fmt.Errorf("AuthJS.Cookies.%s is %q: names that begin with \"authent.\" are ours, use another one in both apps", n.field, n.name))
		case n.field != "Session" && strings.HasPrefix(n.name, names.Session):
			errs = append(errs, fmt.Errorf("AuthJS.Cookies.%s is %q, which begins with the session cookie's name: Auth.js would take it for a part of that cookie", n.field, n.name))
		}
	}
	if names.CSRF == names.CallbackURL {
		errs = append(errs, fmt.Errorf("AuthJS.Cookies.CSRF and CallbackURL are both %q: use two names", names.CSRF))
	}
	return errors.Join(errs...)
}

// cutCookiePrefix returns a name without __Host- or __Secure-, in any case as browsers
// have it, and whether it had one.
func cutCookiePrefix(name string) (string, bool) {
	for _, p := range []string{hostPrefix, securePrefix} {
		if len(name) >= len(p) && strings.EqualFold(name[:len(p)], p) {
			return name[len(p):], true
		}
	}
	return name, false
}

// isCookieName reports whether browsers and both apps take the name as it is.
func isCookieName(name string) bool {
	const longest = 100
	return name != "" && len(name) <= longest && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// validateDomain refuses a Domain with which browsers would not keep the cookie.
func (j AuthJS) validateDomain(site input.Site) error {
	if j.Domain == "" {
		return nil
	}
	if site.Origin == nil {
		return errors.New("AuthJS.Domain needs URL, whose host it belongs to: set AUTH_URL, or leave Domain empty in development")
	}
	host, session := site.Origin.Hostname(), j.cookies(site.Secure).Session
	switch {
	case host != j.Domain && !strings.HasSuffix(host, "."+j.Domain):
		return fmt.Errorf("AuthJS.Domain is %q, and URL's host is %q: use that host or a domain above it", j.Domain, host)
	case !strings.Contains(j.Domain, ".") || strings.Trim(j.Domain, "0123456789.") == "":
		return fmt.Errorf("AuthJS.Domain is %q, for which browsers keep no cookie: use a domain such as \"example.com\"", j.Domain)
	case len(session) >= len(hostPrefix) && strings.EqualFold(session[:len(hostPrefix)], hostPrefix):
		return fmt.Errorf("AuthJS.Domain: browsers keep no cookie %s with a Domain: begin AuthJS.Cookies.Session with __Secure- in both apps, or leave Domain empty", session)
	}
	return nil
}
