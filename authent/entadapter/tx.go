package entadapter

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"entgo.io/ent/dialect"
)

// attempts is how often a transaction, or a statement outside of one, is run in all.
const attempts = 5

// patience bounds the retries where each attempt waits long for a lock: no attempt
// begins after it.
const patience = 10 * time.Second

// Tx is a transaction that InTx runs.
type Tx interface {
	Commit() error
	Rollback() error
}

// TxOptions returns how to begin a transaction of the driver; nil means as the
// connection does. MySQL's default, REPEATABLE READ, locks the gaps between rows, so
// that concurrent sign-ins deadlock. It is set for each transaction because the
// application may have opened the database itself.
func TxOptions(d dialect.Driver) *sql.TxOptions {
	_, begins := d.(interface {
		BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error)
	})
	if d.Dialect() != dialect.MySQL || !begins {
		return nil
	}
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
}

// State remembers, for an adapter bound to a transaction, whether that is doomed.
type State struct{ doomed error }

// Note remembers the first error of the database or of a nested InTx, which dooms the
// transaction. It returns err.
func (s *State) Note(err error) error {
	if s != nil && s.doomed == nil && err != nil {
		s.doomed = err
	}
	return err
}

// InTx calls begin, passes its result to fn, and commits. After a serialization failure,
// a deadlock, a busy database or a broken connection it starts again, up to 5 times in
// all, but not after a commit that broke: that one may have been stored. An error of fn,
// an error that doomed the transaction and a panic roll back.
func InTx[T Tx](ctx context.Context, begin func(context.Context) (T, error), fn func(T, *State) error) error {
	return retried(ctx, again, func() error { return once(ctx, begin, fn) })
}

// retried calls f until it succeeds, up to 5 times in all, or fails in a way for which
// again is false.
func retried(ctx context.Context, again func(error) bool, f func() error) error {
	started := time.Now()
	for n := 1; ; n++ {
		err := f()
		if err == nil || n == attempts || !again(err) || ctx.Err() != nil || time.Since(started) > patience {
			return err
		}
		pause := time.Duration(rand.Int64N(int64(5*time.Millisecond) << n))
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// commitError is an error of a commit.
type commitError struct{ error }

// Unwrap returns the error of the commit.
func (e commitError) Unwrap() error { return e.error }

// again reports whether the transaction may be run again after err.
func again(err error) bool {
	if _, ok := errors.AsType[commitError](err); ok {
		return rolledBack(err)
	}
	return retryable(err)
}

// once runs the transaction one time.
func once[T Tx](ctx context.Context, begin func(context.Context) (T, error), fn func(T, *State) error) (err error) {
	tx, err := begin(ctx)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", outage(Ended(ctx, hungUp(err))))
	}
	committed := false
	defer func() {
		if !committed {
			if e := tx.Rollback(); e != nil && err != nil && !errors.Is(e, sql.ErrTxDone) {
				err = fmt.Errorf("%w (rolling back failed too: %w)", err, e)
			}
		}
	}()
	state := &State{}
	if err := fn(tx, state); err != nil {
		if state.doomed != nil && !errors.Is(err, state.doomed) {
			return fmt.Errorf("%w (%w)", err, state.doomed)
		}
		return err
	}
	if state.doomed != nil {
		return state.doomed
	}
	committed = true
	err = tx.Commit()
	if err == nil {
		// A commit that was cancelled while it waited for a synchronous standby is
		// answered with success by PostgreSQL, and may be lost all the same.
		err = ctx.Err()
	}
	if err != nil {
		return commitError{fmt.Errorf("commit: %w", outage(Ended(ctx, hungUp(err))))}
	}
	return nil
}
