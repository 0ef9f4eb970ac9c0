package authent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/password"
)

// proof holds what was verified before the transaction; the transaction checks it
// again.
type proof struct {
	userID string
	// password is the hash that the typed password matched. If set and another
	// one is stored by then, the sign-in is refused (ASVS 7.4.3).
	password Secret
	// weak says that password was hashed with weaker parameters than today's.
	weak bool
	// rehash replaces password, unless it is "".
	rehash Secret
}

// caller is who makes a request, as far as its cookies and its connection show.
type caller struct {
	// tokens are the session tokens to look up, at most two.
	tokens []string
	// renews says that their cookie is to be set anew.
	renews bool
	// brought are all session tokens, whether or not they count: those sessions end
	// when somebody signs in or out.
	brought []string
	// mark is the sealed mark of a recent sign-in, "" for none.
	mark string
	// known is the sealed mark of who has signed in with this browser, "" for none.
	known string
	// addr is the client's address, zero if it is not known.
	addr netip.Addr
	// userAgent is what the client calls itself.
	userAgent string
}

// maxBroughtTokens bounds the sessions that one request ends: no browser keeps more
// cookies for a site.
const maxBroughtTokens = 200

// signIn starts a session for the user of p and ends those that c brought
// (P02), all in one transaction that locks the user's row. If create is not nil,
// it supplies the user within the transaction instead of p, such as a new one.
func (a *Auth) signIn(ctx context.Context, c caller, p proof, create func(tx Adapter) (*User, error)) (*Session, error) {
	if len(c.brought) > maxBroughtTokens {
		return nil, errManyCookies
	}
	token, row, err := a.newSession(c, p.userID)
	if err != nil {
		return nil, err
	}
	var s *Session
	err = a.store.InTx(ctx, func(tx Adapter) error {
		user, err := a.signInUser(ctx, tx, p, create)
		if err != nil {
			return err
		}
		for _, token := range c.brought {
			if err := tx.DeleteSession(ctx, a.storedToken(token)); err != nil {
				return err
			}
		}
		row.UserID = user.ID
		if s, err = tx.CreateSession(ctx, row); err != nil {
			return err
		}
		s.User = user
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("authent: sign in: %w", err)
	}
	s.authenticated, s.from, s.brought = a.now(), c.addr, Secret(token)
	return s, nil
}

// signInUser returns the user who may sign in with p, as the transaction sees
// them.
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

// hold checks p again for the user, whose row the transaction has locked, and
// stores the new hash if there is one.
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

// signInAs starts a session for a user whom the application has identified.
func (a *Auth) signInAs(ctx context.Context, c caller, userID string) (*Session, error) {
	s, err := a.signIn(ctx, c, proof{userID: userID}, nil)
	a.record(ctx, securityEvent{kind: eventSignIn, userID: userID, from: c.addr, err: err})
	if err != nil {
		return nil, err
	}
	fire(ctx, a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User})
	return s, nil
}

