package authent

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/authent/authent/authent/internal/factor"
)

// EmailVerification says whether people who register must prove their address.
type EmailVerification int

const (
	// VerificationOff asks nobody.
	VerificationOff EmailVerification = iota
	// VerificationOptional signs people in at once and sends them a mail. The application
	// looks at User.EmailVerified where it matters.
	VerificationOptional
	// VerificationRequired lets nobody in with a password before the address is proved.
	// Registration then answers alike whether or not the address is taken: what differs
	// is the mail.
	VerificationRequired
)

// pending is a registration that waits for the proof of its address.
type pending struct {
	user *User
	// code is what the browser that registered keeps.
	code *codeFlow
}

// registerAndWait creates a user who cannot sign in yet, and mails the address. If it is
// taken, its owner is mailed instead; whoever registers cannot tell.
func (a *Auth) registerAndWait(ctx context.Context, c caller, provider *Provider, reg Registration, r mailRequest) (w pending, err error) {
	e := c.event(AuditRegistration)
	e.method = provider.ID
	defer a.recordEnd(ctx, func() securityEvent {
		e.userID = idOf(w.user)
		return e.endedBy(err)
	})
	if err := a.limitRegistration(ctx, c, reg); err != nil {
		return pending{}, err
	}
	if _, _, err := a.invitation(ctx, reg); err != nil {
		return pending{}, err
	}
	if _, err := a.limit(ctx, c, try{kind: TryMail, account: reg.Email, form: reg.Form}); err != nil {
		return pending{}, err
	}
	e.admitted = true
	u, err := a.newUser(ctx, reg)
	taken := isTaken(err)
	if err != nil && !taken {
		return pending{}, err
	}
	err = a.allowSignIn(ctx, SignInParams{
		User: &u, Provider: provider.ID, ProviderType: provider.Type, IsNewUser: true, Credentials: reg.Form,
	})
	if err != nil {
		return pending{}, err
	}
	f := &codeFlow{Purpose: forVerify.name, Address: u.Email, Next: r.next}
	if !taken {
		w.user, err = a.createUser(a.signUpContext(ctx, reg), u, e)
		if err = refused(err); err != nil && !isTaken(err) {
			return pending{}, err
		}
	}
	if w.user == nil {
		return pending{code: f}, a.sendExists(ctx, f, r.origin)
	}
	fire(ctx, a, "createUser", a.cfg.Events.CreateUser, UserEvent{User: w.user})
	w.code = f
	return w, a.send(ctx, verifyLetter(w.user, f, r.origin))
}

func isTaken(err error) bool {
	r, ok := errors.AsType[*RegisterError](err)
	return ok && r.Code == CodeEmailTaken
}

// sendExists tells the owner of an address that somebody tried to register it, with a link
// to set a password with. The code of the browser that tried works for nothing.
func (a *Auth) sendExists(ctx context.Context, f *codeFlow, origin string) error {
	owner, err := userByEmail(ctx, a.store, f.Address)
	if err != nil {
		return err
	}
	l := a.resetLetter(MailExists, owner, origin)
	l.code, l.decoy = f, true
	return a.send(ctx, l)
}

// verifyLetter returns the letter that proves a user's address.
func verifyLetter(u *User, f *codeFlow, origin string) letter {
	return letter{
		kind: MailVerify, purpose: forVerify, identifier: forVerify.of(u.ID), to: u.Email, origin: origin,
		page: "verify-email", query: url.Values{"user": {u.ID}}, code: f,
	}
}

// requestVerification sends whoever is signed in a link and a code that prove their
// address. If it is proved already, nothing is sent.
func (a *Auth) requestVerification(ctx context.Context, c caller, u *User, r mailRequest) (*codeFlow, error) {
	if a.cfg.Mailer == nil {
		return nil, errNoMailer
	}
	if u.Email == "" || !u.EmailVerified.IsZero() {
		return nil, nil
	}
	if _, err := a.limit(ctx, c, try{kind: TryMail, account: u.Email, form: r.form}); err != nil {
		return nil, err
	}
	f := &codeFlow{Purpose: forVerify.name, Address: u.Email, Next: r.next}
	return f, a.send(ctx, verifyLetter(u, f, r.origin))
}

// verifier is who opens a link that proves an address: somebody who shows, beside the
// mail, that the account is theirs. A stranger may have registered the address, and its
// owner must not prove it for them (P29).
type verifier struct {
	// session is whoever's it is, nil if they are not signed in.
	session *Session
	// waits says that the browser is the one that asked for this mail.
	waits bool
	// password is what was typed, "" if nothing was.
	password string
}

// EmailProof says which link proves which user's address.
type EmailProof struct {
	// UserID and Token are the link's parameters user and token.
	UserID, Token string
	// Password is whoever's the account is, "" if it was not asked for; see VerifyEmail.
	Password string
}

