package authent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/seal"
)

// Session is a signed-in browser. In every optional field the zero value means
// NULL: another writer of the table may have left it so.
type Session struct {
	// ID identifies the session among its user's. It is not a secret: neither the
	// token nor its stored form can be found from it.
	ID string `json:"id"`
	// Token is the token's stored form: its SHA-256, or in shared mode the
	// token itself.
	Token Secret `json:"-"`
	// UserID is whose session it is.
	UserID string `json:"userId"`
	// Expires is when the session ends unless it is used before.
	Expires time.Time `json:"expires"`

	// CreatedAt is when the person signed in or re-authenticated.
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// LastUsedAt is when the session was last seen, to about
	// SessionConfig.TouchInterval.
	LastUsedAt time.Time `json:"lastUsedAt,omitzero"`
	// IPAddress is the client's address at sign-in.
	IPAddress string `json:"ipAddress,omitempty"`
	// UserAgent is the browser's User-Agent at sign-in, at most 512 bytes.
	UserAgent string `json:"userAgent,omitempty"`

	// AMR names the methods by which the person proved who they are, separated by
	// spaces: those of RFC 8176 where it has one (MethodPassword and the others).
	AMR string `json:"amr,omitempty"`
	// AAL is the authenticator assurance level (NIST SP 800-63B) that these reach: 1 or
	// 2. 0 stands for NULL, which counts as 1.
	AAL int `json:"aal,omitempty"`
	// AuthenticatedAt is when the person last proved who they are; zero stands for NULL.
	AuthenticatedAt time.Time `json:"authenticatedAt,omitzero"`

	// User is whose session it is, where the method that returned the session
	// says so; else nil.
	User *User `json:"-"`

	// authenticated is when the person last proved who they are, as far as the
	// request's session and cookies show; zero if they do not.
	authenticated time.Time
	// from is the address of the client whose request brought the session, agent what it
	// called itself.
	from  netip.Addr
	agent string
	// first says that it began with the account.
	first bool
	// brought is the token as the request's cookie has it, for sending that
	// again.
	brought Secret
}

// LogValue logs whose session it is, without the token.
func (s *Session) LogValue() slog.Value {
	if s == nil {
		return slog.Value{}
	}
	return slog.GroupValue(slog.String("id", s.ID), slog.String("user_id", s.UserID))
}

// Format implements fmt.Formatter for every verb, without secrets. Without it a
// wrong verb, such as %s for a pointer, would print the fields as they are.
func (s Session) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "session %s of user %s", s.ID, s.UserID)
}

// SessionUpdate says what UpdateSession changes: nil leaves a column alone. AMR, AAL and
// AuthenticatedAt never change: who proves more gets another session.
type SessionUpdate struct {
	Expires    *time.Time
	CreatedAt  *time.Time
	LastUsedAt *time.Time
}

type sessionKey struct{}

// SessionFrom returns the session that LoadSession, RequireUser or RequireRole
// found for the request, with its User, or nil when nobody is signed in. Both are the
// request's own, and User.Entity may be shared: it must not be changed.
func SessionFrom(ctx context.Context) *Session {
	s, _ := ctx.Value(sessionKey{}).(*Session)
	return s
}

// checkSession returns the live session of c, or nil, and, when the cookie must be
// re-sent, its new expiry: the check may have extended the session, or taken over
// Auth.js's cookie. An error comes from the database: it is then unknown whether c
// is signed in.
func (a *Auth) checkSession(ctx context.Context, c caller) (s *Session, rolled time.Time, err error) {
	now := a.now()
	if s, err = a.findSession(ctx, c, now); s == nil || err != nil {
		return nil, time.Time{}, err
	}
	return a.useSession(ctx, c, s, now)
}

// useSession does for the live session s of c what its use at now brings about; the results
// are those of checkSession. It returns nil if s turns out to have ended.
func (a *Auth) useSession(ctx context.Context, c caller, s *Session, now time.Time) (_ *Session, rolled time.Time, err error) {
	s.authenticated, s.from, s.agent = a.authenticatedAt(c, s), c.addr, c.userAgent
	rolled, err = a.roll(ctx, s, now)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, time.Time{}, nil
	case err != nil:
		a.cfg.Logger.Log(ctx, faultLevel(err), "authent: session could not be extended", "error", err)
	}
	if rolled.IsZero() && c.renews {
		rolled = a.cookieEnd(s, now)
	}
	return s, rolled, nil
}

// findSession returns the live session of c, or nil. If two cookies each name a
// live session it returns nil, since nobody knows whose the browser is.
func (a *Auth) findSession(ctx context.Context, c caller, now time.Time) (*Session, error) {
	var found *Session
	for _, token := range c.tokens {
		s, err := a.liveSession(ctx, token, now)
		switch {
		case err != nil:
			return nil, err
		case s != nil && found != nil:
			return nil, nil
		case s != nil:
			found = s
		}
	}
	return found, nil
}

