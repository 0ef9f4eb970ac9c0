package authent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/authent/authent/authent/internal/factor"
	"github.com/authent/authent/authent/internal/oauth"
)

// admission says how somebody who came from a provider was let in.
type admission struct {
	// session is the one that began, nil if an account was linked.
	session *Session
	// user is whose it is.
	user *User
	// created says that the user is new, linked that the account is newly linked.
	created, linked bool
}

// maxProspects is how often the application is asked about one sign-in.
const maxProspects = 3

// signInArrived signs in whoever came back: the owner of the account, or a user
// to whom it is linked now, or a new one. If that turns out to be somebody other
// than the application was asked about, the application is asked again. This
// happens when the same person arrives twice at once: the second arrival finds
// the rows of the first.
func (a *Auth) signInArrived(ctx context.Context, c caller, ar *arrival) (admission, error) {
	var changed error
	for range maxProspects {
		did, err := a.admitProspect(ctx, c, ar)
		switch {
		case errors.Is(err, errOtherProspect):
			changed = err
			continue
		case err == nil:
			a.announce(ctx, c, ar, did)
		}
		return did, err
	}
	if c, conflict := errors.AsType[*ConflictError](changed); conflict && c.Key != KeyUserEmail && c.Key != KeyAccount {
		return admission{}, changed // with a column of the application's own
	}
	return admission{}, ErrAccountNotLinked
}

// admitProspect asks the application about who will sign in, and signs in nobody
// else.
func (a *Auth) admitProspect(ctx context.Context, c caller, ar *arrival) (admission, error) {
	user, isNew, err := a.prospect(ctx, ar)
	if err != nil {
		return admission{}, err
	}
	err = a.allowSignIn(ctx, SignInParams{
		User: user, Provider: ar.provider.ID, ProviderType: ar.provider.Type, IsNewUser: isNew, Profile: &ar.profile,
	})
	if err != nil {
		return admission{}, err
	}
	return a.admit(ctx, c, ar, user.ID)
}

// announce records a sign-in through a provider and fires its events, in Auth.js's
// order. One that created the user is a registration.
func (a *Auth) announce(ctx context.Context, c caller, ar *arrival, did admission) {
	for _, e := range ar.events(c, did) {
		a.record(ctx, e.in(did.session))
	}
	a.fireArrived(ctx, ar, did)
	fire(ctx, a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: did.user, Provider: ar.provider.ID, IsNewUser: did.created, Profile: &ar.profile})
}

// events returns what a sign-in through a provider is: one that created the user a
// registration, one that linked the account a link too.
func (ar *arrival) events(c caller, did admission) []securityEvent {
	e := c.event(AuditSignIn)
	e.method = ar.provider.ID
	return e.of(did).besideLink(did.linked && !did.created)
}

// of returns e for the way in which somebody was let in: a registration if the user is
// new.
func (e securityEvent) of(did admission) securityEvent {
	if did.created {
		e.kind = AuditRegistration
	}
	return e
}

// fireArrived fires the events of what was done before the sign-in, in Auth.js's
// order.
func (a *Auth) fireArrived(ctx context.Context, ar *arrival, did admission) {
	if did.created {
		fire(ctx, a, "createUser", a.cfg.Events.CreateUser, UserEvent{User: did.user})
	}
	if !did.linked {
		return
	}
	if !did.created {
		a.notice(ctx, mailJob{Kind: MailAccountLinked, To: did.user.Email, Provider: ar.provider.Name})
	}
	a.fireLinked(ctx, did.user, ar.account, &ar.profile)
}

// fireLinked tells the application that the account is u's now.
func (a *Auth) fireLinked(ctx context.Context, u *User, account Account, p *Profile) {
	account = account.withoutTokens()
	account.UserID = u.ID
	fire(ctx, a, "linkAccount", a.cfg.Events.LinkAccount, LinkAccountEvent{User: u, Account: &account, Profile: p})
}

// prospect returns who will sign in, as far as can be seen before the
// transaction.
func (a *Auth) prospect(ctx context.Context, ar *arrival) (u *User, isNew bool, err error) {
	owner, namesake, err := ar.find(ctx, a.store)
	switch {
	case err != nil:
		return nil, false, err
	case owner != nil:
		return owner, false, nil
	case namesake == nil:
		created := ar.user(a.now())
		return &created, true, nil
	case !ar.trusted():
		return nil, false, ErrAccountNotLinked
	}
	return namesake, false, nil
}

