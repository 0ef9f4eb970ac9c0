package authent

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/seal"
)

// undoMark is what an undo link holds, sealed: which accounts were linked at the time, and
// stay. Those of an address that nobody had proved may be a stranger's (P29).
type undoMark struct {
	Accounts []string `json:"a,omitempty"`
	// TOTP says when the authenticator app was set up that stays, in Unix milliseconds; 0
	// for none.
	TOTP int64 `json:"t,omitempty"`
}

// undoMarkOf returns what stays of a user's accounts and authenticator app if a change of
// address is undone: all of now, or nothing if the address was not proved.
func (a *Auth) undoMarkOf(ctx context.Context, tx Adapter, userID string, proved provedAddress) (mark undoMark, err error) {
	if !proved {
		return undoMark{}, nil
	}
	accounts, err := tx.Accounts(ctx, userID)
	if err != nil {
		return undoMark{}, err
	}
	for _, acc := range accounts {
		mark.Accounts = append(mark.Accounts, accountMark(acc))
	}
	if store, ok := totpStoreOf(tx); ok {
		t, err := store.find(ctx, userID)
		if err != nil {
			return undoMark{}, err
		}
		if t != nil && t.ConfirmedAt.Before(a.now().Add(-forUndo.age)) { // a younger one may be a thief's
			mark.TOTP = t.mark()
		}
	}
	return mark, nil
}

// mark returns what tells t from an app that was set up at another time, 0 for nil.
func (t *TOTP) mark() int64 {
	if t == nil {
		return 0
	}
	return t.ConfirmedAt.UnixMilli()
}

// dropLaterFactors deletes an authenticator app that is not the one of mark, and in any case
// the recovery codes and remembered browsers: whoever took the account may have made them.
func dropLaterFactors(ctx context.Context, tx Adapter, userID string, mark undoMark) error {
	if store, ok := totpStoreOf(tx); ok {
		t, err := store.find(ctx, userID)
		if err != nil {
			return err
		}
		if t != nil && t.mark() == mark.TOTP {
			return deleteTokens(ctx, tx, forRecovery.of(userID), forTrust.of(userID))
		}
	}
	return dropFactors(ctx, tx, userID)
}

// accountMark names an account in an undo link.
func accountMark(acc *Account) string {
	return string(seal.HashToken(acc.Provider + "\x00" + acc.ProviderAccountID))[:16]
}

// tellOldAddress mails the old address what happened, with a link that undoes it.
func (a *Auth) tellOldAddress(ctx context.Context, did changed, mark undoMark, origin string) error {
	if did.old == "" {
		return nil
	}
	sealed, err := a.keys.SealJSON(a.cfg.Rand, seal.Mail, undoPlace(did.user.ID, did.old), mark, did.ends)
	if err != nil {
		return err
	}
	a.notice(ctx, mailJob{
		Kind: MailAddressChanged, To: did.old, Expires: did.ends,
		URL: a.linkTo(origin, "undo-email", did.undo, url.Values{"user": {did.user.ID}, "email": {did.old}, "mark": {sealed}}),
	})
	return nil
}

// undoPlace is what an undo link's mark is bound to.
func undoPlace(userID, address string) string { return "authent.undo\x00" + userID + "\x00" + address }

// EmailUndo says which link gives a user an old address back.
type EmailUndo struct {
	// UserID, Email, Mark and Token are the link's parameters user, email, mark and token.
	UserID, Email, Mark, Token string
}

// findUndo returns the ticket of an undo link, or ErrLinkInvalid. It uses nothing up.
func (a *Auth) findUndo(ctx context.Context, un EmailUndo) (t ticket, mark undoMark, err error) {
	if !plausibleID(un.UserID) || len(un.Email) > input.MaxEmail {
		return ticket{}, undoMark{}, ErrLinkInvalid
	}
	if t, err = a.linkTicket(forUndo, forUndo.of(un.UserID), un.Email, un.Token); err != nil {
		return ticket{}, undoMark{}, err
	}
	if !a.keys.OpenJSON(seal.Mail, undoPlace(un.UserID, un.Email), un.Mark, a.now(), &mark) {
		return ticket{}, undoMark{}, ErrLinkInvalid
	}
	return t, mark, a.check(ctx, t)
}

