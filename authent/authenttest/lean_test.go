package authenttest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

// lean is a correct adapter on tables like Drizzle's on MySQL: without any
// optional column, and with times in whole seconds.
type lean struct{ authent.Adapter }

// TestLeanAdapter proves that the suite asks no more than a subject declares.
func TestLeanAdapter(t *testing.T) {
	authenttest.Run(t, func(testing.TB) authenttest.Subject {
		return authenttest.Subject{Adapter: lean{authenttest.NewMemoryAdapter()}, Precision: time.Second}
	})
}

// TestFoldingTable: the second spelling of a key may be refused where the
// subject says so. RefusesSecondSpelling shows that it may not elsewhere.
func TestFoldingTable(t *testing.T) {
	authenttest.Run(t, func(testing.TB) authenttest.Subject {
		return authenttest.Subject{Adapter: wrapRefusesSecond(authenttest.NewMemoryAdapter()), Folds: true}
	})
}

func (l lean) Columns() authent.Columns { return authent.Columns{} }

func (l lean) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	if u.Password != "" || u.Role != "" || !u.DisabledAt.IsZero() {
		return nil, fmt.Errorf("password, role or disabled: %w", authent.ErrUnsupported)
	}
	u.EmailVerified = u.EmailVerified.Truncate(time.Second)
	return leanUser(l.Adapter.CreateUser(ctx, u))
}

func (l lean) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	if u.Password != nil || u.Role != nil || u.DisabledAt != nil {
		return nil, fmt.Errorf("password, role or disabled: %w", authent.ErrUnsupported)
	}
	u.EmailVerified = wholeSeconds(u.EmailVerified)
	return leanUser(l.Adapter.UpdateUser(ctx, id, u))
}

func (l lean) User(ctx context.Context, id string) (*authent.User, error) {
	return leanUser(l.Adapter.User(ctx, id))
}

func (l lean) LockUser(ctx context.Context, id string) (*authent.User, error) {
	return leanUser(l.Adapter.LockUser(ctx, id))
}

func (l lean) UserByAccount(ctx context.Context, provider, id string) (*authent.User, error) {
	return leanUser(l.Adapter.UserByAccount(ctx, provider, id))
}

func (l lean) UsersByEmail(ctx context.Context, emails ...string) ([]*authent.User, error) {
	users, err := l.Adapter.UsersByEmail(ctx, emails...)
	for _, u := range users {
		_, _ = leanUser(u, nil)
	}
	return users, err
}

func (l lean) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	return l.Adapter.CreateSession(ctx, authent.Session{Token: s.Token, UserID: s.UserID, Expires: s.Expires.Truncate(time.Second)})
}

func (l lean) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	s, err := l.Adapter.SessionAndUser(ctx, token)
	if err == nil {
		_, _ = leanUser(s.User, nil)
	}
	return s, err
}

func (l lean) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	return l.Adapter.UpdateSession(ctx, token, authent.SessionUpdate{Expires: wholeSeconds(u.Expires)})
}

func (l lean) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	v.Expires = v.Expires.Truncate(time.Second)
	return l.Adapter.CreateVerificationToken(ctx, v)
}

func (l lean) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return l.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(lean{tx}) })
}

func leanUser(u *authent.User, err error) (*authent.User, error) {
	if err == nil {
		u.Role, u.CreatedAt, u.UpdatedAt = "", time.Time{}, time.Time{}
	}
	return u, err
}

func wholeSeconds(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.Truncate(time.Second))
}
