package authent

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/authent/authent/authent/internal/input"

	"github.com/authent/authent/authent/internal/password"
)

// proof is what a sign-in found out before its transaction and must still be
// true within it.
type proof struct {
	userID string
	// password is the hash that the typed password matched. If set and another
	// one is stored by then, the sign-in is refused (ASVS 7.4.3).
	password Secret
	// weak says that password is of weaker parameters than today's.
	weak bool
	// rehash replaces password, unless it is "".
	rehash Secret
}

// signIn starts a session for the user of p and ends those that r brought
// (P02), all in one transaction that holds the user's row. New users are created
// in it by create, which is nil for others.
func (a *Auth) signIn(w http.ResponseWriter, r *http.Request, p proof, create func(tx Adapter) (*User, error)) (*Session, error) {
	brought, err := a.broughtTokens(r)
	if err != nil {
		return nil, err
	}
	token, row, err := a.newSession(r, p.userID)
	if err != nil {
		return nil, err
	}
	var s *Session
	err = a.store.InTx(r.Context(), func(tx Adapter) error {
		user, err := a.signInUser(r.Context(), tx, p, create)
		if err != nil {
			return err
		}
		for _, token := range brought {
			if err := tx.DeleteSession(r.Context(), a.storedToken(token)); err != nil {
				return err
			}
		}
		row.UserID = user.ID
		if s, err = tx.CreateSession(r.Context(), row); err != nil {
			return err
		}
		s.User = user
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("authent: sign in: %w", err)
	}
	s.authenticated = a.now()
	a.setSessionCookie(w, r, token, s.Expires)
	a.markRecent(w, s)
	return s, nil
}

// signInUser is the user who may sign in by p, as the transaction sees them.
func (a *Auth) signInUser(ctx context.Context, tx Adapter, p proof, create func(tx Adapter) (*User, error)) (*User, error) {
	if create != nil {
		return create(tx)
	}
	user, err := tx.LockUser(ctx, p.userID)
	if err != nil {
		return nil, err
	}
	if user.Disabled() {
		return nil, ErrUserDisabled
	}
	return p.hold(ctx, tx, user)
}

// hold checks p again for the user, whose row the transaction holds, and writes
// the new hash if there is one.
func (p proof) hold(ctx context.Context, tx Adapter, user *User) (*User, error) {
	switch {
	case p.password == "":
		return user, nil
	case !user.Password.Equal(p.password):
		return nil, ErrInvalidCredentials
	case p.rehash == "":
		return user, nil
	}
	return tx.UpdateUser(ctx, user.ID, UserUpdate{Password: &p.rehash})
}

// SignIn starts a session for a user whose identity the application has found
// out by its own means, sets its cookie on w and ends the session that r
// brought. The SignIn callback is not asked; the signIn event is fired. A
// disabled user is ErrUserDisabled, an unknown one ErrNotFound.
func (a *Auth) SignIn(w http.ResponseWriter, r *http.Request, userID string) (*Session, error) {
	s, err := a.signIn(w, r, proof{userID: userID}, nil)
	a.record(r.Context(), securityEvent{kind: eventSignIn, userID: userID, from: input.ClientAddr(r, a.cfg.TrustedProxies), err: err})
	if err != nil {
		return nil, err
	}
	fire(r.Context(), a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User})
	return s, nil
}

// SignOut ends the session that r brought, on the server, and clears its
// cookie; of several session cookies, every session that they name. Without a
// session it only clears the cookie. When the database fails the cookie stays,
// since the session may be alive.
func (a *Auth) SignOut(w http.ResponseWriter, r *http.Request) error {
	brought, err := a.broughtTokens(r)
	if err != nil {
		return fmt.Errorf("authent: sign out: %w", err)
	}
	var ended []*Session
	for _, token := range brought {
		s, err := a.endSession(r.Context(), a.storedToken(token))
		if s != nil {
			a.record(r.Context(), securityEvent{kind: eventSignOut, userID: s.UserID, from: input.ClientAddr(r, a.cfg.TrustedProxies), err: err})
		}
		if err != nil {
			return fmt.Errorf("authent: sign out: %w", err)
		}
		if s != nil {
			ended = append(ended, s)
		}
	}
	a.clearSessionCookie(w, r)
	for _, s := range ended {
		fire(r.Context(), a, "signOut", a.cfg.Events.SignOut, SignOutEvent{Session: s})
	}
	return nil
}

