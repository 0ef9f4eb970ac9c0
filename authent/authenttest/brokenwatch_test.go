package authenttest_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// endings are the cases of methods that end or change sessions, uses those of methods that
// only use them.
var (
	endings = []string{"Watch/DeleteSession", "Watch/DeleteSessionByID", "Watch/DeleteSessions", "Watch/DeleteSessionsExcept", "Watch/DeleteUser", "Watch/UpdateUser"}
	uses    = []string{"Watch/TouchSessions", "Watch/UpdateSession"}
	commits = []string{"Watch/InTx", "Watch/Nested"}
)

func together(cases ...[]string) (all []string) {
	for _, c := range cases {
		all = append(all, c...)
	}
	return all
}

// brokenWatches break what is asked of an authent.SessionWatcher.
var brokenWatches = []broken{
	{name: "WatchSilent", wrap: retelling(func([]authent.SessionChange) []authent.SessionChange { return nil }), fails: together(endings, uses, commits, []string{"Watch/Concurrent", "Watch/Everyone"})},
	{name: "WatchWithoutUses", wrap: retelling(withoutMinor), fails: together(uses, commits)},
	{name: "WatchUsesOnly", wrap: retelling(allMinor), fails: together(endings, commits)},
	{name: "WatchAnybody", wrap: retelling(anybody), fails: together(endings, uses, commits)},
	{name: "WatchFirst", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return &watchFirst{MemoryAdapter: m} }), fails: []string{"Watch/Everyone"}},
	{name: "WatchExpired", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return &watchExpired{MemoryAdapter: m} }), fails: []string{"Watch/Others"}},
	{name: "WatchTooEarly", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return &watchTooEarly{MemoryAdapter: m} }), fails: []string{"Watch/DeleteSession"}},
	{name: "WatchBeforeCommit", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return &watchBeforeCommit{MemoryAdapter: m} }), fails: together(commits, []string{
		"Watch/NestedError", "Watch/Panic", "Watch/Rollback", "Watch/Swallowed",
	})},
	{name: "WatchNotKept", open: openWatchNotKept, fails: []string{"Watch/SoftDelete"}},
	{name: "StatementDropped", open: stating(dropped{}), fails: []string{"Watch/Statement", "Watch/StatementFails", "Watch/StatementInTx"}},
	{name: "StatementOutside", open: stating(outsideTx{}), fails: []string{"Watch/StatementRollback"}},
	{name: "StatementForgiven", open: stating(forgiven{}), fails: []string{"Watch/StatementFails"}},
	{name: "AnnounceDropped", open: func(t testing.TB) authenttest.Subject {
		return openGenerated(t, func(d dialect.Driver) dialect.Driver { return mute{d} })
	}, fails: []string{"Watch/Announce"}},
}

// retells tells something else.
type retells struct {
	*authenttest.MemoryAdapter
	retell func([]authent.SessionChange) []authent.SessionChange
}

func retelling(retell func([]authent.SessionChange) []authent.SessionChange) func(authent.Adapter) authent.Adapter {
	return inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return retells{m, retell} })
}

func (b retells) WatchSessions(w authent.SessionWatch) error {
	changed := w.Changed
	w.Changed = func(ctx context.Context, changes []authent.SessionChange) {
		if changes = b.retell(changes); len(changes) > 0 {
			changed(ctx, changes)
		}
	}
	return b.MemoryAdapter.WatchSessions(w)
}

func withoutMinor(changes []authent.SessionChange) (kept []authent.SessionChange) {
	for _, c := range changes {
		if !c.Minor {
			kept = append(kept, c)
		}
	}
	return kept
}

func allMinor(changes []authent.SessionChange) (minor []authent.SessionChange) {
	for _, c := range changes {
		c.Minor = true
		minor = append(minor, c)
	}
	return minor
}

func anybody(changes []authent.SessionChange) (any []authent.SessionChange) {
	for _, c := range changes {
		any = append(any, authent.SessionChange{Minor: c.Minor})
	}
	return any
}

// watchFirst forgets who watches later.
type watchFirst struct {
	*authenttest.MemoryAdapter
	watched atomic.Bool
}

func (b *watchFirst) WatchSessions(w authent.SessionWatch) error {
	if b.watched.Swap(true) {
		return nil
	}
	return b.MemoryAdapter.WatchSessions(w)
}

// watchExpired tells of every session when it deletes the expired ones.
type watchExpired struct {
	*authenttest.MemoryAdapter
	watch authent.SessionWatch
}

func (b *watchExpired) WatchSessions(w authent.SessionWatch) error {
	b.watch = w
	return b.MemoryAdapter.WatchSessions(w)
}

func (b *watchExpired) DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := b.MemoryAdapter.DeleteExpired(ctx, before, limit)
	if b.watch.Changed != nil {
		b.watch.Changed(ctx, []authent.SessionChange{{}})
	}
	return n, err
}

// watchTooEarly tells before it deletes.
type watchTooEarly struct {
	*authenttest.MemoryAdapter
	watch authent.SessionWatch
}