// undoChange gives a user an old address back, as verified, whoever changed it. What
// somebody who took the account may have left goes: the password, accounts linked since,
// all sessions, links and codes, and the links that would undo later changes. It starts no
// session, and mails the address a link to set a password with.
func (a *Auth) undoChange(ctx context.Context, c caller, un EmailUndo, origin string) (u *User, err error) {
	e := c.event(AuditUndo)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	t, mark, err := a.findUndo(ctx, un)
	if err != nil {
		return nil, err
	}
	e.userID = un.UserID // whose link it is
	err = a.store.InTx(ctx, func(tx Adapter) error {
		if u, err = a.giveBack(ctx, tx, un.UserID, t, mark); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return nil, fmt.Errorf("authent: undo a change of e-mail: %w", a.linkRefused(err))
	}
	fire(ctx, a, "updateUser", a.cfg.Events.UpdateUser, UserEvent{User: u})
	if _, ok := a.passwordProvider(); !ok {
		return u, nil
	}
	if err := a.send(ctx, a.resetLetter(MailReset, u, origin)); err != nil { // it is done; they can ask for one
		a.cfg.Logger.ErrorContext(ctx, "authent: a change of e-mail is undone, but no link to set a password was mailed", "error", err)
	}
	return u, nil
}

// giveBack does what undoChange does, within the transaction.
func (a *Auth) giveBack(ctx context.Context, tx Adapter, userID string, t ticket, mark undoMark) (*User, error) {
	u, err := tx.LockUser(ctx, userID)
	if err != nil {
		return nil, err
	}
	row, err := a.useToken(ctx, tx, t.identifier, t.token)
	if err != nil {
		return nil, err
	}
	if err := a.endLaterUndos(ctx, tx, userID, t.address, row.Expires); err != nil {
		return nil, err
	}
	err = errors.Join(deleteTokensOfAddress(ctx, tx, u.Email),
		deleteTokens(ctx, tx, forReset.of(userID), forVerify.of(userID), forChange.of(userID), forCode.of(userID)))
	if err != nil {
		return nil, err
	}
	accounts, err := tx.Accounts(ctx, userID)
	if err != nil {
		return nil, err
	}
	for _, acc := range accounts {
		if slices.Contains(mark.Accounts, accountMark(acc)) {
			continue
		}
		if err := unlink(ctx, tx, acc); err != nil {
			return nil, err
		}
	}
	if err := dropLaterFactors(ctx, tx, userID, mark); err != nil {
		return nil, err
	}
	if _, err := tx.DeleteSessions(ctx, userID, ""); err != nil {
		return nil, err
	}
	now := a.now()
	update := UserUpdate{Email: &t.address, EmailVerified: &now}
	if a.columns.UserPassword {
		update.Password = new(Secret)
	}
	return tx.UpdateUser(ctx, userID, update)
}

// endLaterUndos deletes the links that would undo changes after the one that is undone,
// and what was kept with them: whoever made those changes must not get the address back.
func (a *Auth) endLaterUndos(ctx context.Context, tx Adapter, userID, address string, since time.Time) error {
	rows, err := tx.VerificationTokens(ctx, forUndo.of(userID))
	if err != nil {
		return err
	}
	own := keptAs(address)
	for _, r := range rows {
		kept := string(r.Token)
		if kept != own && r.Expires.Before(since) {
			continue
		}
		if strings.HasPrefix(kept, pointer) {
			if err := deleteTokens(ctx, tx, kept); err != nil {
				return err
			}
		}
		if _, err := tx.UseVerificationToken(ctx, r.Identifier, r.Token); orNotFound(err, nil) != nil {
			return err
		}
	}
	return nil
}