// liveSession returns the session of a token, nil if there is none or it has
// ended.
func (a *Auth) liveSession(ctx context.Context, token string, now time.Time) (*Session, error) {
	s, err := a.store.SessionAndUser(ctx, a.storedToken(token))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("authent: check session: %w", err)
	case !a.alive(s, now):
		a.deleteQuietly(ctx, s)
		return nil, nil
	}
	s.brought = Secret(token)
	return s, nil
}

// cookieEnd returns when the cookie of a session that another program started
// ends: that program may have let the session live longer than a cookie may
// (P22).
func (a *Auth) cookieEnd(s *Session, now time.Time) time.Time {
	ends := s.Expires
	if most := now.Add(maxCookieAge); most.Before(ends) {
		ends = most
	}
	if end := a.absoluteEnd(s); !end.IsZero() && end.Before(ends) {
		ends = end
	}
	return ends
}

// alive reports whether a session found in the database has not ended.
func (a *Auth) alive(s *Session, now time.Time) bool {
	if s.Expires.Before(now) || (s.User != nil && s.User.Disabled()) {
		return false
	}
	end := a.absoluteEnd(s)
	return end.IsZero() || now.Before(end)
}

// absoluteEnd returns when s ends however much it is used, zero for never.
func (a *Auth) absoluteEnd(s *Session) time.Time {
	if a.cfg.Session.AbsoluteMaxAge == 0 || s.CreatedAt.IsZero() {
		return time.Time{}
	}
	return s.CreatedAt.Add(a.cfg.Session.AbsoluteMaxAge)
}

// deleteQuietly removes a dead session. A failure is only logged: the session
// counts as dead anyway.
func (a *Auth) deleteQuietly(ctx context.Context, s *Session) {
	if err := a.store.DeleteSession(ctx, s.Token); err != nil {
		a.cfg.Logger.WarnContext(ctx, "authent: dead session could not be deleted", "error", err)
	}
}

// roll stores what a use of the session at now changes: its expiry at most once
// per UpdateAge, its start if another writer left that empty and an absolute
// lifetime counts from it, and the time of its last use at most once per
// TouchInterval: with one of the others, or soon, many sessions at once.
func (a *Auth) roll(ctx context.Context, s *Session, now time.Time) (rolled time.Time, err error) {
	var u SessionUpdate
	if a.cfg.Session.AbsoluteMaxAge > 0 && s.CreatedAt.IsZero() {
		s.CreatedAt = a.assumedStart(s, now)
		u.CreatedAt = &s.CreatedAt
	}
	if a.rollDue(s, now) {
		u.Expires = new(a.expiry(s, now))
	}
	if a.columns.SessionLastUsedAt && (u.Expires != nil || a.touchDue(s, now)) {
		u.LastUsedAt = new(now)
	}
	if a.touches != nil && u == (SessionUpdate{LastUsedAt: u.LastUsedAt}) && u.LastUsedAt != nil {
		a.touches.add(s.Token, now)
		return time.Time{}, nil
	}
	if u == (SessionUpdate{}) {
		return time.Time{}, nil
	}
	if err := a.store.UpdateSession(ctx, s.Token, u); err != nil {
		return time.Time{}, fmt.Errorf("authent: roll session: %w", err)
	}
	if u.Expires != nil {
		rolled = *u.Expires
	}
	return rolled, nil
}

// assumedStart returns the start to assume for a session that another program
// started without recording when, so that its absolute lifetime has an end.
// Nobody is known to have signed in at that moment, so it lies too far back to be
// Recent, even if RecentSignIn is raised later, to at most an hour (P38). It
// leaves the session a tenth of its absolute lifetime, unless all of that
// lifetime would be recent.
func (a *Auth) assumedStart(s *Session, now time.Time) time.Time {
	start := now
	if rolled := s.Expires.Add(-a.cfg.Session.MaxAge); rolled.Before(start) {
		start = rolled
	}
	start = start.Add(-max(a.cfg.RecentSignIn, time.Hour))
	most := a.cfg.Session.AbsoluteMaxAge
	if earliest := now.Add(most/10 - most); start.Before(earliest) {
		start = earliest
	}
	if latest := now.Add(-a.cfg.RecentSignIn - 2*clockSkew); latest.Before(start) {
		start = latest
	}
	return start.Truncate(time.Millisecond)
}

// expiry returns when a session ends that is started or extended at now.
func (a *Auth) expiry(s *Session, now time.Time) time.Time {
	expires := now.Add(a.cfg.Session.MaxAge)
	if end := a.absoluteEnd(s); !end.IsZero() && end.Before(expires) {
		return end
	}
	return expires
}

