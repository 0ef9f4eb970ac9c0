package authent

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxPasskeys is how many passkeys a user has at most: browsers are sent the list.
const maxPasskeys = 20

// maxPasskeyName is how many code points people may call a passkey by.
const maxPasskeyName = 64

// addPasskey registers a passkey for the person behind s, who has signed in recently, and
// where they have an authenticator app with its code.
func (a *Auth) addPasskey(ctx context.Context, s *Session, p *Provider, cer ceremony, asked PasskeyCeremony, answer []byte) (err error) {
	e := s.event(AuditPasskeyAdded)
	e.method = p.ID
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	if err := a.mayChangePasskeys(ctx, s); err != nil {
		return err
	}
	if cer.UserID != s.UserID || cer.SessionID != s.ID {
		return fmt.Errorf("%w: the session that came back is not the one that began", ErrPasskey)
	}
	made, err := p.Passkey.Verifier.VerifyRegistration(asked, answer)
	if err != nil {
		return err
	}
	if len(made.CredentialID) > maxCredentialID {
		return errPasskeyLong
	}
	if keys, err := a.Passkeys(ctx, s.UserID); err != nil || len(keys) >= maxPasskeys {
		return cmp.Or(err, errManyPasskeys)
	}
	row := newAuthenticator(made, s.UserID)
	row.Name, row.CreatedAt = p.Passkey.Verifier.Name(made.AAGUID), a.now()
	err = a.store.InTx(ctx, func(tx Adapter) error {
		if _, err := a.lockSignedIn(ctx, tx, s); err != nil {
			return err
		}
		if err := a.useCeremony(ctx, tx, cer); err != nil {
			return err
		}
		if err := storePasskey(ctx, tx, p, row); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	switch _, invalid := errors.AsType[*InvalidError](err); {
	case errors.Is(err, ErrConflict):
		return errPasskeyTaken
	case invalid:
		return fmt.Errorf("%w: %w", errPasskeyLong, err)
	case err != nil:
		return fmt.Errorf("authent: add a passkey: %w", err)
	}
	a.notice(ctx, mailJob{Kind: MailPasskeyAdded, To: s.User.Email})
	return nil
}

// newAuthenticator returns the row of a passkey that was made.
func newAuthenticator(made PasskeyRegistration, userID string) Authenticator {
	id := base64.StdEncoding.EncodeToString(made.CredentialID)
	row := Authenticator{
		CredentialID: id, ProviderAccountID: id, UserID: userID,
		CredentialPublicKey: base64.StdEncoding.EncodeToString(made.PublicKey),
		Counter:             storedCounter(made.Counter), CredentialBackedUp: made.BackedUp,
		CredentialDeviceType: singleDevice, Transports: strings.Join(made.Transports, ","),
	}
	if made.BackupEligible {
		row.CredentialDeviceType = multiDevice
	}
	return row
}

// storePasskey stores a passkey's two rows, as Auth.js does.
func storePasskey(ctx context.Context, tx Adapter, p *Provider, row Authenticator) error {
	store, ok := authenticatorsIn(tx)
	if !ok {
		return errNoAuthenticatorsIn
	}
	account := Account{UserID: row.UserID, Type: string(TypeWebAuthn), Provider: p.ID, ProviderAccountID: row.ProviderAccountID}
	if err := tx.LinkAccount(ctx, account); err != nil {
		return err
	}
	return store.create(ctx, row)
}

// mayChangePasskeys returns nil if the person behind s may add, rename and remove passkeys.
func (a *Auth) mayChangePasskeys(ctx context.Context, s *Session) error {
	if !a.Recent(s) {
		return ErrRecentSignInRequired
	}
	return a.mayChangeGuards(ctx, s)
}

// mayChangeGuards is ErrAssuranceRequired for somebody who has a second factor or a passkey
// and has shown neither in the session s: with a password alone nobody adds a way in of their
// own beside it.
func (a *Auth) mayChangeGuards(ctx context.Context, s *Session) error {
	if s.Assurance() > 1 || !a.columns.SessionAAL {
		return nil
	}
	if has, err := a.hasTOTP(ctx, s.UserID); has || err != nil {
		return cmp.Or(err, ErrAssuranceRequired)
	}
	if _, ok := a.passkeyProvider(); !ok {
		return nil
	}
	keys, err := a.Passkeys(ctx, s.UserID)
	if err == nil && slices.ContainsFunc(keys, func(key Authenticator) bool { return !key.blocked() }) {
		err = ErrAssuranceRequired
	}
	return err
}

// Passkeys returns a user's passkeys, the oldest first where their time is recorded; none
// for an unknown user, and where the Adapter is no AuthenticatorStore.
func (a *Auth) Passkeys(ctx context.Context, userID string) ([]Authenticator, error) {
	store, ok := authenticatorsIn(a.store)
	if !ok {
		return nil, nil
	}
	all, err := store.list(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("authent: list passkeys: %w", err)
	}
	list := make([]Authenticator, len(all))
	for i, row := range all {
		list[i] = *row
	}
	slices.SortFunc(list, func(x, y Authenticator) int {
		return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), cmp.Compare(x.CredentialID, y.CredentialID))
	})
	return list, nil
}

