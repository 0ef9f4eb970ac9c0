package authent

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/uncached"
)

// LoadSession looks who is signed in, with one SQL statement (in shared mode one
// for each of two session cookies), and puts the session where SessionFrom finds
// it. With a cache (SessionConfig.Cache) there may be no statement at all. It rolls the
// session on as GET {base}/session does. When the database fails
// it answers 503: nobody is ever taken for signed out by mistake.
//
// next gets a ResponseWriter that offers what the server's own does, Hijacker,
// Flusher and the rest, also on a request that rolls the session. Its Header then
// holds the new session cookie. A WebSocket library that hijacks the connection and
// writes the answer itself is to be given that Header for its answer; without it the
// browser keeps the cookie that it has, which goes on working, until the session is
// next rolled on or GET {base}/session is asked.
func (a *Auth) LoadSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addVary(w.Header(), "Cookie")
		e := &exchange{Auth: a, w: w, r: r}
		if !e.served() {
			return
		}
		holds, s, rolled, err := a.recallSession(r.Context(), a.visitorOf(r))
		if err != nil {
			e.refuseUnknown(err)
			return
		}
		if s != nil && holds == nil {
			holds = context.WithValue(r.Context(), sessionKey{}, s)
		}
		if s != nil {
			r = r.WithContext(holds)
		}
		if rolled.IsZero() {
			next.ServeHTTP(w, r)
			return
		}
		a.setSessionCookie(w, r, string(s.brought), rolled)
		u := uncached.New(w)
		next.ServeHTTP(u.AsAble(), r)
		u.Seal()
	})
}

// RequireUser does what LoadSession does, and lets only signed-in people pass. A
// page is sent to the sign-in page, and from there back to the address that the
// browser asked for, whatever http.StripPrefix and its like made of r.URL; a proxy in
// front must pass the path on unchanged. On the way to Config.Pages.SignIn a cookie
// keeps that address too, for a form without the field callbackUrl. What htmx asks for
// is answered with 200 and HX-Redirect to the sign-in page, and from there leads back
// to the page that asked (HX-Current-URL), or to the address of a boosted link. Anything
// else is answered 401. The sign-in page itself must not be behind it.
func (a *Auth) RequireUser(next http.Handler) http.Handler {
	return a.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := SessionFrom(r.Context())
		switch {
		case s == nil:
			a.askToSignIn(w, r)
		case a.lacksFactor(s) && !a.letsIn(w, r):
			a.askAgain(w, r, ErrAssuranceRequired)
		default:
			next.ServeHTTP(w, r)
		}
	}))
}

// RequireAAL2 does what RequireUser does, for sessions that a second factor or a passkey
// began (Session.Assurance). From a page others are led to where they show one, or set one
// up, and come back from there with a new session. Anything else is answered 403, in JSON
// with the code FactorRequired and the url of that page. It needs Config.Factors, or a
// passkey provider: without either, nobody passes.
func (a *Auth) RequireAAL2(next http.Handler) http.Handler {
	return a.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if SessionFrom(r.Context()).Assurance() < 2 {
			a.askAgain(w, r, ErrAssuranceRequired)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// RequireRecent does what RequireUser does, for people who have signed in, or shown again
// that it is them, at most d ago (ASVS 7.5.3); if d is zero or less, Config.RecentSignIn.
// Others are led to where they do that, or answered 403 with the code RecentSignInRequired
// and the url of that page, as RequireAAL2 does.
func (a *Auth) RequireRecent(d time.Duration) func(http.Handler) http.Handler {
	if d <= 0 {
		d = a.cfg.RecentSignIn
	}
	return func(next http.Handler) http.Handler {
		return a.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !a.recentWithin(SessionFrom(r.Context()), d) {
				a.askAgain(w, r, ErrRecentSignInRequired)
				return
			}
			next.ServeHTTP(w, r)
		}))
	}
}

// letsIn reports whether r asks for the page on which people show a factor, which whoever
// lacks one is let in to. Its path is compared letter by letter, so that no spelling of
// another page's that a router takes is let in with it.
func (a *Auth) letsIn(w http.ResponseWriter, r *http.Request) bool {
	e := a.exchange(w, r)
	page, err := url.Parse(absolute(e.origin, a.cfg.Pages.Reauthenticate))
	if a.cfg.Pages.Reauthenticate == "" || err != nil || page.RawQuery != "" || page.Fragment != "" {
		return false
	}
	path, _, _ := strings.Cut(ownURI(r), "?")
	return strings.EqualFold(page.Host, e.origin.Host) && path == page.EscapedPath()
}

// askAgain has somebody who is signed in show more, as err says: on a page of its own, from
// which they come back, or in JSON.
func (a *Auth) askAgain(w http.ResponseWriter, r *http.Request, err error) {
	e := a.exchange(w, r)
	addVary(w.Header(), "HX-Request")
	f := failureOf(err)
	query := url.Values{"error": {f.kind}}
	back, ok := e.comesBackTo()
	if back != "" {
		query.Set("callbackUrl", back)
	}
	target := e.failurePage(failure{page: "reauthenticate"}, query)
	switch {
	case e.isPage(e.origin.String()+ownURI(r), a.cfg.Pages.Reauthenticate):
		e.cfg.Logger.ErrorContext(r.Context(), "authent: Pages.Reauthenticate is itself behind what asks again, so nobody can pass: put it behind RequireUser alone, at exactly the path that is set, without a query",
			"page", a.cfg.Pages.Reauthenticate)
		e.errorPage(failure{kind: serverFault.kind, status: serverFault.status})
	case ok:
		w.Header().Set("Cache-Control", "private, no-store")
		e.lead(http.StatusOK, target)
	case acceptsHTML(r):
		e.errorPage(failure{kind: f.kind, status: http.StatusForbidden})
	default:
		e.noStore()
		e.json(http.StatusForbidden, map[string]string{"error": f.kind, "url": target})
	}
}

