package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authent/authent/authent/internal/queue"
)

// Close tries everything that is left at once and once more, whatever it was waiting for,
// and takes nothing more.
func TestClose_Drains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		r, q := start(queue.Config{Workers: 2}, func(_ context.Context, job string) error {
			if !up.Load() {
				return errAway
			}
			time.Sleep(time.Second)
			return nil
		})
		put(t, q, "a", "b", "c", "d", "e")
		synctest.Wait()
		up.Store(true)
		before := time.Now()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := q.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		wantRefused(t, q, queue.ErrClosed)
		all.Wait()
		if took := time.Since(before); took != 3*time.Second || q.Len() != 0 {
			t.Errorf("Close took %v; %d left", took, q.Len())
		}
		if got := r.order(); len(got) != 10 {
			t.Errorf("tried %v", got)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Errorf("after all: %v", err)
		}
	})
}

// A job whose try began before Close gets another one; what fails after that is lost, and
// that is reported.
func TestClose_OneMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, q := start(queue.Config{Workers: 1}, func(context.Context, string) error {
			time.Sleep(time.Second)
			return errAway
		})
		put(t, q, "under way", "untried")
		synctest.Wait()
		before := time.Now()
		err := q.Close(t.Context())
		if !errors.Is(err, errAway) || !strings.Contains(err.Error(), "2 jobs") || time.Since(before) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(before), err)
		}
		if one, two := r.times("under way"), r.times("untried"); len(one) != 2 || len(two) != 1 {
			t.Errorf("tried at %v and %v", one, two)
		}
		if errs := r.lines(slog.LevelError); len(errs) != 2 || errs[0].Error != errAway.Error() {
			t.Errorf("logged: %+v", errs)
		}
		if again := q.Close(t.Context()); again == nil || again.Error() != err.Error() {
			t.Errorf("the second time: %v", again)
		}
	})
}

// When its context ends Close gives up at once: it ends deliveries, waits for none, and
// says how many jobs were lost.
func TestClose_GivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck, ended := make(chan bool), make(chan error, 1)
		r, q := start(queue.Config{Workers: 2}, func(ctx context.Context, job string) error {
			if job == "stuck" {
				<-stuck
				return nil
			}
			err := hang(ctx, job)
			ended <- err
			return err
		})
		put(t, q, "stuck", "hangs", "a", "b", "c")
		synctest.Wait()
		before, why := time.Now(), errors.New("the program ends")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() { cancel(why) })
		err := q.Close(ctx)
		if !errors.Is(err, why) || !strings.Contains(err.Error(), "5 jobs") || time.Since(before) != 10*time.Second || q.Len() != 0 {
			t.Errorf("after %v, %d left: %v", time.Since(before), q.Len(), err)
		}
		if got := <-ended; !errors.Is(got, context.Canceled) {
			t.Errorf("the delivery ended with %v", got)
		}
		close(stuck)
		if got := r.order(); len(got) != 2 || q.Len() != 0 {
			t.Errorf("tried %v; %d left", got, q.Len())
		}
		if errs, warned := r.lines(slog.LevelError), r.lines(slog.LevelWarn); len(errs) != 1 || errs[0].Jobs != 5 || len(warned) != 0 {
			t.Errorf("logged: %+v, %+v", errs, warned)
		}
	})
}

// A log that takes its time keeps Put from nothing, and has all lines when Close returns.
func TestClose_AfterLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, q := start(queue.Config{}, func(_ context.Context, job string) error {
			if job == "refused" {
				return errFinal
			}
			return nil
		})
		r.logTakes = time.Minute
		put(t, q, "refused")
		synctest.Wait()
		before := time.Now()
		put(t, q, "a")
		if took := time.Since(before); took != 0 {
			t.Errorf("Put took %v", took)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		written := r.log.Len()
		r.mu.Unlock()
		if took := time.Since(before); written == 0 || took != time.Minute {
			t.Errorf("Close took %v; %d bytes are logged", took, written)
		}
	})
}

// A queue without jobs closes at once, even when there is no time left.
func TestClose_Empty(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		q := queue.New(queue.Config{})
		if err := q.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if err := q.Put(nil, time.Now().Add(time.Hour)); !errors.Is(err, queue.ErrClosed) {
			t.Fatal(err)
		}
	}
}
