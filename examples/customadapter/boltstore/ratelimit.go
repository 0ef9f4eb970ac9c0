package boltstore

import (
	"context"
	"errors"
	"time"

	"github.com/authent/authent/authent"
)

// rateLimitRecord is a counter in the file.
type rateLimitRecord struct {
	Count int64
	Ends  time.Time
}

// errInTx refuses to count in a transaction: the hit would be lost if the
// transaction fails, and an attacker could use that.
var errInTx = errors.New("boltstore: rate limits are counted outside transactions")

// HitRateLimit implements authent.RateLimitStore.
func (s *Store) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (int64, time.Time, error) {
	if s.tx != nil {
		return 0, time.Time{}, errInTx
	}
	var record rateLimitRecord
	err := s.write(ctx, "hit rate limit", func(r rows) (err error) {
		record, err = load[rateLimitRecord](r, rateLimits, []byte(key))
		if err != nil && !errors.Is(err, authent.ErrNotFound) {
			return err
		}
		if !now.Before(record.Ends) {
			before := record.Ends
			record = rateLimitRecord{Ends: instant(now.Add(window))}
			if err := r.moveExpiry(before, record.Ends, key); err != nil {
				return err
			}
		}
		record.Count++
		return save(r, rateLimits, []byte(key), record)
	})
	if err != nil {
		return 0, time.Time{}, err
	}
	return record.Count, record.Ends, nil
}

// ResetRateLimit implements authent.RateLimitStore.
func (s *Store) ResetRateLimit(ctx context.Context, key string) error {
	if s.tx != nil {
		return errInTx
	}
	return s.write(ctx, "reset rate limit", func(r rows) error {
		record, err := load[rateLimitRecord](r, rateLimits, []byte(key))
		if errors.Is(err, authent.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return errors.Join(r.delete(expiries, expiryKey(record.Ends, aCounter, []byte(key))), r.delete(rateLimits, []byte(key)))
	})
}

// moveExpiry enters in the index that a counter's window ends at another time. before is
// the zero time for a new counter.
func (r rows) moveExpiry(before, after time.Time, key string) error {
	if !before.IsZero() {
		if err := r.delete(expiries, expiryKey(before, aCounter, []byte(key))); err != nil {
			return err
		}
	}
	return r.put(expiries, expiryKey(after, aCounter, []byte(key)), nil)
}