// RequireRole does what RequireUser does, for people whose role is one of roles, compared
// byte for byte; others get 403.
func (a *Auth) RequireRole(roles ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return a.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !slices.Contains(roles, SessionFrom(r.Context()).User.Role) {
				a.exchange(w, r).refuse(http.StatusForbidden, "AccessDenied")
				return
			}
			next.ServeHTTP(w, r)
		}))
	}
}

func (a *Auth) askToSignIn(w http.ResponseWriter, r *http.Request) {
	e := a.exchange(w, r)
	addVary(w.Header(), "HX-Request")
	back, ok := e.comesBackTo()
	if !ok {
		e.refuse(http.StatusUnauthorized, "SessionRequired")
		return
	}
	if e.isPage(back, e.signInPage(nil)) {
		e.cfg.Logger.ErrorContext(r.Context(), "authent: the sign-in page is itself behind RequireUser, so nobody can sign in: take it out",
			"page", e.signInPage(nil))
		e.errorPage(failure{kind: serverFault.kind, status: serverFault.status})
		return
	}
	query := url.Values{}
	if back != "" {
		query.Set("callbackUrl", back)
	}
	if e.cfg.Pages.SignIn != "" && back != "" {
		e.callbackURL = e.redirectURL(back)
		e.keepCallbackURL(cookie(r, e.cookies.callbackURL), e.onward(e.callbackURL))
	}
	w.Header().Set("Cache-Control", "private, no-store")
	e.lead(http.StatusOK, e.signInPage(query))
}

// comesBackTo returns the page to which a person who is asked to sign in comes back,
// and false for what is no page, and cannot be sent anywhere. For a part of a page that
// htmx asked for it is that page, "" where that is not known. If the page is the
// sign-in page already, the part is refused, lest it load that page for ever.
func (e *exchange) comesBackTo() (string, bool) {
	isGet := e.method() == http.MethodGet
	switch h := e.r.Header; {
	case e.isHTMX() && !(isGet && h.Get("HX-Boosted") == "true"):
		on, ok := input.SameOriginURL(h.Get("HX-Current-URL"), e.origin)
		return e.currentURL(), !ok || !e.isPage(on, e.signInPage(nil))
	case isGet && (acceptsHTML(e.r) || e.isHTMX() || e.restoresHistory()):
		return e.origin.String() + ownURI(e.r), true
	}
	return "", false
}

// ownURI returns the path and query that r asked for, as its client wrote them. Programs
// in between, http.StripPrefix say, change r.URL alone. It is "/" where r names no
// path: "*", and the host and port of a CONNECT (RFC 9112 §3.2).
func ownURI(r *http.Request) string {
	uri := r.RequestURI
	if uri == "" { // the request came from no server
		uri = r.URL.RequestURI()
	}
	if !strings.HasPrefix(uri, "/") {
		_, rest, _ := strings.Cut(uri, "://") // the form for proxies
		uri = "/"
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			uri += strings.TrimPrefix(rest[i:], "/")
		}
	}
	return input.Escape(uri, "#")
}

// exchange makes one for a request that LoadSession has let pass: its origin is known.
func (a *Auth) exchange(w http.ResponseWriter, r *http.Request) *exchange {
	origin, err := a.originOf(r)
	if err != nil {
		origin = &url.URL{}
	}
	return &exchange{Auth: a, w: w, r: r, origin: origin}
}

func (e *exchange) signInPage(query url.Values) string {
	if own := e.cfg.Pages.SignIn; own != "" {
		return withQuery(absolute(e.origin, own), query)
	}
	return e.page("signin", query)
}

// refuseUnknown answers a request of which nobody can say whose it is, because the
// session could not be read.
func (e *exchange) refuseUnknown(err error) {
	e.cfg.Logger.Log(e.r.Context(), faultLevel(err), "authent: session could not be read", "error", err)
	e.refuse(http.StatusServiceUnavailable, "Unavailable")
}

// refuse answers for the middleware: with the error page where a page is wanted,
// else with the code in JSON.
func (e *exchange) refuse(status int, kind string) {
	if status == http.StatusServiceUnavailable {
		e.w.Header().Set("Retry-After", retryAfter)
	}
	if acceptsHTML(e.r) {
		e.errorPage(failure{kind: kind, status: status})
		return
	}
	e.noStore()
	e.json(status, map[string]string{"error": kind})
}

// acceptsHTML reports whether r asks for a page.
func acceptsHTML(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept"), ",") {
		if kind, _, err := mime.ParseMediaType(part); err == nil && (kind == "text/html" || kind == "application/xhtml+xml") {
			return true
		}
	}
	return false
}
