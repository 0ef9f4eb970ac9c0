package boltstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/authent/authent/authent"
)

// transaction is an open writing transaction.
type transaction struct {
	bolt   *bolt.Tx
	doomed error // the first error from the database or of a nested InTx
	done   bool
	// changes are told after the commit.
	changes []authent.SessionChange
}

var errTxDone = errors.New("the transaction has ended")

// usable returns the rows, unless the transaction has ended or is doomed.
func (t *transaction) usable(ctx context.Context) (rows, error) {
	if t.done {
		return rows{}, errTxDone
	}
	t.doomed = cmp.Or(t.doomed, ctx.Err())
	if t.doomed != nil {
		return rows{}, fmt.Errorf("the transaction has failed: %w", t.doomed)
	}
	return rows{t.bolt}, nil
}

// run runs one statement. An error dooms the transaction, except those that a
// statement returns before it has written anything.
func (t *transaction) run(ctx context.Context, statement func(r rows) error) error {
	r, err := t.usable(ctx)
	if err != nil {
		return err
	}
	if err = statement(r); err != nil && !errors.Is(err, authent.ErrNotFound) {
		t.doomed = err
	}
	return err
}

// InTx implements authent.Adapter. It never runs fn a second time: there is one
// writer, who waits for nobody.
func (s *Store) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	if s.tx == nil {
		return s.transact(ctx, func(t *transaction) error {
			return fn(&Store{db: s.db, writer: s.writer, watches: s.watches, tx: t})
		})
	}
	if _, err := s.tx.usable(ctx); err != nil {
		return fmt.Errorf("boltstore: transaction: %w", err)
	}
	err := fn(s)
	s.tx.doomed = cmp.Or(s.tx.doomed, err)
	return err
}

// transact runs fn in a transaction of its own, which is stored if nothing fails, and tells
// what it changed. Others can read it then, and write.
func (s *Store) transact(ctx context.Context, fn func(t *transaction) error) error {
	changes, err := s.commit(ctx, fn)
	s.watches.tell(ctx, changes)
	return err
}

// commit runs fn in a transaction and commits it. It returns what was changed, also if the
// commit fails, since it is unknown then what is in the file.
func (s *Store) commit(ctx context.Context, fn func(t *transaction) error) ([]authent.SessionChange, error) {
	select {
	case s.writer <- struct{}{}:
		defer func() { <-s.writer }()
	case <-ctx.Done():
		return nil, fmt.Errorf("boltstore: wait to write: %w", ctx.Err())
	}
	tx, err := s.db.Begin(true)
	if err != nil {
		return nil, fmt.Errorf("boltstore: begin: %w", err)
	}
	t := &transaction{bolt: tx}
	defer func() {
		t.done = true
		// After Commit it does nothing. It is deferred because bbolt's lock would
		// otherwise remain after a panic.
		_ = tx.Rollback()
	}()
	if err := fn(t); err != nil {
		return nil, err
	}
	if err := cmp.Or(t.doomed, ctx.Err()); err != nil {
		return nil, fmt.Errorf("boltstore: transaction: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return t.changes, fmt.Errorf("boltstore: commit: %w", err)
	}
	return t.changes, nil
}

// write runs a statement, in a transaction of its own if there is none. What it changes is
// told after the commit.
func (s *Store) write(ctx context.Context, what string, statement func(r rows) error, changes ...authent.SessionChange) error {
	run := func(t *transaction) error {
		if err := t.run(ctx, statement); err != nil {
			return fmt.Errorf("boltstore: %s: %w", what, err)
		}
		t.changes = append(t.changes, changes...)
		return nil
	}
	if s.tx != nil {
		return run(s.tx)
	}
	return s.transact(ctx, run)
}

// read runs a statement that writes nothing. Outside InTx it sees what was last
// stored and waits for nobody. In InTx the transaction itself must read, or the
// statement would not see what the transaction wrote.
func (s *Store) read(ctx context.Context, what string, statement func(r rows) error) error {
	err := ctx.Err()
	switch {
	case s.tx != nil:
		err = s.tx.run(ctx, statement)
	case err == nil:
		err = s.db.View(func(tx *bolt.Tx) error { return statement(rows{tx}) })
	}
	if err != nil {
		return fmt.Errorf("boltstore: %s: %w", what, err)
	}
	return nil
}
