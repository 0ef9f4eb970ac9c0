package authent

import (
	"context"
	"errors"

	"github.com/authent/authent/authent/internal/factor"
	"github.com/authent/authent/authent/internal/oauth"
)

// reauthenticate replaces the session of c with one that is recent, if the password
// is right.
func (a *Auth) reauthenticate(ctx context.Context, c caller, password string) (s *Session, err error) {
	old, _, err := a.checkSession(ctx, c)
	if err != nil {
		return nil, err
	}
	if old == nil {
		return nil, ErrSignedOut
	}
	e := c.event(AuditReauthentication).in(old)
	defer a.recordEnd(ctx, func() securityEvent { return e.in(s).endedBy(err) })
	tried, err := a.limit(ctx, c, try{kind: TryPassword, account: old.UserID})
	if err != nil {
		return nil, err
	}
	e.admitted = true
	p, err := a.verifyPassword(ctx, asker(old.UserID), old.User, password)
	if err != nil {
		return nil, err
	}
	a.succeeded(ctx, tried)
	p = a.besides(old, a.rehash(ctx, asker(old.UserID), p, password))
	p.skipsFactor = true // the session has done that step, or has the level that its owner had
	return a.signIn(ctx, c, p.telling(e), func(tx Adapter) (*User, error) {
		user, err := a.lockSignedIn(ctx, tx, old)
		if err != nil {
			return nil, err
		}
		return p.hold(ctx, tx, user)
	})
}

// reauthenticateArrived gives the person behind old, which must be the session that started
// the flow, a new one that is recent, if it is they who signed in at the provider.
func (a *Auth) reauthenticateArrived(ctx context.Context, c caller, old *Session, f flow, ar *arrival) (*Session, error) {
	if old == nil || old.ID != f.SessionID || old.UserID != f.UserID {
		return nil, oauth.Fault("the session that came back is not the one that was to be confirmed")
	}
	e := c.event(AuditReauthentication).in(old)
	e.method = ar.provider.ID
	p := a.besides(old, proof{methods: []factor.Method{factor.Provider}, provider: ar.provider.ID, skipsFactor: true}).telling(e)
	s, err := a.signIn(ctx, c, p, func(tx Adapter) (*User, error) {
		user, err := a.lockSignedIn(ctx, tx, old)
		if err != nil {
			return nil, err
		}
		owner, err := tx.UserByAccount(ctx, ar.account.Provider, ar.account.ProviderAccountID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if idOf(owner) != user.ID {
			return nil, errOtherAccount
		}
		return user, tx.UpdateAccount(ctx, ar.account.Provider, ar.account.ProviderAccountID, ar.account.update())
	})
	if err != nil {
		return nil, err
	}
	a.record(ctx, e.in(s))
	return s, nil
}

// stepUp gives the person behind old, who shows a second factor, a new session of that
// level in its place.
func (a *Auth) stepUp(ctx context.Context, c caller, old *Session, code string) (s *Session, err error) {
	e := c.event(AuditStepUp).in(old)
	defer a.recordEnd(ctx, func() securityEvent { return e.in(s).endedBy(err) })
	checked, err := a.checkCode(ctx, c, old.User, code)
	e.admitted, e.method = checked.admitted, string(checked.method)
	if err != nil {
		return nil, err
	}
	p := a.besides(old, proof{userID: old.UserID, methods: []factor.Method{checked.method}, skipsFactor: true}).telling(e)
	s, err = a.signIn(ctx, c, p, func(tx Adapter) (*User, error) {
		u, err := a.lockSignedIn(ctx, tx, old)
		if err != nil {
			return nil, err
		}
		return u, a.useCode(ctx, tx, u.ID, checked)
	})
	if err != nil {
		return nil, err
	}
	a.codeWorked(ctx, s.User, checked)
	return s, nil
}
