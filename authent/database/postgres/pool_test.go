package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// kept returns how many statements the session of a pool's connection holds, after a
// query that would be kept.
func kept(t *testing.T, db *sql.DB) string {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var n string
	tx, err := conn.BeginTx(t.Context(), nil) // a pooler keeps it on one session
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), "SELECT $1::text", "a"); err != nil {
		t.Fatal(err)
	}
	if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_prepared_statements").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// told runs f and returns what was logged.
func told(t *testing.T, f func()) string {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	f()
	return log.String()
}

// TestP40_StatementsAreKeptOnProof alone: by a direct connection, and where the
// URL insists. That there is a pooler is told once, however many connections find
// it at the same moment.
func TestP40_StatementsAreKeptOnProof(t *testing.T) {
	direct := testdb.Server(t, "postgres").URL(t)
	transaction := testdb.PgBouncer(t, direct).URL
	session := testdb.PgBouncer(t, direct, "pool_mode = session").URL
	// A pooler that takes the proof and drops it, or whatever comes.
	ignoring := testdb.PgBouncer(t, direct, "ignore_startup_parameters = authent.connection").URL
	for _, tc := range []struct {
		name, url, kept string
		lines           int
	}{
		{"direct", direct, "1", 0},
		{"direct, off", direct + "?statement_cache=off", "0", 0},
		{"direct, pgbouncer", direct + "?pgbouncer=true", "0", 0},
		{"direct, no pgbouncer", direct + "?pgbouncer=false", "1", 0},
		{"transaction mode", transaction, "0", 1},
		{"transaction mode, known", transaction + "?pgbouncer=true", "0", 0},
		{"transaction mode, off", transaction + "?statement_cache=off", "0", 0},
		{"transaction mode, binary_parameters=no", transaction + "?binary_parameters=no", "0", 1},
		{"the proof is ignored", ignoring, "0", 1},
		{"session mode", session, "0", 1},
		{"session mode, on", session + "?statement_cache=on", "1", 0},
	} {
		db := open(t, tc.url)
		log := told(t, func() {
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if err := db.PingContext(t.Context()); err != nil {
						t.Errorf("%s: %v", tc.name, err)
					}
				})
			}
			all.Wait()
			if n := kept(t, db); n != tc.kept {
				t.Errorf("%s: %s statements are kept, want %s", tc.name, n, tc.kept)
			}
		})
		if strings.Count(log, "\n") != tc.lines || strings.Contains(log, "s3cret") {
			t.Errorf("%s: want %d lines, told\n%s", tc.name, tc.lines, log)
		}
	}
}

// TestP40_FailuresProveNothing: a server that is down or refuses is no pooler, and
// the error stays what it is.
func TestP40_FailuresProveNothing(t *testing.T) {
	direct := testdb.Server(t, "postgres").URL(t)
	gate := newGate(t, direct)
	db := open(t, gate.url(t, direct))
	log := told(t, func() {
		gate.leadTo("127.0.0.1:1")
		if err := db.PingContext(t.Context()); err == nil {
			t.Error("a server that is down answered")
		}
		gate.leadTo(gate.first)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.PingContext(ctx); err != context.Canceled {
			t.Errorf("a cancelled context: %v", err)
		}
		if n := kept(t, db); n != "1" {
			t.Errorf("%s statements are kept, want 1", n)
		}
	})
	if log != "" {
		t.Errorf("told %s", log)
	}
	for code, change := range map[string]func(*url.URL, url.Values){
		"28P01": func(u *url.URL, _ url.Values) { u.User = url.UserPassword("postgres", "wrong") },
		"3D000": func(u *url.URL, _ url.Values) { u.Path = "/nowhere" },
		"42704": func(_ *url.URL, q url.Values) { q.Set("options", "-c no_such_setting=1") },
		"22023": func(_ *url.URL, q url.Values) { q.Set("work_mem", "much") },
	} {
		log := told(t, func() {
			if err := open(t, with(t, direct, change)).PingContext(t.Context()); codeOf(err) != code {
				t.Errorf("%v, want %s", err, code)
			}
		})
		if log != "" {
			t.Errorf("%s: told %s", code, log)
		}
	}
}

// gate is an address that leads to another one.
type gate struct {
	listener net.Listener
	mu       sync.Mutex
	to       string
	// first is where it led at first.
	first string
	open  []net.Conn
}

