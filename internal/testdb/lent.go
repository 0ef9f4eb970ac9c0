package testdb

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"entgo.io/ent/dialect"
)

// lent are the databases of this process that tests borrow, one after the other.
var lent struct {
	mu    sync.Mutex
	free  map[string][]string // URLs, by the name of the kind
	drops []func() error
}

// Main runs the tests of a package whose tests borrow databases by Lent, and drops
// these. It returns the process's exit code.
func Main(m *testing.M) int {
	code := m.Run()
	var errs []error
	for _, drop := range lent.drops {
		errs = append(errs, drop())
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, "testdb:", err)
		return max(code, 1)
	}
	return code
}

// Lent lends a database that has the default graph's tables and no rows until t
// ends, which is not to change its tables. To make one takes much longer than to
// empty it. Main drops it.
func (k Kind) Lent(t testing.TB) string {
	t.Helper()
	if k.Dialect == dialect.SQLite {
		return k.Filled(t)
	}
	url, err := k.borrow()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.empty(url); err != nil {
			t.Errorf("empty the database: %v", err)
			return
		}
		lent.mu.Lock()
		defer lent.mu.Unlock()
		lent.free[k.Name] = append(lent.free[k.Name], url)
	})
	return url
}

func (k Kind) borrow() (url string, err error) {
	lent.mu.Lock()
	defer lent.mu.Unlock()
	if free := lent.free[k.Name]; len(free) > 0 {
		lent.free[k.Name] = free[:len(free)-1]
		return free[len(free)-1], nil
	}
	if lent.free == nil {
		lent.free = map[string][]string{}
	}
	url, drop, err := k.create()
	if err != nil {
		return "", err
	}
	lent.drops = append(lent.drops, drop)
	return url, k.fill(url)
}