// Blocked reports whether the passkey no longer works, since its counter went back.
func (r Authenticator) Blocked() bool { return r.blocked() }

// RenamePasskey gives a passkey of the person behind s, which SessionFrom returned, another
// name, of at most 64 code points. It requires a recent sign-in (ErrRecentSignInRequired), and
// a session of level 2 (ErrAssuranceRequired). A passkey that is not theirs is ErrNotFound.
func (a *Auth) RenamePasskey(ctx context.Context, s *Session, credentialID, name string) (err error) {
	e := s.event(AuditPasskeyRenamed)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	if err := a.mayChangePasskeys(ctx, s); err != nil {
		return err
	}
	name = strings.TrimSpace(name)
	if !validName(name) || utf8.RuneCountInString(name) > maxPasskeyName {
		return errPasskeyName
	}
	err = a.changePasskey(ctx, s, credentialID, e, func(_ Adapter, store authenticatorCalls) error {
		return store.update(ctx, credentialID, AuthenticatorUpdate{Name: &name})
	})
	if err != nil {
		return fmt.Errorf("authent: rename a passkey: %w", err)
	}
	return nil
}

// changePasskey runs change for a passkey of the person behind s, within a transaction that
// stores e too.
func (a *Auth) changePasskey(ctx context.Context, s *Session, credentialID string, e securityEvent, change func(tx Adapter, store authenticatorCalls) error) error {
	return a.store.InTx(ctx, func(tx Adapter) error {
		if _, err := a.lockSignedIn(ctx, tx, s); err != nil {
			return err
		}
		store, ok := authenticatorsIn(tx)
		if !ok {
			return errNoAuthenticatorsIn
		}
		row, err := store.find(ctx, credentialID)
		if err != nil {
			return err
		}
		if row.UserID != s.UserID {
			return ErrNotFound
		}
		if err := change(tx, store); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
}

// RemovePasskey removes a passkey of the person behind s, which SessionFrom returned, and
// ends their other sessions in the same transaction: one may have begun with it. Errors are
// those of RenamePasskey, and ErrLastSignIn for the last way in.
func (a *Auth) RemovePasskey(ctx context.Context, s *Session, credentialID string) (err error) {
	e := s.event(AuditPasskeyRemoved)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	if err := a.mayChangePasskeys(ctx, s); err != nil {
		return err
	}
	err = a.changePasskey(ctx, s, credentialID, e, func(tx Adapter, _ authenticatorCalls) error {
		user, err := tx.User(ctx, s.UserID)
		if err != nil {
			return err
		}
		accounts, err := tx.Accounts(ctx, s.UserID)
		if err != nil {
			return err
		}
		isIt := func(acc *Account) bool {
			return acc.Type == string(TypeWebAuthn) && acc.ProviderAccountID == credentialID
		}
		rest, err := working(ctx, tx, slices.DeleteFunc(slices.Clone(accounts), isIt))
		if err != nil {
			return err
		}
		if !a.canSignIn(user, rest) {
			return ErrLastSignIn
		}
		for _, acc := range accounts {
			if isIt(acc) {
				if err := unlink(ctx, tx, acc); err != nil {
					return err
				}
			}
		}
		_, err = tx.DeleteSessions(ctx, s.UserID, s.Token)
		return err
	})
	if err != nil {
		return fmt.Errorf("authent: remove a passkey: %w", err)
	}
	a.notice(ctx, mailJob{Kind: MailPasskeyRemoved, To: s.User.Email})
	return nil
}

// working returns accounts without those of passkeys that are blocked: they are no way in.
func working(ctx context.Context, tx Adapter, accounts []*Account) ([]*Account, error) {
	store, ok := authenticatorsIn(tx)
	if !ok {
		return accounts, nil
	}
	var rest []*Account
	for _, acc := range accounts {
		if acc.Type == string(TypeWebAuthn) {
			row, err := store.find(ctx, acc.ProviderAccountID)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return nil, err
			}
			if err != nil || row.blocked() {
				continue
			}
		}
		rest = append(rest, acc)
	}
	return rest, nil
}

// unlink deletes an account, and of a passkey its other row too.
func unlink(ctx context.Context, tx Adapter, acc *Account) error {
	if store, ok := authenticatorsIn(tx); ok && acc.Type == string(TypeWebAuthn) {
		if _, err := store.remove(ctx, acc.UserID, acc.ProviderAccountID); err != nil {
			return err
		}
	}
	return tx.UnlinkAccount(ctx, acc.Provider, acc.ProviderAccountID)
}
