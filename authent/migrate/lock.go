package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// lockName is the name of Atlas's lock, so that its command line and this package wait
// for each other.
const lockName = "atlas_migrate_execute"

// session is a connection to the database, held while a migration runs.
type session struct {
	*sql.Conn
	*Migrator
	driver atlas.Driver
	// ended says why replaying files must stop; nil if it must not.
	ended func() error
	// follows is the live schema as this run's statements change it; nil if nobody asks
	// for their risks.
	follows *model
}

// hold takes a connection.
func (m *Migrator) hold(ctx context.Context) (*session, error) {
	conn, err := m.config.DB.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: connect: %w", err)
	}
	driver, err := m.open(conn)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("migrate: connect: %w", err), conn.Close())
	}
	return &session{Conn: conn, Migrator: m, driver: driver}, nil
}

// open returns Atlas's driver for the dialect.
func (m *Migrator) open(db schema.ExecQuerier) (atlas.Driver, error) {
	switch m.config.Dialect {
	case dialect.Postgres:
		return postgres.Open(db)
	case dialect.MySQL:
		return mysql.Open(db)
	default:
		return sqlite.Open(db)
	}
}

// locked runs fn on a connection while nobody else migrates the database. On SQLite,
// each file's immediate transaction keeps others out instead.
func (m *Migrator) locked(ctx context.Context, fn func(*session) error) (err error) {
	s, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.release()) }()
	if m.config.Dialect == dialect.SQLite {
		return fn(s)
	}
	if err := s.checkSession(ctx); err != nil {
		return err
	}
	unlock, err := s.lock(ctx, lockName)
	if err != nil {
		return err
	}
	defer func() {
		// A lost connection holds no lock any more.
		if e := unlock(); e != nil && err == nil {
			err = fmt.Errorf("migrate: unlock: %w", e)
		}
	}()
	return fn(s)
}

// lock takes one of Atlas's locks, or waits for it. The caller must give it back even
// if its context has ended, because the connection may live on.
func (s *session) lock(ctx context.Context, name string) (unlock schema.UnlockFunc, err error) {
	err = s.patiently(ctx, func() (err error) {
		unlock, err = s.driver.Lock(context.WithoutCancel(ctx), name, 0)
		return err
	}, func(err error) bool { return errors.Is(err, schema.ErrLocked) })
	return unlock, err
}

// release gives the connection back.
func (s *session) release() error {
	if err := s.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
		return fmt.Errorf("migrate: release the connection: %w", err)
	}
	return nil
}

// patiently calls try until it succeeds, fails for another reason than a lock, or
// Config.LockTimeout has passed.
func (s *session) patiently(ctx context.Context, try func() error, isLocked func(error) bool) error {
	started, pause := time.Now(), 10*time.Millisecond
	told := started
	for {
		err := try()
		if err == nil || !isLocked(err) {
			return err
		}
		waited := time.Since(started)
		if limit := s.config.LockTimeout; limit > 0 && waited > limit {
			return fmt.Errorf("migrate: %w: waited %v for it", ErrLocked, limit)
		}
		if time.Since(told) > time.Second {
			told = time.Now()
			s.config.Log(Waiting{For: waited})
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("migrate: %w: %w", ErrLocked, ctx.Err())
		case <-time.After(pause):
		}
		pause = min(2*pause, 50*time.Millisecond)
	}
}
