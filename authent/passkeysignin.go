package authent

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/authent/authent/authent/internal/factor"
	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/seal"
)

const (
	// ceremonyAge is how long somebody may take to use a passkey, as browsers are told.
	ceremonyAge = 5 * time.Minute
	// maxCeremonies is how many a browser keeps: as many of its tabs may wait for a passkey.
	maxCeremonies = 4
	// blockedCounter is the counter of a passkey that is blocked. Every counter is at most
	// as great, so that Auth.js refuses it too.
	blockedCounter = math.MaxInt32
	// maxCredentialID is how many bytes an id may have to fit, in base64, a column of 255
	// characters.
	maxCredentialID = 189
)

// What a ceremony is for, with Auth.js's names.
const (
	toUsePasskey = "authenticate"
	toAddPasskey = "register"
)

// ceremony is what a browser was asked for a passkey. The browser keeps it, sealed: it binds
// the answer to this browser, ceremony and user.
type ceremony struct {
	Challenge string `json:"c"`
	Action    string `json:"a"`
	// UserID and SessionID say who adds a passkey, and in which session.
	UserID    string `json:"u,omitempty"`
	SessionID string `json:"s,omitempty"`
	// Expires is in Unix milliseconds.
	Expires int64 `json:"e"`
}

// newCeremony begins a ceremony of s, which is nil for somebody who signs in.
func (a *Auth) newCeremony(action string, s *Session) (c ceremony, err error) {
	c = ceremony{Action: action, Expires: a.now().Add(ceremonyAge).UnixMilli()}
	if s != nil {
		c.UserID, c.SessionID = s.UserID, s.ID
	}
	c.Challenge, err = seal.NewToken(a.cfg.Rand)
	return c, err
}

func (c ceremony) expires() time.Time { return time.UnixMilli(c.Expires).UTC() }

// asked returns what the answer is checked against. host and origin are the application's.
func (c ceremony) asked(p *Passkey, host, origin string) PasskeyCeremony {
	asked := PasskeyCeremony{Challenge: c.Challenge, RPID: p.RPID, Origins: p.Origins}
	if asked.RPID == "" {
		asked.RPID = host
	}
	if len(asked.Origins) == 0 {
		asked.Origins = []string{origin}
	}
	return asked
}

// authenticatorCalls is an AuthenticatorStore that is called with the engine's mark and
// deadline.
type authenticatorCalls struct {
	engine engineAdapter
	next   AuthenticatorStore
}

// authenticatorsIn returns the AuthenticatorStore that an adapter of the engine's is, in a
// transaction that of the transaction; false if it is none.
func authenticatorsIn(store Adapter) (authenticatorCalls, bool) {
	e, ok := store.(engineAdapter)
	if !ok {
		return authenticatorCalls{}, false
	}
	next, ok := e.next.(AuthenticatorStore)
	return authenticatorCalls{e, next}, ok
}

func (s authenticatorCalls) create(ctx context.Context, a Authenticator) error {
	_, err := call(ctx, s.engine, func(ctx context.Context) (*Authenticator, error) { return s.next.CreateAuthenticator(ctx, a) })
	return err
}

func (s authenticatorCalls) find(ctx context.Context, id string) (*Authenticator, error) {
	return call(ctx, s.engine, func(ctx context.Context) (*Authenticator, error) { return s.next.Authenticator(ctx, id) })
}

func (s authenticatorCalls) list(ctx context.Context, userID string) ([]*Authenticator, error) {
	return call(ctx, s.engine, func(ctx context.Context) ([]*Authenticator, error) { return s.next.Authenticators(ctx, userID) })
}

func (s authenticatorCalls) update(ctx context.Context, id string, u AuthenticatorUpdate) error {
	return s.engine.exec(ctx, func(ctx context.Context) error { return s.next.UpdateAuthenticator(ctx, id, u) })
}

func (s authenticatorCalls) remove(ctx context.Context, userID, id string) (bool, error) {
	return call(ctx, s.engine, func(ctx context.Context) (bool, error) { return s.next.DeleteAuthenticator(ctx, userID, id) })
}

