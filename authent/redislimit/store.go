// Package redislimit counts tries in Redis: in one place for all processes of an
// application whose database should not be written for each try, or has no RateLimit.
//
// Its Store is what Config.RateLimits.Store of package authent takes. It works on a
// single server, behind a Sentinel and on a cluster.
//
// What Redis forgets is not counted any more, and people have those tries again: when a
// server starts anew without its data, when a replica is promoted without the newest hits,
// and when a full server evicts keys, which attackers may bring about. Use a server whose
// maxmemory-policy is noeviction; a full one then refuses to count, and the engine answers
// 503. A counter takes about 250 bytes, until a minute after its window.
package redislimit

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/internal/redisclient"
)

// margin is how long after its window a counter is kept, so that it is still there for
// a process whose clock is behind.
const margin = time.Minute

//go:embed hit.lua
var hitSource string

var hitScript = redis.NewScript(hitSource)

// Config says how counters are kept.
type Config struct {
	// Prefix is what each key in Redis begins with, so that applications can share a
	// server. If "", "authent:".
	Prefix string
}

// Store is an authent.RateLimitStore. Make it with New. It is safe for concurrent use.
type Store struct {
	client redis.UniversalClient
	prefix string
}

var _ authent.RateLimitStore = (*Store)(nil)

// New makes a Store on a client: of a single server, a Sentinel, a cluster or a ring. It
// does not dial. The client is the caller's, who may use it for other things, and closes
// it after the last request.
//
// The client's option ContextTimeoutEnabled must be true, as ParseURL sets it: without
// it a request waits for a Redis that does not answer through all time-outs and retries
// of the client, however little time it has left. Whether a client of another type than
// go-redis's own keeps deadlines is the caller's to know.
//
// A client that sends a command again when the answer was lost (MaxRetries) may count a
// try twice, and never less than once.
func New(client redis.UniversalClient, c Config) (*Store, error) {
	if err := redisclient.Check(client); err != nil {
		return nil, fmt.Errorf("redislimit: %w", err)
	}
	if c.Prefix == "" {
		c.Prefix = "authent:"
	}
	return &Store{client: client, prefix: c.Prefix}, nil
}

// ParseURL returns the options that a URL such as
// rediss://user:password@redis.example.com:6379/0 stands for, as redis.ParseURL does, with
// ContextTimeoutEnabled set. rediss is Redis with TLS. Its error holds no part of the URL,
// so that it can be logged: redis.ParseURL's own may hold the password.
func ParseURL(rawURL string) (*redis.Options, error) {
	options, err := redisclient.ParseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("redislimit: %w", err)
	}
	return options, nil
}

// HitRateLimit adds one to the counter of key, in one script and one round trip, and
// returns the new count and when the counter's window ends, as authent.RateLimitStore
// says. now is the caller's: of Redis's clock only the pace counts, since it forgets a
// counter a minute after its window. The error is context.Canceled if that is how ctx
// ended, and else authent.ErrUnavailable, whatever the cause: then it is unknown whether
// the try was counted.
func (s *Store) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (count int64, ends time.Time, err error) {
	now = now.UTC()
	got, err := hitScript.Run(ctx, s.client, []string{s.prefix + key},
		now.UnixMilli(), now.Add(window).UnixMilli(), (max(window, 0) + margin).Milliseconds()).Int64Slice()
	if err == nil && len(got) != 2 {
		err = fmt.Errorf("the script returned %d numbers, want 2", len(got))
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("redislimit: hit: %w", failed(ctx, err))
	}
	return got[0], time.UnixMilli(got[1]).UTC(), nil
}

// ResetRateLimit sets the counter of key back to zero. Its errors are those of
// HitRateLimit.
func (s *Store) ResetRateLimit(ctx context.Context, key string) error {
	if err := s.client.Del(ctx, s.prefix+key).Err(); err != nil {
		return fmt.Errorf("redislimit: reset: %w", failed(ctx, err))
	}
	return nil
}

// failed tells a Redis that does not count from a caller who has gone.
func failed(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("%w: %v", context.Canceled, err)
	}
	return fmt.Errorf("%w: %w", authent.ErrUnavailable, err)
}
