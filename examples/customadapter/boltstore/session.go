package boltstore

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/authent/authent/authent"
)

// sessionRecord is a session in the file. Its token is its key.
type sessionRecord struct {
	ID, UserID                     string
	Expires, CreatedAt, LastUsedAt time.Time
	IPAddress, UserAgent           text
}

// session turns a record into what the engine sees.
func (s sessionRecord) session(token authent.Secret) *authent.Session {
	return &authent.Session{
		ID: s.ID, Token: token, UserID: s.UserID,
		Expires: s.Expires, CreatedAt: s.CreatedAt, LastUsedAt: s.LastUsedAt,
		IPAddress: string(s.IPAddress), UserAgent: string(s.UserAgent),
	}
}

// CreateSession implements authent.Adapter. The ID is random: browsers see it, and
// it must not lead to the token.
func (s *Store) CreateSession(ctx context.Context, session authent.Session) (*authent.Session, error) {
	if err := authent.CheckKey("Session.session_token", string(session.Token)); err != nil {
		return nil, err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, err
	}
	record := sessionRecord{
		ID: id.String(), UserID: session.UserID, Expires: instant(session.Expires),
		CreatedAt: instant(session.CreatedAt), LastUsedAt: instant(session.LastUsedAt),
		IPAddress: text(session.IPAddress), UserAgent: text(session.UserAgent),
	}
	err = s.write(ctx, "create session", func(r rows) error { return r.insertSession(string(session.Token), record) })
	if err != nil {
		return nil, err
	}
	return record.session(session.Token), nil
}

// insertSession writes a new session and its entries in the indexes.
func (r rows) insertSession(token string, record sessionRecord) error {
	if r.has(sessions, []byte(token)) {
		return &authent.ConflictError{Key: authent.KeySessionToken}
	}
	if !r.has(users, []byte(record.UserID)) {
		return authent.ErrNotFound
	}
	if err := save(r, sessions, []byte(token), record); err != nil {
		return err
	}
	if err := r.put(sessionsOf, pair(record.UserID, record.ID), []byte(token)); err != nil {
		return err
	}
	return r.put(expiries, expiryKey(record.Expires, aSession, []byte(token)), nil)
}

// SessionAndUser implements authent.Adapter.
func (s *Store) SessionAndUser(ctx context.Context, token authent.Secret) (session *authent.Session, err error) {
	err = s.read(ctx, "session", func(r rows) error {
		record, err := load[sessionRecord](r, sessions, []byte(token))
		if err != nil {
			return err
		}
		user, err := r.user(record.UserID)
		if err != nil {
			return err
		}
		session = record.session(token)
		session.User = user
		return nil
	})
	return session, err
}

// Sessions implements authent.Adapter.
func (s *Store) Sessions(ctx context.Context, userID string) ([]*authent.Session, error) {
	found := []*authent.Session{}
	err := s.read(ctx, "sessions", func(r rows) error {
		for _, token := range r.valuesUnder(sessionsOf, pair(userID, "")) {
			record, err := load[sessionRecord](r, sessions, token)
			if err != nil {
				return err
			}
			found = append(found, record.session(authent.Secret(token)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// UpdateSession implements authent.Adapter.
func (s *Store) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	return s.write(ctx, "update session", func(r rows) error {
		record, err := load[sessionRecord](r, sessions, []byte(token))
		if err != nil {
			return err
		}
		if err := r.delete(expiries, expiryKey(record.Expires, aSession, []byte(token))); err != nil {
			return err
		}
		setInstant(&record.Expires, u.Expires)
		setInstant(&record.CreatedAt, u.CreatedAt)
		setInstant(&record.LastUsedAt, u.LastUsedAt)
		if err := r.put(expiries, expiryKey(record.Expires, aSession, []byte(token)), nil); err != nil {
			return err
		}
		return save(r, sessions, []byte(token), record)
	}, authent.SessionChange{Token: token, Minor: true})
}

// DeleteSession implements authent.Adapter.
func (s *Store) DeleteSession(ctx context.Context, token authent.Secret) error {
	return s.write(ctx, "delete session", func(r rows) error {
		err := r.deleteSession([]byte(token))
		if errors.Is(err, authent.ErrNotFound) {
			return nil
		}
		return err
	}, authent.SessionChange{Token: token})
}

// DeleteSessionByID implements authent.Adapter.
func (s *Store) DeleteSessionByID(ctx context.Context, userID, id string) (deleted bool, err error) {
	err = s.write(ctx, "delete session by id", func(r rows) error {
		token := bytes.Clone(r.get(sessionsOf, pair(userID, id)))
		deleted = token != nil
		if !deleted {
			return nil
		}
		return r.deleteSession(token)
	}, authent.SessionChange{ID: id})
	return deleted && err == nil, err
}

// DeleteSessions implements authent.Adapter.
func (s *Store) DeleteSessions(ctx context.Context, userID string, except authent.Secret) (n int, err error) {
	err = s.write(ctx, "delete sessions", func(r rows) (err error) {
		n, err = r.deleteSessionsOf(userID, string(except))
		return err
	}, authent.SessionChange{UserID: userID})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// deleteSession deletes a session and its entries in the indexes.
func (r rows) deleteSession(token []byte) error {
	record, err := load[sessionRecord](r, sessions, token)
	if err != nil {
		return err
	}
	if err := r.delete(expiries, expiryKey(record.Expires, aSession, token)); err != nil {
		return err
	}
	if err := r.delete(sessions, token); err != nil {
		return err
	}
	return r.delete(sessionsOf, pair(record.UserID, record.ID))
}

func (r rows) deleteSessionsOf(userID, except string) (n int, err error) {
	for _, token := range r.valuesUnder(sessionsOf, pair(userID, "")) {
		if except != "" && string(token) == except {
			continue
		}
		if err := r.deleteSession(token); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
