package authenttest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/authent/authent/authent"
)

// CreateUser implements authent.Adapter.
func (m *MemoryAdapter) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	id, err := newID()
	if err == nil {
		err = authent.CheckKey("User.email", u.Email)
	}
	if err != nil {
		return nil, err
	}
	u.ID, u.Entity = id, nil
	u.Role = cmp.Or(u.Role, "user")
	u.EmailVerified, u.DisabledAt = instant(u.EmailVerified), instant(u.DisabledAt)
	u.CreatedAt = instant(time.Now())
	u.UpdatedAt = u.CreatedAt
	err = m.change(ctx, func(t *memoryTables) error { return t.putUser(u) })
	if err != nil {
		return nil, err
	}
	return &u, nil
}

// putUser stores a user unless another user has the e-mail. Any number of users may have
// none, as NULL is not unique.
func (t *memoryTables) putUser(u authent.User) error {
	for _, other := range t.users {
		if u.Email != "" && other.Email == u.Email && other.ID != u.ID {
			return conflict(authent.KeyUserEmail)
		}
	}
	t.users[u.ID] = u
	return nil
}

// user returns a copy that the caller owns.
func (t *memoryTables) user(id string) (*authent.User, error) {
	u, ok := t.users[id]
	if !ok {
		return nil, authent.ErrNotFound
	}
	return &u, nil
}

// User implements authent.Adapter.
func (m *MemoryAdapter) User(ctx context.Context, id string) (*authent.User, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	return t.user(id)
}

// LockUser implements authent.Adapter. A transaction locks everything anyway.
func (m *MemoryAdapter) LockUser(ctx context.Context, id string) (*authent.User, error) {
	return m.User(ctx, id)
}

// UsersByEmail implements authent.Adapter.
func (m *MemoryAdapter) UsersByEmail(ctx context.Context, emails ...string) ([]*authent.User, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	found := []*authent.User{}
	for _, u := range t.users {
		if u.Email != "" && slices.Contains(emails, u.Email) {
			found = append(found, &u)
		}
	}
	return found, nil
}

// UserByAccount implements authent.Adapter.
func (m *MemoryAdapter) UserByAccount(ctx context.Context, provider, providerAccountID string) (*authent.User, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	a, ok := t.accounts[memoryAccountKey{provider, providerAccountID}]
	if !ok {
		return nil, authent.ErrNotFound
	}
	return t.user(a.UserID)
}

// UpdateUser implements authent.Adapter.
func (m *MemoryAdapter) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	var updated *authent.User
	err := m.change(ctx, func(t *memoryTables) (err error) {
		updated, err = t.user(id)
		if err != nil {
			return err
		}
		set(&updated.Name, u.Name)
		set(&updated.Email, u.Email)
		if err := authent.CheckKey("User.email", updated.Email); err != nil {
			return err
		}
		setInstant(&updated.EmailVerified, u.EmailVerified)
		set(&updated.Image, u.Image)
		set(&updated.Password, u.Password)
		set(&updated.Role, u.Role)
		setInstant(&updated.DisabledAt, u.DisabledAt)
		updated.UpdatedAt = instant(time.Now())
		return t.putUser(*updated)
	}, authent.SessionChange{UserID: id})
	if err != nil {
		return nil, err
	}
	return updated, nil
}

// DeleteUser implements authent.Adapter.
func (m *MemoryAdapter) DeleteUser(ctx context.Context, id string) error {
	return m.change(ctx, func(t *memoryTables) error {
		delete(t.users, id)
		delete(t.totps, id)
		maps.DeleteFunc(t.authenticators, func(_ string, a authent.Authenticator) bool { return a.UserID == id })
		maps.DeleteFunc(t.accounts, func(_ memoryAccountKey, a authent.Account) bool { return a.UserID == id })
		maps.DeleteFunc(t.sessions, func(_ authent.Secret, s authent.Session) bool { return s.UserID == id })
		return nil
	}, authent.SessionChange{UserID: id})
}
