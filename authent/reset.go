package authent

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/authent/authent/authent/internal/seal"
)

// requestReset sends a link and a code with which to set a new password, or a first one.
// To an address that nobody has, and to whoever is disabled, nothing is sent.
func (a *Auth) requestReset(ctx context.Context, c caller, r mailRequest) (*codeFlow, error) {
	if _, ok := a.passwordProvider(); !ok {
		return nil, errNoPasswords
	}
	address, u, err := a.takeRequest(ctx, c, r)
	if err != nil {
		return nil, err
	}
	f := &codeFlow{Purpose: forReset.name, Address: address, Next: r.next}
	l := a.resetLetter(MailReset, u, r.origin)
	l.code = f
	return f, a.send(ctx, l)
}

// resetLetter returns a letter with a link to set a password with, to nobody if u cannot.
func (a *Auth) resetLetter(kind MailKind, u *User, origin string) letter {
	l := letter{kind: kind, purpose: forReset, origin: origin, page: "reset-password"}
	if u != nil && !u.Disabled() && u.Email != "" {
		l.to, l.identifier, l.query = u.Email, forReset.of(u.ID), url.Values{"user": {u.ID}}
	}
	return l
}

// PasswordReset says which link sets which password.
type PasswordReset struct {
	// UserID and Token are the link's parameters user and token.
	UserID, Token string
	// Password is the new one; see Registration.
	Password string
	// Code is the code of the second factor, or a recovery code, where the account has an
	// authenticator app; see Auth.ResetNeedsCode.
	Code string
}

// findReset returns the user whose password a reset link sets, or ErrLinkInvalid. It
// uses nothing up.
func (a *Auth) findReset(ctx context.Context, userID, token string) (*User, ticket, error) {
	if !plausibleID(userID) || !seal.PlausibleToken(token) {
		return nil, ticket{}, ErrLinkInvalid
	}
	u, err := a.store.User(ctx, userID)
	if err != nil {
		return nil, ticket{}, orNotFound(err, ErrLinkInvalid)
	}
	t, err := a.linkTicket(forReset, forReset.of(u.ID), u.Email, token)
	if err != nil {
		return nil, ticket{}, err
	}
	if u.Disabled() {
		return nil, ticket{}, ErrLinkInvalid
	}
	return u, t, a.check(ctx, t)
}

