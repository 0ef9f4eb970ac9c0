package authent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

const (
	// identifierRefresh is that of the leases under which tokens are refreshed.
	identifierRefresh = "oauth-refresh"
	// leaseWait is how long those who wait for somebody else's refresh sleep at
	// first; it doubles up to maxLeaseWait.
	leaseWait    = 50 * time.Millisecond
	maxLeaseWait = 500 * time.Millisecond
	// leaseSlack is what a lease lasts longer than the work under it may take.
	leaseSlack = 10 * time.Second
)

// leaseAge is how long somebody may take to refresh a token: to find the
// provider's endpoints, to ask it, and to store what it answered.
func (s *tokenSource) leaseAge() time.Duration {
	return 2*s.client.http.Timeout + providerTimeout + leaseSlack
}

// lease takes the right to refresh and returns when it ends: the zero time when
// somebody else has it. It is a row, so that it counts in every process; one
// whose holder died is taken over after it has expired.
func (s *tokenSource) lease() (ends time.Time, err error) {
	// Those who wait do not hold up others: they look without a lock.
	held, err := s.auth.store.VerificationToken(s.ctx, identifierRefresh, s.leaseToken())
	if err == nil && !s.expired(held) {
		return time.Time{}, nil
	}
	if err = orNotFound(err, nil); err != nil {
		return time.Time{}, err
	}
	err = s.locked(s.ctx, func(tx Adapter) (err error) {
		ends, err = s.takeLease(tx)
		return err
	})
	if err != nil {
		ends = time.Time{}
	}
	// Whoever was faster has it, or there is no such user any more.
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) {
		err = nil
	}
	return ends, err
}

// locked runs fn in a transaction that holds the user's row.
func (s *tokenSource) locked(ctx context.Context, fn func(tx Adapter) error) error {
	return s.auth.store.InTx(ctx, func(tx Adapter) error {
		if _, err := tx.LockUser(ctx, s.userID); err != nil {
			return err
		}
		return fn(tx)
	})
}

// takeLease is lease under the user's lock. It looks again: of two who found an
// expired lease, the second would remove the one that the first has taken since.
func (s *tokenSource) takeLease(tx Adapter) (ends time.Time, err error) {
	held, err := tx.VerificationToken(s.ctx, identifierRefresh, s.leaseToken())
	switch {
	case err == nil && !s.expired(held):
		return time.Time{}, nil
	case err == nil:
		_, err = tx.UseVerificationToken(s.ctx, identifierRefresh, s.leaseToken())
	default:
		err = orNotFound(err, nil)
	}
	if err != nil {
		return time.Time{}, err
	}
	// The lock may have been waited for: the time counts from now.
	ends = s.auth.now().Add(s.leaseAge())
	return ends, tx.CreateVerificationToken(s.ctx, VerificationToken{Identifier: identifierRefresh, Token: s.leaseToken(), Expires: ends})
}

func (s *tokenSource) expired(lease *VerificationToken) bool {
	return !s.auth.now().Before(lease.Expires)
}

// release gives back the lease until ends. One that ends later is somebody else's,
// who took it over. It does so also when the caller has gone, since others wait
// for it.
func (s *tokenSource) release(ends time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), providerTimeout)
	defer cancel()
	err := s.locked(ctx, func(tx Adapter) error {
		held, err := tx.VerificationToken(ctx, identifierRefresh, s.leaseToken())
		if err != nil || held.Expires.After(ends) {
			return err
		}
		_, err = tx.UseVerificationToken(ctx, identifierRefresh, s.leaseToken())
		return err
	})
	return orNotFound(err, nil)
}

// leaseToken names the lease. The user is part of it, since it is their row that
// is locked.
func (s *tokenSource) leaseToken() Secret {
	sum := sha256.Sum256([]byte(s.client.provider.ID + "\x00" + s.id + "\x00" + s.userID))
	return Secret(hex.EncodeToString(sum[:]))
}