// signOut ends all sessions that c brought.
func (a *Auth) signOut(ctx context.Context, c caller) error {
	if len(c.brought) > maxBroughtTokens {
		return errManyCookies
	}
	var ended []*Session
	for _, token := range c.brought {
		s, err := a.endSession(ctx, a.storedToken(token))
		if s != nil {
			a.record(ctx, securityEvent{kind: eventSignOut, userID: s.UserID, from: c.addr, err: err})
		}
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

// endSession deletes a session and returns it, nil if it was not there.
func (a *Auth) endSession(ctx context.Context, token Secret) (*Session, error) {
	s, err := a.store.SessionAndUser(ctx, token)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return s, a.store.DeleteSession(ctx, token)
}

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
	defer a.recordEnd(ctx, func() securityEvent {
		return securityEvent{kind: eventReauthenticate, userID: old.UserID, from: old.from, err: err}
	})
	tried, err := a.limit(ctx, c, try{kind: TryPassword, account: old.UserID})
	if err != nil {
		return nil, err
	}
	p, err := a.verifyPassword(ctx, asker(old.UserID), old.User, password)
	if err != nil {
		return nil, err
	}
	a.succeeded(ctx, tried)
	p = a.rehash(ctx, asker(old.UserID), p, password)
	return a.signIn(ctx, c, p, func(tx Adapter) (*User, error) {
		user, err := a.lockSignedIn(ctx, tx, old)
		if err != nil {
			return nil, err
		}
		return p.hold(ctx, tx, user)
	})
}

// lockSignedIn locks the row of the user behind s and returns it, or ErrSignedOut
// if s has ended. Every verb that acts for a session calls it first in its
// transaction, so that a session that was ended since it was checked does nothing
// more. Of two sessions that end each other, one comes too late.
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

// rehash gives p a hash with today's parameters if the stored one is weaker. If
// the server is busy, that can wait for another sign-in.
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

// proven is who the fields of a credentials form belong to.
type proven struct {
	proof
	user *User
}

// signInByForm signs in with the fields of a credentials form.
func (a *Auth) signInByForm(ctx context.Context, c caller, provider *Provider, form url.Values, origin string) (s *Session, err error) {
	var p proven
	defer a.recordEnd(ctx, func() securityEvent {
		return securityEvent{kind: eventSignIn, userID: idOf(p.user), from: c.addr, provider: provider.ID, err: err}
	})
	tried, err := a.limit(ctx, c, try{kind: TrySignIn, account: formAccount(provider, form), form: form})
	if err != nil {
		return nil, err
	}
	if p, err = a.checkForm(ctx, provider, form); err != nil {
		return nil, err
	}
	if provider.isPassword() {
		if err := a.requireVerified(ctx, c, p.user, mailRequest{origin: origin, form: without(form, "csrfToken", "callbackUrl", "password")}); err != nil {
			return nil, err
		}
	}
	err = a.allowSignIn(ctx, SignInParams{
		User: p.user, Provider: provider.ID, ProviderType: provider.Type,
		Credentials: without(form, "csrfToken", "callbackUrl", "password"),
	})
	if err != nil {
		return nil, err
	}
	if s, err = a.signIn(ctx, c, p.proof, nil); err != nil {
		return nil, orNotFound(err, ErrInvalidCredentials)
	}
	a.succeeded(ctx, tried)
	fire(ctx, a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User, Provider: provider.ID})
	return s, nil
}

// formAccount returns what a form says of whose account it is: the address or, in a form
// of the application's own without one, its first field.
func formAccount(provider *Provider, form url.Values) string {
	if email := form.Get("email"); email != "" || provider.isPassword() || len(provider.Credentials.Inputs) == 0 {
		return email
	}
	return form.Get(provider.Credentials.Inputs[0].Name)
}

// checkForm lets the provider check the form, or checks e-mail and password itself.
// With an error, the user it returns is the one that the form names, if known.
func (a *Auth) checkForm(ctx context.Context, provider *Provider, form url.Values) (proven, error) {
	if provider.isPassword() {
		user, err := userByEmail(ctx, a.store, form.Get("email"))
		if err != nil {
			return proven{}, err
		}
		p, err := a.verifyPassword(ctx, byStranger, user, form.Get("password"))
		if err != nil {
			return proven{user: user}, err
		}
		return proven{a.rehash(ctx, byStranger, p, form.Get("password")), user}, nil
	}
	id, err := provider.Credentials.Check(ctx, without(form, "csrfToken", "callbackUrl"))
	if err != nil {
		return proven{}, err
	}
	if id == "" {
		return proven{}, ErrInvalidCredentials
	}
	user, err := a.store.User(ctx, id)
	if err != nil {
		return proven{}, orNotFound(err, ErrInvalidCredentials)
	}
	if user.Disabled() {
		return proven{user: user}, ErrUserDisabled
	}
	return proven{proof{userID: user.ID}, user}, nil
}

// without copies a form and leaves out the named fields.
func without(form url.Values, names ...string) url.Values {
	rest := url.Values{}
	for name, values := range form {
		if !slices.Contains(names, name) {
			rest[name] = values
		}
	}
	return rest
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
