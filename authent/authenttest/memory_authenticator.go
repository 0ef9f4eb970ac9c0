package authenttest

import (
	"context"

	"github.com/authent/authent/authent"
)

// CreateAuthenticator implements authent.AuthenticatorStore.
func (m *MemoryAdapter) CreateAuthenticator(ctx context.Context, a authent.Authenticator) (*authent.Authenticator, error) {
	err := checkKeys("Authenticator.credential_id", a.CredentialID, "Authenticator.provider_account_id", a.ProviderAccountID)
	if err != nil {
		return nil, err
	}
	a.CreatedAt, a.LastUsedAt = instant(a.CreatedAt), instant(a.LastUsedAt)
	err = m.change(ctx, func(t *memoryTables) error {
		if _, taken := t.authenticators[a.CredentialID]; taken {
			return conflict(authent.KeyAuthenticator)
		}
		if _, ok := t.users[a.UserID]; !ok {
			return errNoUser
		}
		t.authenticators[a.CredentialID] = a
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// Authenticator implements authent.AuthenticatorStore.
func (m *MemoryAdapter) Authenticator(ctx context.Context, credentialID string) (*authent.Authenticator, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	a, ok := t.authenticators[credentialID]
	if !ok {
		return nil, authent.ErrNotFound
	}
	return &a, nil
}

// Authenticators implements authent.AuthenticatorStore.
func (m *MemoryAdapter) Authenticators(ctx context.Context, userID string) ([]*authent.Authenticator, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	found := []*authent.Authenticator{}
	for _, a := range t.authenticators {
		if a.UserID == userID {
			found = append(found, &a)
		}
	}
	return found, nil
}

// UpdateAuthenticator implements authent.AuthenticatorStore.
func (m *MemoryAdapter) UpdateAuthenticator(ctx context.Context, credentialID string, u authent.AuthenticatorUpdate) error {
	return m.change(ctx, func(t *memoryTables) error {
		a, ok := t.authenticators[credentialID]
		if !ok {
			return authent.ErrNotFound
		}
		set(&a.Counter, u.Counter)
		set(&a.CredentialBackedUp, u.CredentialBackedUp)
		set(&a.Name, u.Name)
		setInstant(&a.LastUsedAt, u.LastUsedAt)
		t.authenticators[credentialID] = a
		return nil
	})
}

// DeleteAuthenticator implements authent.AuthenticatorStore.
func (m *MemoryAdapter) DeleteAuthenticator(ctx context.Context, userID, credentialID string) (deleted bool, err error) {
	err = m.change(ctx, func(t *memoryTables) error {
		a, ok := t.authenticators[credentialID]
		if deleted = ok && a.UserID == userID; deleted {
			delete(t.authenticators, credentialID)
		}
		return nil
	})
	return deleted && err == nil, err
}
