package authent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authent/authent/authent/internal/factor"
)

// TOTPSetup is an authenticator app that is to be set up: what its page shows. It holds the
// shared secret: show it to its owner alone, on a page that nothing keeps.
type TOTPSetup struct {
	// Key is the shared secret in base32, to be typed where no camera is.
	Key Secret
	// URI is the same for apps on the same device, with the names under which the app lists
	// it (otpauth:).
	URI Secret
	// QR is the URI as a QR code: an SVG element to be written into a page as it is.
	QR Secret
}

// setupAge is how long somebody may take to set up an app.
const setupAge = 15 * time.Minute

// totpSetup is what the browser keeps, sealed, while an app is set up: nothing is stored
// before the first code was right.
type totpSetup struct {
	UserID    string `json:"u"`
	SessionID string `json:"s"`
	Key       string `json:"k"`
}

// maySetUp returns nil if the person behind s may set up an app now: with a recent sign-in,
// on an address that is theirs (else a stranger who registered it would lock its owner
// out), and if they have none.
func (a *Auth) maySetUp(ctx context.Context, s *Session) error {
	store, ok := a.totpsIn(a.store)
	if !ok {
		return fmt.Errorf("authent: set up one-time codes: Factors are off: %w", ErrUnsupported)
	}
	t, err := store.find(ctx, s.UserID)
	switch {
	case err != nil:
		return fmt.Errorf("authent: set up one-time codes: %w", err)
	case t != nil:
		return errHasTOTP
	case !a.Recent(s):
		return ErrRecentSignInRequired
	case s.User.EmailVerified.IsZero():
		return errAddressUnproved
	}
	return a.mayChangeGuards(ctx, s)
}

// newSetup makes the secret of an app for the person behind s.
func (a *Auth) newSetup(s *Session) (totpSetup, error) {
	key, err := factor.NewSecret(a.cfg.Rand)
	return totpSetup{UserID: s.UserID, SessionID: s.ID, Key: string(key)}, err
}

// shown returns what the page shows of a setup.
func (a *Auth) shown(set totpSetup, account, origin string) (TOTPSetup, error) {
	uri := factor.URI(Secret(set.Key), a.appName(origin), account)
	qr, err := factor.QR(uri, "QR code for your authenticator app")
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("authent: set up one-time codes: %w", err)
	}
	return TOTPSetup{Key: Secret(set.Key), URI: uri, QR: qr}, nil
}

// addedTOTP is an app that was set up: the new session, and the recovery codes, which
// nobody can be shown again.
type addedTOTP struct {
	session *Session
	codes   []Secret
}

// confirmSetup stores the app of set if the code shows that it works. The session is raised
// in place of old, all others end, and so do the recovery codes of before.
func (a *Auth) confirmSetup(ctx context.Context, c caller, old *Session, set totpSetup, code string) (done addedTOTP, err error) {
	e := c.event(AuditFactorAdded).in(old)
	e.method = MethodTOTP
	defer a.recordEnd(ctx, func() securityEvent { return e.in(done.session).endedBy(err) })
	if err := a.maySetUp(ctx, old); err != nil {
		return addedTOTP{}, err
	}
	if set.UserID != old.UserID || set.SessionID != old.ID {
		return addedTOTP{}, errSetupGone
	}
	if !factor.IsCode(code) {
		return addedTOTP{}, ErrCodeWrong
	}
	tried, err := a.limitCode(ctx, c, old.User)
	if err != nil {
		return addedTOTP{}, err
	}
	e.admitted = true
	step, ok := factor.Match(Secret(set.Key), code, a.now())
	if !ok {
		a.noticeDrift(ctx, Secret(set.Key), code)
		return addedTOTP{}, ErrCodeWrong
	}
	if done, err = a.storeSetup(ctx, c, old, set, step, e); err != nil {
		return addedTOTP{}, err
	}
	a.succeeded(ctx, tried[0])
	a.notice(ctx, mailJob{Kind: MailFactorAdded, To: done.session.User.Email})
	return done, nil
}

