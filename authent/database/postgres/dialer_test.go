package postgres

import (
	"context"
	"net"
	"runtime"
	"testing"
	"time"
)

// slow is a connection whose deadline takes its time to be set.
type slow struct {
	net.Conn
	// meanwhile is done before. If nil, nothing is.
	meanwhile func()
	deadline  time.Time
}

// SetDeadline implements net.Conn.
func (s *slow) SetDeadline(at time.Time) error {
	if s.meanwhile != nil && !at.IsZero() {
		s.meanwhile()
	}
	s.deadline = at
	return nil
}

// TestLimitsAtOnce: a deadline that is lifted while it is set is lifted afterwards.
func TestLimitsAtOnce(t *testing.T) {
	t.Parallel()
	conn, lifted := &slow{}, make(chan struct{})
	d := &dialer{main: conn}
	conn.meanwhile = func() {
		go func() { defer close(lifted); d.unlimit() }()
		for range 10_000 { // it has its chance to go first
			select {
			case <-lifted:
				return
			default:
				runtime.Gosched()
			}
		}
	}
	d.limit(closing)
	if <-lifted; !conn.deadline.IsZero() {
		t.Error("a deadline stays that nobody lifts any more")
	}
}

// TestWatchedContextIsAwaited: what the end of a context does is done when nobody
// looks at it any more.
func TestWatchedContextIsAwaited(t *testing.T) {
	t.Parallel()
	for range 200 {
		conn := &slow{}
		d := &dialer{main: conn}
		ctx, cancel := context.WithCancel(t.Context())
		stop := d.watch(ctx)
		cancel()
		if stop(); conn.deadline.IsZero() {
			t.Fatal("the deadline is yet to come")
		}
		d.unlimit()
		if stop := d.watch(t.Context()); !conn.deadline.IsZero() {
			t.Fatal("a context that goes on set a deadline")
		} else {
			stop()
		}
	}
}
