package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// nodeProgram is one of those in node/rows.mjs.
type nodeProgram struct {
	name, title string
	// ddl makes its tables, by a file in internal/layout/testdata. If "", the program
	// itself does, or runs on ours.
	ddl string
	// fill are statements that fill its tables; filling says what stands in the braces.
	fill []string
	// stored says that it looks up what authent stores of a token.
	stored bool
}

// Its tables have the columns that the program writes itself.
var nodePrograms = []nodeProgram{
	{name: "pg", title: "pg for Node.js, prepared by hand", stored: true},
	{name: "drizzle", title: "@auth/drizzle-adapter", ddl: "drizzle.postgres.sql", fill: []string{
		`INSERT INTO "user" (id, name, email, "emailVerified", image, password, role, "createdAt", "updatedAt") SELECT {user}, {name}, {email}, {now}, {image}, {hash}, 'user', {now}, {now} FROM {users}`,
		`INSERT INTO session ("sessionToken", "userId", expires) SELECT {token}, {owner}, {expires} FROM {sessions}`,
	}},
	{name: "prisma", title: "@auth/prisma-adapter", ddl: "prisma.postgres.sql", fill: []string{
		`INSERT INTO users (id, name, email, email_verified, image, password, role, created_at, updated_at) SELECT {user}, {name}, {email}, {now}, {image}, {hash}, 'user', {now}, {now} FROM {users}`,
		`INSERT INTO sessions (id, session_token, user_id, expires) SELECT {session}, {token}, {owner}, {expires} FROM {sessions}`,
	}},
	{name: "better-auth", title: "better-auth, getSession", fill: []string{
		`INSERT INTO "user" (id, name, email, "emailVerified", image, "createdAt", "updatedAt") SELECT {user}, {name}, {email}, true, {image}, {now}, {now} FROM {users}`,
		`INSERT INTO session (id, "expiresAt", token, "createdAt", "updatedAt", "ipAddress", "userAgent", "userId") SELECT {session}, {expires}, {token}, {now}, {now}, {address}, {agent}, {owner} FROM {sessions}`,
	}},
}

// filling returns what the braces of a statement stand for.
func (w *world) filling() *strings.Replacer {
	f := filler{w.dialect}
	quoted := func(s string) string { return "'" + s + "'" }
	return strings.NewReplacer("{user}", f.user("n"), "{session}", f.session("n"), "{token}", f.token("n"), "{owner}", f.owner("n"), "{email}", f.email("n"),
		"{now}", f.at(w.began), "{expires}", f.at(w.began.Add(lifetime)), "{users}", f.series(0, (w.sessions+1)/2), "{sessions}", f.series(0, w.sessions),
		"{name}", quoted(userName), "{image}", quoted(userImage), "{hash}", quoted(userHash), "{address}", quoted(address), "{agent}", quoted(userAgent))
}

// script is rows.mjs with what it imports, as make bench leaves it.
const script = "bench/node/node_modules/.bench/rows.mjs"

// makes starts the program on tables of its own, filled as ours are.
func (p nodeProgram) makes(ctx context.Context, w *world) (*row, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, missing{p.title, "Node.js is not installed"}
	}
	file := filepath.Join(root(), script)
	if _, err := os.Stat(file); err != nil {
		return nil, missing{p.title, "its packages are not installed: make bench does that"}
	}
	url := w.url
	if p.fill != nil {
		if url, err = w.create(ctx); err != nil {
			return nil, err
		}
		if err := p.fills(ctx, w, node, file, url); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	n, err := startNode(node, file, p.name, url, w)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return &row{title: p.title, versions: n.versions, close: n.close, runs: func(keys []key, workers int) (sample, error) {
		q := nodeRound{Workers: workers}
		for _, k := range keys {
			token := k.token
			if p.stored {
				token = k.stored
			}
			q.Tokens, q.Users = append(q.Tokens, token), append(q.Users, k.user)
		}
		return n.round(q)
	}}, nil
}

// fills makes the program's tables and fills them.
func (p nodeProgram) fills(ctx context.Context, w *world, node, file, url string) error {
	if p.ddl == "" {
		cmd := exec.CommandContext(ctx, node, file, p.name, "migrate")
		cmd.Env = nodeEnv(url, w)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("make its tables: %w: %s", err, out)
		}
	} else {
		ddl, err := os.ReadFile(filepath.Join(root(), "internal/layout/testdata", p.ddl))
		if err != nil {
			return err
		}
		if err := execute(ctx, url, string(ddl)); err != nil {
			return fmt.Errorf("make its tables: %w", err)
		}
	}
	filling := w.filling()
	for _, s := range p.fill {
		if err := execute(ctx, url, filling.Replace(s)); err != nil {
			return fmt.Errorf("fill its tables: %w", err)
		}
	}
	return execute(ctx, url, "VACUUM ANALYZE")
}

func nodeEnv(url string, w *world) []string {
	return append(os.Environ(), "NODE_ENV=production", "TZ=UTC", "DATABASE_URL="+url, "QUERY="+w.numbered(look))
}

// nodeRound is what the program is asked.
type nodeRound struct {
	Workers int      `json:"workers"`
	Tokens  []string `json:"tokens"`
	Users   []string `json:"users"`
}

// node is a running program.
type node struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Reader
	faults   strings.Builder
	versions []string
}

// startNode starts it, and reads which versions it runs.
func startNode(path, file, name, url string, w *world) (*node, error) {
	n := &node{cmd: exec.Command(path, file, name)}
	n.cmd.Env, n.cmd.Stderr = nodeEnv(url, w), &n.faults
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if n.in, err = n.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	n.out = bufio.NewReader(out)
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	var hello struct{ Versions []string }
	if err := n.read(&hello); err != nil {
		return nil, errors.Join(err, n.close())
	}
	n.versions = hello.Versions
	return n, nil
}

// read reads a line of the program.
func (n *node) read(into any) error {
	line, err := n.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("it ended: %w: %s", err, n.faults.String())
	}
	if err := json.Unmarshal(line, into); err != nil {
		return fmt.Errorf("it wrote %q", line)
	}
	return nil
}

// round asks for one and reads what it measured.
func (n *node) round(q nodeRound) (s sample, err error) {
	text, err := json.Marshal(q)
	if err != nil {
		return s, err
	}
	if _, err := n.in.Write(append(text, '\n')); err != nil {
		return s, fmt.Errorf("it ended: %w: %s", err, n.faults.String())
	}
	var a struct {
		Elapsed   int64
		Latencies []int64
		Error     string
	}
	if err := n.read(&a); err != nil {
		return s, err
	}
	if a.Error != "" {
		return s, errors.New(a.Error)
	}
	s.elapsed = time.Duration(a.Elapsed)
	for _, l := range a.Latencies {
		s.latencies.add(l)
	}
	return s, nil
}

// close ends the program, which ends with its input.
func (n *node) close() error { return errors.Join(n.in.Close(), n.cmd.Wait()) }
