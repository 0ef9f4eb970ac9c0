package dbserver

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/authent/authent/internal/freeport"
)

// installed is where Debian keeps the programs of each version.
const installed = "/usr/lib/postgresql/*/bin"

// Postgres starts a PostgreSQL server with the settings given, such as
// "fsync=on". Close ends it.
func Postgres(ctx context.Context, settings ...string) (*Server, error) {
	s, err := newPostgres(ctx, settings)
	if err != nil {
		return nil, err
	}
	if err = s.initPostgres(ctx); err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.discard())
	}
	return s, nil
}

// newPostgres makes a server that has a folder and a port, but no data yet.
func newPostgres(ctx context.Context, settings []string) (*Server, error) {
	postgres, err := program("postgres", installed)
	if err != nil {
		return nil, err
	}
	port, err := freeport.Find()
	if err != nil {
		return nil, err
	}
	dir, account, err := folder("authent-postgres", "postgres", "nobody")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, Port: port, name: postgres, stop: syscall.SIGINT, account: account}
	s.args = []string{"-D", s.data(), "-p", strconv.Itoa(port), "-k", dir, "-h", "127.0.0.1"}
	base := []string{"fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=600", "shared_buffers=256MB", "wal_level=minimal", "max_wal_senders=0"}
	for _, setting := range append(base, settings...) {
		s.args = append(s.args, "-c", setting)
	}
	u := url.URL{Scheme: "postgresql", User: url.UserPassword("postgres", password), Host: "127.0.0.1:" + strconv.Itoa(port), Path: "/postgres"}
	s.URL = u.String()
	s.Dev = s.URL
	return s, nil
}

// data returns the folder of the server's tables and of its own settings.
func (s *Server) data() string { return filepath.Join(s.Dir, "data") }

// initPostgres makes an empty database cluster. Its pg_hba.conf asks everybody for
// the password, including those who replicate.
func (s *Server) initPostgres(ctx context.Context) error {
	initdb, err := program("initdb", installed)
	if err != nil {
		return err
	}
	secret := filepath.Join(s.Dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o644); err != nil {
		return err
	}
	return run(ctx, s.account, s.Dir, initdb, "-D", s.data(), "--no-sync", "-U", "postgres", "-E", "UTF8",
		"--locale=C", "-A", "scram-sha-256", "--pwfile="+secret)
}
