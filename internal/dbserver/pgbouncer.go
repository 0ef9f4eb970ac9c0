package dbserver

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/authent/authent/internal/freeport"
)

// PgBouncer starts a connection pooler for the PostgreSQL server of rawURL, with
// the settings given, such as "pool_mode=transaction"; the others are
// PgBouncer's own defaults. Its URL names the same database through the pooler.
// Close ends the pooler alone.
func PgBouncer(ctx context.Context, rawURL string, settings ...string) (*Server, error) {
	pgbouncer, err := program("pgbouncer", "/usr/sbin", "/usr/local/sbin", "/usr/local/bin")
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("dbserver: the URL of the server before which the pooler is to stand cannot be parsed")
	}
	dir, account, err := folder("authent-pgbouncer", "postgres", "nobody")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, name: pgbouncer, stop: syscall.SIGTERM, account: account}
	if err := s.initPgBouncer(ctx, u, settings); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) initPgBouncer(ctx context.Context, u *url.URL, settings []string) (err error) {
	config, users := filepath.Join(s.Dir, "pgbouncer.ini"), filepath.Join(s.Dir, "users.txt")
	if s.Port, err = freeport.Find(); err != nil {
		return err
	}
	name := u.User.Username()
	secret, _ := u.User.Password()
	quote := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }
	lines := append([]string{
		"[databases]", fmt.Sprintf("* = host=%s port=%s", u.Hostname(), u.Port()), "[pgbouncer]",
		"listen_addr = 127.0.0.1", "listen_port = " + strconv.Itoa(s.Port), "unix_socket_dir =", "auth_file = " + users,
	}, settings...)
	for file, text := range map[string]string{users: quote(name) + " " + quote(secret), config: strings.Join(lines, "\n")} {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o644); err != nil {
			return err
		}
	}
	s.args = []string{config}
	through := *u
	through.Host = "127.0.0.1:" + strconv.Itoa(s.Port)
	s.URL = through.String()
	// Nobody needs to know here that there is a pooler.
	query := through.Query()
	query.Set("statement_cache", "off")
	through.RawQuery = query.Encode()
	s.ping = through.String()
	return s.start(ctx)
}
