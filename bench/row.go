package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"
)

// row is one line of a table: a program that does the same as the others of its table.
type row struct {
	// id names the row in BENCH_ROWS and in results; makeRows sets those of the check. title
	// names it in the document.
	id, title string
	// does is the operation on a key, for the worker of that number: at most one call at a
	// time for each worker, with a context of its own, as a request has one. It returns the user whose session it is.
	does func(ctx context.Context, worker int, k key) (user string, err error)
	// runs does all operations of a round, where that is another program's part. Nil if
	// does is set.
	runs func(keys []key, workers int) (sample, error)
	// keys makes those of a round. If nil, sessions at random.
	keys func(n int) []key
	// before and after prepare for a round and clean up after it, unmeasured. If nil,
	// there is nothing to do.
	before, after func(keys []key) error
	// versions are what it runs, where Go's build information does not say.
	versions []string
	// address is where its server listens, if it has one.
	address string
	close   func() error
}

// sample is what a round measured.
type sample struct {
	elapsed   time.Duration
	latencies histogram
}

// perOperation returns the nanoseconds of the round for each of its operations.
func (s *sample) perOperation() float64 { return float64(s.elapsed) / float64(s.latencies.n) }

// round does n operations with so many workers at once, and measures them.
func (r *row) round(w *world, n, workers int) (s sample, err error) {
	makeKeys := w.randomKeys
	if r.keys != nil {
		makeKeys = r.keys
	}
	keys := makeKeys(n)
	if r.before != nil {
		if err := r.before(keys); err != nil {
			return s, fmt.Errorf("prepare a round of %s: %w", r.id, err)
		}
	}
	if r.runs != nil {
		s, err = r.runs(keys, workers)
	} else {
		runtime.GC() // what the row before has left is not this one's
		s, err = r.measure(keys, workers)
	}
	if err == nil && r.after != nil {
		err = r.after(keys)
	}
	if err == nil && (s.latencies.n == 0 || s.elapsed <= 0) {
		err = errors.New("it measured nothing")
	}
	if err != nil {
		return s, fmt.Errorf("%s with %d workers: %w", r.id, workers, err)
	}
	return s, nil
}

// measure runs does for each key, and checks what it answers.
func (r *row) measure(keys []key, workers int) (s sample, err error) {
	latencies, errs := make([]histogram, workers), make([]error, workers)
	var wg sync.WaitGroup
	began := time.Now()
	for worker := range workers {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			last := time.Now()
			for i := worker; i < len(keys); i += workers {
				user, err := r.does(ctx, worker, keys[i])
				if err == nil && user != keys[i].user {
					err = fmt.Errorf("a session of %s was taken for one of %q", keys[i].user, user)
				}
				if err != nil {
					errs[worker] = err
					return
				}
				now := time.Now()
				latencies[worker].add(int64(now.Sub(last)))
				last = now
			}
		})
	}
	wg.Wait()
	s.elapsed = time.Since(began)
	for i := range latencies {
		s.latencies.merge(&latencies[i])
	}
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return s, errs[i] // the others mostly say the same
	}
	return s, nil
}

// allocations returns how often one operation allocates, all goroutines of this process
// counted, and rounded down as testing.AllocsPerRun does: what else allocates now and then
// is not the row's. It is nil for another program.
func (r *row) allocations(w *world, n int) (*float64, error) {
	if r.does == nil {
		return nil, nil
	}
	if _, err := r.round(w, n, 1); err != nil { // what only the first ones make
		return nil, err
	}
	counting := *r
	var perOperation float64
	counting.does = nil
	counting.runs = func(keys []key, _ int) (s sample, err error) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		began := time.Now()
		for _, k := range keys {
			if _, err := r.does(ctx, 0, k); err != nil {
				return s, err
			}
		}
		s.elapsed = time.Since(began)
		runtime.ReadMemStats(&after)
		perOperation = math.Floor(float64(after.Mallocs-before.Mallocs) / float64(len(keys)))
		s.latencies.add(int64(s.elapsed))
		return s, nil
	}
	_, err := counting.round(w, n, 1)
	return &perOperation, err
}

// maker makes a row on a world. It returns a missing if the machine lacks something.
type maker func(ctx context.Context, w *world) (*row, error)

// missing tells why a table has not a row.
type missing struct{ title, reason string }

// Error implements error.
func (m missing) Error() string { return m.title + ": " + m.reason }
