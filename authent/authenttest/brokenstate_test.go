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

// brokenLimits break what is asked of an authent.RateLimitStore.
var brokenLimits = []broken{
	{name: "RacyCounter", wrap: wrapRacyCounter, fails: []string{"RateLimit/Concurrent", "RateLimit/ConcurrentNewWindow", "RateLimit/InTx"}},
	{name: "SlidingWindow", wrap: wrapSlidingWindow, fails: []string{
		"RateLimit/Clock", "RateLimit/ConcurrentNewWindow", "RateLimit/Counts", "RateLimit/Swept", "RateLimit/WindowEnds",
	}},
	{name: "OneCounter", wrap: wrapOneCounter, fails: []string{
		"RateLimit/InTx", "RateLimit/KeysApart", "RateLimit/LongKeys", "RateLimit/Reset", "RateLimit/Swept",
	}},
	{name: "CutsLimitKeys", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return cutsLimitKeys{m} }), fails: []string{"RateLimit/LongKeys"}},
	{name: "LimitsByWallClock", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return limitsByWallClock{m} }), fails: []string{"RateLimit/Clock"}},
	{name: "KeepsLimits", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return keepsLimits{m} }), wide: true, fails: []string{"RateLimit/Swept"}},
	{name: "LimitsInTx", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return limitsInTx{m} }), fails: []string{"RateLimit/InTx"}},
}

func inMemory(wrap func(*authenttest.MemoryAdapter) authent.Adapter) func(authent.Adapter) authent.Adapter {
	return func(a authent.Adapter) authent.Adapter { return wrap(a.(*authenttest.MemoryAdapter)) }
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

// cutsLimitKeys has a column that is too narrow, in a database that does not mind.
type cutsLimitKeys struct{ *authenttest.MemoryAdapter }

func (b cutsLimitKeys) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (int64, time.Time, error) {
	return b.MemoryAdapter.HitRateLimit(ctx, key[:min(len(key), 64)], now, window)
}

// limitsByWallClock forgets the zone of the process that asks.
type limitsByWallClock struct{ *authenttest.MemoryAdapter }

func (b limitsByWallClock) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (int64, time.Time, error) {
	return b.MemoryAdapter.HitRateLimit(ctx, key, wallClock(now, now.Location()), window)
}

// keepsLimits has counters that nothing deletes.
type keepsLimits struct{ *authenttest.MemoryAdapter }

func (b keepsLimits) DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error) {
	return b.MemoryAdapter.DeleteExpired(ctx, before.Add(-100*365*24*time.Hour), limit)
}

// limitsInTx takes the hits of a transaction back with it.
type limitsInTx struct{ *authenttest.MemoryAdapter }

func (b limitsInTx) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	hits := &hitsInTx{}
	err := b.MemoryAdapter.InTx(ctx, func(tx authent.Adapter) error {
		hits.MemoryAdapter = tx.(*authenttest.MemoryAdapter)
		return fn(hits)
	})
	if err != nil {
		for _, key := range hits.keys {
			_ = b.ResetRateLimit(ctx, key)
		}
	}
	return err
}

type hitsInTx struct {
	*authenttest.MemoryAdapter
	keys []string
}

func (b *hitsInTx) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (int64, time.Time, error) {
	b.keys = append(b.keys, key)
	return b.MemoryAdapter.HitRateLimit(ctx, key, now, window)
}
