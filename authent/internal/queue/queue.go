// Package queue delivers jobs in the background: a few at once, each until it succeeds,
// is refused for good, or its deadline has passed.
//
// Jobs are in memory only, and their number is bounded (P42). While there is nothing to
// do there is no goroutine: Put starts one for each delivery, and what waits for another
// try waits by a timer. A job is delivered at least once or its loss is reported, in the
// log or by Close; a delivery that fails after the receiver has taken the job is made
// again.
package queue

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// ErrRefused says that Put did not take a job, for one of the reasons below.
var ErrRefused = errors.New("queue: the job was refused")

var (
	// ErrFull says that there are Config.Max jobs already.
	ErrFull = fmt.Errorf("%w: the queue is full", ErrRefused)
	// ErrDown says that no delivery has succeeded for Config.Down.
	ErrDown = fmt.Errorf("%w: deliveries have failed for too long", ErrRefused)
	// ErrClosed says that Close was called.
	ErrClosed = fmt.Errorf("%w: the queue is closed", ErrRefused)
)

// probePause is how long Put goes on refusing jobs, from its first refusal on, before it
// takes one to see whether deliveries still fail.
const probePause = time.Minute

// Config says what a Queue does. Only Deliver is required.
type Config struct {
	// Deliver delivers a job, which it must not change. Several goroutines call it at
	// once. It returns when ctx ends: after Timeout, at the job's deadline, or when Close
	// gives up. No error that it returns may hold a secret: they are logged. A panic is
	// logged, and drops the job.
	Deliver func(ctx context.Context, job []byte) error
	// Final reports whether a delivery that failed with err would always fail, so that
	// the job is dropped. Such a failure says nothing about whether the receiver is down.
	// If nil, no error is final.
	Final func(err error) bool
	// Max is how many jobs there are at most, those that are being delivered included.
	// If zero, 1000.
	Max int
	// Workers is how many deliveries there are at once. At most half of them are further
	// tries of a job, so that new jobs need not wait for those. If zero, 4.
	Workers int
	// Timeout is how long one delivery may take. If zero, 1 minute.
	Timeout time.Duration
	// Backoff is how long a job waits after its first failed delivery, after its second,
	// and so on; the last one repeats. Each is lengthened at random by up to a fifth. If
	// empty, 2 s, 10 s, 30 s, 1 minute, 5 minutes.
	Backoff []time.Duration
	// Down is after how long without one success, counted from the first failure, Put
	// refuses jobs. If zero, 5 minutes.
	Down time.Duration
	// Logger gets a line for each job that is dropped, and at most one a minute for
	// deliveries that failed. It never gets a job. If nil, slog.Default().
	Logger *slog.Logger
	// Now tells the time, for what compares times: deadlines, Down, how often a line is
	// logged. What waits does so by the machine's clock. If nil, time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Final == nil {
		c.Final = func(error) bool { return false }
	}
	if c.Max <= 0 {
		c.Max = 1000
	}
	if c.Workers <= 0 {
		c.Workers = 4
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	if len(c.Backoff) == 0 {
		c.Backoff = []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute}
	}
	if c.Down <= 0 {
		c.Down = 5 * time.Minute
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Queue holds jobs until they are delivered. Make it with New. It is safe for concurrent
// use.
type Queue struct {
	c Config
	// ctx is that of all deliveries; stop ends it.
	ctx  context.Context
	stop context.CancelFunc
	// done is closed when the queue is, and no job is left.
	done chan struct{}

	mu sync.Mutex
	// jobs is how many there are, wherever they are. A job that is in none of the lists
	// is being delivered.
	jobs int
	// fresh have not been tried, retries are to be tried again now, waiting later.
	fresh, retries, waiting list.List
	// running is how many deliveries there are, retrying how many of them are further
	// tries. retriedLast says that the last one started was one.
	running, retrying int
	retriedLast       bool

	closed, aborted bool
	// lost is how many jobs Close has cost, lostTo what the last of them failed with.
	lost   int
	lostTo error

	health health
}

// job is what was given to Put, and what became of it so far.
type job struct {
	data     []byte
	deadline time.Time
	// expiry tells when the deadline comes; expired says that it has.
	expiry  *time.Timer
	expired bool
	// retry ends the wait for another try.
	retry *time.Timer
	// in is the list that the job is in, at its place there; nil while it is delivered.
	in *list.List
	at *list.Element
	// failures is how often a delivery has failed, err what the last one failed with.
	failures int
	err      error
	// last says that the delivery under way began after Close, so that there is no other.
	last bool
}

// New makes a Queue. It starts nothing.
func New(c Config) *Queue {
	q := &Queue{c: c.withDefaults(), done: make(chan struct{})}
	q.ctx, q.stop = context.WithCancel(context.Background())
	return q
}

// Put adds a job that is worth delivering until deadline, and returns at once. It keeps a
// copy. A job whose deadline has passed is dropped like any other whose time is over.
//
// An error is ErrFull, ErrDown or ErrClosed, and ErrRefused in each case. With ErrDown one
// job is still taken now and then, so that one who asks again finds out that deliveries
// succeed: one as soon as no job is left, else one a minute.
func (q *Queue) Put(data []byte, deadline time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.c.Now()
	switch {
	case q.closed:
		return ErrClosed
	case q.jobs >= q.c.Max:
		return ErrFull
	case q.health.down(now, q.c.Down) && !q.health.probe(now, q.jobs):
		return ErrDown
	}
	q.add(data, deadline, now)
	return nil
}

// PutUrgent is Put for a job that nobody would ask for again. It is taken while deliveries
// fail too, and while there are fewer than twice Config.Max jobs.
func (q *Queue) PutUrgent(data []byte, deadline time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrClosed
	case q.jobs >= 2*q.c.Max:
		return ErrFull
	}
	q.add(data, deadline, q.c.Now())
	return nil
}

