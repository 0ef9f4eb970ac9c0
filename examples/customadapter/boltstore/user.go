package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/authent/authent/authent"
)

// User is a person, with everything the file holds about them except the
// password's hash. AuthUser returns it. In every field the zero value means that
// there is none.
type User struct {
	ID            string
	Name          string
	Email         string
	EmailVerified time.Time
	Image         string
	Role          string
	DisabledAt    time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time

	// SignedUpWith is the id of the provider through which the person signed up.
	// It is the application's own column: authent does not know it.
	SignedUpWith string
}

// AuthUser returns the user of a session, nil if nobody is signed in. It does not
// read the file. The user is read-only.
func AuthUser(s *authent.Session) *User {
	if s == nil || s.User == nil {
		return nil
	}
	u, _ := s.User.Entity.(*User)
	return u
}

// userRecord is a user in the file.
type userRecord struct {
	ID                        string
	Name, Email, Image, Role  text
	Password                  text
	EmailVerified, DisabledAt time.Time
	CreatedAt, UpdatedAt      time.Time
	SignedUpWith              text
}

// user turns a record into what the engine sees, and in its Entity what the
// application sees.
func (u userRecord) user() *authent.User {
	own := &User{
		ID: u.ID, Name: string(u.Name), Email: string(u.Email), EmailVerified: u.EmailVerified,
		Image: string(u.Image), Role: string(u.Role), DisabledAt: u.DisabledAt,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, SignedUpWith: string(u.SignedUpWith),
	}
	return &authent.User{
		ID: own.ID, Name: own.Name, Email: own.Email, EmailVerified: own.EmailVerified,
		Image: own.Image, Password: authent.Secret(u.Password), Role: own.Role,
		DisabledAt: own.DisabledAt, CreatedAt: own.CreatedAt, UpdatedAt: own.UpdatedAt,
		Entity: own,
	}
}

// user reads a user by id.
func (r rows) user(id string) (*authent.User, error) {
	u, err := load[userRecord](r, users, []byte(id))
	if err != nil {
		return nil, err
	}
	return u.user(), nil
}

// saveUser writes a user who had the e-mail before (nil for none), unless
// somebody else has the new one. Users without an e-mail do not conflict.
func (r rows) saveUser(u userRecord, before text) error {
	if !bytes.Equal(u.Email, before) {
		if err := authent.CheckKey("User.email", string(u.Email)); err != nil {
			return err
		}
		if len(u.Email) > 0 && r.has(usersByEmail, u.Email) {
			return &authent.ConflictError{Key: authent.KeyUserEmail}
		}
		if err := r.moveEmail(u.ID, before, u.Email); err != nil {
			return err
		}
	}
	return save(r, users, []byte(u.ID), u)
}

// moveEmail updates the index of e-mails.
func (r rows) moveEmail(id string, from, to text) error {
	if len(from) > 0 {
		if err := r.delete(usersByEmail, from); err != nil {
			return err
		}
	}
	if len(to) == 0 {
		return nil
	}
	return r.put(usersByEmail, to, []byte(id))
}

// CreateUser implements authent.Adapter.
func (s *Store) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	now := instant(time.Now())
	record := userRecord{
		ID: id.String(), Name: text(u.Name), Email: text(u.Email), EmailVerified: instant(u.EmailVerified),
		Image: text(u.Image), Password: text(u.Password), Role: text(cmp.Or(u.Role, "user")),
		DisabledAt: instant(u.DisabledAt), CreatedAt: now, UpdatedAt: now,
	}
	if signUp, ok := authent.SignUpFrom(ctx); ok {
		record.SignedUpWith = text(signUp.Provider)
	}
	err = s.write(ctx, "create user", func(r rows) error { return r.saveUser(record, nil) })
	if err != nil {
		return nil, err
	}
	return record.user(), nil
}

// User implements authent.Adapter.
func (s *Store) User(ctx context.Context, id string) (u *authent.User, err error) {
	err = s.read(ctx, "user", func(r rows) (err error) {
		u, err = r.user(id)
		return err
	})
	return u, err
}

// LockUser implements authent.Adapter. A transaction has locked the whole file
// anyway.
func (s *Store) LockUser(ctx context.Context, id string) (*authent.User, error) {
	return s.User(ctx, id)
}

// UsersByEmail implements authent.Adapter.
func (s *Store) UsersByEmail(ctx context.Context, emails ...string) ([]*authent.User, error) {
	found := []*authent.User{}
	err := s.read(ctx, "users by e-mail", func(r rows) error {
		seen := map[string]bool{}
		for _, email := range emails {
			id := string(r.get(usersByEmail, []byte(email)))
			if id == "" || seen[id] {
				continue
			}
			seen[id] = true
			u, err := r.user(id)
			if err != nil {
				return err
			}
			found = append(found, u)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// UserByAccount implements authent.Adapter.
func (s *Store) UserByAccount(ctx context.Context, provider, providerAccountID string) (u *authent.User, err error) {
	err = s.read(ctx, "user by account", func(r rows) error {
		a, err := load[accountRecord](r, accounts, pair(provider, providerAccountID))
		if err != nil {
			return err
		}
		u, err = r.user(string(a.UserID))
		return err
	})
	return u, err
}

// UpdateUser implements authent.Adapter.
func (s *Store) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	var record userRecord
	err := s.write(ctx, "update user", func(r rows) (err error) {
		if record, err = load[userRecord](r, users, []byte(id)); err != nil {
			return err
		}
		before := record.Email
		set(&record.Name, u.Name)
		set(&record.Email, u.Email)
		setInstant(&record.EmailVerified, u.EmailVerified)
		set(&record.Image, u.Image)
		set(&record.Password, u.Password)
		set(&record.Role, u.Role)
		setInstant(&record.DisabledAt, u.DisabledAt)
		record.UpdatedAt = instant(time.Now())
		return r.saveUser(record, before)
	}, authent.SessionChange{UserID: id})
	if err != nil {
		return nil, err
	}
	return record.user(), nil
}

// DeleteUser implements authent.Adapter. It does what foreign keys would do.
func (s *Store) DeleteUser(ctx context.Context, id string) error {
	return s.write(ctx, "delete user", func(r rows) error {
		u, err := load[userRecord](r, users, []byte(id))
		if errors.Is(err, authent.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.deleteAccountsOf(id); err != nil {
			return err
		}
		if _, err := r.deleteSessionsOf(id, ""); err != nil {
			return err
		}
		if err := r.moveEmail(id, u.Email, nil); err != nil {
			return err
		}
		return r.delete(users, []byte(id))
	}, authent.SessionChange{UserID: id})
}
