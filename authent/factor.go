package authent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/authent/authent/authent/internal/factor"
	"github.com/authent/authent/authent/internal/seal"
)

// Factors says whether people may, or must, have a second factor: an authenticator app
// (TOTP) with recovery codes. Whoever has one is asked for it by every way to sign in.
// People with a passkey need none: a passkey is two factors in one.
type Factors struct {
	// Policy says whether there are second factors. If zero, FactorsOff.
	Policy FactorPolicy
	// Required says who must have one, where Policy is FactorsOptional: RequireUser lets
	// them pass only with a session that a second factor or a passkey began, and leads
	// them to set one up. It is asked at each request and must be quick. If nil, nobody.
	Required func(u *User) bool
	// Trusting are the ids of providers whose word is enough, such as that of a company's
	// own directory, which has asked for a second factor itself: whoever comes from there
	// is not asked again. The session's level is 1 nevertheless. If empty, none.
	Trusting []string
	// TrustBrowser is for how long people may have a browser remembered on which they are
	// not asked for the code again: 1 to 90 days. If zero, they are asked each time.
	TrustBrowser time.Duration
}

// FactorPolicy says whether there are second factors.
type FactorPolicy int

const (
	// FactorsOff offers none, and asks nobody for one.
	FactorsOff FactorPolicy = iota
	// FactorsOptional lets people set one up.
	FactorsOptional
	// FactorsRequired demands one of everybody, as Factors.Required does.
	FactorsRequired
)

// minTrust and maxTrust bound Factors.TrustBrowser.
const (
	minTrust = 24 * time.Hour
	maxTrust = 90 * 24 * time.Hour
)

// offersFactors reports whether people can come to have a factor without the application's
// help: an app is for those whose address is proved.
func (c *Config) offersFactors() bool {
	return c.Mailer != nil || slices.ContainsFunc(c.Providers, func(p Provider) bool { return p.isOAuth() && p.OAuth.TrustEmail || p.isPasskey() })
}

// validateFactors reports what second factors need and do not have.
func (c *Config) validateFactors(cols Columns) error {
	var errs []error
	f := &c.Factors
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("Factors: "+format, args...)) }
	if f.Policy < FactorsOff || f.Policy > FactorsRequired {
		fault("the Policy %d is not known", f.Policy)
	}
	if f.Policy == FactorsOff {
		if f.Required != nil || len(f.Trusting) > 0 || f.TrustBrowser != 0 {
			fault("the Policy is FactorsOff: set FactorsOptional, or leave out the other fields")
		}
		return errors.Join(errs...)
	}
	if c.shared() {
		fault("an Auth.js app on the same database knows no second factor, and would let people in without: they are not possible in shared mode")
	}
	if _, ok := c.Adapter.(TOTPStore); !ok {
		fault("the Adapter is no TOTPStore: add a schema TOTP with mixin.TOTP")
	}
	if !cols.SessionAAL || !cols.SessionAMR || !cols.SessionAuthenticatedAt {
		fault("Session lacks one of the fields amr, aal and authenticated_at: use mixin.Session, or add field.String(\"amr\").Optional(), field.Int64(\"aal\").Optional().Nillable() and field.Time(\"authenticated_at\").Optional().Nillable()")
	}
	if f.TrustBrowser != 0 && (f.TrustBrowser < minTrust || f.TrustBrowser > maxTrust) {
		fault("TrustBrowser is %v: use 1 to 90 days, or 0", f.TrustBrowser)
	}
	for _, id := range f.Trusting {
		if !slices.ContainsFunc(c.Providers, func(p Provider) bool {
			return p.ID == id && (p.isOAuth() || p.Credentials != nil && p.Credentials.Check != nil)
		}) {
			fault("Trusting names %q, which is no provider of the types oauth and oidc, nor a check of your own", id)
		}
	}
	return errors.Join(errs...)
}

// factorDemanded reports whether u must have a session that a second factor began.
func (a *Auth) factorDemanded(u *User) bool {
	switch {
	case a.cfg.Factors.Policy == FactorsRequired:
		return true
	case a.cfg.Factors.Required == nil:
		return false
	}
	return a.cfg.Factors.Required(u)
}

