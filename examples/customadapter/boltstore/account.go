package boltstore

import (
	"context"
	"errors"
	"time"

	"github.com/authent/authent/authent"
)

// accountRecord is an account in the file.
type accountRecord struct {
	UserID, Type                       text
	Provider, ProviderAccountID        text
	RefreshToken, AccessToken, IDToken text
	ExpiresAt                          time.Time
	TokenType, Scope, SessionState     text
}

// check refuses a key that is longer than the engine ever asks for.
func (a accountRecord) check() error {
	return errors.Join(
		authent.CheckKey("Account.provider", string(a.Provider)),
		authent.CheckKey("Account.provider_account_id", string(a.ProviderAccountID)))
}

func (a accountRecord) key() []byte { return pair(string(a.Provider), string(a.ProviderAccountID)) }

// indexKey returns the account's key in accountsOf.
func (a accountRecord) indexKey() []byte { return pair(string(a.UserID), string(a.key())) }

// account turns a record into what the engine sees.
func (a accountRecord) account() *authent.Account {
	return &authent.Account{
		UserID: string(a.UserID), Type: string(a.Type),
		Provider: string(a.Provider), ProviderAccountID: string(a.ProviderAccountID),
		RefreshToken: authent.Secret(a.RefreshToken), AccessToken: authent.Secret(a.AccessToken),
		IDToken: authent.Secret(a.IDToken), ExpiresAt: a.ExpiresAt,
		TokenType: string(a.TokenType), Scope: string(a.Scope), SessionState: string(a.SessionState),
	}
}

// seconds returns a time as an account holds it.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// LinkAccount implements authent.Adapter.
func (s *Store) LinkAccount(ctx context.Context, a authent.Account) error {
	record := accountRecord{
		UserID: text(a.UserID), Type: text(a.Type),
		Provider: text(a.Provider), ProviderAccountID: text(a.ProviderAccountID),
		RefreshToken: text(a.RefreshToken), AccessToken: text(a.AccessToken), IDToken: text(a.IDToken),
		ExpiresAt: seconds(a.ExpiresAt),
		TokenType: text(a.TokenType), Scope: text(a.Scope), SessionState: text(a.SessionState),
	}
	if err := record.check(); err != nil {
		return err
	}
	return s.write(ctx, "link account", func(r rows) error {
		if r.has(accounts, record.key()) {
			return &authent.ConflictError{Key: authent.KeyAccount}
		}
		if !r.has(users, record.UserID) {
			return authent.ErrNotFound
		}
		if err := save(r, accounts, record.key(), record); err != nil {
			return err
		}
		return r.put(accountsOf, record.indexKey(), record.key())
	})
}

// Account implements authent.Adapter.
func (s *Store) Account(ctx context.Context, provider, providerAccountID string) (a *authent.Account, err error) {
	err = s.read(ctx, "account", func(r rows) error {
		record, err := load[accountRecord](r, accounts, pair(provider, providerAccountID))
		if err != nil {
			return err
		}
		a = record.account()
		return nil
	})
	return a, err
}

// Accounts implements authent.Adapter.
func (s *Store) Accounts(ctx context.Context, userID string) ([]*authent.Account, error) {
	found := []*authent.Account{}
	err := s.read(ctx, "accounts", func(r rows) error {
		for _, key := range r.valuesUnder(accountsOf, pair(userID, "")) {
			record, err := load[accountRecord](r, accounts, key)
			if err != nil {
				return err
			}
			found = append(found, record.account())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// UpdateAccount implements authent.Adapter.
func (s *Store) UpdateAccount(ctx context.Context, provider, providerAccountID string, u authent.AccountUpdate) error {
	return s.write(ctx, "update account", func(r rows) error {
		record, err := load[accountRecord](r, accounts, pair(provider, providerAccountID))
		if err != nil {
			return err
		}
		set(&record.RefreshToken, u.RefreshToken)
		set(&record.AccessToken, u.AccessToken)
		set(&record.IDToken, u.IDToken)
		if u.ExpiresAt != nil {
			record.ExpiresAt = seconds(*u.ExpiresAt)
		}
		set(&record.TokenType, u.TokenType)
		set(&record.Scope, u.Scope)
		set(&record.SessionState, u.SessionState)
		return save(r, accounts, record.key(), record)
	})
}

// UnlinkAccount implements authent.Adapter.
func (s *Store) UnlinkAccount(ctx context.Context, provider, providerAccountID string) error {
	return s.write(ctx, "unlink account", func(r rows) error {
		err := r.deleteAccount(pair(provider, providerAccountID))
		if errors.Is(err, authent.ErrNotFound) {
			return nil
		}
		return err
	})
}

// deleteAccount deletes an account and its entry in the index.
func (r rows) deleteAccount(key []byte) error {
	record, err := load[accountRecord](r, accounts, key)
	if err != nil {
		return err
	}
	if err := r.delete(accountsOf, record.indexKey()); err != nil {
		return err
	}
	return r.delete(accounts, key)
}

func (r rows) deleteAccountsOf(userID string) error {
	for _, key := range r.valuesUnder(accountsOf, pair(userID, "")) {
		if err := r.deleteAccount(key); err != nil {
			return err
		}
	}
	return nil
}