// userHandle returns the handle with which a user's passkeys are registered: always the
// same, so that an authenticator keeps one for an account, and none from which the id could
// be read. They are text: SimpleWebAuthn up to version 9, which next-auth's client uses, reads
// handles as UTF-8, and encodes them once more where it registers.
func userHandle(userID string) []byte {
	sum := sha256.Sum256([]byte("authent/v1/user-handle\x00" + userID))
	return []byte(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// usedPasskey is a passkey that somebody has shown, checked, and still to be used up.
type usedPasskey struct {
	provider  *Provider
	row       *Authenticator
	assertion PasskeyAssertion
	ceremony  ceremony
}

// checkPasskey checks the answer to a ceremony and finds whose passkey it is. Whatever is
// wrong with it is ErrPasskey.
func (a *Auth) checkPasskey(ctx context.Context, p *Provider, c ceremony, asked PasskeyCeremony, answer []byte) (usedPasskey, error) {
	used := usedPasskey{provider: p, ceremony: c}
	store, ok := authenticatorsIn(a.store)
	if !ok {
		return used, fmt.Errorf("authent: check a passkey: no AuthenticatorStore: %w", ErrUnsupported)
	}
	id, err := p.Passkey.Verifier.CredentialID(answer)
	if err != nil {
		return used, err
	}
	if used.row, err = store.find(ctx, base64.StdEncoding.EncodeToString(id)); err != nil {
		return used, orNotFound(err, fmt.Errorf("%w: it is not registered here", ErrPasskey))
	}
	credential, err := used.row.credential(id)
	if err != nil {
		return used, err
	}
	if used.assertion, err = p.Passkey.Verifier.VerifyAssertion(asked, answer, credential); err != nil {
		return used, err
	}
	if a.cfg.AuthJS.Mode == AuthJSAlone && !used.assertion.HasHandle(userHandle(used.row.UserID)) {
		return used, fmt.Errorf("%w: it names another user", ErrPasskey) // Auth.js gives handles of its own, and stores none
	}
	if used.row.blocked() {
		return used, errPasskeyBlocked
	}
	return used, nil
}

// credential returns what the verifier takes.
func (r *Authenticator) credential(id []byte) (PasskeyCredential, error) {
	key, err := base64.StdEncoding.DecodeString(r.CredentialPublicKey)
	if err != nil {
		return PasskeyCredential{}, fmt.Errorf("authent: the stored key of a passkey is not base64")
	}
	counter := uint32(max(r.Counter, 0))
	if r.blocked() {
		counter = 0 // it is refused by name, not for its counter
	}
	return PasskeyCredential{ID: id, PublicKey: key, Counter: counter, BackupEligible: r.CredentialDeviceType == multiDevice}, nil
}

func (r *Authenticator) blocked() bool { return r.Counter == blockedCounter }

// What an Authenticator says of whether it can be on several devices, with Auth.js's names.
const (
	singleDevice = "singleDevice"
	multiDevice  = "multiDevice"
)

// signInByPasskey signs in whoever has shown a passkey of theirs.
func (a *Auth) signInByPasskey(ctx context.Context, c caller, p *Provider, cer ceremony, asked PasskeyCeremony, answer []byte) (s *Session, err error) {
	e := c.event(AuditSignIn)
	e.method = p.ID
	defer a.recordEnd(ctx, func() securityEvent { return e.in(s).endedBy(err) })
	if _, err := a.limit(ctx, c, try{kind: TryPasskey}); err != nil {
		return nil, err
	}
	e.admitted = true
	used, err := a.checkPasskey(ctx, p, cer, asked, answer)
	if err != nil {
		return nil, err // what a stranger sends is in nobody's history before its signature is right
	}
	e.userID = used.row.UserID
	if cer.UserID != "" && cer.UserID != used.row.UserID {
		return nil, fmt.Errorf("%w: it is not that of the person who was asked", ErrPasskey)
	}
	if used.assertion.CounterWentBack {
		return nil, a.blockPasskey(ctx, c, used)
	}
	user, err := a.store.User(ctx, used.row.UserID)
	if err != nil {
		return nil, orNotFound(err, ErrPasskey)
	}
	if user.Disabled() {
		return nil, ErrUserDisabled
	}
	if err := a.allowSignIn(ctx, SignInParams{User: user, Provider: p.ID, ProviderType: p.Type}); err != nil {
		return nil, err
	}
	proved := proof{userID: user.ID, methods: []factor.Method{factor.Passkey}, provider: p.ID}.telling(e)
	s, err = a.signIn(ctx, c, proved, func(tx Adapter) (*User, error) { return a.usePasskey(ctx, tx, used) })
	if err != nil {
		return nil, orNotFound(err, ErrPasskey)
	}
	fire(ctx, a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User, Provider: p.ID})
	return s, nil
}

// usePasskey uses the ceremony up, and returns the user of the passkey, who must have it
// still.
func (a *Auth) usePasskey(ctx context.Context, tx Adapter, used usedPasskey) (*User, error) {
	user, err := a.signInUser(ctx, tx, proof{userID: used.row.UserID}, nil)
	if err != nil {
		return nil, err
	}
	account, err := tx.Account(ctx, used.provider.ID, used.row.ProviderAccountID)
	if err != nil {
		return nil, err
	}
	if account.UserID != user.ID {
		return nil, ErrPasskey
	}
	if err := a.useCeremony(ctx, tx, used.ceremony); err != nil {
		return nil, err
	}
	store, ok := authenticatorsIn(tx)
	if !ok {
		return nil, errNoAuthenticatorsIn
	}
	row, err := store.find(ctx, used.row.CredentialID) // as it is under the lock of its user
	if err != nil {
		return nil, err
	}
	now, counter := a.now(), storedCounter(used.assertion.Counter)
	if row.blocked() || counter <= row.Counter && row.Counter > 0 {
		return nil, errPasskeyBlocked
	}
	return user, store.update(ctx, used.row.CredentialID, AuthenticatorUpdate{
		Counter: &counter, CredentialBackedUp: &used.assertion.BackedUp, LastUsedAt: &now,
	})
}

// storedCounter returns a counter as it is stored: below blockedCounter, however long an
// authenticator has counted.
func storedCounter(counter uint32) int64 { return int64(min(counter, blockedCounter-1)) }

// useCeremony makes a ceremony count once: the second answer to store it finds it stored.
func (a *Auth) useCeremony(ctx context.Context, tx Adapter, c ceremony) error {
	err := tx.CreateVerificationToken(ctx, VerificationToken{
		Identifier: forCeremony.name, Token: seal.HashToken(c.Challenge), Expires: c.expires(),
	})
	return orConflict(err, fmt.Errorf("%w: it came a second time", ErrPasskey))
}

// blockPasskey blocks a passkey whose counter went back: there may be a copy of its key
// (WebAuthn L3 §6.1.1). Its owner is told, and can remove it.
func (a *Auth) blockPasskey(ctx context.Context, c caller, used usedPasskey) error {
	e := c.event(AuditPasskeyBlocked)
	e.userID, e.method = used.row.UserID, used.provider.ID
	err := a.store.InTx(ctx, func(tx Adapter) error {
		if err := a.useCeremony(ctx, tx, used.ceremony); err != nil {
			return err // the same answer again, as from a button pressed twice
		}
		authenticators, ok := authenticatorsIn(tx)
		if !ok {
			return errNoAuthenticatorsIn
		}
		if err := authenticators.update(ctx, used.row.CredentialID, AuthenticatorUpdate{Counter: new(int64(blockedCounter))}); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if errors.Is(err, ErrPasskey) {
		return err
	}
	a.record(ctx, e.endedBy(err))
	if err != nil {
		return err
	}
	if u, err := a.store.User(ctx, used.row.UserID); err == nil {
		a.notice(ctx, mailJob{Kind: MailPasskeyBlocked, To: u.Email})
	}
	return errPasskeyBlocked
}

// The table of failures says what people are told about these.
var (
	errPasskeyBlocked     = fmt.Errorf("%w: it is blocked, since its counter went back", ErrPasskey)
	errPasskeyTaken       = errors.New("the passkey is registered already")
	errPasskeyLong        = errors.New("the passkey's id or key is too long for its column")
	errPasskeyName        = errors.New("a passkey cannot be called that")
	errManyPasskeys       = fmt.Errorf("there are %d passkeys already", maxPasskeys)
	errPasskeyNotFound    = errors.New("no such passkey")
	errCeremonyGone       = fmt.Errorf("%w: it was asked for in another browser, or too long ago", ErrPasskey)
	errNoAuthenticatorsIn = errors.New("the Adapter is an AuthenticatorStore, and what its InTx passes is none: wrap that too")
)

// validatePasskeys reports what a passkey provider lacks, and an RP ID that browsers would
// refuse.
func (c *Config) validatePasskeys(site input.Site) error {
	i := slices.IndexFunc(c.Providers, func(p Provider) bool { return p.isPasskey() && p.Passkey != nil })
	if i < 0 {
		return nil
	}
	p := &c.Providers[i]
	var errs []error
	fault := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("provider "+p.ID+": "+format, args...))
	}
	if _, ok := c.Adapter.(AuthenticatorStore); !ok {
		fault("the Adapter is no AuthenticatorStore: add a schema Authenticator with mixin.Authenticator")
	}
	if id := p.Passkey.RPID; id != "" && site.Origin != nil {
		if err := checkRPID(id, site.Origin.Hostname()); err != nil {
			fault("RPID: %w", err)
		}
	}
	for _, origin := range p.Passkey.Origins {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Path != "" || strings.HasSuffix(origin, "/") {
			fault("Origins: %q is no origin such as https://example.com", origin)
		}
	}
	return errors.Join(errs...)
}

// checkRPID wants the host itself, or a domain above it under which somebody can register:
// no public suffix, under which others have theirs.
func checkRPID(id, host string) error {
	if id == host {
		return nil
	}
	if !strings.HasSuffix(host, "."+id) {
		return fmt.Errorf("%q is neither the host of URL, %s, nor a domain above it", id, host)
	}
	if suffix, _ := publicsuffix.PublicSuffix(id); suffix == id {
		return fmt.Errorf("%q is a public suffix, under which strangers have their sites", id)
	}
	return nil
}
