package dbserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/authent/authent/authent/database"
)

// replication holds the settings of two servers of which one replicates the
// other. With synchronous_commit=on a commit is answered once the standby has
// written it. It need not have reached the disk: these servers lose processes,
// not machines, and what a killed process has written stays in the page cache.
// The primary does not give up a standby that Hold keeps waiting.
var replication = []string{"synchronous_commit=on", "wal_level=replica", "max_wal_senders=8", "wal_keep_size=256MB",
	"wal_sender_timeout=0", "wal_receiver_timeout=0"}

// synchronous lets a server commit only what a standby has, from its first commit
// on. It is written to a file, so that Alone can take it back.
const (
	standbyName = "standby"
	synchronous = "synchronous_standby_names = '" + standbyName + "'\n"
)

// PostgresPair starts two PostgreSQL servers with the settings given: a primary and
// its synchronous standby, which can be read. Close ends each.
func PostgresPair(ctx context.Context, settings ...string) (primary, standby *Server, err error) {
	settings = append(replication, settings...)
	if primary, err = newPostgres(ctx, settings); err != nil {
		return nil, nil, err
	}
	if standby, err = newPostgres(ctx, settings); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(primary.Dir))
	}
	if err := startPair(ctx, primary, standby); err != nil {
		return nil, nil, errors.Join(err, primary.discard(), standby.discard())
	}
	return primary, standby, nil
}

func startPair(ctx context.Context, primary, standby *Server) error {
	copies, err := program("pg_basebackup", installed)
	if err != nil {
		return err
	}
	if err := primary.initPostgres(ctx); err != nil {
		return err
	}
	if err := errors.Join(primary.configure(synchronous), primary.start(ctx)); err != nil {
		return err
	}
	err = run(ctx, standby.account, standby.Dir, copies, "-d", primary.URL, "-D", standby.data(),
		"--wal-method=stream", "--checkpoint=fast", "--no-sync")
	if err != nil {
		return err
	}
	return standby.Follow(ctx, primary)
}

// discard ends a server that may never have started.
func (s *Server) discard() error {
	if s.cmd == nil || s.cmd.Process == nil {
		return os.RemoveAll(s.Dir)
	}
	return s.Close()
}

// configure replaces what ALTER SYSTEM has set in a server that is not running.
func (s *Server) configure(settings string) error {
	return s.write("postgresql.auto.conf", settings)
}

// write makes a file in the folder of the server's data, owned by the server's
// account.
func (s *Server) write(name, text string) error {
	path := filepath.Join(s.data(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil || s.account == nil {
		return err
	}
	return os.Chown(path, int(s.account.Uid), int(s.account.Gid))
}

// Follow starts a server that is not running as the standby of primary, and waits
// until primary counts on it. The server must have a copy of primary's data, or
// have been its primary before and been stopped, not killed.
func (s *Server) Follow(ctx context.Context, primary *Server) error {
	var err error
	if s.link, err = newLink(ctx, primary); err != nil {
		return err
	}
	source, err := s.link.url(primary.URL)
	if err != nil {
		return err
	}
	settings := fmt.Sprintf("primary_conninfo = '%s'\n", source) + synchronous
	if err := errors.Join(s.configure(settings), s.write("standby.signal", "")); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	return primary.Wait(ctx, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync')")
}

// Promote turns a standby into a primary, and waits until it is one. It commits
// once it has a standby itself, or after Alone.
func (s *Server) Promote(ctx context.Context) error {
	if err := s.Exec(ctx, "SELECT pg_promote(wait => false)"); err != nil {
		return err
	}
	if err := s.Wait(ctx, "SELECT NOT pg_is_in_recovery()"); err != nil {
		return err
	}
	return s.link.listener.Close()
}

// Alone lets a primary commit what no standby has, as a cluster's manager does if
// no standby is left.
func (s *Server) Alone(ctx context.Context) error {
	return s.Exec(ctx, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
}

// Hold lets nothing more from its primary reach a standby, as if the network
// stalled: whoever commits on the primary waits, and the standby has none of it
// after Promote.
func (s *Server) Hold() { s.link.held.Store(true) }

// Wait waits until a query of one boolean answers true.
func (s *Server) Wait(ctx context.Context, query string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	_, db, err := database.Open(s.URL)
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		var done bool
		if err = db.QueryRowContext(ctx, query).Scan(&done); err == nil && done {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("dbserver: not yet true: %s", strings.TrimSpace(query)), err, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
