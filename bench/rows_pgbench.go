package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// warmUps is how many operations of each of pgbench's connections do not count: it makes
// new ones for each round, whose first statements are slower.
const warmUps = 20

// pgbench is PostgreSQL's own program, with prepared statements.
func pgbench(_ context.Context, w *world) (*row, error) {
	program, err := findPgbench()
	if err != nil {
		return nil, missing{"pgbench", "it is not installed"}
	}
	version, err := exec.Command(program, "--version").Output()
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(w.url)
	if err != nil {
		return nil, errors.New("the server's URL cannot be parsed")
	}
	dir, err := os.MkdirTemp("", "authent-pgbench")
	if err != nil {
		return nil, err
	}
	script := filepath.Join(dir, "check.sql")
	if err := os.WriteFile(script, []byte(w.pgbenchScript()), 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	r := &row{title: "pgbench -M prepared", versions: []string{strings.TrimSpace(string(version))}, close: func() error { return os.RemoveAll(dir) }}
	r.runs = func(keys []key, workers int) (s sample, err error) {
		each := max(len(keys)/workers, 1)
		prefix := filepath.Join(dir, "log")
		cmd := exec.Command(program, "-n", "-M", "prepared", "-c", fmt.Sprint(workers), "-j", fmt.Sprint(min(workers, runtime.NumCPU())),
			"-t", fmt.Sprint(each+warmUps), "-f", script, "-l", "--log-prefix="+prefix,
			"-h", u.Hostname(), "-p", u.Port(), "-U", u.User.Username(), strings.TrimPrefix(u.Path, "/"))
		word, _ := u.User.Password()
		cmd.Env = append(os.Environ(), "PGPASSWORD="+word)
		if out, err := cmd.CombinedOutput(); err != nil {
			return s, fmt.Errorf("%w: %s", err, out)
		}
		return readLogs(prefix)
	}
	return r, nil
}

// findPgbench looks where Debian keeps it too.
func findPgbench() (string, error) {
	if program, err := exec.LookPath("pgbench"); err == nil {
		return program, nil
	}
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(all) == 0 {
		return "", errors.Join(err, exec.ErrNotFound)
	}
	return all[len(all)-1], nil
}

// pgbenchScript looks up a session at random. pgbench has no hash that makes the token, so
// that the server does: it takes some two microseconds.
func (w *world) pgbenchScript() string {
	return fmt.Sprintf("\\set n random(0, %d)\n", w.sessions-1) + strings.ReplaceAll(strings.Replace(look, "?", filler{w.dialect}.stored(":n"), 1), "\n", " ") + ";\n"
}

// readLogs reads what pgbench logged of each operation, and removes that.
func readLogs(prefix string) (s sample, err error) {
	files, err := filepath.Glob(prefix + ".*")
	if err != nil {
		return s, err
	}
	var first, last time.Time
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return s, err
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var client, n, took, script, seconds, micros int64
			if _, err := fmt.Sscan(lines.Text(), &client, &n, &took, &script, &seconds, &micros); err != nil {
				return s, errors.Join(fmt.Errorf("pgbench logged %q", lines.Text()), f.Close())
			}
			if n <= warmUps { // they are counted from 1
				continue
			}
			ended := time.Unix(seconds, micros*1000)
			if began := ended.Add(-time.Duration(took) * time.Microsecond); first.IsZero() || began.Before(first) {
				first = began
			}
			if ended.After(last) {
				last = ended
			}
			s.latencies.add(took * 1000)
		}
		if err := errors.Join(f.Close(), os.Remove(name)); err != nil {
			return s, err
		}
	}
	s.elapsed = last.Sub(first)
	return s, nil
}
