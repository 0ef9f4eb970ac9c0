package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/authent/authent/authent"
)

const (
	users, sessions = 10_000, 20_000
	rounds          = 31
	perRound        = 1_600
	// maxTime and maxAllocs are how much the adapter may cost per baseline.
	maxTime, maxAllocs = 1.3, 2.0
)

// lookup finds one session.
type lookup func(token string) error

// check compares the session check with the baseline.
func (t *target) check(ctx context.Context) error {
	base, err := newBaseline(ctx, t.dialect, t.db)
	if err != nil {
		return err
	}
	defer base.lookup.Close()
	lookups := [2]lookup{
		func(token string) error { _, err := base.sessionAndUser(ctx, token); return err },
		func(token string) error { _, err := t.adapter.SessionAndUser(ctx, authent.Secret(token)); return err },
	}
	over := false
	fmt.Printf("\nSessionAndUser on %s, %d users, %d sessions, %d rounds of %d lookups each, alternating\n", t.name, users, sessions, rounds, perRound)
	for _, goroutines := range []int{1, 8, 32} {
		times, err := interleave(lookups, goroutines)
		if err != nil {
			return err
		}
		ratio := float64(times[1]) / float64(times[0])
		over = over || ratio > maxTime
		fmt.Printf("%2d goroutines: baseline %8v  adapter %8v  ratio %.2f (at most %.1f)\n", goroutines, times[0], times[1], ratio, maxTime)
	}
	var allocs [2]float64
	for i, f := range lookups {
		if allocs[i], err = allocations(f); err != nil {
			return err
		}
	}
	ratio := allocs[1] / allocs[0]
	over = over || ratio > maxAllocs
	fmt.Printf("allocations:   baseline %8.0f  adapter %8.0f  ratio %.2f (at most %.1f)\n", allocs[0], allocs[1], ratio, maxAllocs)
	if over {
		return errors.New("a ratio of SessionAndUser is above its limit")
	}
	return nil
}

// interleave returns the median time per lookup of each.
func interleave(lookups [2]lookup, goroutines int) (median [2]time.Duration, err error) {
	var all [2][]time.Duration
	for round := range rounds {
		for i := range lookups {
			i = (i + round) % 2
			took, err := timeRound(lookups[i], goroutines)
			if err != nil {
				return median, err
			}
			all[i] = append(all[i], took)
		}
	}
	for i := range all {
		slices.Sort(all[i])
		median[i] = all[i][len(all[i])/2]
	}
	return median, nil
}

// timeRound returns the time per lookup of one round.
func timeRound(f lookup, goroutines int) (time.Duration, error) {
	errs := make([]error, goroutines)
	var wg sync.WaitGroup
	started := time.Now()
	for g := range goroutines {
		wg.Go(func() {
			for i := g; i < perRound; i += goroutines {
				if err := f(token(i * 7919 % sessions)); err != nil {
					errs[g] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(started) / perRound, errors.Join(errs...)
}

func allocations(f lookup) (float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range perRound {
		if err := f(token(i)); err != nil {
			return 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / perRound, nil
}

// token returns the stored token of the n-th session, as long as a real one.
func token(n int) string { return fmt.Sprintf("%064x", n) }

func userID(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }

// fill writes users and sessions, each with all its columns.
func (t *target) fill(ctx context.Context) error {
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	now := time.Now().UTC().Truncate(time.Millisecond)
	for i := range users {
		_, err := tx.ExecContext(ctx, `INSERT INTO users (id, name, email, email_verified, image, password, role, created_at, updated_at) VALUES (`+t.placeholders(9)+`)`,
			userID(i), "Ada Lovelace", fmt.Sprintf("person-%d@example.com", i), now, "https://example.com/a.png", "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA", "user", now, now)
		if err != nil {
			return err
		}
	}
	for i := range sessions {
		_, err := tx.ExecContext(ctx, `INSERT INTO sessions (id, session_token, user_id, expires, created_at, last_used_at, ip_address, user_agent) VALUES (`+t.placeholders(8)+`)`,
			fmt.Sprintf("session-%d", i), token(i), userID(i%users), now.Add(time.Hour), now, now, "192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}
