// Package dbserver starts throw-away PostgreSQL, MariaDB and Redis servers, and poolers
// in front of the first, on loopback: for all tests, and for those that stop, fill or
// overload a server of their own.
package dbserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/authent/authent/authent/database"
)

// ErrNotInstalled is returned by starting a server whose programs are missing.
var ErrNotInstalled = errors.New("not installed")

// password is that of every server's superuser. It has characters that a URL must
// escape, and is long enough for tests to look for it in logs.
const password = "s3cret/p@ss:word?"

// startTimeout only bounds a hang: a busy machine starts several at once.
const startTimeout = 10 * time.Minute

// Server is a running database server. Its data is in a folder of its own.
type Server struct {
	// URL names the server's administrative database, as DATABASE_URL would.
	URL string
	// Dev names an empty database, in which migrations can be replayed.
	Dev string
	// Port it listens on, on 127.0.0.1.
	Port int
	// Dir holds all its files.
	Dir string

	name string
	args []string
	// ping is the URL that is asked whether the server answers. If empty, URL.
	ping string
	// answers asks a server that is no SQL database whether it does. If nil, ping is
	// asked.
	answers func(context.Context) error
	cmd     *exec.Cmd
	ended   chan struct{}
	stop    os.Signal
	account *syscall.Credential
	// link is a standby's way to its primary.
	link *link
}

// start runs the program and waits until it answers.
func (s *Server) start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(s.name, s.args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.Dir, log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account, Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan error, 1)
	s.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		// The kernel sends Pdeathsig when the thread that started the child ends.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}(s.cmd, s.ended)
	if err := <-started; err != nil {
		return err
	}
	return s.waitReady(ctx)
}

func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	answers := s.answers
	if answers == nil {
		_, db, err := database.Open(cmp.Or(s.ping, s.URL))
		if err != nil {
			return err
		}
		defer db.Close()
		answers = db.PingContext
	}
	for {
		err := answers(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("%s ended: %s", filepath.Base(s.name), s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w: %s", filepath.Base(s.name), err, s.logTail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) logTail() string {
	text, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
	return string(text[max(0, len(text)-2000):])
}

// Stop ends the server as its administrator would, without waiting for clients.
// It thaws a frozen server first.
func (s *Server) Stop() error {
	if err := s.Thaw(); err != nil {
		return err
	}
	if err := s.cmd.Process.Signal(s.stop); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(5 * time.Minute): // hangs
		return errors.Join(fmt.Errorf("dbserver: %s did not stop: killed it: %s", filepath.Base(s.name), s.logTail()), s.Kill())
	}
}

// Start runs a stopped server again, on its port and with its data.
func (s *Server) Start(ctx context.Context) error { return s.start(ctx) }

// Close stops the server and removes its folder.
func (s *Server) Close() error {
	err := errors.Join(s.Stop(), os.RemoveAll(s.Dir))
	if s.link != nil {
		_ = s.link.listener.Close() // Promote may have
	}
	return err
}

// Exec runs statements in the server's administrative database.
func (s *Server) Exec(ctx context.Context, statements ...string) error {
	_, db, err := database.Open(s.URL)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// folder makes a server's folder and finds the account that it runs as: database
// servers refuse to run as root.
func folder(pattern string, accounts ...string) (string, *syscall.Credential, error) {
	dir, err := os.MkdirTemp("", pattern)
	if err != nil || os.Getuid() != 0 {
		return dir, nil, err
	}
	for _, name := range accounts {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return "", nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return "", nil, err
		}
		account := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return dir, account, os.Chown(dir, int(uid), int(gid))
	}
	return "", nil, fmt.Errorf("dbserver: running as root, and none of the users %s exists", strings.Join(accounts, ", "))
}

// program finds a program in PATH or in one of the folders, the last one first:
// Debian keeps a folder for each version of PostgreSQL.
func program(name string, folders ...string) (string, error) {
	for _, pattern := range folders {
		found, err := filepath.Glob(filepath.Join(pattern, name))
		if err == nil && len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, ErrNotInstalled)
	}
	return path, nil
}

// run runs one of the server's programs to its end.
func run(ctx context.Context, account *syscall.Credential, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, out)
	}
	return nil
}