// rollDue reports whether a use of s at now extends it.
func (a *Auth) rollDue(s *Session, now time.Time) bool {
	due := s.Expires.Add(a.cfg.Session.UpdateAge - a.cfg.Session.MaxAge)
	return !due.After(now) && a.expiry(s, now).After(s.Expires)
}

func (a *Auth) touchDue(s *Session, now time.Time) bool {
	interval := a.cfg.Session.TouchInterval
	return interval > 0 && now.Sub(s.LastUsedAt) >= interval
}

// newSession makes the session that c is about to get with p: the token for the cookie,
// and the row.
func (a *Auth) newSession(c caller, p proof) (token string, s Session, err error) {
	token, err = seal.NewToken(a.cfg.Rand)
	if err != nil {
		return "", Session{}, fmt.Errorf("authent: new session token: %w", err)
	}
	now := a.now()
	s = Session{
		Token: a.storedToken(token), UserID: p.userID, CreatedAt: now, LastUsedAt: now,
		UserAgent: input.CutUserAgent(c.userAgent),
	}
	if c.addr.IsValid() {
		s.IPAddress = c.addr.String()
	}
	p.prove(&s, now)
	s.Expires = a.expiry(&s, now)
	return token, s, nil
}

// Sessions returns the user's live sessions, the last used first, without their
// tokens; none for an unknown user.
func (a *Auth) Sessions(ctx context.Context, userID string) ([]*Session, error) {
	all, err := a.store.Sessions(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("authent: list sessions: %w", err)
	}
	now := a.now()
	live := slices.DeleteFunc(all, func(s *Session) bool { return !a.alive(s, now) })
	for _, s := range live {
		s.Token = ""
	}
	slices.SortFunc(live, func(s, t *Session) int {
		return cmp.Or(t.LastUsedAt.Compare(s.LastUsedAt), t.Expires.Compare(s.Expires), cmp.Compare(s.ID, t.ID))
	})
	return live, nil
}

// RevokeSession ends the user's session with the id. A session that does not
// exist and one that is somebody else's are both ErrNotFound. It is for
// administrators: it does not check who is signed in.
func (a *Auth) RevokeSession(ctx context.Context, userID, id string) (err error) {
	e := securityEvent{kind: AuditRevocation, userID: userID, ended: 1}
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	return a.written(ctx, e, func(store Adapter) error { return revoke(ctx, store, userID, id) })
}

// revokeOwnSession does what RevokeSession does for the person behind s, who must
// still be signed in (else ErrSignedOut).
func (a *Auth) revokeOwnSession(ctx context.Context, s *Session, id string) (err error) {
	e := s.event(AuditRevocation)
	e.ended = 1
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	return a.store.InTx(ctx, func(tx Adapter) error {
		if _, err := a.lockSignedIn(ctx, tx, s); err != nil {
			return fmt.Errorf("authent: revoke session: %w", err)
		}
		if err := revoke(ctx, tx, s.UserID, id); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
}

func revoke(ctx context.Context, store Adapter, userID, id string) error {
	deleted, err := store.DeleteSessionByID(ctx, userID, id)
	if err == nil && !deleted {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("authent: revoke session: %w", err)
	}
	return nil
}

// RevokeOtherSessions ends all sessions of s's user but s, which SessionFrom
// returned, and returns how many. If s itself has ended meanwhile, it ends none
// and returns ErrSignedOut.
func (a *Auth) RevokeOtherSessions(ctx context.Context, s *Session) (n int, err error) {
	if s.Token == "" {
		return 0, errors.New("authent: revoke other sessions: the session is not one that SessionFrom returned")
	}
	e := s.event(AuditRevocation)
	defer a.recordEnd(ctx, func() securityEvent {
		e.ended = n
		return e.endedBy(err)
	})
	err = a.store.InTx(ctx, func(tx Adapter) (err error) {
		if _, err = a.lockSignedIn(ctx, tx, s); err != nil {
			return err
		}
		if n, err = tx.DeleteSessions(ctx, s.UserID, s.Token); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return 0, fmt.Errorf("authent: revoke other sessions: %w", err)
	}
	return n, nil
}

// RevokeAllSessions ends all sessions of a user and returns how many.
func (a *Auth) RevokeAllSessions(ctx context.Context, userID string) (n int, err error) {
	e := securityEvent{kind: AuditRevocation, userID: userID}
	defer a.recordEnd(ctx, func() securityEvent {
		e.ended = n
		return e.endedBy(err)
	})
	err = a.store.InTx(ctx, func(tx Adapter) (err error) { // which tries again after a deadlock
		if n, err = tx.DeleteSessions(ctx, userID, ""); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return 0, fmt.Errorf("authent: revoke all sessions: %w", err)
	}
	return n, nil
}
