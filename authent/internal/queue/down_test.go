package queue_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authent/authent/authent/internal/queue"
)

// After Down without a success Put refuses, while tries go on; one success opens it.
func TestQueue_Down(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		r, q := start(queue.Config{}, func(context.Context, string) error {
			if up.Load() {
				return nil
			}
			return errAway
		})
		put(t, q, "a")
		synctest.Wait()
		time.Sleep(5*time.Minute - 1)
		put(t, q, "b")
		synctest.Wait()
		time.Sleep(time.Nanosecond)
		wantRefused(t, q, queue.ErrDown)
		wantRefused(t, q, queue.ErrDown)
		before := len(r.order())
		up.Store(true)
		time.Sleep(3 * time.Second)
		if got := r.order(); len(got) != before+1 {
			t.Fatalf("tried %v, %d before", got, before)
		}
		put(t, q, "c")
		time.Sleep(time.Hour)
		if q.Len() != 0 {
			t.Errorf("%d jobs are left", q.Len())
		}
		// A failure long after is the first one again.
		up.Store(false)
		put(t, q, "d")
		synctest.Wait()
		put(t, q, "e")
		closed(t, q)
	})
}

// What nobody would ask for again is taken while deliveries fail, and beyond the bound of
// other jobs, which is doubled for it.
func TestQueue_Urgent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		_, q := start(queue.Config{Max: 2}, func(context.Context, string) error {
			if up.Load() {
				return nil
			}
			return errAway
		})
		put(t, q, "a")
		put(t, q, "b")
		wantRefused(t, q, queue.ErrFull)
		time.Sleep(10 * time.Minute)
		for i, want := range []error{nil, nil, queue.ErrFull} {
			if err := q.PutUrgent([]byte("c"), time.Now().Add(time.Hour)); !errors.Is(err, want) {
				t.Errorf("urgent job %d: %v, want %v", i+1, err, want)
			}
		}
		up.Store(true)
		time.Sleep(10 * time.Minute)
		if q.Len() != 0 {
			t.Errorf("%d jobs are left", q.Len())
		}
		closed(t, q)
		if err := q.PutUrgent([]byte("d"), time.Now().Add(time.Hour)); !errors.Is(err, queue.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

// When the last job's deadline has passed, one job is let in, and others only if that one
// succeeds.
func TestQueue_DownProbe(t *testing.T) {
	t.Parallel()
	for _, up := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			answer := make(chan error)
			_, q := start(queue.Config{Backoff: []time.Duration{time.Hour}}, func(context.Context, string) error { return <-answer })
			if err := q.Put([]byte("a"), time.Now().Add(10*time.Minute)); err != nil {
				t.Fatal(err)
			}
			answer <- errAway
			synctest.Wait()
			time.Sleep(10*time.Minute - 1)
			wantRefused(t, q, queue.ErrDown)
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			put(t, q, "probe")
			wantRefused(t, q, queue.ErrDown)
			if up {
				answer <- nil
				synctest.Wait()
				put(t, q, "b", "c")
				answer <- nil
				answer <- nil
			} else {
				answer <- errAway
				synctest.Wait()
				wantRefused(t, q, queue.ErrDown)
			}
			synctest.Wait()
			closed(t, q)
		})
	}
}

// One address that is never accepted does not keep out the others for long: whoever was
// refused and asks again a minute later is let in, one a minute.
func TestQueue_DownForOneAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		r, q := start(queue.Config{}, func(_ context.Context, job string) error {
			if job == "greylisted" || down.Load() {
				return errAway
			}
			return nil
		})
		defer closed(t, q)
		put(t, q, "greylisted")
		synctest.Wait()
		time.Sleep(5 * time.Minute)
		wantRefused(t, q, queue.ErrDown)
		time.Sleep(time.Minute - 1)
		wantRefused(t, q, queue.ErrDown)
		time.Sleep(time.Nanosecond)
		down.Store(true)
		put(t, q, "a")
		synctest.Wait()
		wantRefused(t, q, queue.ErrDown)
		down.Store(false)
		time.Sleep(time.Minute)
		put(t, q, "b")
		synctest.Wait()
		put(t, q, "c")
		if got := r.times("c"); len(got) != 1 {
			t.Errorf("tried at %v", got)
		}
	})
}

// What is refused for good, or breaks Deliver, says nothing about the receiver: with
// mailboxes that do not exist nobody keeps out others.
func TestQueue_FinalIsNotDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, q := start(queue.Config{}, func(ctx context.Context, job string) error {
			switch job {
			case "refused":
				return errFinal
			case "panics":
				panic(job)
			}
			return hang(ctx, job)
		})
		defer closed(t, q)
		put(t, q, "refused", "panics")
		synctest.Wait()
		time.Sleep(time.Hour)
		put(t, q, "hangs", "b")
	})
}