// lacksFactor reports whether the person behind s must have a second factor, and s began
// without one.
func (a *Auth) lacksFactor(s *Session) bool {
	return a.cfg.Factors.Policy != FactorsOff && s.Assurance() < 2 && a.factorDemanded(s.User)
}

// hasTOTP reports whether a user has an authenticator app.
func (a *Auth) hasTOTP(ctx context.Context, userID string) (bool, error) {
	store, ok := a.totpsIn(a.store)
	if !ok {
		return false, nil
	}
	t, err := store.find(ctx, userID)
	return t != nil, err
}

// totpCalls is a TOTPStore that is called with the engine's mark and deadline.
type totpCalls struct {
	engine engineAdapter
	next   TOTPStore
}

// totpsIn returns the TOTPStore that an adapter of the engine's is, in a transaction that
// of the transaction. Where factors are off, or the Adapter keeps none, ok is false.
func (a *Auth) totpsIn(store Adapter) (s totpCalls, ok bool) {
	if a.cfg.Factors.Policy == FactorsOff {
		return totpCalls{}, false
	}
	return totpStoreOf(store)
}

func totpStoreOf(store Adapter) (totpCalls, bool) {
	e, ok := store.(engineAdapter)
	if !ok {
		return totpCalls{}, false
	}
	next, ok := e.next.(TOTPStore)
	return totpCalls{e, next}, ok
}

func (s totpCalls) create(ctx context.Context, t TOTP) error {
	return s.engine.exec(ctx, func(ctx context.Context) error { return s.next.CreateTOTP(ctx, t) })
}

// find returns a user's TOTP, nil if they have none.
func (s totpCalls) find(ctx context.Context, userID string) (*TOTP, error) {
	t, err := call(ctx, s.engine, func(ctx context.Context) (*TOTP, error) { return s.next.TOTP(ctx, userID) })
	return t, orNotFound(err, nil)
}

func (s totpCalls) use(ctx context.Context, userID string, step int64) (bool, error) {
	return call(ctx, s.engine, func(ctx context.Context) (bool, error) { return s.next.UseTOTPStep(ctx, userID, step) })
}

func (s totpCalls) reseal(ctx context.Context, userID string, old, sealed Secret) error {
	return s.engine.exec(ctx, func(ctx context.Context) error { return s.next.UpdateTOTPSecret(ctx, userID, old, sealed) })
}

func (s totpCalls) remove(ctx context.Context, userID string) error {
	return s.engine.exec(ctx, func(ctx context.Context) error { return s.next.DeleteTOTP(ctx, userID) })
}

func (s totpCalls) list(ctx context.Context, after string, limit int) ([]TOTP, error) {
	return call(ctx, s.engine, func(ctx context.Context) ([]TOTP, error) { return s.next.TOTPs(ctx, after, limit) })
}

// pendingAge is how long somebody has for the second step of a sign-in.
const pendingAge = 5 * time.Minute

// pendingSignIn is a sign-in of which the first step is done. The browser keeps it, sealed,
// in a cookie that opens the factor's page and nothing else (P33).
type pendingSignIn struct {
	UserID string `json:"u"`
	// AMR are the methods of the first step, Provider the provider's id.
	AMR      string `json:"m"`
	Provider string `json:"p,omitempty"`
	// Account is the id at the provider, "" for none. Links says that the second step is to
	// link it.
	Account string `json:"i,omitempty"`
	Links   bool   `json:"l,omitempty"`
	// Guard is a MAC of what guarded the account then: if the password has changed since,
	// the first step counts for nothing.
	Guard string `json:"g"`
	// Nonce makes the second step work once.
	Nonce string `json:"n"`
	// Next is where the browser goes in the end.
	Next string `json:"x,omitempty"`
	// Expires is in Unix milliseconds.
	Expires int64 `json:"e"`
}

func (p pendingSignIn) expires() time.Time { return time.UnixMilli(p.Expires).UTC() }

// factorError says that the first step of a sign-in is done, and a second one is to follow:
// no session has begun.
type factorError struct{ pending pendingSignIn }

// Error implements error.
func (e *factorError) Error() string { return ErrFactorRequired.Error() }

// Is makes errors.Is(err, ErrFactorRequired) true.
func (e *factorError) Is(target error) bool { return target == ErrFactorRequired }

// guardOf returns the MAC of what guards u's account beside the factor.
func (a *Auth) guardOf(u *User) string {
	return a.keys.MAC(seal.Factor, u.ID, string(u.Password), u.Email)
}

