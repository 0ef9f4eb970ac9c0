package authent

import (
	"time"

	"github.com/authent/authent/authent/internal/oauth"
	"github.com/authent/authent/authent/internal/seal"
)

const clockSkew = oauth.ClockSkew

// recentMark is what the cookie authent.recent holds, sealed, if the tables do
// not record when a session began. It counts only together with the live session
// that it names.
type recentMark struct {
	SessionID string    `json:"s"`
	At        time.Time `json:"t"`
}

// recordsStart reports whether the tables record when the person behind a session proved
// who they are.
func (a *Auth) recordsStart() bool {
	return a.columns.SessionAuthenticatedAt || a.columns.SessionCreatedAt
}

// authenticatedAt returns when the person behind s last proved who they are: where the
// tables do not record that, at the session's start, since every sign-in and
// re-authentication starts one.
func (a *Auth) authenticatedAt(c caller, s *Session) time.Time {
	switch {
	case a.columns.SessionAuthenticatedAt:
		return s.AuthenticatedAt
	case a.columns.SessionCreatedAt:
		return s.CreatedAt
	}
	var m recentMark
	if c.mark == "" || !a.keys.OpenJSON(seal.Recent, recentPlace, c.mark, a.now(), &m) || m.SessionID != s.ID {
		return time.Time{}
	}
	return m.At
}

// recentPlace is what the mark is bound to, whatever its cookie is called.
const recentPlace = "authent.recent"

// recentMarkOf makes the mark of a session that begins now, if the tables do not
// record when one began. ok is false if no mark is needed.
func (a *Auth) recentMarkOf(s *Session) (mark string, expires time.Time, ok bool) {
	if a.recordsStart() {
		return "", time.Time{}, false
	}
	now := a.now()
	expires = now.Add(a.cfg.RecentSignIn)
	mark, err := a.keys.SealJSON(a.cfg.Rand, seal.Recent, recentPlace, recentMark{s.ID, now}, expires)
	return mark, expires, err == nil
}

// Recent reports whether s, which SessionFrom returned, began within
// Config.RecentSignIn, by a sign-in or a re-authentication. A nil s, nobody being
// signed in, is never recent. The engine changes what guards an account only then (ASVS
// 7.5.1). An application should ask the same before its own sensitive changes.
func (a *Auth) Recent(s *Session) bool { return a.recentWithin(s, a.cfg.RecentSignIn) }

// recentWithin does what Recent does, for another time than Config.RecentSignIn.
func (a *Auth) recentWithin(s *Session, d time.Duration) bool {
	if s == nil {
		return false
	}
	age := a.now().Sub(s.authenticated)
	return !s.authenticated.IsZero() && age >= -clockSkew && age <= d
}