// endSession deletes a session and returns it, nil if it was not there.
func (a *Auth) endSession(ctx context.Context, token Secret) (*Session, error) {
	s, err := a.store.SessionAndUser(ctx, token)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return s, a.store.DeleteSession(ctx, token)
}

// Reauthenticate checks the password of the person whose session r brought and
// gives them a new session in its place, which is Recent. A wrong password, and
// a user without one, is ErrInvalidCredentials; without a session it is
// ErrSignedOut.
func (a *Auth) Reauthenticate(w http.ResponseWriter, r *http.Request, password string) (s *Session, err error) {
	old, _, err := a.checkSession(r)
	if err != nil {
		return nil, err
	}
	if old == nil {
		return nil, ErrSignedOut
	}
	defer func() {
		a.record(r.Context(), securityEvent{kind: eventReauthenticate, userID: old.UserID, from: old.from, err: err})
	}()
	p, err := a.verifyPassword(r.Context(), asker(old.UserID), old.User, password)
	if err != nil {
		return nil, err
	}
	p = a.rehash(r.Context(), asker(old.UserID), p, password)
	return a.signIn(w, r, p, func(tx Adapter) (*User, error) {
		user, err := a.lockSignedIn(r.Context(), tx, old)
		if err != nil {
			return nil, err
		}
		return p.hold(r.Context(), tx, user)
	})
}

// lockSignedIn holds the row of the user behind s and returns it, if s is still
// there: every verb that acts for a session calls it first in its transaction, so
// that a session which was ended since it was checked does nothing more, and of
// two that end each other one is too late. That is ErrSignedOut.
func (a *Auth) lockSignedIn(ctx context.Context, tx Adapter, s *Session) (*User, error) {
	user, err := tx.LockUser(ctx, s.UserID)
	if err != nil {
		return nil, orNotFound(err, ErrSignedOut)
	}
	now, err := tx.SessionAndUser(ctx, s.Token)
	if err != nil {
		return nil, orNotFound(err, ErrSignedOut)
	}
	if now.UserID != s.UserID || user.Disabled() || !a.alive(now, a.now()) {
		return nil, ErrSignedOut
	}
	return user, nil
}

// asker says for whom a password is hashed: the id of a person whose live session was
// checked, or byStranger.
type asker = password.Asker

const byStranger = password.Stranger

// verifyPassword checks a password against a user's hash, or against a dummy of
// the same cost when there is no user, so that the two take the same work (P10).
func (a *Auth) verifyPassword(ctx context.Context, by asker, u *User, password string) (proof, error) {
	var stored Secret
	if u != nil {
		stored = u.Password
	}
	v, err := a.hasher.Verify(ctx, by, stored, password)
	switch {
	case err != nil:
		return proof{}, err
	case !v.OK || u == nil || u.Disabled():
		return proof{}, ErrInvalidCredentials
	}
	return proof{userID: u.ID, password: stored, weak: v.Rehash}, nil
}

// rehash gives p a hash of today's parameters where the stored one is weaker. It
// can wait for another sign-in when the server is busy.
func (a *Auth) rehash(ctx context.Context, by asker, p proof, password string) proof {
	if !p.weak {
		return p
	}
	hash, err := a.hasher.Hash(ctx, by, password)
	if err != nil {
		a.cfg.Logger.WarnContext(ctx, "authent: password was not rehashed", "error", err)
		return p
	}
	p.rehash = hash
	return p
}

// userByEmail finds a user by the address as typed, else as normalised, in one
// statement; nil when there is none.
func userByEmail(ctx context.Context, store Adapter, typed string) (*User, error) {
	if len(typed) > input.MaxEmail {
		return nil, nil
	}
	forms := []string{typed}
	normalised, err := input.NormalizeEmail(typed)
	if err == nil && normalised != typed {
		forms = append(forms, normalised)
	}
	users, err := store.UsersByEmail(ctx, forms...)
	if err != nil {
		return nil, fmt.Errorf("authent: look up e-mail: %w", err)
	}
	for _, form := range forms {
		for _, u := range users {
			if u.Email == form {
				return u, nil
			}
		}
	}
	return nil, nil
}
