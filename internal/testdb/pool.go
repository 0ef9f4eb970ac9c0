package testdb

import (
	"database/sql"
	"slices"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/ent/migrate"
)

// Pool lends databases that have tables and no rows, and takes them back: that is
// quicker than making one for each of many tests.
type Pool struct {
	// Open opens what DB lends, until t ends. If nil, Kind.Connect does.
	Open func(t testing.TB, url string) *sql.DB

	kind Kind
	// fill makes the tables, empties are the statements that delete the rows.
	fill    func(url string) error
	empties []string
	// whole outlives all tests that borrow.
	whole testing.TB
	mu    sync.Mutex
	free  []loan
}

// loan is a database on a server. It stays open, since a new connection is more
// work for a server than most tests.
type loan struct {
	url string
	db  *sql.DB
}

// Pool makes a pool whose databases have the default graph's tables and are
// dropped when t ends.
func (k Kind) Pool(t testing.TB) *Pool {
	return &Pool{kind: k, whole: t, fill: k.fill, empties: deletes()}
}

// PoolOf makes a pool whose databases have the tables that statements create.
// They are emptied in the order of tables.
func (k Kind) PoolOf(t testing.TB, statements, tables []string) *Pool {
	if k.Dialect == dialect.MySQL {
		// People make databases this way; the server's own default may differ.
		statements = append([]string{"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"}, statements...)
	}
	var empties []string
	for _, table := range tables {
		empties = append(empties, "DELETE FROM "+k.Quote(table))
	}
	return &Pool{
		kind: k, whole: t, empties: empties,
		fill: func(url string) error { return k.run(url, statements) },
	}
}

// Quote returns a name as the dialect quotes it.
func (k Kind) Quote(name string) string {
	if k.Dialect == dialect.MySQL {
		return "`" + name + "`"
	}
	return `"` + name + `"`
}

// Script splits an SQL script into its statements. The script must have no
// semicolons in its values.
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

// URL lends a database until t ends. The test must not change its tables.
func (p *Pool) URL(t testing.TB) string {
	t.Helper()
	if p.kind.Dialect == dialect.SQLite {
		return p.filled(t)
	}
	return p.lend(t).url
}

// DB lends a database that is open already, which t must not close.
func (p *Pool) DB(t testing.TB) *sql.DB {
	t.Helper()
	if p.kind.Dialect == dialect.SQLite {
		return p.open(t, p.filled(t))
	}
	return p.lend(t).db
}

func (p *Pool) lend(t testing.TB) loan {
	t.Helper()
	l, ok := p.take()
	if !ok {
		l.url = p.filled(p.whole)
		l.db = p.open(p.whole, l.url)
	}
	t.Cleanup(func() {
		for _, statement := range p.empties {
			if _, err := l.db.Exec(statement); err != nil {
				t.Errorf("empty the database: %v", err)
				return
			}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, l)
	})
	return l
}

func (p *Pool) open(t testing.TB, url string) *sql.DB {
	t.Helper()
	if p.Open != nil {
		return p.Open(t, url)
	}
	return p.kind.Connect(t, url)
}

func (p *Pool) filled(t testing.TB) string {
	t.Helper()
	url := p.kind.URL(t)
	if err := p.fill(url); err != nil {
		t.Fatal(err)
	}
	return url
}

func (p *Pool) take() (l loan, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		l, p.free = p.free[n-1], p.free[:n-1]
		return l, true
	}
	return l, false
}

// deletes returns the statements that empty the default graph's tables, starting
// with those that refer to others.
func deletes() (all []string) {
	for _, table := range slices.Backward(migrate.Tables) {
		all = append(all, "DELETE FROM "+table.Name)
	}
	return all
}
