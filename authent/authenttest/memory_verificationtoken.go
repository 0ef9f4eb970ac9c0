package authenttest

import (
	"context"
	"maps"
	"time"

	"github.com/authent/authent/authent"
)

type memoryTokenKey struct {
	identifier string
	token      authent.Secret
}

// CreateVerificationToken implements authent.Adapter.
func (m *MemoryAdapter) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	key := memoryTokenKey{v.Identifier, v.Token}
	v.Expires = instant(v.Expires)
	return m.change(ctx, func(t *memoryTables) error {
		if err := checkKeys("VerificationToken.identifier", key.identifier, "VerificationToken.token", string(key.token)); err != nil {
			return err
		}
		if _, taken := t.tokens[key]; taken {
			return conflict(authent.KeyVerificationToken)
		}
		t.tokens[key] = v
		return nil
	})
}

// VerificationToken implements authent.Adapter.
func (m *MemoryAdapter) VerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	v, ok := t.tokens[memoryTokenKey{identifier, token}]
	if !ok {
		return nil, authent.ErrNotFound
	}
	return &v, nil
}

// VerificationTokens implements authent.Adapter.
func (m *MemoryAdapter) VerificationTokens(ctx context.Context, identifier string) ([]authent.VerificationToken, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	var all []authent.VerificationToken
	for key, v := range t.tokens {
		if key.identifier == identifier {
			all = append(all, v)
		}
	}
	return all, nil
}

// UseVerificationToken implements authent.Adapter.
func (m *MemoryAdapter) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	key := memoryTokenKey{identifier, token}
	var used authent.VerificationToken
	err := m.change(ctx, func(t *memoryTables) error {
		var ok bool
		if used, ok = t.tokens[key]; !ok {
			return authent.ErrNotFound
		}
		delete(t.tokens, key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &used, nil
}

// DeleteVerificationTokens implements authent.Adapter.
func (m *MemoryAdapter) DeleteVerificationTokens(ctx context.Context, identifier string, except authent.Secret) (int, error) {
	n := 0
	err := m.change(ctx, func(t *memoryTables) error {
		before := len(t.tokens)
		maps.DeleteFunc(t.tokens, func(key memoryTokenKey, _ authent.VerificationToken) bool {
			return key.identifier == identifier && (except == "" || key.token != except)
		})
		n = before - len(t.tokens)
		return nil
	})
	return n, err
}

// DeleteExpired implements authent.Adapter.
func (m *MemoryAdapter) DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error) {
	n := 0
	expired := func(t time.Time) bool {
		if n >= limit || !t.Before(before) {
			return false
		}
		n++
		return true
	}
	err := m.change(ctx, func(t *memoryTables) error {
		maps.DeleteFunc(t.sessions, func(_ authent.Secret, s authent.Session) bool { return expired(s.Expires) })
		maps.DeleteFunc(t.tokens, func(_ memoryTokenKey, v authent.VerificationToken) bool { return expired(v.Expires) })
		maps.DeleteFunc(t.events, func(_ string, e authent.AuditEvent) bool { return expired(e.Expires) })
		m.store.limitsMu.Lock()
		defer m.store.limitsMu.Unlock()
		maps.DeleteFunc(m.store.limits, func(_ string, l memoryLimit) bool { return expired(l.ends) })
		return nil
	})
	return n, err
}
