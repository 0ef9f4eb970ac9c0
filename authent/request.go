package authent

import (
	"fmt"
	"net/http"

	"github.com/authent/authent/authent/internal/input"
)

// This file connects requests to the engine: what it reads from a request, and
// what a sign-in puts into the answer. The engine itself knows only callers and
// sessions.

// callerOf reads who makes a request.
func (a *Auth) callerOf(r *http.Request) caller {
	c := a.visitorOf(r)
	c.known, c.trust = cookie(r, a.cookies.known), cookie(r, a.cookies.trust)
	return c
}

// visitorOf reads of a request what checkSession takes: every page view costs this.
func (a *Auth) visitorOf(r *http.Request) caller {
	a.noticeProxy(r)
	c := caller{
		tokens: a.sessionTokens(r), renews: a.renews(r),
		addr: input.ClientAddr(r, a.cfg.TrustedProxies), userAgent: r.UserAgent(),
	}
	if !a.recordsStart() {
		c.mark = cookie(r, a.cookies.recent)
	}
	return c
}

// noticeProxy logs, once, that requests come through a proxy that is not trusted:
// everybody then seems to come from its address.
func (a *Auth) noticeProxy(r *http.Request) {
	peer, untrusted := input.UntrustedProxy(r, a.cfg.TrustedProxies)
	if !untrusted {
		return
	}
	if a.untrustedProxy.over(a.now()) {
		a.cfg.Logger.WarnContext(r.Context(), "authent: X-Forwarded-For is ignored, since it came from an address that is not trusted: if that is your proxy's, add it to AUTH_TRUSTED_PROXIES", "peer", peer.String())
	}
}

// arrivingCaller reads who is about to sign in or out, with every session that the
// request brought: those end.
func (a *Auth) arrivingCaller(r *http.Request) caller {
	c := a.callerOf(r)
	c.brought = a.broughtTokens(r)
	return c
}

// welcome gives the browser the cookies of a session that has begun.
func (a *Auth) welcome(w http.ResponseWriter, r *http.Request, s *Session) {
	a.setSessionCookie(w, r, string(s.brought), s.Expires)
	if mark, expires, ok := a.recentMarkOf(s); ok {
		a.setCookie(w, a.cookies.recent, mark, expires)
	}
	if c := (caller{known: cookie(r, a.cookies.known)}); a.cfg.NoticeNewBrowser && !s.first && !a.knows(c, s.UserID) {
		a.notice(r.Context(), mailJob{Kind: MailNewBrowser, To: s.User.Email})
	}
	a.know(w, r, s.User)
}

// know gives the browser the cookie by which it is known to u's account.
func (a *Auth) know(w http.ResponseWriter, r *http.Request, u *User) {
	if known, expires, err := a.remember(caller{known: cookie(r, a.cookies.known)}, u); err == nil {
		a.setCookie(w, a.cookies.known, known, expires)
	}
}

// SignIn starts a session for a user whom the application has identified by its
// own means, sets its cookie on w and ends the session that r brought. The SignIn
// callback is not asked; the signIn event is fired. A disabled user is
// ErrUserDisabled, an unknown one ErrNotFound.
func (a *Auth) SignIn(w http.ResponseWriter, r *http.Request, userID string) (*Session, error) {
	s, err := a.signInAs(r.Context(), a.arrivingCaller(r), userID)
	if err != nil {
		return nil, err
	}
	a.welcome(w, r, s)
	return s, nil
}

// SignOut ends the session that r brought, on the server, and clears its cookie.
// If r brought several session cookies, it ends every session that they name.
// Without a session it only clears the cookie. If the database fails, the cookie
// stays, since the session may still be alive.
func (a *Auth) SignOut(w http.ResponseWriter, r *http.Request) error {
	if err := a.signOut(r.Context(), a.arrivingCaller(r)); err != nil {
		return fmt.Errorf("authent: sign out: %w", err)
	}
	a.clearSessionCookie(w, r)
	if brings(r, a.cookies.factor) {
		a.clearCookie(w, a.cookies.factor)
	}
	return nil
}

// Reauthenticate checks the password of the person whose session r brought and
// gives them a new session in its place, which is Recent. A wrong password, or a
// user without one, is ErrInvalidCredentials; no session is ErrSignedOut.
func (a *Auth) Reauthenticate(w http.ResponseWriter, r *http.Request, password string) (*Session, error) {
	s, err := a.reauthenticate(r.Context(), a.arrivingCaller(r), password)
	if err != nil {
		return nil, err
	}
	a.welcome(w, r, s)
	return s, nil
}