// find returns the user who has the account, else the one who has its address;
// nil if there is none.
func (ar *arrival) find(ctx context.Context, store Adapter) (owner, namesake *User, err error) {
	find := func() (*User, error) {
		u, err := store.UserByAccount(ctx, ar.account.Provider, ar.account.ProviderAccountID)
		return u, orNotFound(err, nil)
	}
	if owner, err = find(); owner != nil || err != nil {
		return owner, nil, err
	}
	if ar.email == "" {
		return nil, nil, errNoEmail
	}
	if namesake, err = userByEmail(ctx, store, ar.profile.Email); namesake == nil || err != nil {
		return nil, nil, err
	}
	// Both may have been created between the two lookups.
	owner, err = find()
	return owner, namesake, err
}

// admit starts the session, in one transaction with everything that precedes it
// (P26), if it belongs to prospect: a user's id, "" for a new user.
func (a *Auth) admit(ctx context.Context, c caller, ar *arrival, prospect string) (did admission, err error) {
	p := proof{methods: []factor.Method{factor.Provider}, provider: ar.provider.ID}
	p.tells = func() []securityEvent { return ar.events(c, did) }
	p.letIn = func(tx Adapter, u *User) error {
		if !did.linked {
			return nil
		}
		return linkTo(ctx, tx, ar, u.ID)
	}
	s, err := a.signIn(ctx, c, p, func(tx Adapter) (*User, error) {
		did, err = a.admitUser(ctx, tx, ar, prospect)
		return did.user, err
	})
	switch {
	case err == nil:
		did.session, s.first = s, did.created
		return did, nil
	case errors.Is(err, ErrFactorRequired):
		err = ar.linkLater(did, err)
	case errors.Is(err, ErrUserDisabled):
		err = ErrAccessDenied
	case errors.Is(err, ErrConflict), errors.Is(err, ErrNotFound): // somebody else made the user or the account, or deleted it
		err = fmt.Errorf("%w: %w", errOtherProspect, err)
	}
	return admission{}, err
}

// admitUser decides, within the transaction, whose session it will be. The rule
// is P15's: an account that nobody has joins an existing user only through a
// verified address, and only from a provider that is trusted with that.
func (a *Auth) admitUser(ctx context.Context, tx Adapter, ar *arrival, prospect string) (admission, error) {
	owner, user, err := ar.find(ctx, tx)
	if err != nil {
		return admission{}, err
	}
	found := ""
	if who := cmp.Or(owner, user); who != nil {
		found = who.ID
	}
	switch {
	case found != prospect:
		return admission{}, errOtherProspect
	case owner != nil:
		owner, err = a.admitOwner(ctx, tx, ar, owner.ID)
		return admission{user: owner}, err
	case user != nil:
		user, err = a.admitByEmail(ctx, tx, ar, user)
		return admission{user: user, linked: true}, err
	}
	if err := a.maySignUp(ctx, tx, ar.email, provedAddress(ar.trusted())); err != nil {
		return admission{}, err
	}
	if err := a.endInvitations(ctx, tx, ar.email); err != nil {
		return admission{}, err
	}
	if err := a.mayTakeAddress(ctx, tx, ar.email, ""); err != nil {
		return admission{}, orConflict(err, ErrAccountNotLinked)
	}
	signUp := withSignUp(ctx, SignUp{Provider: ar.provider.ID, Profile: ar.profile.Claims})
	if user, err = tx.CreateUser(signUp, ar.user(a.now())); err != nil {
		return admission{}, unusable(err)
	}
	return admission{user: user, created: true, linked: true}, nil
}

// admitOwner signs in the user who has the account, and stores the new tokens.
func (a *Auth) admitOwner(ctx context.Context, tx Adapter, ar *arrival, userID string) (*User, error) {
	user, err := a.signInUser(ctx, tx, proof{userID: userID}, nil)
	if err != nil {
		return nil, err
	}
	// It may have been unlinked before the row was locked.
	account, err := tx.Account(ctx, ar.account.Provider, ar.account.ProviderAccountID)
	if errors.Is(err, ErrNotFound) || err == nil && account.UserID != userID {
		return nil, ErrAccountNotLinked
	}
	if err != nil {
		return nil, err
	}
	return user, tx.UpdateAccount(ctx, account.Provider, account.ProviderAccountID, ar.account.update())
}