// add takes a job. Hold q.mu.
func (q *Queue) add(data []byte, deadline, now time.Time) {
	j := &job{data: bytes.Clone(data), deadline: deadline}
	q.jobs++
	q.move(j, &q.fresh)
	j.expiry = time.AfterFunc(deadline.Sub(now), func() { q.expire(j) })
	q.dispatch()
}

// Len returns how many jobs there are, those that are being delivered included.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.jobs
}

// Close takes no more jobs, and returns when none is left: each one gets one more try at
// once, also if it was to wait for it. When ctx ends it gives up: it ends the deliveries
// that are under way, does not wait for them, and counts all jobs that are left as lost.
//
// It returns nil if no job was lost by this, else how many, wrapping the cause of ctx's
// end or what the last one failed with. Further calls wait for the same, and return the
// same.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	q.closed = true
	if ctx.Err() == nil {
		for e := q.waiting.Front(); e != nil; e = q.waiting.Front() {
			q.move(e.Value.(*job), &q.retries)
		}
		q.dispatch()
	}
	q.endIfDone()
	q.mu.Unlock()
	select {
	case <-q.done:
	default:
		select {
		case <-q.done:
		case <-ctx.Done():
			q.abort(context.Cause(ctx))
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lost > 0 {
		return fmt.Errorf("queue: closed, %d jobs were lost: %w", q.lost, q.lostTo)
	}
	return nil
}

// abort gives up all jobs that are left.
func (q *Queue) abort(cause error) {
	q.mu.Lock()
	left := q.jobs
	if left > 0 {
		q.aborted = true
		q.lost, q.lostTo = q.lost+left, cause
		for _, l := range []*list.List{&q.fresh, &q.retries, &q.waiting} {
			for e := l.Front(); e != nil; e = l.Front() {
				q.release(e.Value.(*job))
			}
		}
		q.jobs = 0
		q.endIfDone()
	}
	q.mu.Unlock()
	if left > 0 {
		q.c.Logger.Error("authent: queue closed: jobs were dropped", "jobs", left, "error", cause)
	}
}

// release takes a job out of everything. Hold q.mu.
func (q *Queue) release(j *job) {
	q.move(j, nil)
	j.expiry.Stop()
	j.data = nil // the runtime may hold a timer, and so the job, for a while after Stop
}

// endIfDone lets Close return when nothing is left to wait for. Hold q.mu.
func (q *Queue) endIfDone() {
	if q.closed && q.jobs == 0 && q.ctx.Err() == nil {
		q.stop()
		close(q.done)
	}
}

// move takes a job from the list that it is in to the end of another; nil is none. Hold
// q.mu.
func (q *Queue) move(j *job, to *list.List) *job {
	if j.in == &q.waiting {
		j.retry.Stop()
	}
	if j.in != nil {
		j.in.Remove(j.at)
	}
	j.in, j.at = to, nil
	if to != nil {
		j.at = to.PushBack(j)
	}
	return j
}
