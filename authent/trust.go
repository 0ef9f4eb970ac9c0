package authent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/authent/authent/authent/internal/seal"
)

// trusts reports whether u is not asked for the second factor in the browser of c: its
// cookie has the token of a row of u's that still works.
func (a *Auth) trusts(ctx context.Context, tx Adapter, c caller, u *User) (bool, error) {
	if a.cfg.Factors.TrustBrowser == 0 || !seal.PlausibleToken(c.trust) || a.factorDemanded(u) {
		return false, nil
	}
	row, err := tx.VerificationToken(ctx, forTrust.of(u.ID), trustToken(u.ID, c.trust))
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	return a.now().Before(row.Expires), nil
}

// trustToken returns what the database holds of the token of a remembered browser.
func trustToken(userID, token string) Secret {
	return seal.HashToken(forTrust.name + "\x00" + userID + "\x00" + token)
}

// trustBrowser remembers that the user of s is not asked for the second factor in the
// browser that is given the token.
func (a *Auth) trustBrowser(ctx context.Context, s *Session) (token string, expires time.Time, err error) {
	if token, err = seal.NewToken(a.cfg.Rand); err != nil {
		return "", time.Time{}, err
	}
	expires = a.now().Add(a.cfg.Factors.TrustBrowser)
	e := s.event(AuditBrowserTrusted)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	err = a.store.InTx(ctx, func(tx Adapter) error {
		if _, err := a.lockSignedIn(ctx, tx, s); err != nil { // what ends trust has ended s, or waits
			return err
		}
		err := tx.CreateVerificationToken(ctx, VerificationToken{
			Identifier: forTrust.of(s.UserID), Token: trustToken(s.UserID, token), Expires: expires,
		})
		if err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	return token, expires, err
}

// trustID names a remembered browser among its user's.
func trustID(row VerificationToken) string {
	return string(seal.HashToken("trust id\x00" + string(row.Token)))[:16]
}

// remembered returns the rows of the browsers in which u is not asked for the second
// factor, the one that is remembered longest first.
func (a *Auth) remembered(ctx context.Context, userID string) ([]VerificationToken, error) {
	rows, err := a.store.VerificationTokens(ctx, forTrust.of(userID))
	if err != nil {
		return nil, fmt.Errorf("authent: list remembered browsers: %w", err)
	}
	rows = slices.DeleteFunc(rows, func(r VerificationToken) bool { return !a.now().Before(r.Expires) })
	slices.SortFunc(rows, func(x, y VerificationToken) int { return y.Expires.Compare(x.Expires) })
	return rows, nil
}

// forgetBrowsers has the person behind s asked for the second factor in a browser that was
// remembered: the one with the id, or all if that is "". One that is not theirs, or not
// there, is no error.
func (a *Auth) forgetBrowsers(ctx context.Context, s *Session, id string) (err error) {
	e := s.event(AuditTrustEnded)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	err = a.store.InTx(ctx, func(tx Adapter) error {
		if _, err := a.lockSignedIn(ctx, tx, s); err != nil {
			return err
		}
		rows, err := tx.VerificationTokens(ctx, forTrust.of(s.UserID))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if id != "" && trustID(row) != id {
				continue
			}
			if _, err := tx.UseVerificationToken(ctx, row.Identifier, row.Token); orNotFound(err, nil) != nil {
				return err
			}
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("authent: forget browsers: %w", err)
	}
	return nil
}
