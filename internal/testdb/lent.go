package testdb

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database"
)

// lent are the databases of this process that tests borrow, one after the other.
var lent struct {
	mu    sync.Mutex
	free  map[string][]loan // by the name of the kind
	drops []func() error
}

// Main runs the tests of a package whose tests borrow databases with Lent, and
// drops these databases. It returns the process's exit code.
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

// Lent lends a database that has the default graph's tables and no rows, until t
// ends. The test must not change the tables. Making a database takes much longer
// than emptying it. Main drops it.
func (k Kind) Lent(t testing.TB) string {
	t.Helper()
	if k.Dialect == dialect.SQLite {
		return k.Filled(t)
	}
	l, err := k.borrow()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, statement := range deletes() {
			if _, err := l.db.Exec(statement); err != nil {
				t.Errorf("empty the database: %v", err)
				return
			}
		}
		lent.mu.Lock()
		defer lent.mu.Unlock()
		lent.free[k.Name] = append(lent.free[k.Name], l)
	})
	return l.url
}

func (k Kind) borrow() (l loan, err error) {
	lent.mu.Lock()
	defer lent.mu.Unlock()
	if free := lent.free[k.Name]; len(free) > 0 {
		lent.free[k.Name] = free[:len(free)-1]
		return free[len(free)-1], nil
	}
	if lent.free == nil {
		lent.free = map[string][]loan{}
	}
	var drop func() error
	if l.url, drop, err = k.create(); err != nil {
		return l, err
	}
	lent.drops = append(lent.drops, drop)
	if err := k.fill(l.url); err != nil {
		return l, err
	}
	_, l.db, err = database.Open(l.url)
	return l, err
}
