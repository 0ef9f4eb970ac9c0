package testdb

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/ent/migrate"
)

// Pool lends databases that have tables and no rows, and takes them back: that
// is quicker than to make one for each of many tests.
type Pool struct {
	kind Kind
	// fill makes the tables, empty deletes the rows.
	fill, empty func(url string) error
	// whole outlives all that borrow.
	whole testing.TB
	mu    sync.Mutex
	free  []string
}

// Pool makes one, whose databases have the default graph's tables and are
// dropped when t ends.
func (k Kind) Pool(t testing.TB) *Pool {
	return &Pool{kind: k, whole: t, fill: k.fill, empty: k.empty}
}

// PoolOf makes one, whose databases have the tables that statements create. They
// are emptied in the order of tables.
func (k Kind) PoolOf(t testing.TB, statements, tables []string) *Pool {
	if k.Dialect == dialect.MySQL {
		// As people make databases; the server's own default may be another.
		statements = append([]string{"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"}, statements...)
	}
	var deletes []string
	for _, table := range tables {
		deletes = append(deletes, "DELETE FROM "+k.Quote(table))
	}
	return &Pool{
		kind: k, whole: t,
		fill:  func(url string) error { return k.run(url, statements) },
		empty: func(url string) error { return k.run(url, deletes) },
	}
}

// Quote is a name as the dialect quotes it.
func (k Kind) Quote(name string) string {
	if k.Dialect == dialect.MySQL {
		return "`" + name + "`"
	}
	return `"` + name + `"`
}

// Script takes the statements of an SQL script apart: one without semicolons in
// its values.
func Script(script string) []string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		line, _, _ = strings.Cut(line, "--")
		b.WriteString(line + "\n")
	}
	var all []string
	for _, s := range strings.Split(b.String(), ";") {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// URL lends a database until t ends, which is not to change its tables.
func (p *Pool) URL(t testing.TB) string {
	t.Helper()
	if p.kind.Dialect == dialect.SQLite {
		return p.filled(t)
	}
	url, ok := p.take()
	if !ok {
		url = p.filled(p.whole)
	}
	t.Cleanup(func() {
		if err := p.empty(url); err != nil {
			t.Errorf("empty the database: %v", err)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, url)
	})
	return url
}

func (p *Pool) filled(t testing.TB) string {
	t.Helper()
	url := p.kind.URL(t)
	if err := p.fill(url); err != nil {
		t.Fatal(err)
	}
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
