package authent

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
)

// logAction is where the browser client of next-auth 4 sends its errors, without a CSRF
// token.
const logAction = "_log"

// postLog takes what the client reports and drops it: anybody can send it, so that to log
// it would fill the log with what strangers like.
func (e *exchange) postLog() error {
	e.w.WriteHeader(http.StatusOK)
	return nil
}

func (e *exchange) getCSRF() error {
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

func (e *exchange) getProviders() error {
	all := make(map[string]publicProvider, len(e.cfg.Providers))
	for _, p := range e.cfg.Providers {
		all[p.ID] = publicProvider{p.ID, p.Name, p.Type, e.page("signin/"+p.ID, nil), e.page("callback/"+p.ID, nil)}
	}
	e.json(http.StatusOK, all)
	return nil
}

// getSession answers who is signed in. As by Auth.js the cookie is set anew on
// every read. When the database does not tell, it answers 503, unlike Auth.js,
// whose null says that nobody is signed in.
func (e *exchange) getSession() error {
	e.noStore()
	_, s, _, err := e.recallSession(e.r.Context(), e.visitorOf(e.r))
	return e.answerSession(s, err, "", nil)
}

// postSession answers the client's update().
func (e *exchange) postSession() error {
	s, _, err := e.checkSession(e.r.Context(), e.visitorOf(e.r))
	return e.answerSession(s, err, "update", e.data)
}

// nobody returns the answer where nobody is signed in: null, beside next-auth 4 an empty
// object, since its client fails on null.
func (e *exchange) nobody() any {
	if e.cfg.beside4() {
		return struct{}{}
	}
	return nil
}

// answerSession answers with what the check of the session has returned: nobody when nobody
// is signed in, or when the application's callback fails. It takes care of the cookie.
func (e *exchange) answerSession(s *Session, err error, trigger string, data any) error {
	if err != nil {
		e.refuseUnknown(err)
		return nil
	}
	if s == nil {
		if e.bringsDeadSession(e.r) {
			e.clearSessionCookie(e.w, e.r)
		}
		e.json(http.StatusOK, e.nobody())
		return nil
	}
	body, err := e.sessionBody(s, trigger, data)
	if errors.Is(err, ErrUnavailable) {
		e.refuseUnknown(err)
		return nil
	}
	if err != nil {
		e.cfg.Logger.ErrorContext(e.r.Context(), "authent: session callback failed", "error", err)
		e.json(http.StatusOK, e.nobody())
		return nil
	}
	e.setSessionCookie(e.w, e.r, string(s.brought), e.expiry(s, e.now()))
	fire(e.r.Context(), e.Auth, "session", e.cfg.Events.Session, SessionEvent{Session: s, Body: body})
	e.json(http.StatusOK, body)
	return nil
}

// sessionBody returns what is told about a live session.
func (e *exchange) sessionBody(s *Session, trigger string, data any) (any, error) {
	switch {
	case e.cfg.Callbacks.Session == nil && e.cfg.Events.Session == nil:
		return newPlainBody(s), nil
	case e.cfg.Callbacks.Session == nil:
		return newSessionBody(s), nil
	}
	return e.cfg.Callbacks.Session(e.r.Context(), SessionParams{
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
func (e *exchange) getSessions() error {
	e.noStore()
	current, err := e.requestSession()
	if err != nil {
		return e.failJSON(err)
	}
	if current == nil {
		e.json(http.StatusUnauthorized, nil)
		return nil
	}
	all, err := e.ownSessions(current)
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

// requestSession returns the session behind e, nil if nobody is signed in; its
// cookie follows when the session rolled on or was taken over.
func (e *exchange) requestSession() (*Session, error) {
	s, rolled, err := e.checkSession(e.r.Context(), e.visitorOf(e.r))
	if err != nil {
		return nil, err
	}
	if !rolled.IsZero() {
		e.setSessionCookie(e.w, e.r, string(s.brought), rolled)
	}
	return s, nil
}

// ownSessions returns the sessions of current's user, current first.
func (e *exchange) ownSessions(current *Session) ([]*Session, error) {
	all, err := e.Sessions(e.r.Context(), current.UserID)
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

// postRevoke ends one session by its id, or with others=true all but this one.
func (e *exchange) postRevoke() error {
	current, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if e.form.Get("others") == "true" {
		if _, err := e.RevokeOtherSessions(e.r.Context(), current); err != nil {
			return err
		}
		return e.toAccount("sessions_revoked")
	}
	id := e.form.Get("id")
	if id == current.ID {
		if err := e.SignOut(e.w, e.r); err != nil {
			return err
		}
		return e.redirect(e.callbackURL)
	}
	if err := e.revokeOwnSession(e.r.Context(), current, id); err != nil {
		return orNotFound(err, errSessionNotFound)
	}
	return e.toAccount("session_revoked")
}
