package authent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/limit"
	"github.com/authent/authent/authent/internal/seal"
)

// ErrRateLimited refuses what was tried too often; see RateLimitError.
var ErrRateLimited = errors.New("too many tries")

// RateLimitError says when something that was tried too often may be tried again.
// Handlers answer 429 with Retry-After.
type RateLimitError struct {
	// After is how long to wait.
	After time.Duration
}

// Error implements error.
func (e *RateLimitError) Error() string {
	return fmt.Sprintf("%v: try again in %v", ErrRateLimited, e.After.Round(time.Second))
}

// Is makes errors.Is(err, ErrRateLimited) true.
func (e *RateLimitError) Is(target error) bool { return target == ErrRateLimited }

// seconds returns After as Retry-After has it: whole seconds, rounded up.
func (e *RateLimitError) seconds() string {
	return strconv.FormatInt(int64((e.After+time.Second-1)/time.Second), 10)
}

// RateLimits says how often people may try what strangers could try all night (ASVS
// 6.3.1). A try is counted before anything is looked up or hashed, in one statement. A
// Limit that is zero has its default.
type RateLimits struct {
	// SignIn is how often one account may be tried: a sign-in, a registration, and by
	// whoever is signed in the current password. A success begins anew. A browser that
	// signed in to the account before has a count of its own, so that a stranger who uses
	// up the account's keeps nobody out. If zero, 10 in 15 minutes.
	SignIn Limit
	// SignInClient is how often one client may do so, for all accounts together: an IPv4
	// address, or the /64 of an IPv6 address (see TrustedProxies). If zero, 100 in 15
	// minutes.
	SignInClient Limit
	// Factor is how often one account's one-time codes may be typed, right after the
	// password and everywhere else together; a success begins anew. Recovery codes and
	// passkeys still work when it is used up. If zero, 5 in 15 minutes (ASVS 6.6.3).
	Factor Limit
	// FactorDay is the same for longer. If zero, 20 in 24 hours.
	FactorDay Limit
	// Mail is how many mails one address may be asked to be sent. If zero, 2 in 10
	// minutes. What tells somebody of a change of their account is counted apart, at most
	// 10 in an hour, unless Mail is off.
	Mail Limit
	// MailClient is how many mails one client may ask for, for all addresses together.
	// If zero, 20 in an hour.
	MailClient Limit
	// Store counts. If nil, the Adapter, where it is a RateLimitStore: a generated one is
	// if the graph has mixin.RateLimit. Else the memory of this process, which New logs:
	// then each process counts by itself.
	Store RateLimitStore
}

// Limit is how often something may be tried.
type Limit struct {
	// Tries is how many of them each window has.
	Tries int
	// Window is how long it lasts. It begins with the first try.
	Window time.Duration
	// Off says that there is no limit. Tries and Window are zero then.
	Off bool
}

func (l RateLimits) withDefaults() RateLimits {
	for limit, preset := range map[*Limit]Limit{
		&l.SignIn:       {Tries: 10, Window: 15 * time.Minute},
		&l.SignInClient: {Tries: 100, Window: 15 * time.Minute},
		&l.Factor:       {Tries: 5, Window: 15 * time.Minute},
		&l.FactorDay:    {Tries: 20, Window: 24 * time.Hour},
		&l.Mail:         {Tries: 2, Window: 10 * time.Minute},
		&l.MailClient:   {Tries: 20, Window: time.Hour},
	} {
		if *limit == (Limit{}) {
			*limit = preset
		}
	}
	return l
}

func (l RateLimits) validate() error {
	var errs []error
	check := func(name string, l Limit) {
		switch {
		case l.Off && (l.Tries != 0 || l.Window != 0):
			errs = append(errs, fmt.Errorf("RateLimits.%s is off and has a limit: leave out one", name))
		case !l.Off && (l.Tries < 1 || l.Window < time.Second):
			errs = append(errs, fmt.Errorf("RateLimits.%s is %d tries in %v: use 1 or more in 1 second or more, or authent.Limit{Off: true}", name, l.Tries, l.Window))
		}
	}
	check("SignIn", l.SignIn)
	check("SignInClient", l.SignInClient)
	check("Factor", l.Factor)
	check("FactorDay", l.FactorDay)
	check("Mail", l.Mail)
	check("MailClient", l.MailClient)
	return errors.Join(errs...)
}

