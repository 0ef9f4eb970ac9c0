package authenttest

import (
	"context"
	"maps"
	"time"

	"github.com/authent/authent/authent"
)

// CreateSession implements authent.Adapter.
func (m *MemoryAdapter) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	id, err := newID()
	if err == nil {
		err = authent.CheckKey("Session.session_token", string(s.Token))
	}
	if err != nil {
		return nil, err
	}
	s.ID, s.User = id, nil
	s.Expires, s.CreatedAt, s.LastUsedAt = instant(s.Expires), instant(s.CreatedAt), instant(s.LastUsedAt)
	s.AuthenticatedAt = instant(s.AuthenticatedAt)
	err = m.change(ctx, func(t *memoryTables) error {
		if _, taken := t.sessions[s.Token]; taken {
			return conflict(authent.KeySessionToken)
		}
		if _, ok := t.users[s.UserID]; !ok {
			return errNoUser
		}
		t.sessions[s.Token] = s
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// SessionAndUser implements authent.Adapter.
func (m *MemoryAdapter) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	s, ok := t.sessions[token]
	if !ok {
		return nil, authent.ErrNotFound
	}
	s.User, err = t.user(s.UserID)
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// Sessions implements authent.Adapter.
func (m *MemoryAdapter) Sessions(ctx context.Context, userID string) ([]*authent.Session, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	found := []*authent.Session{}
	for _, s := range t.sessions {
		if s.UserID == userID {
			found = append(found, &s)
		}
	}
	return found, nil
}

// UpdateSession implements authent.Adapter.
func (m *MemoryAdapter) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	return m.change(ctx, func(t *memoryTables) error {
		s, ok := t.sessions[token]
		if !ok {
			return authent.ErrNotFound
		}
		setInstant(&s.Expires, u.Expires)
		setInstant(&s.CreatedAt, u.CreatedAt)
		setInstant(&s.LastUsedAt, u.LastUsedAt)
		t.sessions[token] = s
		return nil
	}, authent.SessionChange{Token: token, Minor: true})
}

// TouchSessions implements authent.SessionToucher.
func (m *MemoryAdapter) TouchSessions(ctx context.Context, tokens []authent.Secret, at time.Time) error {
	changes := make([]authent.SessionChange, len(tokens))
	for i, token := range tokens {
		changes[i] = authent.SessionChange{Token: token, Minor: true}
	}
	return m.change(ctx, func(t *memoryTables) error {
		for _, token := range tokens {
			if s, ok := t.sessions[token]; ok && s.LastUsedAt.Before(instant(at)) {
				s.LastUsedAt = instant(at)
				t.sessions[token] = s
			}
		}
		return nil
	}, changes...)
}

// DeleteSession implements authent.Adapter.
func (m *MemoryAdapter) DeleteSession(ctx context.Context, token authent.Secret) error {
	return m.change(ctx, func(t *memoryTables) error {
		delete(t.sessions, token)
		return nil
	}, authent.SessionChange{Token: token})
}

// DeleteSessionByID implements authent.Adapter.
func (m *MemoryAdapter) DeleteSessionByID(ctx context.Context, userID, id string) (bool, error) {
	n, err := m.deleteSessions(ctx, authent.SessionChange{ID: id}, func(s authent.Session) bool { return s.UserID == userID && s.ID == id })
	return n > 0, err
}

// DeleteSessions implements authent.Adapter.
func (m *MemoryAdapter) DeleteSessions(ctx context.Context, userID string, except authent.Secret) (int, error) {
	return m.deleteSessions(ctx, authent.SessionChange{UserID: userID}, func(s authent.Session) bool {
		return s.UserID == userID && (except == "" || s.Token != except)
	})
}

func (m *MemoryAdapter) deleteSessions(ctx context.Context, change authent.SessionChange, which func(s authent.Session) bool) (int, error) {
	n := 0
	err := m.change(ctx, func(t *memoryTables) error {
		before := len(t.sessions)
		maps.DeleteFunc(t.sessions, func(_ authent.Secret, s authent.Session) bool { return which(s) })
		n = before - len(t.sessions)
		return nil
	}, change)
	return n, err
}
