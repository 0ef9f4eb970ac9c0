package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authent/authent/authent/internal/queue"
)

// Each job is tried at once, then after each pause of the defaults, lengthened by up to a
// fifth, the last one again and again.
func TestQueue_BacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, q := start(queue.Config{}, always(errAway))
		defer closed(t, q)
		put(t, q, "a")
		time.Sleep(50 * time.Minute)
		at := r.times("a")
		pauses := []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 5 * time.Minute, 5 * time.Minute}
		if len(at) <= len(pauses) || at[0] != 0 {
			t.Fatalf("tried at %v", at)
		}
		jitter := false
		for i, pause := range pauses {
			took := at[i+1] - at[i]
			if took < pause || took > pause+pause/5 {
				t.Errorf("pause %d took %v, want %v and up to a fifth more", i+1, took, pause)
			}
			jitter = jitter || took != pause
		}
		if !jitter {
			t.Error("no pause was lengthened")
		}
	})
}

// A job that was delivered, or refused for good, is not tried again.
func TestQueue_Ends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		r, q := start(queue.Config{Workers: 1}, func(_ context.Context, job string) error {
			if job == "refused" {
				return fmt.Errorf("to x: %w", errFinal)
			}
			if n++; n < 3 {
				return errAway
			}
			return nil
		})
		put(t, q, "a", "refused")
		time.Sleep(time.Hour)
		if a, refused := r.times("a"), r.times("refused"); len(a) != 3 || len(refused) != 1 || q.Len() != 0 {
			t.Errorf("tried at %v and at %v, %d left", a, refused, q.Len())
		}
		errs := r.lines(slog.LevelError)
		if len(errs) != 1 || errs[0].Error != "to x: no such mailbox" || errs[0].Failures != 0 {
			t.Errorf("logged: %+v", errs)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A job is dropped at its deadline, wherever it is then, and its delivery ends.
func TestQueue_Deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		r, q := start(queue.Config{Workers: 1, Timeout: 20 * time.Second}, func(ctx context.Context, job string) error {
			if job == "waits" {
				return errAway
			}
			<-ctx.Done()
			return fmt.Errorf("after %v", time.Since(started))
		})
		_ = q.Put([]byte("waits"), started.Add(9*time.Second))
		synctest.Wait()
		_ = q.Put([]byte("tried"), started.Add(10*time.Second))
		_ = q.Put([]byte("untried"), started.Add(8*time.Second))
		for _, want := range []struct {
			seconds int
			left    int
			told    line
		}{
			{8, 2, line{}},
			{9, 1, line{Error: errAway.Error(), Failures: 1}},
			{10, 0, line{Error: "after 10s", Failures: 1}},
		} {
			time.Sleep(time.Until(started.Add(time.Duration(want.seconds)*time.Second - 1)))
			synctest.Wait()
			if n := q.Len(); n != want.left+1 {
				t.Fatalf("just before second %d: %d jobs", want.seconds, n)
			}
			time.Sleep(time.Nanosecond)
			errs := append([]line{{}}, r.lines(slog.LevelError)...)
			told := errs[len(errs)-1]
			if q.Len() != want.left || told.Error != want.told.Error || told.Failures != want.told.Failures || !strings.Contains(told.Reason, "deadline") {
				t.Fatalf("at second %d: %d jobs, %+v", want.seconds, q.Len(), told)
			}
		}
		if got := r.times("untried"); got != nil {
			t.Errorf("the job without its turn was tried at %v", got)
		}
		_ = q.Put([]byte("too late"), time.Now())
		if got := r.times("too late"); got != nil || q.Len() != 0 || len(r.lines(slog.LevelError)) != 4 {
			t.Errorf("a job too late was tried at %v; %d left; %+v", got, q.Len(), r.lines(slog.LevelError))
		}
	})
}

// The times that Now tells decide on deadlines, though the machine's clock moves on its
// own.
func TestQueue_Now(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		r, q := start(queue.Config{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}, always(errAway))
		put(t, q, "a")
		synctest.Wait()
		ahead.Store(int64(time.Hour))
		time.Sleep(3 * time.Second)
		if got := r.times("a"); len(got) != 1 || q.Len() != 0 {
			t.Errorf("tried at %v, %d left", got, q.Len())
		}
	})
}

// Deliveries that hang hold their workers, up to Timeout, and keep Put from nothing but
// what is too much.
func TestQueue_FullOfHanging(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, q := start(queue.Config{Down: time.Hour}, hang)
		defer closed(t, q)
		before := time.Now()
		for i := range 1000 {
			put(t, q, fmt.Sprint(i))
		}
		wantRefused(t, q, queue.ErrFull)
		if time.Since(before) != 0 || q.Len() != 1000 {
			t.Errorf("Put took %v; %d jobs", time.Since(before), q.Len())
		}
		if got := r.order(); len(got) != 4 {
			t.Errorf("%d deliveries at once", len(got))
		}
		time.Sleep(time.Minute - 1)
		if got := r.order(); len(got) != 4 {
			t.Errorf("within a minute %d deliveries were started", len(got))
		}
		time.Sleep(time.Nanosecond)
		if got := r.order(); len(got) != 8 {
			t.Errorf("after a minute %d deliveries were started", len(got))
		}
	})
}

