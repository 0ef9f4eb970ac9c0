package testdb

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/ent/migrate"
)

// Pool lends databases that have the default graph's tables and no rows, and
// takes them back: that is quicker than to make one for each of many tests.
type Pool struct {
	kind Kind
	// whole outlives all that borrow.
	whole testing.TB
	mu    sync.Mutex
	free  []string
}

// Pool makes one, whose databases are dropped when t ends.
func (k Kind) Pool(t testing.TB) *Pool { return &Pool{kind: k, whole: t} }

// URL lends a database until t ends, which is not to change its tables.
func (p *Pool) URL(t testing.TB) string {
	t.Helper()
	if p.kind.Dialect == dialect.SQLite {
		return p.kind.Filled(t)
	}
	url, ok := p.take()
	if !ok {
		url = p.kind.Filled(p.whole)
	}
	t.Cleanup(func() {
		if err := p.kind.empty(url); err != nil {
			t.Errorf("empty the database: %v", err)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, url)
	})
	return url
}

func (p *Pool) take() (url string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		url, p.free = p.free[n-1], p.free[:n-1]
	}
	return url, url != ""
}

// empty deletes the rows of all tables, first of those that refer to others.
func (k Kind) empty(url string) error {
	var statements []string
	for _, table := range slices.Backward(migrate.Tables) {
		statements = append(statements, "DELETE FROM "+table.Name)
	}
	if err := k.run(url, statements); err != nil {
		return fmt.Errorf("testdb: %w", err)
	}
	return nil
}
