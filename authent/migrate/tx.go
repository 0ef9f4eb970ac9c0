package migrate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
)

// inTx runs fn in a transaction of the session's connection, or as it is.
func (s *session) inTx(ctx context.Context, begin bool, fn func() error) error {
	if !begin {
		return fn()
	}
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

// begins begin a transaction. On SQLite it is immediate and waits for others as
// for a lock. On PostgreSQL it sees what others have committed before it got a
// lock: with a snapshot from before, which default_transaction_isolation may ask
// for, it would not find their rows, and drop them with a table.
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

// isBusy reports whether another connection of SQLite writes.
func isBusy(err error) bool {
	const busy = 5 // https://www.sqlite.org/rescode.html#busy
	e, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	return ok && e.Code()&0xff == busy
}

// rollBack ends the transaction also when the context has ended. When it fails
// the connection is lost, and the transaction with it.
func (s *session) rollBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, _ = s.ExecContext(ctx, "ROLLBACK")
}

// foreignKeys runs fn while SQLite does or does not enforce foreign keys. It does
// not while tables change, since it changes one by building another in its
// place; they are checked before the transaction ends.
func (s *session) foreignKeys(ctx context.Context, enforced bool, fn func() error) error {
	if s.config.Dialect != dialect.SQLite {
		return fn()
	}
	var on bool
	if err := s.QueryRowContext(ctx, "PRAGMA foreign_keys").Scan(&on); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if on == enforced {
		return fn()
	}
	if _, err := s.ExecContext(ctx, fmt.Sprintf("PRAGMA foreign_keys = %t", enforced)); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	err := fn()
	if _, e := s.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA foreign_keys = %t", on)); e != nil {
		err = errors.Join(err, fmt.Errorf("migrate: %w", e))
	}
	return err
}

// checkForeignKeys finds rows of SQLite that refer to none.
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
		broken = append(broken, fmt.Sprintf("rows of %s refer to rows of %s that are not there", table, parent))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("migrate: check foreign keys: %w", err)
	}
	if len(broken) > 0 {
		return fmt.Errorf("migrate: %s: nothing was changed; mend the rows and apply again", strings.Join(broken, "; "))
	}
	return nil
}
