package authent

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"
)

func (a *Auth) getCSRF(e *exchange) error {
	e.noStore()
	e.json(http.StatusOK, map[string]string{"csrfToken": e.csrfToken})
	return nil
}

// publicProvider is an entry of GET providers.
type publicProvider struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Type        ProviderType `json:"type"`
	SignInURL   string       `json:"signinUrl"`
	CallbackURL string       `json:"callbackUrl"`
}

func (a *Auth) getProviders(e *exchange) error {
	all := make(map[string]publicProvider, len(a.cfg.Providers))
	for _, p := range a.cfg.Providers {
		all[p.ID] = publicProvider{p.ID, p.Name, p.Type, e.page("signin/"+p.ID, nil), e.page("callback/"+p.ID, nil)}
	}
	e.json(http.StatusOK, all)
	return nil
}

// getSession answers who is signed in. As by Auth.js the cookie is set anew on
// every read. When the database does not tell, it answers 503, unlike Auth.js,
// whose null says that nobody is signed in.
func (a *Auth) getSession(e *exchange) error {
	e.noStore()
	return a.answerSession(e, "", nil)
}

// postSession is the client's update().
func (a *Auth) postSession(e *exchange) error { return a.answerSession(e, "update", e.data) }

// answerSession answers null when nobody is signed in, or when the application's
// callback fails. It takes care of the cookie.
func (a *Auth) answerSession(e *exchange, trigger string, data any) error {
	s, _, err := a.checkSession(e.r)
	if err != nil {
		e.refuseUnknown(err)
		return nil
	}
	if s == nil {
		if a.bringsDeadSession(e.r) {
			a.clearSessionCookie(e.w, e.r)
		}
		e.json(http.StatusOK, nil)
		return nil
	}
	body, err := a.sessionBody(e, s, trigger, data)
	if errors.Is(err, ErrUnavailable) {
		e.refuseUnknown(err)
		return nil
	}
	if err != nil {
		a.cfg.Logger.ErrorContext(e.r.Context(), "authent: session callback failed", "error", err)
		e.json(http.StatusOK, nil)
		return nil
	}
	a.setSessionCookie(e.w, e.r, string(s.brought), a.expiry(s, a.now()))
	fire(e.r.Context(), a, "session", a.cfg.Events.Session, SessionEvent{Session: s, Body: body})
	e.json(http.StatusOK, body)
	return nil
}

// sessionBody is what is told of a live session.
func (a *Auth) sessionBody(e *exchange, s *Session, trigger string, data any) (any, error) {
	if a.cfg.Callbacks.Session == nil {
		return newSessionBody(s), nil
	}
	return a.cfg.Callbacks.Session(e.r.Context(), SessionParams{
		Session: s, User: s.User, Body: newSessionBody(s), Trigger: trigger, NewSession: data,
	})
}

// listedSession is an entry of GET sessions.
type listedSession struct {
	ID         string  `json:"id"`
	Current    bool    `json:"current"`
	CreatedAt  *string `json:"createdAt"`
	LastUsedAt *string `json:"lastUsedAt"`
	Expires    string  `json:"expires"`
	IPAddress  *string `json:"ipAddress"`
	UserAgent  *string `json:"userAgent"`
}

// getSessions lists the sessions of whoever is signed in.
func (a *Auth) getSessions(e *exchange) error {
	e.noStore()
	current, err := a.requestSession(e)
	if err != nil {
		return e.failJSON(err)
	}
	if current == nil {
		e.json(http.StatusUnauthorized, nil)
		return nil
	}
	all, err := a.ownSessions(e, current)
	if err != nil {
		return e.failJSON(err)
	}
	list := make([]listedSession, len(all))
	for i, s := range all {
		list[i] = listedSession{
			ID: s.ID, Current: s.ID == current.ID, Expires: jsonTime(s.Expires),
			CreatedAt: optionalTime(s.CreatedAt), LastUsedAt: optionalTime(s.LastUsedAt),
			IPAddress: optional(s.IPAddress), UserAgent: optional(s.UserAgent),
		}
	}
	e.json(http.StatusOK, list)
	return nil
}

// requestSession is the session behind e, nil when nobody is signed in; its
// cookie follows when the session rolled on or was taken over.
func (a *Auth) requestSession(e *exchange) (*Session, error) {
	s, rolled, err := a.checkSession(e.r)
	if err != nil {
		return nil, err
	}
	if !rolled.IsZero() {
		a.setSessionCookie(e.w, e.r, string(s.brought), rolled)
	}
	return s, nil
}

// ownSessions are the sessions of current's user, current first.
func (a *Auth) ownSessions(e *exchange, current *Session) ([]*Session, error) {
	all, err := a.Sessions(e.r.Context(), current.UserID)
	if err != nil {
		return nil, err
	}
	rank := func(s *Session) int {
		if s.ID == current.ID {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(s, t *Session) int { return cmp.Compare(rank(s), rank(t)) })
	return all, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func optionalTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := jsonTime(t)
	return &s
}

// postRevoke ends one session by its id, or with others=true all but this one.
func (a *Auth) postRevoke(e *exchange) error {
	current, err := a.mustBeSignedIn(e)
	if err != nil {
		return err
	}
	if e.form.Get("others") == "true" {
		if _, err := a.RevokeOtherSessions(e.r.Context(), current); err != nil {
			return err
		}
		return e.toAccount("sessions_revoked")
	}
	id := e.form.Get("id")
	if id == current.ID {
		if err := a.SignOut(e.w, e.r); err != nil {
			return err
		}
		return e.redirect(e.callbackURL)
	}
	if err := a.revokeOwnSession(e.r.Context(), current, id); err != nil {
		return orNotFound(err, errSessionNotFound)
	}
	return e.toAccount("session_revoked")
}