// resetPassword sets the password of whoever was mailed the link: all sessions end, and
// the links and codes that are left, in the same transaction (P04). It starts no session.
// The link proves the address; if it was not proved before, what unproved hands left goes
// too (P29). A new password that is refused leaves the link as it is.
func (a *Auth) resetPassword(ctx context.Context, c caller, r PasswordReset) (u *User, err error) {
	e := c.event(AuditReset)
	defer a.recordEnd(ctx, func() securityEvent {
		e.userID = idOf(u)
		return e.endedBy(err)
	})
	u, t, err := a.findReset(ctx, r.UserID, r.Token)
	if err != nil {
		return nil, err
	}
	if code := a.newPasswordFault(r.Password); code != "" {
		return u, &ResetError{code} // which costs no code
	}
	second, err := a.checkResetCode(ctx, c, u, r.Code)
	e.admitted = second != nil && second.admitted
	if err != nil {
		return u, err
	}
	hash, code, err := a.hashNewPassword(ctx, newPassword{byStranger, u.Email, r.Password})
	if err != nil {
		return u, err
	}
	if code != "" {
		return u, &ResetError{code}
	}
	var reset *User
	err = a.store.InTx(ctx, func(tx Adapter) error {
		if reset, err = a.setPassword(ctx, tx, t, u, second, hash); err != nil {
			return err
		}
		e.userID = reset.ID
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return u, fmt.Errorf("authent: reset password: %w", a.linkRefused(err))
	}
	if second != nil {
		a.codeWorked(ctx, reset, *second)
	}
	a.forgetTries(ctx, reset)
	fire(ctx, a, "updateUser", a.cfg.Events.UpdateUser, UserEvent{User: reset})
	a.notice(ctx, mailJob{Kind: MailPasswordChanged, To: reset.Email})
	return reset, nil
}

// resetNeedsCode reports whether a link alone does not set u's password: an authenticator
// app is asked for by every way in (P33). Of an address that is not proved yet the link is
// the first proof, which removes what was set up before it (P29).
func (a *Auth) resetNeedsCode(ctx context.Context, store Adapter, u *User) (bool, error) {
	totps, ok := a.totpsIn(store)
	if !ok || u.EmailVerified.IsZero() {
		return false, nil
	}
	t, err := totps.find(ctx, u.ID)
	return t != nil, err
}

// checkResetCode checks the code that a reset takes besides its link, nil if it takes none.
func (a *Auth) checkResetCode(ctx context.Context, c caller, u *User, code string) (*checkedCode, error) {
	needed, err := a.resetNeedsCode(ctx, a.store, u)
	if !needed || err != nil {
		return nil, err
	}
	checked, err := a.checkCode(ctx, c, u, code)
	return &checked, err
}

// setPassword uses the ticket up, and the code if one is needed, and stores the hash.
func (a *Auth) setPassword(ctx context.Context, tx Adapter, t ticket, u *User, second *checkedCode, hash Secret) (*User, error) {
	owner, err := a.lockOwner(ctx, tx, u, t.address)
	if err != nil {
		return nil, err
	}
	if err := a.use(ctx, tx, t); err != nil {
		return nil, err
	}
	if err := a.useResetCode(ctx, tx, owner, second); err != nil {
		return nil, err
	}
	if owner.EmailVerified.IsZero() {
		if owner, err = a.proveEmail(ctx, tx, owner); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(deleteTokens(ctx, tx, forReset.of(owner.ID), forTrust.of(owner.ID)), deleteTokensOfAddress(ctx, tx, owner.Email)); err != nil {
		return nil, err
	}
	if _, err := tx.DeleteSessions(ctx, owner.ID, ""); err != nil {
		return nil, err
	}
	return tx.UpdateUser(ctx, owner.ID, UserUpdate{Password: &hash})
}

// useResetCode uses up the code of a reset, or refuses it if one is needed by now and none
// was checked.
func (a *Auth) useResetCode(ctx context.Context, tx Adapter, u *User, second *checkedCode) error {
	needed, err := a.resetNeedsCode(ctx, tx, u)
	switch {
	case err != nil || !needed:
		return err
	case second == nil:
		return ErrCodeWrong
	}
	return a.useCode(ctx, tx, u.ID, *second)
}

// resetByCode exchanges a code for a fresh link, of which it returns the parameters.
func (a *Auth) resetByCode(ctx context.Context, t ticket) (PasswordReset, error) {
	u, err := a.userOf(ctx, a.store, t.address)
	if err != nil {
		return PasswordReset{}, err
	}
	if u == nil || u.Disabled() {
		return PasswordReset{}, ErrLinkInvalid
	}
	token, err := seal.NewToken(a.cfg.Rand)
	if err != nil {
		return PasswordReset{}, err
	}
	identifier := forReset.of(u.ID)
	err = a.store.InTx(ctx, func(tx Adapter) error {
		if err := a.use(ctx, tx, t); err != nil {
			return err
		}
		return tx.CreateVerificationToken(ctx, VerificationToken{
			Identifier: identifier, Token: a.storedLink(forReset, identifier, u.Email, token), Expires: a.now().Add(forReset.age),
		})
	})
	return PasswordReset{UserID: u.ID, Token: token}, err
}

// ResetError refuses the password of a reset; see Registration. Its link still works.
type ResetError struct{ Code string }

// Error implements error.
func (e *ResetError) Error() string { return "new password refused: " + e.Code }

// Is makes errors.Is true with the error of Code, such as ErrPasswordCommon.
func (e *ResetError) Is(target error) bool { return isPasswordError(e.Code, target) }

// plausibleID reports whether s can be a user's id at all: anything else costs no SQL.
func plausibleID(s string) bool { return s != "" && len(s) <= maxAccountID && seal.IsText(s) }
