package migrate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
)

// inTx runs fn in a transaction of the session's connection.
func (s *session) inTx(ctx context.Context, fn func() error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		err = s.checkForeignKeys(ctx)
	}
	if err == nil {
		if _, err = s.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("migrate: commit: %w", err)
	}
	s.rollBack(ctx)
	return err
}

// inNoTx runs fn without a transaction.
func (*session) inNoTx(_ context.Context, fn func() error) error { return fn() }

// begins begin a transaction. On SQLite it is immediate, and waits for others as for a
// lock. On PostgreSQL it must see what others committed before it got a lock. With an
// older snapshot, which default_transaction_isolation may ask for, it would miss their
// rows, and drop them with a table.
var begins = map[string]string{
	dialect.SQLite:   "BEGIN IMMEDIATE",
	dialect.Postgres: "BEGIN ISOLATION LEVEL READ COMMITTED",
	dialect.MySQL:    "BEGIN",
}

func (s *session) begin(ctx context.Context) error {
	statement := begins[s.config.Dialect]
	err := s.patiently(ctx, func() error {
		_, err := s.ExecContext(ctx, statement)
		return err
	}, isBusy)
	if err != nil && !errors.Is(err, ErrLocked) {
		return fmt.Errorf("migrate: begin: %w", err)
	}
	return err
}

// isBusy reports whether another connection is writing to the SQLite database.
func isBusy(err error) bool {
	const busy = 5 // https://www.sqlite.org/rescode.html#busy
	e, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	return ok && e.Code()&0xff == busy
}

// rollBack ends the transaction even if the context has ended. If it fails, the
// connection is lost, and the transaction with it.
func (s *session) rollBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, _ = s.ExecContext(ctx, "ROLLBACK")
}

// withForeignKeys runs fn while SQLite enforces foreign keys.
func (s *session) withForeignKeys(ctx context.Context, fn func() error) error {
	return s.foreignKeys(ctx, 1, fn)
}

// withoutForeignKeys runs fn while SQLite does not enforce foreign keys. A table is
// often changed by replacing it, so they cannot hold in between. inTx checks them
// before it commits.
func (s *session) withoutForeignKeys(ctx context.Context, fn func() error) error {
	return s.foreignKeys(ctx, 0, fn)
}

// foreignKeys runs fn with SQLite's pragma foreign_keys set to 0 or 1, and then
// restores it.
func (s *session) foreignKeys(ctx context.Context, want int, fn func() error) error {
	if s.config.Dialect != dialect.SQLite {
		return fn()
	}
	var was int
	if err := s.QueryRowContext(ctx, "PRAGMA foreign_keys").Scan(&was); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if was == want {
		return fn()
	}
	if _, err := s.ExecContext(ctx, fmt.Sprintf("PRAGMA foreign_keys = %d", want)); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	err := fn()
	if _, e := s.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA foreign_keys = %d", was)); e != nil {
		err = errors.Join(err, fmt.Errorf("migrate: %w", e))
	}
	return err
}

// checkForeignKeys refuses rows of SQLite that refer to rows that do not exist.
func (s *session) checkForeignKeys(ctx context.Context) error {
	if s.config.Dialect != dialect.SQLite {
		return nil
	}
	rows, err := s.QueryContext(ctx, "SELECT DISTINCT \"table\", \"parent\" FROM pragma_foreign_key_check")
	if err != nil {
		return fmt.Errorf("migrate: check foreign keys: %w", err)
	}
	defer rows.Close()
	var broken []string
	for rows.Next() {
		var table, parent string
		if err := rows.Scan(&table, &parent); err != nil {
			return fmt.Errorf("migrate: check foreign keys: %w", err)
		}
		broken = append(broken, fmt.Sprintf("rows of %s refer to rows of %s that do not exist", table, parent))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("migrate: check foreign keys: %w", err)
	}
	if len(broken) > 0 {
		return fmt.Errorf("migrate: %s: nothing was changed; correct the rows and apply again", strings.Join(broken, "; "))
	}
	return nil
}