// One delivery that hangs holds one worker: the others go on.
func TestQueue_OneHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, q := start(queue.Config{Workers: 2}, func(ctx context.Context, job string) error {
			if job == "hangs" {
				return hang(ctx, job)
			}
			return nil
		})
		defer closed(t, q)
		put(t, q, "hangs", "a", "b", "c")
		if got := r.order(); len(got) != 4 || q.Len() != 1 {
			t.Errorf("tried %v, %d left", got, q.Len())
		}
	})
}

// New jobs do not wait for those that are tried again, though these all hang; and those
// have their turn, though new ones never end.
func TestQueue_TakesTurns(t *testing.T) {
	t.Parallel()
	for workers, hanging := range map[int]int{1: 1, 4: 2, 5: 2} {
		synctest.Test(t, func(t *testing.T) {
			var back atomic.Bool
			again := func(ctx context.Context, job string) error {
				if job == "new" {
					time.Sleep(time.Second)
					return nil
				}
				if !back.Load() {
					return errAway
				}
				return hang(ctx, job)
			}
			r, q := start(queue.Config{Workers: workers, Down: time.Hour, Backoff: []time.Duration{10 * time.Second}}, again)
			defer closed(t, q)
			for range 20 {
				put(t, q, "old")
			}
			synctest.Wait()
			back.Store(true)
			for range 100 {
				put(t, q, "new")
			}
			count := func(job string) int { return len(r.times(job)) }
			time.Sleep(13 * time.Second)
			if n := count("old") - 20; n != hanging {
				t.Errorf("%d workers: %d jobs are tried again at once, want %d", workers, n, hanging)
			}
			before := count("new")
			time.Sleep(2 * time.Minute)
			if n := count("new") - before; n < 2 {
				t.Errorf("%d workers: %d new jobs were tried beside", workers, n)
			}
			if n := count("old") - 20; n < 2*hanging {
				t.Errorf("%d workers: %d jobs were tried again", workers, n)
			}
		})
	}
}

// What Deliver does to its goroutine costs its job only. The log has nothing of the job.
func TestQueue_Panics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, q := start(queue.Config{Workers: 1}, func(_ context.Context, job string) error {
			switch job {
			case "panic-s3cret":
				panic("cannot read " + job)
			case "index-s3cret":
				_ = []int{}[len(job)]
			case "exit-s3cret":
				runtime.Goexit()
			}
			return nil
		})
		put(t, q, "panic-s3cret", "index-s3cret", "exit-s3cret", "good")
		if got := r.times("good"); len(got) != 1 || q.Len() != 0 {
			t.Fatalf("the next job was tried at %v; %d left", got, q.Len())
		}
		time.Sleep(time.Hour)
		errs := r.lines(slog.LevelError)
		if len(errs) != 3 || len(r.order()) != 4 {
			t.Fatalf("tried %v; %+v", r.order(), errs)
		}
		for i, want := range []string{"panicked with a string", "index out of range [12]", "ended its goroutine"} {
			if !strings.Contains(errs[i].Error, want) || (i < 2) != strings.Contains(errs[i].Stack, "queue_test.go") {
				t.Errorf("want %q: %+v", want, errs[i])
			}
		}
		if r.logged("s3cret") {
			t.Error("the log has a job's bytes")
		}
	})
}

// A flood of failures leaves one line at first, and then one a minute with their number.
func TestQueue_LogIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, q := start(queue.Config{Backoff: []time.Duration{time.Second}, Down: time.Hour}, always(errAway))
		defer closed(t, q)
		for range 100 {
			put(t, q, "s3cret")
		}
		time.Sleep(10*time.Minute + 30*time.Second)
		warned := r.lines(slog.LevelWarn)
		if len(warned) != 11 || warned[0].Failures != 1 || warned[0].Error != errAway.Error() {
			t.Fatalf("%d lines, first %+v", len(warned), warned[0])
		}
		told := 0
		for _, l := range warned {
			told += l.Failures
		}
		// What failed within the last minute is told of with the next one.
		if all := len(r.order()); told > all || told < all*9/10 {
			t.Errorf("%d failures were told of, of %d", told, all)
		}
		if r.logged("s3cret") {
			t.Error("the log has a job's bytes")
		}
	})
}

// What the caller does with its bytes after Put changes no job.
func TestQueue_KeepsCopy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, q := start(queue.Config{}, always(nil))
		b := []byte("mine")
		if err := q.Put(b, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		copy(b, "else")
		if got := r.order(); !reflect.DeepEqual(got, []string{"mine"}) {
			t.Errorf("delivered %v", got)
		}
	})
}

// The reasons of a refusal can be told apart.
func TestRefused(t *testing.T) {
	t.Parallel()
	all := []error{queue.ErrFull, queue.ErrDown, queue.ErrClosed}
	for i, err := range all {
		for k, other := range all {
			if errors.Is(err, other) != (i == k) || !errors.Is(err, queue.ErrRefused) {
				t.Errorf("%v is %v: %v", err, other, errors.Is(err, other))
			}
		}
	}
}