// secondStep returns what is to follow before u has a session with p, nil if nothing is.
// The transaction tx has locked u's row.
func (a *Auth) secondStep(ctx context.Context, tx Adapter, c caller, u *User, p proof) (*pendingSignIn, error) {
	store, ok := a.totpsIn(tx)
	if !ok || p.skipsFactor || factor.AAL(p.methods...) > 1 || slices.Contains(a.cfg.Factors.Trusting, p.provider) {
		return nil, nil
	}
	t, err := store.find(ctx, u.ID)
	if t == nil || err != nil {
		return nil, err
	}
	trusted, err := a.trusts(ctx, tx, c, u)
	if trusted || err != nil {
		return nil, err
	}
	return &pendingSignIn{UserID: u.ID, AMR: factor.Join(p.methods...), Provider: p.provider, Guard: a.guardOf(u)}, nil
}

// newPending fills in the random value and the time of a second step that is to follow.
func (a *Auth) newPending(p *pendingSignIn) (err error) {
	p.Nonce, err = seal.NewToken(a.cfg.Rand)
	p.Expires = a.now().Add(pendingAge).UnixMilli()
	return err
}

// finishPending signs in whoever has done the first step of w with this code, too.
func (a *Auth) finishPending(ctx context.Context, c caller, w pendingSignIn, code string) (s *Session, err error) {
	e := c.event(AuditSignIn)
	e.userID, e.method = w.UserID, w.Provider
	defer a.recordEnd(ctx, func() securityEvent { return e.in(s).endedBy(err) })
	u, err := a.store.User(ctx, w.UserID)
	if err != nil {
		return nil, orNotFound(err, ErrFactorRequired)
	}
	checked, err := a.checkCode(ctx, c, u, code)
	e.admitted = checked.admitted
	if err != nil {
		return nil, err
	}
	p := proof{userID: u.ID, methods: append(factor.Split(w.AMR), checked.method), provider: w.Provider}
	linked := false
	p.tells = func() []securityEvent { return e.besideLink(linked) }
	p.letIn = func(tx Adapter, u *User) (err error) {
		linked, err = a.linkPending(ctx, tx, u, w)
		return err
	}
	s, err = a.signIn(ctx, c, p, func(tx Adapter) (*User, error) {
		u, err := a.signInUser(ctx, tx, proof{userID: w.UserID}, nil)
		if err != nil {
			return nil, err
		}
		if err := a.holdsFirstStep(ctx, tx, u, w); err != nil {
			return nil, err
		}
		if err := a.usePending(ctx, tx, w); err != nil {
			return nil, err
		}
		return u, a.useCode(ctx, tx, u.ID, checked)
	})
	if err != nil {
		return nil, orNotFound(err, ErrFactorRequired)
	}
	a.codeWorked(ctx, s.User, checked)
	a.succeeded(ctx, counted{a.accountCounter(c, try{kind: TrySignIn, account: u.Email})}) // of the first step
	if linked {
		a.announceLinked(ctx, s.User, w, e.besideLink(true)[0].in(s))
	}
	fire(ctx, a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User, Provider: w.Provider})
	return s, nil
}

// holdsFirstStep checks again, within the transaction, that the first step of w still lets u
// in: the password and the address are the same, and the provider and the account are there.
func (a *Auth) holdsFirstStep(ctx context.Context, tx Adapter, u *User, w pendingSignIn) error {
	if !Secret(a.guardOf(u)).Equal(Secret(w.Guard)) {
		return ErrFactorRequired
	}
	p, ok := a.provider(w.Provider)
	if w.Provider != "" && !ok {
		return ErrFactorRequired
	}
	if w.Account == "" {
		return nil
	}
	holds, err := holdsAccount(ctx, tx, u, p, w)
	if err == nil && !holds {
		return ErrFactorRequired
	}
	return err
}

// usePending makes the second step work once: the second one to store it finds it stored.
func (a *Auth) usePending(ctx context.Context, tx Adapter, w pendingSignIn) error {
	err := tx.CreateVerificationToken(ctx, VerificationToken{
		Identifier: forPending.name, Token: seal.HashToken(w.Nonce), Expires: w.expires(),
	})
	return orConflict(err, ErrFactorRequired)
}
