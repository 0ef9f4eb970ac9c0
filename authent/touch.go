package authent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// SessionToucher is an Adapter that writes the last use of many sessions at once. A
// generated one is, if sessions have last_used_at. With it the engine writes these times
// after the request, many in one statement; without it, one by one within the request.
type SessionToucher interface {
	// TouchSessions sets LastUsedAt of the sessions with the tokens to at where it is
	// earlier or NULL, in one statement. Tokens that are no session's are passed over.
	// There are at most 1,000, in ascending order, so that two calls take the rows' locks
	// in the same order.
	TouchSessions(ctx context.Context, tokens []Secret, at time.Time) error
}

const (
	// touchBatch is how many sessions one statement touches.
	touchBatch = 1000
	// maxTouches is how many sessions wait to be touched. Of those beyond it nothing is
	// written until their next use.
	maxTouches = 10 * touchBatch
	// touchPause is how long a session waits to be touched, or the TouchInterval if that is
	// shorter. What waits when the process is killed is lost.
	touchPause = 5 * time.Second
)

// touches are the sessions whose last use is still to be written. While there are none,
// there is no goroutine and no timer.
type touches struct {
	write  func(ctx context.Context, tokens []Secret, at time.Time) error
	pause  time.Duration
	failed func(error)

	mu sync.Mutex
	// closed says that nothing more is to be written.
	closed  bool
	waiting map[Secret]struct{}
	latest  time.Time
	timer   *time.Timer
	// writing is full while a batch is written, so that Close can wait for it.
	writing chan struct{}
}

// newTouches returns nil if the Adapter cannot touch many sessions at once, or none is to
// be touched.
func (a *Auth) newTouches() *touches {
	toucher, ok := a.cfg.Adapter.(SessionToucher)
	interval := a.cfg.Session.TouchInterval
	if !ok || interval < 0 || !a.columns.SessionLastUsedAt {
		return nil
	}
	store := engineAdapter{a.cfg.Adapter, a.cfg.StatementTimeout, a.cfg.Logger}
	return &touches{
		write: func(ctx context.Context, tokens []Secret, at time.Time) error {
			return store.exec(ctx, func(ctx context.Context) error { return toucher.TouchSessions(ctx, tokens, at) })
		},
		pause:   min(touchPause, interval),
		writing: make(chan struct{}, 1),
		failed: func(err error) {
			if a.touchFails.over(a.now()) {
				a.cfg.Logger.Warn("authent: the last use of sessions was not written", "error", err)
			}
		},
	}
}

// add has the use of a session at a time written soon.
func (t *touches) add(token Secret, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.waiting[token]; t.closed || !ok && len(t.waiting) >= maxTouches {
		return
	}
	if t.waiting == nil {
		t.waiting = map[Secret]struct{}{}
	}
	t.waiting[token] = struct{}{}
	if at.After(t.latest) {
		t.latest = at
	}
	if t.timer == nil {
		t.timer = time.AfterFunc(t.pause, func() { t.flush(context.Background()) })
	}
}

// close writes what waits, unless ctx ends before, and takes no more.
func (t *touches) close(ctx context.Context) {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.flush(ctx)
	t.take() // nothing writes through a client that is closed
}

// flush writes what waits, unless ctx ends before. A failure is told, and made good by the
// sessions' next use.
func (t *touches) flush(ctx context.Context) {
	select {
	case t.writing <- struct{}{}:
		defer func() { <-t.writing }()
	case <-ctx.Done():
		return
	}
	tokens, at := t.take()
	for batch := range slices.Chunk(tokens, touchBatch) {
		if err := t.write(ctx, batch, at); err != nil {
			t.failed(fmt.Errorf("authent: touch sessions: %w", err))
			return
		}
	}
}

// take returns what waits, in ascending order, and empties it.
func (t *touches) take() (tokens []Secret, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	for token := range t.waiting {
		tokens = append(tokens, token)
	}
	slices.SortFunc(tokens, func(a, b Secret) int { return cmp.Compare(string(a), string(b)) })
	at = t.latest
	t.waiting, t.latest = nil, time.Time{} // a clock may have been wrong
	return tokens, at
}
