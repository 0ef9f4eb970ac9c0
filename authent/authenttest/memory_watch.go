package authenttest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/authent/authent/authent"
)

// memoryWatches are those who are told of changes.
type memoryWatches struct {
	mu  sync.Mutex
	all []authent.SessionWatch
}

var errNoStatements = errors.New("authenttest: a MemoryAdapter runs no statements: use a Broadcaster whose Statement is empty")

// WatchSessions implements authent.SessionWatcher.
func (m *MemoryAdapter) WatchSessions(w authent.SessionWatch) error {
	if w.Statement != "" {
		return errNoStatements
	}
	m.store.watches.mu.Lock()
	defer m.store.watches.mu.Unlock()
	m.store.watches.all = append(m.store.watches.all, w)
	return nil
}

// Announce implements authent.SessionWatcher.
func (m *MemoryAdapter) Announce(context.Context, string, string) error { return errNoStatements }

// tell tells everybody, without the lock, since they may read.
func (w *memoryWatches) tell(ctx context.Context, changes []authent.SessionChange) {
	if len(changes) == 0 {
		return
	}
	w.mu.Lock()
	all := slices.Clone(w.all)
	w.mu.Unlock()
	for _, watch := range all {
		if watch.Changed != nil {
			watch.Changed(ctx, changes)
		}
	}
}
