package authent

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/authent/authent/authent/internal/seal"
)

// Cleanup deletes sessions and verification tokens that have expired, where the Adapter is
// a RateLimitStore counters whose window has ended, and where it is an AuditStore events
// whose time is over, in statements of at most 1,000 rows, so that nobody waits long for a
// lock of theirs. It returns how many rows it deleted, also beside an error. Nothing depends
// on it but how long events are kept, since what has expired is refused anyway: it keeps the
// tables small.
func (a *Auth) Cleanup(ctx context.Context) (int, error) {
	const batch = 1000
	total, now := 0, a.now()
	for {
		n, err := a.store.DeleteExpired(ctx, now, batch)
		total += n
		if err != nil {
			return total, fmt.Errorf("authent: clean up: %w", err)
		}
		if n < batch {
			return total, nil
		}
	}
}

// RunCleanup calls Cleanup once in each interval until ctx ends, which it waits for: start
// it with go. Of any number of processes that run it with the same interval one does the
// work: which, says a row among the verification tokens. What fails is logged, and done in
// the next interval. If every is zero or less, an hour.
func (a *Auth) RunCleanup(ctx context.Context, every time.Duration) {
	if every <= 0 {
		every = time.Hour
	}
	for {
		n, err := a.cleanupOnce(ctx, every)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			a.cfg.Logger.Log(ctx, faultLevel(err), "authent: expired rows were not deleted", "error", err)
		case n > 0:
			a.cfg.Logger.DebugContext(ctx, "authent: expired rows were deleted", "rows", n)
		}
		now := a.now()
		next := time.NewTimer(now.Truncate(every).Add(every).Sub(now))
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-next.C:
		}
	}
}

// cleanupOnce cleans up unless another process has done so in the interval that it is. The
// row by which they know outlives the interval, for those whose clocks are behind.
func (a *Auth) cleanupOnce(ctx context.Context, every time.Duration) (int, error) {
	began := a.now().Truncate(every)
	err := a.store.CreateVerificationToken(ctx, VerificationToken{
		Identifier: forCleanup.name,
		Token:      seal.HashToken(forCleanup.name + "\x00" + every.String() + "\x00" + strconv.FormatInt(began.UnixMilli(), 10)),
		Expires:    began.Add(2 * every),
	})
	switch {
	case errors.Is(err, ErrConflict):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return a.Cleanup(ctx)
}
