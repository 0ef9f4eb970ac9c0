package authent

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"

	"github.com/authent/authent/authent/internal/factor"
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
	// methods are how the person proved who they are.
	methods []factor.Method
	// provider is the id of the provider, "" for none.
	provider string
	// skipsFactor says that no second step is asked for: it was done, or the application
	// answers for the person.
	skipsFactor bool
	// tells returns what the transaction writes down besides, once it is known who
	// signs in. If nil, nothing.
	tells func() []securityEvent
	// letIn is done once u is let in, and not before a second step. If nil, nothing.
	letIn func(tx Adapter, u *User) error
}

// telling returns p with one event that its transaction writes down.
func (p proof) telling(e securityEvent) proof {
	p.tells = func() []securityEvent { return []securityEvent{e} }
	return p
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
	// trust is the token of a browser that is remembered (Factors.TrustBrowser), "" for
	// none.
	trust string
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
// it supplies the user within the transaction instead of p, such as a new one. If a second
// factor is to follow, no session begins, and it is a *factorError.
func (a *Auth) signIn(ctx context.Context, c caller, p proof, create func(tx Adapter) (*User, error)) (*Session, error) {
	if len(c.brought) > maxBroughtTokens {
		return nil, errManyCookies
	}
	token, row, err := a.newSession(c, p)
	if err != nil {
		return nil, err
	}
	var s *Session
	var second *pendingSignIn
	err = a.store.InTx(ctx, func(tx Adapter) error {
		user, err := a.signInUser(ctx, tx, p, create)
		if err != nil {
			return err
		}
		if second, err = a.secondStep(ctx, tx, c, user, p); err != nil {
			return err
		}
		if second != nil { // what the first step wrote is kept
			return a.writeFirstStep(ctx, tx, user, p)
		}
		if p.letIn != nil {
			if err := p.letIn(tx, user); err != nil {
				return err
			}
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
		return a.writeSignIn(ctx, tx, s, p)
	})
	if err == nil && second != nil {
		if err = a.newPending(second); err == nil {
			err = &factorError{*second}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("authent: sign in: %w", err)
	}
	s.authenticated, s.from, s.agent, s.brought = a.now(), c.addr, c.userAgent, Secret(token)
	return s, nil
}

// writeSignIn stores the events of a sign-in with p that began s.
func (a *Auth) writeSignIn(ctx context.Context, tx Adapter, s *Session, p proof) error {
	if p.tells == nil {
		return nil
	}
	for _, e := range p.tells() {
		e.userID, e.sessionID = s.UserID, s.ID
		if err := a.write(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
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

// writeFirstStep stores the events of a sign-in with p whose second step is to follow.
func (a *Auth) writeFirstStep(ctx context.Context, tx Adapter, u *User, p proof) error {
	if p.tells == nil {
		return nil
	}
	for _, e := range p.tells() {
		if !e.ofFirstStep() {
			continue
		}
		e.userID = u.ID
		if err := a.write(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// signInAs starts a session for a user whom the application has identified.
func (a *Auth) signInAs(ctx context.Context, c caller, userID string) (*Session, error) {
	e := c.event(AuditSignIn)
	e.userID = userID
	s, err := a.signIn(ctx, c, proof{userID: userID, methods: []factor.Method{factor.Provider}, skipsFactor: true}.telling(e), nil)
	a.record(ctx, e.in(s).endedBy(err))
	if err != nil {
		return nil, err
	}
	fire(ctx, a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User})
	return s, nil
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
	return proof{userID: u.ID, password: stored, weak: v.Rehash, methods: []factor.Method{factor.Password}}, nil
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
	e := c.event(AuditSignIn)
	e.method = provider.ID
	defer a.recordEnd(ctx, func() securityEvent {
		e.userID = idOf(p.user)
		return e.in(s).endedBy(err)
	})
	tried, err := a.limit(ctx, c, try{kind: TrySignIn, account: formAccount(provider, form), form: form})
	if err != nil {
		return nil, err
	}
	e.admitted = true
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
	p.provider = provider.ID
	if s, err = a.signIn(ctx, c, p.telling(e), nil); err != nil {
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
	return proven{proof{userID: user.ID, methods: []factor.Method{factor.Provider}}, user}, nil
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