// storeSetup does what confirmSetup does to the rows.
func (a *Auth) storeSetup(ctx context.Context, c caller, old *Session, set totpSetup, step int64, e securityEvent) (done addedTOTP, err error) {
	sealed, err := a.keys.SealFactor(a.cfg.Rand, totpPlace(old.UserID), Secret(set.Key))
	if err != nil {
		return addedTOTP{}, err
	}
	if done.codes, err = factor.NewRecoveryCodes(a.cfg.Rand); err != nil {
		return addedTOTP{}, err
	}
	row := TOTP{UserID: old.UserID, Secret: sealed, LastStep: step, ConfirmedAt: a.now()}
	p := a.besides(old, proof{userID: old.UserID, methods: []factor.Method{factor.TOTP}, skipsFactor: true}).telling(e)
	done.session, err = a.signIn(ctx, c, p, func(tx Adapter) (*User, error) {
		u, err := a.lockSignedIn(ctx, tx, old)
		if err != nil {
			return nil, err
		}
		if u.EmailVerified.IsZero() {
			return nil, errAddressUnproved
		}
		store, ok := a.totpsIn(tx)
		if !ok {
			return nil, errNoTOTPIn
		}
		if err := orConflict(store.create(ctx, row), errHasTOTP); err != nil {
			return nil, err
		}
		if err := a.replaceRecoveryCodes(ctx, tx, u.ID, done.codes); err != nil {
			return nil, err
		}
		if err := deleteTokens(ctx, tx, forTrust.of(u.ID)); err != nil {
			return nil, err
		}
		_, err = tx.DeleteSessions(ctx, u.ID, old.Token)
		return u, err
	})
	return done, err
}

// lastTimestamp is a day before the last time that MySQL's type timestamp holds, which
// Drizzle's tables have.
var lastTimestamp = time.Date(2038, 1, 18, 0, 0, 0, 0, time.UTC)

