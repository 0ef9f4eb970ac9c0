package dbserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/authent/authent/internal/freeport"
)

// Redis starts a Redis server with the options given, such as "--maxmemory", "1mb". It
// keeps nothing on disk: what is stopped has forgotten all. Close ends it.
func Redis(ctx context.Context, options ...string) (*Server, error) {
	redis, err := program("redis-server", "/usr/bin", "/usr/local/bin")
	if err != nil {
		return nil, err
	}
	dir, account, err := folder("authent-redis", "redis", "nobody")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, name: redis, stop: syscall.SIGTERM, account: account}
	if err := s.initRedis(ctx, options); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) initRedis(ctx context.Context, options []string) (err error) {
	if s.Port, err = freeport.Find(); err != nil {
		return err
	}
	// A server may become another one's replica (masterauth), and is not to wait for
	// more of them before it serves it.
	s.args = append([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(s.Port), "--dir", s.Dir,
		"--requirepass", password, "--masterauth", password, "--save", "", "--appendonly", "no",
		"--repl-diskless-sync-delay", "0"}, options...)
	s.URL = redisURL(s.Port)
	s.answers = s.pingRedis
	return s.start(ctx)
}

// Sentinel starts a Sentinel that watches a Redis server under the name "main". It takes
// the server for down after an hour, and so fails over when it is told to. Close ends the
// Sentinel alone.
func Sentinel(ctx context.Context, primary *Server) (*Server, error) {
	dir, account, err := folder("authent-sentinel", "redis", "nobody")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, name: primary.name, stop: syscall.SIGTERM, account: account}
	if err := s.initSentinel(ctx, primary.Port); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) initSentinel(ctx context.Context, primary int) (err error) {
	if s.Port, err = freeport.Find(); err != nil {
		return err
	}
	// A Sentinel keeps what it finds out in its configuration.
	config := filepath.Join(s.Dir, "sentinel.conf")
	text := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %s\nrequirepass %q\nsentinel monitor main 127.0.0.1 %d 1\nsentinel auth-pass main %q\nsentinel down-after-milliseconds main 3600000\n",
		s.Port, s.Dir, password, primary, password)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	if s.account != nil {
		if err := os.Chown(config, int(s.account.Uid), int(s.account.Gid)); err != nil {
			return err
		}
	}
	s.args = []string{config, "--sentinel"}
	s.URL = redisURL(s.Port)
	s.answers = s.pingRedis
	return s.start(ctx)
}

// redisURL is that of a server on a port.
func redisURL(port int) string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("", password), Host: "127.0.0.1:" + strconv.Itoa(port), Path: "/0"}
	return u.String()
}

// pingRedis asks the server for a sign of life, in the form that people type, so that
// what starts servers links no client.
func (s *Server) pingRedis(ctx context.Context) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(s.Port))
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := fmt.Fprintf(conn, "AUTH %s\r\nPING\r\n", password); err != nil {
		return err
	}
	const want = "+OK\r\n+PONG\r\n"
	answer := make([]byte, len(want))
	n, err := io.ReadFull(conn, answer)
	if string(answer) != want {
		return fmt.Errorf("it answers %q: %v", answer[:n], err)
	}
	return nil
}