// TryKind says what somebody tries.
type TryKind string

// What is counted. Each kind has counters of its own for an account; TryMail has its
// own for a client too.
const (
	TrySignIn   TryKind = "sign-in"
	TryRegister TryKind = "register"
	// TryPassword is the current password of whoever is signed in.
	TryPassword TryKind = "password"
	// TryCode is a code that was mailed. It is counted for the client alone: of the
	// tries for an account the fifth ends the code.
	TryCode TryKind = "code"
	TryMail TryKind = "mail"
	// TryFactor is a code of an authenticator app, TryFactorDay the same one counted for a
	// day.
	TryFactor    TryKind = "factor"
	TryFactorDay TryKind = "factor-day"
	// TryPasskey is a passkey. It is counted for the client alone: nobody guesses one.
	TryPasskey TryKind = "passkey"
	// TryRecoveryCode is a recovery code. It is counted for the client alone: nobody guesses
	// one, and nobody is to keep its owner from using it.
	TryRecoveryCode TryKind = "recovery-code"
)

// try is something that somebody does and that is counted.
type try struct {
	kind TryKind
	// account is whose: the address as typed, or the user's id for TryPassword and for
	// factors. "" is nobody's.
	account string
	// form is what the Challenge callback gets.
	form url.Values
}

// limits returns the limits for an account and for a client.
func (a *Auth) limits(kind TryKind) (account, client Limit) {
	l := &a.cfg.RateLimits
	switch kind {
	case TryMail:
		return l.Mail, l.MailClient
	case TryCode, TryPasskey, TryRecoveryCode:
		return Limit{Off: true}, l.SignInClient
	case TryFactor:
		return l.Factor, l.SignInClient
	case TryFactorDay:
		return l.FactorDay, Limit{Off: true}
	}
	return l.SignIn, l.SignInClient
}

// counted is the counter of an account that a try was added to.
type counted struct{ key string }

// limit counts a try, first for the client and then for the account, and refuses it
// with a *RateLimitError if there were too many: who tries too much from one address
// uses up nobody's account. If the store fails, it is ErrUnavailable, and nothing is let
// through. Call it before a password is hashed and never within a transaction.
func (a *Auth) limit(ctx context.Context, c caller, t try) (counted, error) {
	account, client := a.limits(t.kind)
	group := "client"
	if t.kind == TryMail {
		group = "mail-client"
	}
	if c.addr.IsValid() {
		if err := a.hit(ctx, c, t, client, a.counter(group, network(c.addr))); err != nil {
			return counted{}, err
		}
	}
	if t.account == "" || account.Off {
		return counted{}, nil
	}
	key := a.accountCounter(c, t)
	return counted{key}, a.hit(ctx, c, t, account, key)
}

// hit adds a try to one counter.
func (a *Auth) hit(ctx context.Context, c caller, t try, limit Limit, key string) error {
	if limit.Off {
		return nil
	}
	now := a.now()
	count, ends, err := a.counters.HitRateLimit(ctx, key, now, limit.Window)
	switch {
	case err != nil && errors.Is(err, context.Canceled) && !errors.Is(err, ErrUnavailable):
		return err
	case err != nil:
		return fmt.Errorf("authent: count a try: %w: %w", ErrUnavailable, err)
	case count > int64(limit.Tries):
		return &RateLimitError{After: max(ends.Sub(now), time.Second)}
	}
	return a.challenge(ctx, c, t, count, limit)
}

