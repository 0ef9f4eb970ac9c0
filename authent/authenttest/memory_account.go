package authenttest

import (
	"context"
	"time"

	"github.com/authent/authent/authent"
)

type memoryAccountKey struct{ provider, id string }

// seconds returns a time as an account's expires_at holds it.
func seconds(t time.Time) time.Time { return instant(t.Truncate(time.Second)) }

// LinkAccount implements authent.Adapter.
func (m *MemoryAdapter) LinkAccount(ctx context.Context, a authent.Account) error {
	key := memoryAccountKey{a.Provider, a.ProviderAccountID}
	a.ExpiresAt = seconds(a.ExpiresAt)
	return m.change(ctx, func(t *memoryTables) error {
		if err := checkKeys("Account.provider", key.provider, "Account.provider_account_id", key.id); err != nil {
			return err
		}
		if _, taken := t.accounts[key]; taken {
			return conflict(authent.KeyAccount)
		}
		if _, ok := t.users[a.UserID]; !ok {
			return errNoUser
		}
		t.accounts[key] = a
		return nil
	})
}

// Account implements authent.Adapter.
func (m *MemoryAdapter) Account(ctx context.Context, provider, providerAccountID string) (*authent.Account, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	a, ok := t.accounts[memoryAccountKey{provider, providerAccountID}]
	if !ok {
		return nil, authent.ErrNotFound
	}
	return &a, nil
}

// Accounts implements authent.Adapter.
func (m *MemoryAdapter) Accounts(ctx context.Context, userID string) ([]*authent.Account, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	found := []*authent.Account{}
	for _, a := range t.accounts {
		if a.UserID == userID {
			found = append(found, &a)
		}
	}
	return found, nil
}

// UpdateAccount implements authent.Adapter.
func (m *MemoryAdapter) UpdateAccount(ctx context.Context, provider, providerAccountID string, u authent.AccountUpdate) error {
	key := memoryAccountKey{provider, providerAccountID}
	return m.change(ctx, func(t *memoryTables) error {
		a, ok := t.accounts[key]
		if !ok {
			return authent.ErrNotFound
		}
		set(&a.RefreshToken, u.RefreshToken)
		set(&a.AccessToken, u.AccessToken)
		set(&a.IDToken, u.IDToken)
		if u.ExpiresAt != nil {
			a.ExpiresAt = seconds(*u.ExpiresAt)
		}
		set(&a.TokenType, u.TokenType)
		set(&a.Scope, u.Scope)
		set(&a.SessionState, u.SessionState)
		t.accounts[key] = a
		return nil
	})
}

// UnlinkAccount implements authent.Adapter.
func (m *MemoryAdapter) UnlinkAccount(ctx context.Context, provider, providerAccountID string) error {
	return m.change(ctx, func(t *memoryTables) error {
		delete(t.accounts, memoryAccountKey{provider, providerAccountID})
		return nil
	})
}