func newGate(t *testing.T, rawURL string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l, to: u.Host, first: u.Host}
	go g.serve()
	t.Cleanup(func() { _ = l.Close(); g.cut() })
	return g
}

// url returns rawURL through the gate.
func (g *gate) url(t *testing.T, rawURL string) string {
	return with(t, rawURL, func(u *url.URL, _ url.Values) { u.Host = g.listener.Addr().String() })
}

func (g *gate) leadTo(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.to = address
}

// cut ends all connections.
func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.open {
		_ = c.Close()
	}
	g.open = nil
}

func (g *gate) serve() {
	for {
		in, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.mu.Lock()
		out, err := net.Dial("tcp", g.to)
		if err != nil {
			_ = in.Close()
			g.mu.Unlock()
			continue
		}
		g.open = append(g.open, in, out)
		g.mu.Unlock()
		pipe := func(to, from net.Conn) {
			_, _ = io.Copy(to, from)
			_, _ = to.Close(), from.Close()
		}
		go pipe(in, out)
		go pipe(out, in)
	}
}

// TestP40_APoolerComes behind the address of a server: from the first connection
// that finds it on nothing is kept, also not by connections from before.
func TestP40_APoolerComes(t *testing.T) {
	direct := testdb.Server(t, "postgres").URL(t)
	pooler := testdb.PgBouncer(t, direct)
	gate := newGate(t, direct)
	db := open(t, gate.url(t, direct))
	db.SetMaxIdleConns(4)
	if n := kept(t, db); n != "1" {
		t.Fatalf("%s statements are kept, want 1", n)
	}
	old := value(t, db, "SELECT pg_backend_pid()")
	gate.leadTo("127.0.0.1:" + strconv.Itoa(pooler.Port))
	log := told(t, func() {
		first, err := db.Conn(t.Context()) // the one from before
		if err != nil {
			t.Fatal(err)
		}
		second, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = first.Close(), second.Close()
	})
	if strings.Count(log, "\n") != 1 {
		t.Errorf("told %q", log)
	}
	for range 4 { // among them whatever the pool has
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var pid string
		if err := conn.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil || pid == old {
			t.Errorf("a connection from before is still used: %v", err)
		}
		if n := kept(t, db); n != "0" {
			t.Errorf("%s statements are kept", n)
		}
	}
}

// TestP40_ForeignStatements: where the server holds statements by the names of
// ours, what is asked is what runs, and from then on nothing is kept.
func TestP40_ForeignStatements(t *testing.T) {
	db := open(t, testdb.Server(t, "postgres").URL(t))
	db.SetMaxOpenConns(1)
	for n := range 9 {
		run(t, db, fmt.Sprintf(`PREPARE "%d" AS SELECT 'foreign', $1::text, $2::text`, n))
	}
	log := told(t, func() {
		if got := value(t, db, "SELECT $1::text", "mine"); got != "mine" {
			t.Errorf("another statement ran: %s", got)
		}
	})
	if n := kept(t, db); n != "0" || strings.Count(log, "\n") != 1 {
		t.Errorf("%s statements are kept; told %q", n, log)
	}
}

// TestP40_ForeignStatementsInTransactions: the transaction fails; the next works.
func TestP40_ForeignStatementsInTransactions(t *testing.T) {
	db := open(t, testdb.Server(t, "postgres").URL(t))
	db.SetMaxOpenConns(1)
	inTx := func() (got string, err error) {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			return "", err
		}
		defer func() { _ = tx.Rollback() }()
		if err := tx.QueryRowContext(t.Context(), "SELECT $1::text", "mine").Scan(&got); err != nil {
			return "", err
		}
		return got, tx.Commit()
	}
	// The statement was prepared here, and somebody else's stands there now.
	if got, err := inTx(); got != "mine" || err != nil {
		t.Fatal(got, err)
	}
	run(t, db, `DEALLOCATE ALL`)
	run(t, db, `PREPARE "1" AS SELECT 'foreign', $1::text, $2::text`)
	if got, err := inTx(); codeOf(err) != "08P01" {
		t.Errorf("the first: %q, %v", got, err)
	}
	if got, err := inTx(); got != "mine" || err != nil {
		t.Errorf("the next: %q, %v", got, err)
	}
}