// challenge asks the application for proof of a person, such as a captcha, once half of
// a limit is used up.
func (a *Auth) challenge(ctx context.Context, c caller, t try, count int64, limit Limit) error {
	if a.cfg.Callbacks.Challenge == nil || 2*count <= int64(limit.Tries) {
		return nil
	}
	err := a.cfg.Callbacks.Challenge(ctx, ChallengeParams{Kind: t.kind, Client: c.addr, Form: t.form, Tries: int(count), Limit: limit.Tries})
	switch {
	case err == nil, isRefusal(err):
		return err
	}
	a.cfg.Logger.InfoContext(ctx, "authent: challenge callback refused", "kind", t.kind, "error", err)
	return errChallenge
}

// succeeded sets the counter of an account back after a success. A failure costs the
// person nothing but the tries that were counted.
func (a *Auth) succeeded(ctx context.Context, n counted) {
	if n.key == "" {
		return
	}
	if err := a.counters.ResetRateLimit(ctx, n.key); err != nil {
		a.cfg.Logger.Log(ctx, faultLevel(err), "authent: a counter of tries was not set back", "error", err)
	}
}

// forgetTries sets the counter of sign-ins to u's account back: whoever has reset the
// password is not kept out by those who tried the old one.
func (a *Auth) forgetTries(ctx context.Context, u *User) {
	a.succeeded(ctx, counted{a.counter(string(TrySignIn), canonical(u.Email))})
}

// accountCounter returns the counter of t's account: one that browsers share which
// signed in to it before, or one for everybody else. Unknown addresses have counters
// too, and every spelling of an address has the same.
func (a *Auth) accountCounter(c caller, t try) string {
	switch t.kind {
	case TryPassword, TryFactor, TryFactorDay, TryRecoveryCode: // a user's id, not an address
		return a.counter(string(t.kind), t.account)
	}
	address := canonical(t.account)
	if shelf, ok := a.knownTo(c, address); ok && t.kind != TryRegister {
		return a.counter(string(t.kind)+"-known", address, string('0'+rune(shelf)))
	}
	return a.counter(string(t.kind), address)
}

// canonical returns the one spelling of an address, or of what was typed in its place.
func canonical(typed string) string {
	if email, err := input.NormalizeEmail(typed); err == nil {
		return email
	}
	return typed[:min(len(typed), input.MaxEmail)]
}

// counter names a counter. Whoever reads the store learns no address from it.
func (a *Auth) counter(kind string, subject ...string) string {
	return kind + ":" + a.keys.MAC(seal.RateLimit, append([]string{kind}, subject...)...)
}

// network returns what counts as one client: an IPv4 address, or the /64 of an IPv6
// address, which is what one customer gets (RFC 6177). The same one mapped into IPv6
// is one.
func network(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}

// counters counts tries in store, with the engine's deadline for each.
type counters struct {
	store  RateLimitStore
	engine engineAdapter
}

// newCounters chooses what counts: RateLimits.Store, else the Adapter, else memory.
func (c *Config) newCounters() (RateLimitStore, error) {
	store := c.RateLimits.Store
	if store == nil {
		store, _ = c.Adapter.(RateLimitStore)
	}
	if store == nil {
		c.Logger.Info("authent: tries are counted in the memory of this process, since the graph has no RateLimit: add mixin.RateLimit, or set RateLimits.Store, if there are several processes")
		return limit.NewMemory(limit.DefaultMax)
	}
	return counters{store, engineAdapter{nil, c.StatementTimeout, c.Logger}}, nil
}

// HitRateLimit implements RateLimitStore.
func (s counters) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (count int64, ends time.Time, err error) {
	err = s.engine.exec(ctx, func(ctx context.Context) (err error) {
		count, ends, err = s.store.HitRateLimit(ctx, key, now, window)
		return err
	})
	return count, ends, err
}

// ResetRateLimit implements RateLimitStore.
func (s counters) ResetRateLimit(ctx context.Context, key string) error {
	return s.engine.exec(ctx, func(ctx context.Context) error { return s.store.ResetRateLimit(ctx, key) })
}