// replaceRecoveryCodes ends a user's recovery codes and stores new ones.
func (a *Auth) replaceRecoveryCodes(ctx context.Context, tx Adapter, userID string, codes []Secret) error {
	identifier := forRecovery.of(userID)
	if err := deleteTokens(ctx, tx, identifier); err != nil {
		return err
	}
	expires := a.now().Add(forRecovery.age)
	if lastTimestamp.Before(expires) {
		expires = lastTimestamp
	}
	for _, code := range codes {
		err := tx.CreateVerificationToken(ctx, VerificationToken{
			Identifier: identifier, Token: factor.HashRecoveryCode(userID, code), Expires: expires,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mayChangeFactors returns nil if the person behind s may remove factors, or make recovery
// codes: with a recent sign-in, and with a session that a second factor began (P07).
func (a *Auth) mayChangeFactors(s *Session) error {
	switch {
	case !a.Recent(s):
		return ErrRecentSignInRequired
	case s.Assurance() < 2:
		return ErrAssuranceRequired
	}
	return nil
}

// NewRecoveryCodes gives the person behind s, which SessionFrom returned, ten new recovery
// codes, and ends those of before. Show them once, as they are: the database holds only
// their hashes. It requires a recent sign-in (ErrRecentSignInRequired) and a session that a
// second factor began (ErrAssuranceRequired). Somebody without an authenticator app needs
// none: ErrNotFound.
func (a *Auth) NewRecoveryCodes(ctx context.Context, s *Session) (codes []Secret, err error) {
	e := s.event(AuditRecoveryCodes)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	if err := a.mayChangeFactors(s); err != nil {
		return nil, err
	}
	if codes, err = factor.NewRecoveryCodes(a.cfg.Rand); err != nil {
		return nil, fmt.Errorf("authent: make recovery codes: %w", err)
	}
	err = a.store.InTx(ctx, func(tx Adapter) error {
		u, err := a.lockSignedIn(ctx, tx, s)
		if err != nil {
			return err
		}
		if err := a.mustHaveTOTP(ctx, tx, u.ID); err != nil {
			return err
		}
		if err := a.replaceRecoveryCodes(ctx, tx, u.ID, codes); err != nil {
			return err
		}
		if err := deleteTokens(ctx, tx, forTrust.of(u.ID)); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return nil, fmt.Errorf("authent: make recovery codes: %w", err)
	}
	a.notice(ctx, mailJob{Kind: MailRecoveryCodesMade, To: s.User.Email})
	return formatted(codes), nil
}

// codesLeft returns how many recovery codes a user has left.
func (a *Auth) codesLeft(ctx context.Context, userID string) (int, error) {
	rows, err := a.store.VerificationTokens(ctx, forRecovery.of(userID))
	if err != nil {
		return 0, fmt.Errorf("authent: count recovery codes: %w", err)
	}
	return len(rows), nil
}

// formatted returns recovery codes as people read them.
func formatted(codes []Secret) []Secret {
	all := make([]Secret, len(codes))
	for i, code := range codes {
		all[i] = factor.FormatRecoveryCode(code)
	}
	return all
}

// mustHaveTOTP is ErrNotFound for a user without an authenticator app.
func (a *Auth) mustHaveTOTP(ctx context.Context, tx Adapter, userID string) error {
	store, ok := a.totpsIn(tx)
	if !ok {
		return ErrUnsupported
	}
	t, err := store.find(ctx, userID)
	if err == nil && t == nil {
		err = ErrNotFound
	}
	return err
}

// RemoveTOTP takes the authenticator app away from the person behind s, which SessionFrom
// returned, with the recovery codes and the browsers that are remembered, and ends their
// other sessions in the same transaction. Errors are those of NewRecoveryCodes.
func (a *Auth) RemoveTOTP(ctx context.Context, s *Session) (err error) {
	e := s.event(AuditFactorRemoved)
	e.method = MethodTOTP
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	if err := a.mayChangeFactors(s); err != nil {
		return err
	}
	err = a.store.InTx(ctx, func(tx Adapter) error {
		u, err := a.lockSignedIn(ctx, tx, s)
		if err != nil {
			return err
		}
		if err := a.mustHaveTOTP(ctx, tx, u.ID); err != nil {
			return err
		}
		if err := dropFactors(ctx, tx, u.ID); err != nil {
			return err
		}
		if _, err := tx.DeleteSessions(ctx, u.ID, s.Token); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("authent: remove one-time codes: %w", err)
	}
	a.notice(ctx, mailJob{Kind: MailFactorRemoved, To: s.User.Email})
	return nil
}

// RemoveFactors takes the authenticator app and the passkeys away from a user who has lost
// them, with the recovery codes and the browsers that are remembered, and ends all their
// sessions; the owner is told by mail. It is for the application's support, which has made sure of who
// asks by other means than a call or a mail (ASVS 6.4.4). It is no error if there is
// nothing to remove; an unknown user is ErrNotFound.
func (a *Auth) RemoveFactors(ctx context.Context, userID string) (err error) {
	e := securityEvent{kind: AuditFactorRemoved, userID: userID}
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	var u *User
	err = a.store.InTx(ctx, func(tx Adapter) (err error) {
		if u, err = tx.LockUser(ctx, userID); err != nil {
			return err
		}
		if err := errors.Join(dropFactors(ctx, tx, u.ID), dropPasskeys(ctx, tx, u.ID)); err != nil {
			return err
		}
		if _, err := tx.DeleteSessions(ctx, u.ID, ""); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("authent: remove factors: %w", err)
	}
	a.notice(ctx, mailJob{Kind: MailFactorRemoved, To: u.Email})
	return nil
}

// dropPasskeys deletes a user's passkeys.
func dropPasskeys(ctx context.Context, tx Adapter, userID string) error {
	accounts, err := tx.Accounts(ctx, userID)
	if err != nil {
		return err
	}
	for _, acc := range accounts {
		if acc.Type != string(TypeWebAuthn) {
			continue
		}
		if err := unlink(ctx, tx, acc); err != nil {
			return err
		}
	}
	return nil
}

// dropFactors deletes a user's authenticator app, recovery codes and remembered browsers.
// It does so where Factors are off, too: they may have been on before.
func dropFactors(ctx context.Context, tx Adapter, userID string) error {
	if store, ok := totpStoreOf(tx); ok {
		if err := store.remove(ctx, userID); err != nil {
			return err
		}
	}
	return deleteTokens(ctx, tx, forRecovery.of(userID), forTrust.of(userID))
}

// The table of failures says what people are told about these.
var (
	errHasTOTP         = errors.New("an authenticator app is set up already")
	errAddressUnproved = errors.New("the address is not proved yet")
	errNoTOTP          = errors.New("there is no authenticator app")
	errSetupGone       = errors.New("the setup began in another session, or too long ago")
)
