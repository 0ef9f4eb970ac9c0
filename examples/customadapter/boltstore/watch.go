package boltstore

import (
	"context"
	"errors"
	"sync"

	"github.com/authent/authent/authent"
)

// watches are those who are told of changes.
type watches struct {
	mu  sync.RWMutex
	all []authent.SessionWatch
}

// WatchSessions implements authent.SessionWatcher. There are no other processes to tell,
// since the one that has the file open locks it.
func (s *Store) WatchSessions(w authent.SessionWatch) error {
	if w.Statement != "" {
		return errNoStatements
	}
	s.watches.mu.Lock()
	defer s.watches.mu.Unlock()
	s.watches.all = append(s.watches.all, w)
	return nil
}

var errNoStatements = errors.New("boltstore: bbolt runs no statements")

// Announce implements authent.SessionWatcher.
func (s *Store) Announce(context.Context, string, string) error { return errNoStatements }

// tell tells everybody, who may read meanwhile.
func (w *watches) tell(ctx context.Context, changes []authent.SessionChange) {
	if len(changes) == 0 {
		return
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, watch := range w.all {
		if watch.Changed != nil {
			watch.Changed(ctx, changes)
		}
	}
}
