package entadapter

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent"
)

// maxGathered is of how many changes of one transaction each is told. Of more all sessions
// are.
const maxGathered = 100

// watchedTx gathers what a transaction changes, to be told at its commit. A nil one is that
// of what runs in none.
type watchedTx struct {
	mu      sync.Mutex
	changes []authent.SessionChange
	// running is how many mutations have begun and not ended.
	running int
}

// txOf returns what gathers the changes of the transaction that d is, nil if it is none.
func (ws *Watches) txOf(graph Graph, d dialect.Driver) *watchedTx {
	if !graph.IsTx(d) {
		return nil
	}
	tx := &watchedTx{}
	if found, there := ws.txs.LoadOrStore(d, tx); there {
		return found.(*watchedTx)
	}
	committed := func(ctx context.Context, err error) {
		ws.txs.Delete(d)
		changes := tx.take()
		ws.changed(ctx, changes)
		ws.again(changes, err)
	}
	graph.AtEnd(d, committed, func() { ws.txs.Delete(d) })
	return tx
}

// begin must be called before a mutation runs, end with what it changed afterwards.
func (t *watchedTx) begin() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running++
}

func (t *watchedTx) end(changes []authent.SessionChange) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	for _, c := range changes {
		if !slices.Contains(t.changes, c) {
			t.changes = append(t.changes, c)
		}
	}
	if len(t.changes) > maxGathered {
		t.changes = everything
	}
}

// take returns what was changed: anything if a mutation still runs, as when a hook within it
// commits.
func (t *watchedTx) take() []authent.SessionChange {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running > 0 {
		return everything
	}
	return t.changes
}

// late is after how long it is told again what may be stored later than its call returned. A
// server that did not learn that nobody waits any more may first wait for a lock, for 50 s
// where MySQL has its default.
var late = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute}

// again tells changes again, later, if err leaves open whether and when they are stored.
func (ws *Watches) again(changes []authent.SessionChange, err error) {
	if len(changes) == 0 || !isOpen(err) {
		return
	}
	for _, pause := range late {
		time.AfterFunc(pause, func() { ws.changed(context.Background(), changes) })
	}
}

// isOpen reports whether the server may act on a statement after err was returned for it.
func isOpen(err error) bool {
	return err != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(outage(hungUp(err)), authent.ErrUnavailable))
}
