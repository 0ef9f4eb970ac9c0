package authenttest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/authent/authent/authent"
)

// MemoryAdapter is an authent.Adapter in memory, for unit tests. It has every
// optional column, keeps milliseconds, and is an authent.RateLimitStore, an
// authent.AuditStore, an authent.TOTPStore, an authent.AuthenticatorStore, an
// authent.SessionToucher and an authent.SessionWatcher, which runs no statements. What the contract allows it does strictly: after the first error in a
// transaction every further call in it fails, as on PostgreSQL.
//
// Make one with NewMemoryAdapter. It is safe for concurrent use. One writer
// runs at a time, so a function passed to InTx that writes through the outer
// adapter waits for itself, until its context ends.
type MemoryAdapter struct {
	store *memoryStore
	tx    *memoryTx // nil outside InTx
}

var (
	_ authent.Adapter            = (*MemoryAdapter)(nil)
	_ authent.RateLimitStore     = (*MemoryAdapter)(nil)
	_ authent.AuditStore         = (*MemoryAdapter)(nil)
	_ authent.TOTPStore          = (*MemoryAdapter)(nil)
	_ authent.AuthenticatorStore = (*MemoryAdapter)(nil)
	_ authent.SessionToucher     = (*MemoryAdapter)(nil)
	_ authent.SessionWatcher     = (*MemoryAdapter)(nil)
)

// NewMemoryAdapter returns an adapter with an empty store.
func NewMemoryAdapter() *MemoryAdapter {
	s := &memoryStore{writer: make(chan struct{}, 1), limits: map[string]memoryLimit{}}
	s.current.Store(&memoryTables{
		users:          map[string]authent.User{},
		accounts:       map[memoryAccountKey]authent.Account{},
		sessions:       map[authent.Secret]authent.Session{},
		tokens:         map[memoryTokenKey]authent.VerificationToken{},
		events:         map[string]authent.AuditEvent{},
		totps:          map[string]authent.TOTP{},
		authenticators: map[string]authent.Authenticator{},
	})
	return &MemoryAdapter{store: s}
}

// memoryStore is what a MemoryAdapter and those of its transactions share.
type memoryStore struct {
	// current is the last committed version. It never changes, so that readers
	// need no lock.
	current atomic.Pointer[memoryTables]
	// writer holds a value while somebody writes.
	writer chan struct{}

	limitsMu sync.Mutex
	limits   map[string]memoryLimit

	// watches are told of what becomes of sessions and users.
	watches memoryWatches
}

// memoryTables is one version of all rows.
type memoryTables struct {
	users          map[string]authent.User
	accounts       map[memoryAccountKey]authent.Account
	sessions       map[authent.Secret]authent.Session
	tokens         map[memoryTokenKey]authent.VerificationToken
	events         map[string]authent.AuditEvent
	totps          map[string]authent.TOTP // by user
	authenticators map[string]authent.Authenticator
}

func (t *memoryTables) clone() *memoryTables {
	return &memoryTables{
		users:          maps.Clone(t.users),
		accounts:       maps.Clone(t.accounts),
		sessions:       maps.Clone(t.sessions),
		tokens:         maps.Clone(t.tokens),
		events:         maps.Clone(t.events),
		totps:          maps.Clone(t.totps),
		authenticators: maps.Clone(t.authenticators),
	}
}

// memoryTx is an open transaction: a version that nobody else sees.
type memoryTx struct {
	tables  *memoryTables
	doomed  error // the first error
	done    bool
	changes []authent.SessionChange // to be told after the commit
}

var (
	errTxDone = errors.New("the transaction has ended")
	// errNoUser is the foreign key: a row refers to a user who is not there.
	errNoUser = fmt.Errorf("user: %w", authent.ErrNotFound)
)

// Columns implements authent.Adapter.
func (m *MemoryAdapter) Columns() authent.Columns {
	return authent.Columns{
		UserPassword: true, UserRole: true, UserDisabledAt: true, UserCreatedAt: true, UserUpdatedAt: true,
		SessionCreatedAt: true, SessionLastUsedAt: true, SessionIPAddress: true, SessionUserAgent: true,
		SessionAMR: true, SessionAAL: true, SessionAuthenticatedAt: true,
	}
}

// InTx implements authent.Adapter. It runs fn only once.
func (m *MemoryAdapter) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	if m.tx != nil {
		if _, err := m.view(ctx); err != nil {
			return err
		}
		err := fn(m)
		m.tx.doomed = cmp.Or(m.tx.doomed, err)
		return err
	}
	tx, err := m.once(ctx, fn)
	if err != nil {
		return err
	}
	m.store.watches.tell(ctx, tx.changes)
	return nil
}

// once runs fn in a transaction, which it returns if it was stored.
func (m *MemoryAdapter) once(ctx context.Context, fn func(tx authent.Adapter) error) (*memoryTx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case m.store.writer <- struct{}{}:
		defer func() { <-m.store.writer }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	tx := &memoryTx{tables: m.store.current.Load().clone()}
	// Also when fn panics: then tx is dead and never becomes current.
	defer func() { tx.done = true }()
	if err := fn(&MemoryAdapter{store: m.store, tx: tx}); err != nil {
		return nil, err
	}
	if err := cmp.Or(tx.doomed, ctx.Err()); err != nil {
		return nil, err
	}
	m.store.current.Store(tx.tables)
	return tx, nil
}

// view returns the version to read.
func (m *MemoryAdapter) view(ctx context.Context) (*memoryTables, error) {
	if m.tx == nil {
		return m.store.current.Load(), ctx.Err()
	}
	if m.tx.done {
		return nil, errTxDone
	}
	if m.tx.doomed == nil {
		m.tx.doomed = ctx.Err()
	}
	return m.tx.tables, m.tx.doomed
}

// change runs one statement, in a transaction of its own if there is none. A
// statement that fails changes nothing. What it changes is told after the commit.
func (m *MemoryAdapter) change(ctx context.Context, statement func(t *memoryTables) error, changes ...authent.SessionChange) error {
	if m.tx == nil {
		return m.InTx(ctx, func(tx authent.Adapter) error {
			return tx.(*MemoryAdapter).change(ctx, statement, changes...)
		})
	}
	t, err := m.view(ctx)
	if err != nil {
		return err
	}
	err = statement(t)
	if errors.Is(err, authent.ErrConflict) || errors.Is(err, errNoUser) {
		m.tx.doomed = err
	}
	if err == nil {
		m.tx.changes = append(m.tx.changes, changes...)
	}
	return err
}

// checkKeys calls authent.CheckKey for both halves of a key. Each half follows its
// field.
func checkKeys(field, half, other, second string) error {
	return cmp.Or(authent.CheckKey(field, half), authent.CheckKey(other, second))
}

func conflict(key string) error { return &authent.ConflictError{Key: key} }

// instant returns a time as the tables hold it.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// set writes a column, if the update has a value for it.
func set[T any](column, update *T) {
	if update != nil {
		*column = *update
	}
}

func setInstant(column, update *time.Time) {
	if update != nil {
		*column = instant(*update)
	}
}

func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return id.String(), nil
}
