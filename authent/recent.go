package authent

import (
	"net/http"
	"time"

	"github.com/authent/authent/authent/internal/seal"
)

// clockSkew is how far the clocks of two servers may be apart.
const clockSkew = time.Minute

// recentMark is what authent.recent seals on tables that do not say when a
// session began. It counts only beside the live session it names.
type recentMark struct {
	SessionID string    `json:"s"`
	At        time.Time `json:"t"`
}

// authenticatedAt is when the person behind s last proved who they are: at the
// session's start, since every sign-in and re-authentication starts one.
func (a *Auth) authenticatedAt(r *http.Request, s *Session) time.Time {
	if a.columns.SessionCreatedAt {
		return s.CreatedAt
	}
	var m recentMark
	v := cookie(r, a.cookies.recent)
	if v == "" || !a.keys.OpenJSON(seal.Recent, a.cookies.recent, v, a.now(), &m) || m.SessionID != s.ID {
		return time.Time{}
	}
	return m.At
}

// markRecent sets authent.recent where the tables cannot tell.
func (a *Auth) markRecent(w http.ResponseWriter, s *Session) {
	if a.columns.SessionCreatedAt {
		return
	}
	now := a.now()
	expires := now.Add(a.cfg.RecentSignIn)
	v, err := a.keys.SealJSON(a.cfg.Rand, seal.Recent, a.cookies.recent, recentMark{s.ID, now}, expires)
	if err == nil {
		a.setCookie(w, a.cookies.recent, v, expires)
	}
}

// Recent reports whether s, which SessionFrom returned, began within
// Config.RecentSignIn: by a sign-in or a re-authentication. What guards an
// account is changed only then (ASVS 7.5.1); nobody signed in is never recent; an application asks the same before
// its own sensitive changes.
func (a *Auth) Recent(s *Session) bool {
	if s == nil {
		return false
	}
	age := a.now().Sub(s.authenticated)
	return !s.authenticated.IsZero() && age >= -clockSkew && age <= a.cfg.RecentSignIn
}
