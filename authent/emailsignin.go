package authent

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/authent/authent/authent/internal/factor"
	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/seal"
)

// mailRequest is somebody who asks for a mail.
type mailRequest struct {
	// address is as typed.
	address string
	// origin is the application's, as the browser has it.
	origin string
	// next is where the browser goes in the end, sealed, "" for the origin.
	next string
	// form is what the Challenge callback gets.
	form url.Values
}

// RequestError refuses to send a mail. Code is CodeEmailInvalid.
type RequestError struct{ Code string }

// Error implements error.
func (e *RequestError) Error() string { return "mail refused: " + e.Code }

// takeRequest counts a request for a mail and finds whose address it is, nil for nobody.
// What it costs and returns does not depend on whether somebody has the address.
func (a *Auth) takeRequest(ctx context.Context, c caller, r mailRequest) (address string, u *User, err error) {
	if a.cfg.Mailer == nil {
		return "", nil, errNoMailer
	}
	if _, err := a.limit(ctx, c, try{kind: TryMail, account: r.address, form: r.form}); err != nil {
		return "", nil, err
	}
	if address, err = input.NormalizeEmail(r.address); err != nil {
		return "", nil, &RequestError{CodeEmailInvalid}
	}
	if u, err = userByEmail(ctx, a.store, r.address); err != nil {
		return "", nil, err
	}
	if u != nil {
		address = u.Email
	}
	return address, u, nil
}

// requestSignIn sends a link and a code to sign in with. Somebody who has no account gets
// one when they use it, unless Config.SignUp says otherwise; then, and to whoever is
// disabled, nothing is sent.
func (a *Auth) requestSignIn(ctx context.Context, c caller, p *Provider, r mailRequest) (*codeFlow, error) {
	address, u, err := a.takeRequest(ctx, c, r)
	if err != nil {
		return nil, err
	}
	f := &codeFlow{Purpose: forSignIn.name, Address: address, Provider: p.ID, Next: r.next}
	l := letter{
		kind: MailSignIn, purpose: forSignIn, identifier: forSignIn.ofAddress(address), origin: r.origin,
		page: "callback/" + p.ID, query: url.Values{"email": {address}}, code: f,
	}
	if r.next != "" {
		l.query.Set("next", r.next)
	}
	err = a.maySignUp(ctx, a.store, address, true) // whoever has the address, so that it costs the same (P10)
	if err != nil && !errors.Is(err, ErrSignUpClosed) {
		return nil, err
	}
	if u == nil && err == nil || u != nil && !u.Disabled() {
		l.to = address
	}
	return f, a.send(ctx, l)
}

// signInByMail signs in whoever holds a ticket that was mailed: the user who has the
// address or, where sign-up is open, a new one. An address first proved kills what
// unproved hands left (P29).
func (a *Auth) signInByMail(ctx context.Context, c caller, p *Provider, t ticket) (did admission, err error) {
	e := c.event(AuditSignIn)
	e.method = p.ID
	defer a.recordEnd(ctx, func() securityEvent {
		e.userID = idOf(did.user)
		return e.of(did).in(did.session).endedBy(err)
	})
	if err := a.check(ctx, t); err != nil {
		return admission{}, err
	}
	u, err := a.userOf(ctx, a.store, t.address)
	if err != nil {
		return admission{}, err
	}
	prospect := u
	if u == nil {
		prospect = &User{Email: t.address}
	}
	err = a.allowSignIn(ctx, SignInParams{User: prospect, Provider: p.ID, ProviderType: p.Type, IsNewUser: u == nil})
	if err != nil {
		return admission{}, err
	}
	tells := func() []securityEvent { return []securityEvent{e.of(did)} }
	s, err := a.signIn(ctx, c, proof{tells: tells, methods: []factor.Method{factor.Email}, provider: p.ID}, func(tx Adapter) (*User, error) {
		did = admission{created: u == nil}
		did.user, err = a.admitByMail(ctx, tx, p, t, prospect.ID)
		return did.user, err
	})
	if err != nil {
		return admission{}, a.linkRefused(err)
	}
	did.user, did.session, s.first = s.User, s, did.created
	if did.created {
		fire(ctx, a, "createUser", a.cfg.Events.CreateUser, UserEvent{User: s.User})
	}
	fire(ctx, a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User, Provider: p.ID, IsNewUser: did.created})
	return did, nil
}

// linkRefused turns what a link meets when its user has changed since it was mailed into
// ErrLinkInvalid.
func (a *Auth) linkRefused(err error) error {
	if errors.Is(err, ErrUserDisabled) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) || errors.Is(err, errOtherProspect) {
		return ErrLinkInvalid
	}
	return err
}

// admitByMail uses the ticket up and returns whose session it will be, within the
// transaction: the user with the id prospect, or a new one if that is "".
func (a *Auth) admitByMail(ctx context.Context, tx Adapter, p *Provider, t ticket, prospect string) (*User, error) {
	if err := a.use(ctx, tx, t); err != nil {
		return nil, err
	}
	u, err := a.userOf(ctx, tx, t.address)
	if err != nil {
		return nil, err
	}
	if idOf(u) != prospect {
		return nil, errOtherProspect
	}
	if u == nil {
		err := errors.Join(a.mayTakeAddress(ctx, tx, t.address, ""), a.maySignUp(ctx, tx, t.address, true), a.endInvitations(ctx, tx, t.address))
		if err != nil {
			return nil, err
		}
		now := a.now()
		return tx.CreateUser(withSignUp(ctx, SignUp{Provider: p.ID}), User{Email: t.address, EmailVerified: now})
	}
	if u, err = a.lockOwner(ctx, tx, u, t.address); err != nil {
		return nil, err
	}
	if u.EmailVerified.IsZero() {
		return a.proveEmail(ctx, tx, u)
	}
	return u, nil
}

// EmailSignIn says which link signs whom in.
type EmailSignIn struct {
	// Email and Token are the link's parameters email and token.
	Email, Token string
}

// signInTicket returns the ticket of a sign-in link, or ErrLinkInvalid.
func (a *Auth) signInTicket(l EmailSignIn) (ticket, error) {
	if !plausibleAddress(l.Email) {
		return ticket{}, ErrLinkInvalid
	}
	return a.linkTicket(forSignIn, forSignIn.ofAddress(l.Email), l.Email, l.Token)
}

// plausibleAddress reports whether an address in a link can be that of a row at all, also
// of one that another program stored: anything else costs no SQL.
func plausibleAddress(s string) bool {
	return len(s) <= input.MaxEmail && strings.Contains(s, "@") && seal.IsText(s)
}

// userOf returns the user whose address is this one, byte for byte, nil if there is none.
func (a *Auth) userOf(ctx context.Context, store Adapter, address string) (*User, error) {
	all, err := store.UsersByEmail(ctx, address)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// lockOwner locks the row of a user who must still have the address and not be disabled.
func (a *Auth) lockOwner(ctx context.Context, tx Adapter, u *User, address string) (*User, error) {
	locked, err := tx.LockUser(ctx, u.ID)
	switch {
	case err != nil:
		return nil, err
	case locked.Disabled():
		return nil, ErrUserDisabled
	case locked.Email != address:
		return nil, ErrLinkInvalid
	}
	return locked, nil
}
