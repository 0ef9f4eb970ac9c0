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

// attempts is how often a transaction is run in all.
const attempts = 5

// patience bounds the retries of a transaction whose attempts each wait long for
// a lock: after it, no further attempt begins.
const patience = 10 * time.Second

// Tx is a transaction that InTx runs.
type Tx interface {
	Commit() error
	Rollback() error
}

// TxOptions are how a transaction of the driver is to be begun: nil is as the
// connection has it. MySQL's default, REPEATABLE READ, locks the gaps between
// rows, so that sign-ins at once deadlock; it is set for each transaction, since
// the application may have opened the database itself.
func TxOptions(d dialect.Driver) *sql.TxOptions {
	_, begins := d.(interface {
		BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error)
	})
	if d.Dialect() != dialect.MySQL || !begins {
		return nil
	}
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
}

// State is what an adapter bound to a transaction knows of it.
type State struct{ doomed error }

// Note remembers the first error from the database or of a nested InTx, which
// dooms the transaction, and returns err.
func (s *State) Note(err error) error {
	if s != nil && s.doomed == nil && err != nil {
		s.doomed = err
	}
	return err
}

// InTx runs begin, then fn with what it returned, and commits; after a
// serialization failure, a deadlock, a busy database or a connection that broke it
// does so again, up to 5 times in all. A commit that broke may have been stored, so
// after that it does not. An error of fn, one that doomed the transaction, and a
// panic roll back.
func InTx[T Tx](ctx context.Context, begin func(context.Context) (T, error), fn func(T, *State) error) error {
	started := time.Now()
	for n := 1; ; n++ {
		err := once(ctx, begin, fn)
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

// commitError is an error of the commit itself.
type commitError struct{ error }

// Unwrap gives the error itself.
func (e commitError) Unwrap() error { return e.error }

// again reports whether the transaction may be run again after err.
func again(err error) bool {
	if _, ok := errors.AsType[commitError](err); ok {
		return rolledBack(err)
	}
	return retryable(err)
}

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