// admitByEmail returns the user who has the account's address, to link it to them. If nobody had
// verified that address so far, whoever registered it may be a stranger: the
// credentials that they added are removed (P29).
func (a *Auth) admitByEmail(ctx context.Context, tx Adapter, ar *arrival, user *User) (*User, error) {
	if !ar.trusted() {
		return nil, ErrAccountNotLinked
	}
	found := user.Email
	user, err := a.signInUser(ctx, tx, proof{userID: user.ID}, nil)
	if err != nil {
		return nil, err
	}
	if user.Email != found {
		return nil, ErrAccountNotLinked
	}
	if user.EmailVerified.IsZero() {
		if user, err = a.proveEmail(ctx, tx, user); err != nil {
			return nil, err
		}
	}
	return user, nil
}

// proveEmail records that the user's address is verified for the first time, and
// removes every credential added before the address was verified: the password,
// sessions, linked accounts, factors and links not yet used. The caller has locked the
// user's row.
func (a *Auth) proveEmail(ctx context.Context, tx Adapter, u *User) (*User, error) {
	if err := errors.Join(deleteTokensOf(ctx, tx, u), dropFactors(ctx, tx, u.ID)); err != nil {
		return nil, err
	}
	now := a.now()
	update := UserUpdate{EmailVerified: &now}
	if a.columns.UserPassword {
		update.Password = new(Secret)
	}
	proved, err := tx.UpdateUser(ctx, u.ID, update)
	if err != nil {
		return nil, err
	}
	accounts, err := tx.Accounts(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	for _, acc := range accounts {
		if err := unlink(ctx, tx, acc); err != nil {
			return nil, err
		}
	}
	_, err = tx.DeleteSessions(ctx, u.ID, "")
	return proved, err
}

func linkTo(ctx context.Context, tx Adapter, ar *arrival, userID string) error {
	account := ar.account
	account.UserID = userID
	return unusable(tx.LinkAccount(ctx, account))
}

// unusable turns the error of a table that refuses a value from a provider, such as an
// address that is longer than its column, into a fault of the provider. A value
// refused by the user's other fields remains a fault of the application.
func unusable(err error) error {
	i, ok := errors.AsType[*InvalidError](err)
	switch {
	case ok && i.Field == "User.email":
		return fmt.Errorf("%w: %w", errNoEmail, err)
	case ok && strings.HasPrefix(i.Field, "Account"):
		return fmt.Errorf("%w: %w", errOAuthCallback, err)
	}
	return err
}

// linkArrived links the account to the user behind s, which must be the session
// that started the flow (P15).
func (a *Auth) linkArrived(ctx context.Context, s *Session, f flow, ar *arrival) error {
	if s == nil || s.ID != f.SessionID || s.UserID != f.UserID {
		return oauth.Fault("the session that came back is not the one that started linking")
	}
	if err := a.mayChangeGuards(ctx, s); err != nil {
		return err
	}
	err := a.allowSignIn(ctx, SignInParams{User: s.User, Provider: ar.provider.ID, ProviderType: ar.provider.Type, Profile: &ar.profile})
	if err != nil {
		return err
	}
	e := s.event(AuditLink)
	e.method = ar.provider.ID
	did, err := a.link(ctx, s, ar, e)
	if err != nil {
		return err
	}
	a.record(ctx, e)
	a.fireArrived(ctx, ar, did)
	return nil
}

// link links the account, or stores its new tokens if it is linked already; e tells it.
func (a *Auth) link(ctx context.Context, s *Session, ar *arrival, e securityEvent) (did admission, err error) {
	err = a.store.InTx(ctx, func(tx Adapter) error {
		if did, err = a.linkOwn(ctx, tx, s, ar); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	switch c, conflict := errors.AsType[*ConflictError](err); {
	case conflict && c.Key == KeyAccount:
		err = errLinkedElsewhere
	case err != nil:
		err = fmt.Errorf("authent: link account: %w", err)
	}
	return did, err
}

// linkOwn does what link does, within the transaction.
func (a *Auth) linkOwn(ctx context.Context, tx Adapter, s *Session, ar *arrival) (did admission, err error) {
	if did.user, err = a.lockSignedIn(ctx, tx, s); err != nil {
		return did, err
	}
	owner, err := tx.UserByAccount(ctx, ar.account.Provider, ar.account.ProviderAccountID)
	switch {
	case errors.Is(err, ErrNotFound):
		did.linked = true
		return did, linkTo(ctx, tx, ar, did.user.ID)
	case err != nil:
		return did, err
	case owner.ID != did.user.ID:
		return did, errLinkedElsewhere
	}
	return did, tx.UpdateAccount(ctx, ar.account.Provider, ar.account.ProviderAccountID, ar.account.update())
}
