package authent

import (
	"context"
	"errors"
)

// signOut ends all sessions that c brought.
func (a *Auth) signOut(ctx context.Context, c caller) error {
	if len(c.brought) > maxBroughtTokens {
		return errManyCookies
	}
	var ended []*Session
	for _, token := range c.brought {
		s, err := a.endSession(ctx, c, a.storedToken(token))
		if err != nil {
			return err
		}
		if s != nil {
			ended = append(ended, s)
		}
	}
	for _, s := range ended {
		fire(ctx, a, "signOut", a.cfg.Events.SignOut, SignOutEvent{Session: s})
	}
	return nil
}

// endSession deletes a session that c brought and returns it, nil if it was not there.
func (a *Auth) endSession(ctx context.Context, c caller, token Secret) (*Session, error) {
	s, err := a.store.SessionAndUser(ctx, token)
	if errors.Is(err, ErrNotFound) {
		return nil, a.store.DeleteSession(ctx, token)
	}
	if err != nil {
		return nil, err
	}
	e := c.event(AuditSignOut).in(s)
	err = a.written(ctx, e, func(store Adapter) error { return store.DeleteSession(ctx, token) })
	a.record(ctx, e.endedBy(err))
	return s, err
}
