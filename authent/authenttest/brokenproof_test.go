package authenttest_test

import (
	"context"
	"sync"
	"time"

	"github.com/authent/authent/authent"
)

// provesAnew takes the use of a session for a proof of who uses it.
type provesAnew struct {
	authent.Adapter
	used *sync.Map
}

func wrapProvesAnew(a authent.Adapter) authent.Adapter { return provesAnew{a, &sync.Map{}} }

func (b provesAnew) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	if u.LastUsedAt != nil {
		b.used.Store(token, *u.LastUsedAt)
	}
	return b.Adapter.UpdateSession(ctx, token, u)
}

func (b provesAnew) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	s, err := b.Adapter.SessionAndUser(ctx, token)
	if at, ok := b.used.Load(token); ok && err == nil {
		s.AuthenticatedAt = at.(time.Time)
	}
	return s, err
}