func (b *watchTooEarly) WatchSessions(w authent.SessionWatch) error {
	b.watch = w
	return b.MemoryAdapter.WatchSessions(w)
}

func (b *watchTooEarly) DeleteSession(ctx context.Context, token authent.Secret) error {
	if b.watch.Changed != nil {
		b.watch.Changed(ctx, []authent.SessionChange{{Token: token}})
	}
	return b.MemoryAdapter.DeleteSession(ctx, token)
}

// watchBeforeCommit tells within the transaction.
type watchBeforeCommit struct {
	*authenttest.MemoryAdapter
	watch authent.SessionWatch
}

func (b *watchBeforeCommit) WatchSessions(w authent.SessionWatch) error {
	b.watch = w
	return b.MemoryAdapter.WatchSessions(w)
}

func (b *watchBeforeCommit) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return b.MemoryAdapter.InTx(ctx, func(tx authent.Adapter) error {
		return fn(&watchTellsInTx{watchBeforeCommit{tx.(*authenttest.MemoryAdapter), b.watch}})
	})
}

type watchTellsInTx struct{ watchBeforeCommit }

func (b *watchTellsInTx) DeleteSession(ctx context.Context, token authent.Secret) error {
	if b.watch.Changed != nil {
		b.watch.Changed(ctx, []authent.SessionChange{{Token: token}})
	}
	return b.MemoryAdapter.DeleteSession(ctx, token)
}

// watchNotKept tells nothing of users whose rows are kept.
type watchNotKept struct {
	retells
	keeps *atomic.Bool
}

func openWatchNotKept(testing.TB) authenttest.Subject {
	keeps := &atomic.Bool{}
	a := watchNotKept{retells{authenttest.NewMemoryAdapter(), func(changes []authent.SessionChange) []authent.SessionChange {
		if keeps.Load() {
			return nil
		}
		return changes
	}}, keeps}
	return authenttest.Subject{Adapter: a, SoftDelete: func() { keeps.Store(true) }}
}

// openGenerated returns a subject of the default graph's on SQLite, whose driver is
// wrapped.
func openGenerated(t testing.TB, wrap func(dialect.Driver) dialect.Driver) authenttest.Subject {
	db := testdb.SQLite.Open(t)
	client := ent.NewClient(ent.Driver(wrap(entsql.OpenDB(dialect.SQLite, db))))
	return authenttest.Subject{Adapter: ent.NewAuthAdapter(client), DB: db, Dialect: "sqlite"}
}

// TestGenerated runs the cases that need statements.
func TestGenerated(t *testing.T) {
	authenttest.Run(t, func(t testing.TB) authenttest.Subject {
		return openGenerated(t, func(d dialect.Driver) dialect.Driver { return d })
	})
}

// A fault does something else with a statement that tells others than to run it.
type fault interface {
	exec(tx *faultyTx, run func() error, query string, args any) error
}

func stating(f fault) func(t testing.TB) authenttest.Subject {
	return func(t testing.TB) authenttest.Subject {
		return openGenerated(t, func(d dialect.Driver) dialect.Driver { return faulty{d, f} })
	}
}

// mute announces nothing outside a transaction.
type mute struct{ dialect.Driver }

func (m mute) Exec(ctx context.Context, query string, args, v any) error {
	if strings.Contains(query, "authenttest_") {
		return nil
	}
	return m.Driver.Exec(ctx, query, args, v)
}

type faulty struct {
	dialect.Driver
	fault fault
}

func (d faulty) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := d.Driver.Tx(ctx)
	if err != nil {
		return nil, err
	}
	return &faultyTx{Tx: tx, driver: d.Driver, fault: d.fault}, nil
}

type faultyTx struct {
	dialect.Tx
	driver dialect.Driver
	fault  fault
	mu     sync.Mutex
	// later are run when the transaction has ended, however it has.
	later []func()
}

func (tx *faultyTx) Exec(ctx context.Context, query string, args, v any) error {
	run := func() error { return tx.Tx.Exec(ctx, query, args, v) }
	if !strings.Contains(query, "authenttest_") {
		return run()
	}
	return tx.fault.exec(tx, run, query, args)
}

func (tx *faultyTx) Commit() error   { return tx.end(tx.Tx.Commit()) }
func (tx *faultyTx) Rollback() error { return tx.end(tx.Tx.Rollback()) }

func (tx *faultyTx) end(err error) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	for _, f := range tx.later {
		f()
	}
	tx.later = nil
	return err
}

// dropped runs no statement.
type dropped struct{}

func (dropped) exec(*faultyTx, func() error, string, any) error { return nil }

// forgiven passes over errors.
type forgiven struct{}

func (forgiven) exec(_ *faultyTx, run func() error, _ string, _ any) error {
	_ = run()
	return nil
}

// outsideTx runs the statement whatever becomes of the change.
type outsideTx struct{}

func (outsideTx) exec(tx *faultyTx, run func() error, query string, args any) error {
	if strings.Contains(query, "authenttest_missing") {
		return run()
	}
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.later = append(tx.later, func() { _ = tx.driver.Exec(context.Background(), query, args, nil) })
	return nil
}
