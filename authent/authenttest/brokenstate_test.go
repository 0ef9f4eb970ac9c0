package authenttest_test

import (
	"context"
	"sync"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

// sharesReturned hands out one value for all reads of a token.
type sharesReturned struct {
	authent.Adapter
	tokens *sync.Map
}

func wrapSharesReturned(a authent.Adapter) authent.Adapter { return sharesReturned{a, &sync.Map{}} }

func (b sharesReturned) VerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	v, err := b.Adapter.VerificationToken(ctx, identifier, token)
	if err != nil {
		return nil, err
	}
	shared, _ := b.tokens.LoadOrStore(*v, v)
	return shared.(*authent.VerificationToken), nil
}

func (b sharesReturned) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	v, err := b.Adapter.UseVerificationToken(ctx, identifier, token)
	if err != nil {
		return nil, err
	}
	shared, _ := b.tokens.LoadOrStore(*v, v)
	b.tokens.Delete(*v)
	return shared.(*authent.VerificationToken), nil
}

// keepsPassed keeps the pointer to a new name instead of the name.
type keepsPassed struct {
	authent.Adapter
	names *sync.Map
}

func wrapKeepsPassed(a authent.Adapter) authent.Adapter { return keepsPassed{a, &sync.Map{}} }

func (b keepsPassed) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	got, err := b.Adapter.UpdateUser(ctx, id, u)
	if err == nil && u.Name != nil {
		b.names.Store(id, u.Name)
	}
	return got, err
}

func (b keepsPassed) User(ctx context.Context, id string) (*authent.User, error) {
	u, err := b.Adapter.User(ctx, id)
	if name, ok := b.names.Load(id); ok && err == nil {
		u.Name = *name.(*string)
	}
	return u, err
}

// racyCounter reads a counter, then writes it.
type racyCounter struct {
	*authenttest.MemoryAdapter
	mu     sync.Mutex
	counts map[string]int64
}

func wrapRacyCounter(a authent.Adapter) authent.Adapter {
	return &racyCounter{MemoryAdapter: a.(*authenttest.MemoryAdapter), counts: map[string]int64{}}
}

func (b *racyCounter) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (int64, time.Time, error) {
	right, ends, err := b.MemoryAdapter.HitRateLimit(ctx, key, now, window)
	b.mu.Lock()
	n := b.counts[key]
	b.mu.Unlock()
	time.Sleep(time.Millisecond)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts[key] = n + 1
	if right == 1 { // a new window
		b.counts[key] = 1
	}
	return b.counts[key], ends, err
}

// slidingWindow starts the window anew at each hit.
type slidingWindow struct{ *authenttest.MemoryAdapter }

func wrapSlidingWindow(a authent.Adapter) authent.Adapter {
	return slidingWindow{a.(*authenttest.MemoryAdapter)}
}

func (b slidingWindow) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (int64, time.Time, error) {
	n, _, err := b.MemoryAdapter.HitRateLimit(ctx, key, now, 100*window)
	return n, now.Add(window), err
}

// oneCounter has one counter for all keys, which nothing resets.
type oneCounter struct{ *authenttest.MemoryAdapter }

func wrapOneCounter(a authent.Adapter) authent.Adapter {
	return oneCounter{a.(*authenttest.MemoryAdapter)}
}

func (b oneCounter) HitRateLimit(ctx context.Context, _ string, now time.Time, window time.Duration) (int64, time.Time, error) {
	return b.MemoryAdapter.HitRateLimit(ctx, "all", now, window)
}
