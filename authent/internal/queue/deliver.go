package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"
)

// errDeadline is why a job is dropped whose deadline has passed.
var errDeadline = errors.New("its deadline has passed")

// dispatch starts deliveries, as long as there are jobs for them. Hold q.mu.
func (q *Queue) dispatch() {
	for q.running < q.c.Workers {
		j := q.pick()
		if j == nil {
			return
		}
		q.running++
		if q.retriedLast = j.failures > 0; q.retriedLast {
			q.retrying++
		}
		j.last = q.closed
		go q.run(j)
	}
}

// pick takes out the job that comes next, nil if there is none. New jobs and further
// tries take turns, so that neither has to wait until there are none of the other. The
// tries have half of the workers at most, unless new jobs cannot come any more.
func (q *Queue) pick() *job {
	f, r := q.fresh.Front(), q.retries.Front()
	if !q.closed && q.retrying >= max(1, q.c.Workers/2) {
		r = nil
	}
	switch {
	case r != nil && (f == nil || !q.retriedLast):
		return q.move(r.Value.(*job), nil)
	case f != nil:
		return q.move(f.Value.(*job), nil)
	}
	return nil
}

// result is how a delivery ended. The zero value is success.
type result struct {
	err error
	// drop says that the job is not to be tried again.
	drop bool
	// fault says that the error tells nothing about the receiver.
	fault bool
	// stack is where it panicked.
	stack []byte
}

// run delivers a job once, and sees to what becomes of it, even if Deliver panics or ends
// its goroutine.
func (q *Queue) run(j *job) {
	again := j.failures > 0
	r := result{err: errors.New("the delivery ended its goroutine"), drop: true, fault: true}
	defer func() {
		if v := recover(); v != nil {
			r = result{err: panicked(v), drop: true, fault: true, stack: debug.Stack()}
		}
		q.settle(j, r, again)
	}()
	r = q.deliver(j)
}

func (q *Queue) deliver(j *job) result {
	left := j.deadline.Sub(q.c.Now())
	if left <= 0 {
		return result{err: errDeadline, drop: true, fault: true}
	}
	ctx, cancel := context.WithTimeout(q.ctx, min(q.c.Timeout, left))
	defer cancel()
	err := q.c.Deliver(ctx, j.data)
	if err == nil {
		return result{}
	}
	final := q.c.Final(err)
	return result{err: err, drop: final, fault: final}
}

// panicked makes an error of what Deliver panicked with. That may hold the job, unless
// the runtime made it.
func panicked(v any) error {
	if err, ok := v.(runtime.Error); ok {
		return fmt.Errorf("the delivery panicked: %w", err)
	}
	return fmt.Errorf("the delivery panicked with a %T", v)
}

// settle does what follows from the end of a delivery: it lets go of the job, or has it
// wait for another try. The log is written before the job is gone, so that it is complete
// when Close returns, and without q.mu, so that no log keeps Put waiting.
func (q *Queue) settle(j *job, r result, again bool) {
	q.mu.Lock()
	gone, write := q.judge(j, r)
	q.mu.Unlock()
	if write != nil {
		write()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	if again {
		q.retrying--
	}
	switch {
	case q.aborted:
		q.release(j)
	case gone:
		q.forget(j)
	case q.closed:
		q.move(j, &q.retries)
	default:
		q.wait(j)
	}
	q.dispatch()
}

// judge says whether a job is gone after a delivery, and how to log what happened; nil if
// that is not to be logged. Hold q.mu.
func (q *Queue) judge(j *job, r result) (gone bool, write func()) {
	now := q.c.Now()
	if r.err == nil {
		q.health.succeeded()
		return true, nil
	}
	if q.aborted {
		return true, nil
	}
	if !r.fault {
		j.failures, j.err = j.failures+1, r.err
		q.health.failed(now)
	}
	expired := j.expired || !now.Before(j.deadline)
	switch {
	case r.drop && r.err != errDeadline:
		return true, func() { q.logDropped("it cannot be delivered", r.err, j.failures, r.stack) }
	case r.drop || expired:
		return true, func() { q.logDropped(errDeadline.Error(), j.err, j.failures, nil) }
	case j.last:
		q.lost, q.lostTo = q.lost+1, r.err
		return true, func() { q.logDropped("the queue is closed", r.err, j.failures, nil) }
	}
	since := q.health.since
	if n := q.health.toTell(now); n > 0 {
		return false, func() {
			q.c.Logger.Warn("authent: queue: deliveries failed, and will be tried again", "failures", n, "since", since, "error", r.err)
		}
	}
	return false, nil
}

// logDropped tells of a job that was given up after some failures, the last one with err,
// nil if it was never tried.
func (q *Queue) logDropped(why string, err error, failures int, stack []byte) {
	args := []any{"reason", why, "failures", failures}
	if err != nil {
		args = append(args, "error", err)
	}
	if stack != nil {
		args = append(args, "stack", string(stack))
	}
	q.c.Logger.Error("authent: queue: a job was dropped", args...)
}

// forget lets go of a job. Hold q.mu.
func (q *Queue) forget(j *job) {
	q.release(j)
	q.jobs--
	q.endIfDone()
}

// wait has a job wait for its next try. Hold q.mu.
func (q *Queue) wait(j *job) {
	q.move(j, &q.waiting)
	pause := q.c.Backoff[min(j.failures, len(q.c.Backoff))-1]
	pause += time.Duration(rand.Float64() * float64(pause) / 5)
	j.retry = time.AfterFunc(pause, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if j.in == &q.waiting {
			q.move(j, &q.retries)
			q.dispatch()
		}
	})
}

// expire drops a job whose deadline has come. One that is being delivered is dropped when
// that has ended, unless it succeeds.
func (q *Queue) expire(j *job) {
	q.mu.Lock()
	j.expired = true
	dropped := j.in != nil
	if dropped {
		q.move(j, nil)
	}
	q.mu.Unlock()
	if !dropped {
		return
	}
	q.logDropped(errDeadline.Error(), j.err, j.failures, nil)
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.aborted {
		q.forget(j)
	}
}