// findProof returns the user whose address a link proves, or ErrLinkInvalid. It uses
// nothing up.
func (a *Auth) findProof(ctx context.Context, p EmailProof) (*User, ticket, error) {
	if !plausibleID(p.UserID) {
		return nil, ticket{}, ErrLinkInvalid
	}
	u, err := a.store.User(ctx, p.UserID)
	if err != nil {
		return nil, ticket{}, orNotFound(err, ErrLinkInvalid)
	}
	t, err := a.linkTicket(forVerify, forVerify.of(u.ID), u.Email, p.Token)
	if err != nil {
		return nil, ticket{}, err
	}
	if u.Disabled() {
		return nil, ticket{}, ErrLinkInvalid
	}
	return u, t, a.check(ctx, t)
}

// verifyEmail proves the address of u, and signs in whoever is not signed in as u yet.
// Whoever shows nothing but the mail is asked for the password: errProofNeeded.
func (a *Auth) verifyEmail(ctx context.Context, c caller, u *User, t ticket, v verifier) (s *Session, err error) {
	e := c.event(AuditVerification)
	e.userID = u.ID
	defer a.recordEnd(ctx, func() securityEvent { return e.in(s).endedBy(err) })
	p := proof{userID: u.ID}
	switch {
	case v.session != nil, v.waits:
	case v.password == "":
		return nil, errProofNeeded
	default:
		if p, err = a.tryPassword(ctx, c, u, v.password); err != nil {
			return nil, err
		}
	}
	p.methods = append(p.methods, factor.Email)
	var proved *User
	if v.session != nil {
		err = a.store.InTx(ctx, func(tx Adapter) error {
			if _, err := a.lockSignedIn(ctx, tx, v.session); err != nil {
				return err
			}
			if proved, err = a.proveOwn(ctx, tx, u, t, p); err != nil {
				return err
			}
			return a.write(ctx, tx, e)
		})
	} else {
		if err := a.allowSignIn(ctx, a.provingSignIn(u)); err != nil {
			return nil, err
		}
		s, err = a.signIn(ctx, c, p.telling(e), func(tx Adapter) (*User, error) {
			proved, err = a.proveOwn(ctx, tx, u, t, p)
			return proved, err
		})
	}
	waits := errors.Is(err, ErrFactorRequired)
	if err != nil && !waits {
		return nil, fmt.Errorf("authent: verify e-mail: %w", a.linkRefused(err))
	}
	fire(ctx, a, "updateUser", a.cfg.Events.UpdateUser, UserEvent{User: proved})
	if waits { // the address is proved, and the sign-in is at its second step
		a.record(ctx, e)
		e.kind = AuditSignIn
		return nil, err
	}
	if s != nil {
		fire(ctx, a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User, Provider: a.provingSignIn(u).Provider})
	}
	return s, nil
}

// provingSignIn says how somebody signs in who proves their address: with the password
// with which they registered.
func (a *Auth) provingSignIn(u *User) SignInParams {
	params := SignInParams{User: u, ProviderType: TypeCredentials}
	if p, ok := a.passwordProvider(); ok {
		params.Provider = p.ID
	}
	return params
}

// tryPassword counts a try of u's password and checks it.
func (a *Auth) tryPassword(ctx context.Context, c caller, u *User, password string) (proof, error) {
	tried, err := a.limit(ctx, c, try{kind: TrySignIn, account: u.Email})
	if err != nil {
		return proof{}, err
	}
	p, err := a.verifyPassword(ctx, byStranger, u, password)
	if err == nil {
		a.succeeded(ctx, tried)
	}
	return p, err
}

// proveOwn stores that u's owner has proved the address, and ends the other links and
// codes that would do so.
func (a *Auth) proveOwn(ctx context.Context, tx Adapter, u *User, t ticket, p proof) (*User, error) {
	u, err := a.lockOwner(ctx, tx, u, t.address)
	if err != nil {
		return nil, err
	}
	if u, err = p.hold(ctx, tx, u); err != nil {
		return nil, err
	}
	if err := a.use(ctx, tx, t); err != nil {
		return nil, err
	}
	if err := deleteTokens(ctx, tx, forVerify.of(u.ID), forCode.ofAddress(t.address)); err != nil {
		return nil, err
	}
	now := a.now()
	return tx.UpdateUser(ctx, u.ID, UserUpdate{EmailVerified: &now})
}

// requireVerified refuses a sign-in with the right password of somebody who has not proved
// the address, and sends another mail, if the limits and the application allow one.
func (a *Auth) requireVerified(ctx context.Context, c caller, u *User, r mailRequest) error {
	if a.cfg.EmailVerification != VerificationRequired || u.Email == "" || !u.EmailVerified.IsZero() {
		return nil
	}
	f, err := a.requestVerification(ctx, c, u, r)
	switch {
	case errors.Is(err, ErrRateLimited), errors.Is(err, errChallenge):
		return &unverifiedError{}
	case err != nil:
		return err
	}
	return &unverifiedError{code: f}
}

// unverifiedError refuses a sign-in because the address is not proved.
type unverifiedError struct {
	// code is what the browser keeps, nil if no mail was sent.
	code *codeFlow
}

// Error implements error.
func (e *unverifiedError) Error() string { return ErrEmailUnverified.Error() }

// Is makes errors.Is(err, ErrEmailUnverified) true.
func (e *unverifiedError) Is(target error) bool { return target == ErrEmailUnverified }
