package authenttest

import (
	"context"
	"time"
)

type memoryLimit struct {
	count int64
	ends  time.Time
}

// HitRateLimit implements authent.RateLimitStore. Counters are no part of a
// transaction: a hit stays when the transaction around it fails.
func (m *MemoryAdapter) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (int64, time.Time, error) {
	if err := ctx.Err(); err != nil {
		return 0, time.Time{}, err
	}
	m.store.limitsMu.Lock()
	defer m.store.limitsMu.Unlock()
	l := m.store.limits[key]
	if !now.Before(l.ends) {
		l = memoryLimit{ends: instant(now.Add(window))}
	}
	l.count++
	m.store.limits[key] = l
	return l.count, l.ends, nil
}

// ResetRateLimit implements authent.RateLimitStore.
func (m *MemoryAdapter) ResetRateLimit(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.store.limitsMu.Lock()
	defer m.store.limitsMu.Unlock()
	delete(m.store.limits, key)
	return nil
}
