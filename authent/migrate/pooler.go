package migrate

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect"
)

// aside is how long to wait for a second connection to compare sessions with, and for
// each comparison.
const aside = 5 * time.Second

// comparisons is how many comparisons there are. A pooler that picks a session at
// random passes each of them with a chance of one in the number of its sessions.
const comparisons = 12

// checkSession refuses a database behind a pooler that gives each transaction any free
// session. A lock belongs to a session: there it would keep nobody out, and be left
// behind.
func (s *session) checkSession(ctx context.Context) error {
	if s.config.Dialect != dialect.Postgres {
		return nil
	}
	// Databases of authent/database know whether there is a pooler at all.
	d, known := s.config.DB.Driver().(interface {
		Direct(context.Context) (bool, error)
	})
	if known {
		direct, err := d.Direct(ctx)
		if err != nil {
			return fmt.Errorf("migrate: connect: %w", err)
		}
		if direct {
			return nil
		}
	}
	shared, err := s.isShared(ctx)
	if errors.Is(err, errAlone) && ctx.Err() == nil {
		shared, err = known, nil
	}
	if err == nil && shared {
		err = fmt.Errorf("migrate: %w: nothing was changed; migrate with the URL of the server itself", ErrPooled)
	}
	return err
}

// errAlone is returned if there was no second connection to compare with.
var errAlone = errors.New("migrate: no second connection is available")

// isShared reports whether a pooler gives this connection's session to others while the
// connection is open. It marks the session. Then it looks for the mark on another
// connection, which gets the session that was freed last, and on this one while the
// other is busy. If sessions take turns, this connection may meet its own again, but
// not also after one more turn, so the other connection first takes none, one or two.
func (s *session) isShared(ctx context.Context) (bool, error) {
	if s.config.DB.Stats().MaxOpenConnections == 1 {
		return false, errAlone
	}
	waiting, cancel := context.WithTimeout(ctx, aside)
	defer cancel()
	other, err := s.config.DB.Conn(waiting)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errAlone, err)
	}
	defer func() { _ = other.Close() }()
	for n := range comparisons {
		shared, err := s.meets(ctx, other, n%3)
		if state, _, _ := codes(err); slices.Contains([]string{"26000", "42P05", "08P01"}, state) {
			return true, nil // the driver's own statements were lost
		}
		if err != nil {
			return false, fmt.Errorf("%w: %w", errAlone, err)
		}
		if shared {
			return true, nil
		}
	}
	return false, nil
}

// meets looks for the mark of this session once, after the other connection has taken
// that many turns.
func (s *session) meets(ctx context.Context, other *sql.Conn, turns int) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, aside)
	defer cancel()
	mark := rand.Text()
	if _, err := s.ExecContext(ctx, "SELECT set_config('authent.session', '"+mark+"', false)"); err != nil {
		return false, err
	}
	for range turns {
		if _, err := other.ExecContext(ctx, "SELECT 1"); err != nil {
			return false, err
		}
	}
	tx, err := other.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()
	const find = "SELECT coalesce(current_setting('authent.session', true), '')"
	var there, here string
	if err := tx.QueryRowContext(ctx, find).Scan(&there); err != nil || there == mark {
		return there == mark, err
	}
	if err := s.QueryRowContext(ctx, find).Scan(&here); err != nil {
		return false, err
	}
	return here != mark, nil
}

// upToDate reports whether a database that cannot be locked needs no migration either.
func (m *Migrator) upToDate(ctx context.Context) (bool, error) {
	s, err := m.hold(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = s.release() }()
	p, err := s.pending(ctx)
	return err == nil && p.baseline == nil && len(p.files) == 0, err
}
