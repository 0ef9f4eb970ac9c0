package queue_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authent/authent/authent/internal/queue"
)

var (
	errAway  = errors.New("nobody answers")
	errFinal = errors.New("no such mailbox")
)

// receiver is what a queue delivers to. Its tests run in a bubble of synctest: time goes
// on only when everything waits.
type receiver struct {
	// answer is what a delivery returns, after it has taken its time.
	answer func(ctx context.Context, job string) error
	// logTakes is how long it takes to write a line of the log.
	logTakes time.Duration

	mu    sync.Mutex
	tries []try
	log   bytes.Buffer
}

type try struct {
	job string
	at  time.Duration
}

// start makes a queue that delivers to r, which answers as it says, at the time that is 0.
func start(c queue.Config, answer func(ctx context.Context, job string) error) (*receiver, *queue.Queue) {
	r, zero := &receiver{answer: answer}, time.Now()
	c.Deliver = func(ctx context.Context, job []byte) error {
		r.mu.Lock()
		r.tries = append(r.tries, try{string(job), time.Since(zero)})
		r.mu.Unlock()
		return r.answer(ctx, string(job))
	}
	c.Final = func(err error) bool { return errors.Is(err, errFinal) }
	c.Logger = slog.New(slog.NewJSONHandler(locked{r}, nil))
	return r, queue.New(c)
}

// locked is r's log.
type locked struct{ r *receiver }

func (l locked) Write(b []byte) (int, error) {
	time.Sleep(l.r.logTakes)
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	return l.r.log.Write(b)
}

// times returns when a job was tried.
func (r *receiver) times(job string) []time.Duration {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	var at []time.Duration
	for _, t := range r.tries {
		if t.job == job {
			at = append(at, t.at)
		}
	}
	return at
}

// order returns the jobs in the order in which they were tried.
func (r *receiver) order() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	var jobs []string
	for _, t := range r.tries {
		jobs = append(jobs, t.job)
	}
	return jobs
}

// line is what was logged.
type line struct {
	Level, Msg, Error, Reason, Stack string
	Failures, Jobs                   int
}

// lines returns what was logged at a level.
func (r *receiver) lines(level slog.Level) []line {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []line
	for d := json.NewDecoder(bytes.NewReader(r.log.Bytes())); d.More(); {
		var l line
		if err := d.Decode(&l); err != nil {
			panic(err)
		}
		all = append(all, l)
	}
	return slices.DeleteFunc(all, func(l line) bool { return l.Level != level.String() })
}

// logged reports whether the log has these bytes.
func (r *receiver) logged(b string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Contains(r.log.Bytes(), []byte(b))
}

func put(t *testing.T, q *queue.Queue, jobs ...string) {
	t.Helper()
	for _, job := range jobs {
		if err := q.Put([]byte(job), time.Now().Add(time.Hour)); err != nil {
			t.Fatalf("%s: %v", job, err)
		}
	}
}

func wantRefused(t *testing.T, q *queue.Queue, want error) {
	t.Helper()
	err := q.Put([]byte("one more"), time.Now().Add(time.Hour))
	if !errors.Is(err, want) || !errors.Is(err, queue.ErrRefused) {
		t.Fatalf("Put: %v, want %v", err, want)
	}
}

// closed ends a queue whose jobs need not be delivered.
func closed(t *testing.T, q *queue.Queue) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = q.Close(ctx)
	if n := q.Len(); n != 0 {
		t.Errorf("%d jobs are left after Close", n)
	}
}

func always(err error) func(context.Context, string) error {
	return func(context.Context, string) error { return err }
}

// hang takes until it is told to end.
func hang(ctx context.Context, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}
