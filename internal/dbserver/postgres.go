package dbserver

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Postgres starts a PostgreSQL server with the settings given, such as
// "fsync=on". Close ends it.
func Postgres(ctx context.Context, settings ...string) (*Server, error) {
	const installed = "/usr/lib/postgresql/*/bin"
	initdb, err := program("initdb", installed)
	if err != nil {
		return nil, err
	}
	postgres, err := program("postgres", installed)
	if err != nil {
		return nil, err
	}
	dir, account, err := folder("authent-postgres", "postgres", "nobody")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, name: postgres, stop: syscall.SIGINT, account: account}
	if err := s.initPostgres(ctx, initdb, settings); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) initPostgres(ctx context.Context, initdb string, settings []string) (err error) {
	data, secret := filepath.Join(s.Dir, "data"), filepath.Join(s.Dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o644); err != nil {
		return err
	}
	err = run(ctx, s.account, s.Dir, initdb, "-D", data, "--no-sync", "-U", "postgres", "-E", "UTF8",
		"--locale=C", "-A", "scram-sha-256", "--pwfile="+secret)
	if err != nil {
		return err
	}
	if s.Port, err = freePort(ctx); err != nil {
		return err
	}
	s.args = []string{"-D", data, "-p", strconv.Itoa(s.Port), "-k", s.Dir, "-h", "127.0.0.1"}
	base := []string{"fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=600", "shared_buffers=256MB", "wal_level=minimal", "max_wal_senders=0"}
	for _, setting := range append(base, settings...) {
		s.args = append(s.args, "-c", setting)
	}
	u := url.URL{Scheme: "postgresql", User: url.UserPassword("postgres", password), Host: "127.0.0.1:" + strconv.Itoa(s.Port), Path: "/postgres"}
	s.URL = u.String()
	s.Dev = s.URL
	return s.start(ctx)
}
