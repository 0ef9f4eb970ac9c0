package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/authent/authent/authent/internal/slots"
)

const (
	// failurePause is how long nobody asks again after a failure. It spares a
	// server that is down, and it spares people who click a second time a wait of
	// ten seconds. It is shorter than it takes to read the error page.
	failurePause = 5 * time.Second
	// renewPause is the shortest time between two requests for the same document
	// that are made although it is not out of date.
	renewPause = time.Minute
	// maxWaiting is how many people wait for one request. Each costs a goroutine
	// and the buffers of a connection, all of them a few MiB.
	maxWaiting = 128
)

// lookup gets a document from a server and remembers it. However many want it, one
// request is under way and a bounded number wait for it (P42). The request
// continues if those who wait give up, and ends by itself within limit.
type lookup[T any] struct {
	// ask gets the document and how long it may be used.
	ask func(context.Context) (*T, time.Duration, error)
	now func() time.Time
	// limit bounds one call of ask.
	limit time.Duration
	// grace is how much longer a document is used while the server does not
	// answer, without anybody waiting. If zero, it is not.
	grace time.Duration

	mu      sync.Mutex
	flight  *flight[T]
	value   *T
	expires time.Time
	// failure is what went wrong last; until retry nobody asks again.
	failure error
	retry   time.Time
	// renewed is when renew asked last.
	renewed time.Time
}

// flight is a request that is under way. Its result is there when done is closed.
type flight[T any] struct {
	// asked is when it began: from then on a document grows old (RFC 9111 §4.2.3).
	asked    time.Time
	done     chan struct{}
	waiting  int
	value    *T
	lifetime time.Duration
	err      error
}

// get returns the document, and asks for it when that is needed. If too many wait, the
// error is slots.ErrBusy.
func (l *lookup[T]) get(ctx context.Context) (*T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.value != nil && now.Before(l.expires) {
		return l.value, nil
	}
	usable := l.value != nil && now.Before(l.expires.Add(l.grace))
	pausing := l.flight == nil && now.Before(l.retry)
	if pausing && !usable {
		return nil, fmt.Errorf("it was asked a moment ago: %w", l.failure)
	}
	if !pausing && l.flight == nil {
		l.start(ctx)
	}
	if usable {
		return l.value, nil
	}
	return l.wait(ctx)
}

// renew returns a newer document than old, which did not have what was looked for.
// It asks at most once in renewPause and returns old meanwhile.
func (l *lookup[T]) renew(ctx context.Context, old *T) (*T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.value != nil && l.value != old {
		return l.value, nil
	}
	if l.flight == nil {
		now := l.now()
		if now.Before(l.renewed.Add(renewPause)) {
			return old, nil
		}
		l.renewed = now
		l.start(ctx)
	}
	return l.wait(ctx)
}

// doubt makes a document that cannot be used be asked for again soon.
func (l *lookup[T]) doubt(value *T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if soon := l.now().Add(failurePause); l.value == value && soon.Before(l.expires) {
		l.expires = soon
	}
}

// start begins a request. It has the values of the first caller's ctx, but does
// not end with it.
func (l *lookup[T]) start(ctx context.Context) {
	f := &flight[T]{asked: l.now(), done: make(chan struct{}), err: errNoAnswer}
	l.flight = f
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.limit)
	go func() {
		defer l.land(f)
		defer cancel()
		// If the application's transport panics, that must not end the process
		// here, just as it would not in a handler.
		defer func() { _ = recover() }()
		f.value, f.lifetime, f.err = l.ask(ctx)
	}()
}

var errNoAnswer = errors.New("the request for it did not end")

// land stores what a request brought and tells those who wait for it.
func (l *lookup[T]) land(f *flight[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.err == nil {
		l.value, l.expires, l.retry = f.value, f.asked.Add(f.lifetime), time.Time{}
	} else {
		l.failure, l.retry = f.err, l.now().Add(failurePause)
	}
	l.flight = nil
	close(f.done)
}

// wait waits for the request that is under way, and gives up its caller's lock
// meanwhile.
func (l *lookup[T]) wait(ctx context.Context) (*T, error) {
	f := l.flight
	if f.waiting == maxWaiting {
		return nil, fmt.Errorf("%w: %d people wait for one answer", slots.ErrBusy, maxWaiting)
	}
	f.waiting++
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		f.waiting--
	}()
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
