package postgres

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// grace is how long a call may go on after its context has ended, so that the
// server can be told and answer.
const grace = time.Second

// closing is how long what is sent without a context may take: to forget a
// statement, to roll back.
const closing = 10 * time.Second

// dialer dials for one connection: first its socket, then, when a call's context
// ends, another one to ask the server to cancel. A server that is frozen hears
// neither, and the driver would wait for both for ever.
type dialer struct {
	mu   sync.Mutex
	main net.Conn
	// over is whether nobody waits for the connection any more.
	over bool
	// connected is whether main is in use: what is dialled then, asks to cancel.
	connected atomic.Bool
	// until is the deadline of main, zero without one. Both change together.
	until time.Time
	// hears is whether main can be hushed, and hushed whether it is.
	hears  bool
	hushed atomic.Bool
}

// DialContext implements pq.DialerContext.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.connected.Load() {
		return d.dialCancel(ctx, network, address)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if d.hears {
		conn = hearing{conn, d}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.main = conn
	if d.over {
		_ = conn.Close()
	}
	return conn, nil
}

// dialCancel leaves the server the grace to cancel and to answer.
func (d *dialer) dialCancel(ctx context.Context, network, address string) (net.Conn, error) {
	d.abandon()
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return brief{conn}, conn.SetDeadline(time.Now().Add(grace))
}

// hearing is a connection on which nothing is sent once it is hushed.
type hearing struct {
	net.Conn
	dialer *dialer
}

// Write implements net.Conn.
func (h hearing) Write(b []byte) (int, error) {
	if h.dialer.hushed.Load() {
		return len(b), nil
	}
	return h.Conn.Write(b)
}

// brief is a connection whose deadline stays.
type brief struct{ net.Conn }

// SetDeadline implements net.Conn.
func (brief) SetDeadline(time.Time) error { return nil }

// Dial implements pq.Dialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout implements pq.Dialer.
func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// hangUp ends an attempt to connect that nobody waits for any more.
func (d *dialer) hangUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	if d.main != nil {
		_ = d.main.Close()
	}
}

// abandon gives the running call a short time to come back.
func (d *dialer) abandon() { d.limit(grace) }

// watch abandons the running call when its context ends. The caller must call stop when
// the call has come back; the context then has no effect.
func (d *dialer) watch(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	dismiss := context.AfterFunc(ctx, func() {
		defer close(done)
		d.abandon()
	})
	return func() {
		if !dismiss() {
			<-done
		}
	}
}

// limit sets a time after which what is sent or awaited fails.
func (d *dialer) limit(most time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Now().Add(most)
	_ = d.main.SetDeadline(d.until)
}

// unlimit removes the limit for the next call.
func (d *dialer) unlimit() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.until.IsZero() {
		d.until = time.Time{}
		_ = d.main.SetDeadline(d.until)
	}
}

// expired reports whether the last call may have failed because of its limit. With TLS
// the connection can then no longer be used, and the driver does not notice.
func (d *dialer) expired() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.until.IsZero() && time.Now().After(d.until)
}
