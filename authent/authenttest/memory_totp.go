package authenttest

import (
	"cmp"
	"context"
	"slices"

	"github.com/authent/authent/authent"
)

// CreateTOTP implements authent.TOTPStore.
func (m *MemoryAdapter) CreateTOTP(ctx context.Context, p authent.TOTP) error {
	if err := authent.CheckKey("TOTP.secret", string(p.Secret)); err != nil {
		return err
	}
	p.ConfirmedAt = instant(p.ConfirmedAt)
	return m.change(ctx, func(t *memoryTables) error {
		if _, taken := t.totps[p.UserID]; taken {
			return conflict(authent.KeyTOTP)
		}
		if _, ok := t.users[p.UserID]; !ok {
			return errNoUser
		}
		t.totps[p.UserID] = p
		return nil
	})
}

// TOTP implements authent.TOTPStore.
func (m *MemoryAdapter) TOTP(ctx context.Context, userID string) (*authent.TOTP, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	p, ok := t.totps[userID]
	if !ok {
		return nil, authent.ErrNotFound
	}
	return &p, nil
}

// UseTOTPStep implements authent.TOTPStore.
func (m *MemoryAdapter) UseTOTPStep(ctx context.Context, userID string, step int64) (used bool, err error) {
	err = m.change(ctx, func(t *memoryTables) error {
		p, ok := t.totps[userID]
		if used = ok && p.LastStep < step; used {
			p.LastStep = step
			t.totps[userID] = p
		}
		return nil
	})
	return used && err == nil, err
}

// UpdateTOTPSecret implements authent.TOTPStore.
func (m *MemoryAdapter) UpdateTOTPSecret(ctx context.Context, userID string, old, sealed authent.Secret) error {
	if err := authent.CheckKey("TOTP.secret", string(sealed)); err != nil {
		return err
	}
	return m.change(ctx, func(t *memoryTables) error {
		if p, ok := t.totps[userID]; ok && p.Secret == old {
			p.Secret = sealed
			t.totps[userID] = p
		}
		return nil
	})
}

// DeleteTOTP implements authent.TOTPStore.
func (m *MemoryAdapter) DeleteTOTP(ctx context.Context, userID string) error {
	return m.change(ctx, func(t *memoryTables) error {
		delete(t.totps, userID)
		return nil
	})
}

// TOTPs implements authent.TOTPStore.
func (m *MemoryAdapter) TOTPs(ctx context.Context, after string, limit int) ([]authent.TOTP, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	found := []authent.TOTP{}
	for _, p := range t.totps {
		if p.UserID > after {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b authent.TOTP) int { return cmp.Compare(a.UserID, b.UserID) })
	return found[:min(len(found), limit)], nil
}
