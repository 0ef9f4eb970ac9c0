package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/testdb"
)

// The package must not import the engine.
var _ authent.Broadcaster = (*postgres.Broadcaster)(nil)

func newBroadcaster(t *testing.T, rawURL string) *postgres.Broadcaster {
	t.Helper()
	b, err := postgres.NewBroadcaster(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// ear listens until it is told to stop.
type ear struct {
	mu       sync.Mutex
	messages []string
	stop     context.CancelFunc
	// ended gets what Listen returns.
	ended chan error
}

// listen returns once messages are heard, and stops with t.
func listen(t *testing.T, b *postgres.Broadcaster) *ear {
	t.Helper()
	e := startListening(t, b)
	await.True(t, "the listener hears", func() bool {
		if err := b.Publish(t.Context(), "are you there?"); err != nil {
			t.Error(err)
		}
		return len(e.heard()) > 0
	})
	if err := b.Publish(t.Context(), "begin"); err != nil {
		t.Error(err)
	}
	e.await(t, "begin")
	e.mu.Lock()
	defer e.mu.Unlock()
	e.messages = nil
	return e
}

func startListening(t *testing.T, b *postgres.Broadcaster) *ear {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	e := &ear{stop: stop, ended: make(chan error, 1)}
	go func() {
		e.ended <- b.Listen(ctx, func(message string) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.messages = append(e.messages, message)
		})
	}()
	t.Cleanup(stop)
	return e
}

func (e *ear) heard() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.messages)
}

func (e *ear) await(t *testing.T, message string) {
	t.Helper()
	await.True(t, "it hears "+message, func() bool { return slices.Contains(e.heard(), message) })
}

// end returns what Listen returns, however long that takes.
func (e *ear) end(t *testing.T) error {
	t.Helper()
	await.True(t, "Listen returns", func() bool { return len(e.ended) > 0 })
	return <-e.ended
}

// TestBroadcaster_Transactions: what is told in a transaction is heard once it is committed,
// in the order of the commits, and never if it is not.
func TestBroadcaster_Transactions(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "postgres").URL(t)
	b := newBroadcaster(t, base)
	db := open(t, base)
	e := listen(t, b)
	tell := func(message string) func(commit bool) {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), b.Statement(), message); err != nil {
			t.Fatal(err)
		}
		return func(commit bool) {
			end := tx.Rollback
			if commit {
				end = tx.Commit
			}
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	}
	first, second, never := tell("begun first"), tell("begun second"), tell("rolled back")
	never(false)
	if err := b.Publish(t.Context(), "meanwhile"); err != nil {
		t.Error(err)
	}
	e.await(t, "meanwhile")
	second(true)
	first(true)
	e.await(t, "begun first")
	if got := e.heard(); !slices.Equal(got, []string{"meanwhile", "begun second", "begun first"}) {
		t.Errorf("heard %q", got)
	}
}

// TestBroadcaster_Order: those of one process arrive in their order, at all who listen, and
// those of another database do not.
func TestBroadcaster_Order(t *testing.T) {
	t.Parallel()
	kind := testdb.Server(t, "postgres")
	base := kind.URL(t)
	a, b, other := newBroadcaster(t, base), newBroadcaster(t, base), newBroadcaster(t, kind.URL(t))
	ears := []*ear{listen(t, a), listen(t, b)}
	var want []string
	for i := range 100 {
		want = append(want, strings.Repeat("x", 60)+strconv.Itoa(i))
		if err := errors.Join(other.Publish(t.Context(), "of another database"), a.Publish(t.Context(), want[i])); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range ears {
		e.await(t, want[99])
		// The second listener's own greetings may have come to the first.
		got := slices.DeleteFunc(e.heard(), func(m string) bool { return m == "are you there?" || m == "begin" })
		if !slices.Equal(got, want) {
			t.Errorf("heard %q", got)
		}
	}
}

// listeners are the server processes that listen in the database of a URL.
const listeners = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN authent'`

// TestBroadcaster_Lost: Listen returns when its connection is lost, since messages may be,
// and may be called again.
func TestBroadcaster_Lost(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "postgres").URL(t)
	through, gate := testdb.Server(t, "postgres").Gate(t, base)
	for name, breaks := range map[string]func(){
		"its process is ended": func() {
			run(t, open(t, base), `SELECT pg_terminate_backend(pid) FROM (`+listeners+`) AS l`)
		},
		"the way is cut": gate.Cut,
	} {
		gate.Open()
		b := newBroadcaster(t, through)
		e := listen(t, b)
		breaks()
		err := e.end(t)
		if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "postgres: listen: the connection was lost") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
		gate.Open()
		listen(t, b)
	}
}

// TestBroadcaster_Frozen: Listen returns when its context ends, and connecting takes at most
// connect_timeout, even if the server is frozen, with TLS and without.
func TestBroadcaster_Frozen(t *testing.T) {
	t.Parallel()
	s := own(t)
	if _, err := s.Encrypt(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"?sslmode=disable&connect_timeout=1", "?sslmode=require&connect_timeout=1", "?connect_timeout=1"} {
		b := newBroadcaster(t, s.URL+query)
		e := listen(t, b)
		if err := s.Freeze(); err != nil {
			t.Fatal(err)
		}
		e.stop()
		if err := e.end(t); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", query, err)
		}
		connecting := startListening(t, b)
		if err := connecting.end(t); err == nil || errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: connecting: %v", query, err)
		}
		stopped := startListening(t, newBroadcaster(t, strings.Replace(s.URL+query, "timeout=1", "timeout=0", 1)))
		stopped.stop()
		if err := stopped.end(t); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: connecting: %v, want context.Canceled", query, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Publish(ctx, "x"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: publish: %v, want context.Canceled", query, err)
		}
		if err := s.Thaw(); err != nil {
			t.Fatal(err)
		}
		listen(t, b).stop()
	}
}

// TestBroadcaster_Primary: of several hosts it is the primary through which messages go,
// wherever it is.
func TestBroadcaster_Primary(t *testing.T) {
	t.Parallel()
	standby, primary := own(t, "wal_level=replica", "max_wal_senders=2"), own(t)
	demote(t, standby)
	hosts := fmt.Sprintf("127.0.0.1:1,127.0.0.1:%d,127.0.0.1:%d", standby.Port, primary.Port)
	for _, query := range []string{"", "&sslmode=disable"} {
		listen(t, newBroadcaster(t, listed(t, primary.URL, hosts, "target_session_attrs=read-write"+query))).stop()
	}
	e := startListening(t, newBroadcaster(t, standby.URL))
	if err := e.end(t); err == nil || stateOf(err) != "25006" && !strings.Contains(err.Error(), "recovery") {
		t.Errorf("a standby: %v", err)
	}
}

// TestBroadcaster_Unanswered: a server that lets us in and says nothing more is given up
// after connect_timeout.
func TestBroadcaster_Unanswered(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "postgres").URL(t)
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	go func() {
		client, err := proxy.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", "127.0.0.1:"+portOf(t, base))
		if err != nil {
			t.Error(err)
			return
		}
		defer server.Close()
		go func() { _, _ = io.Copy(client, server) }()
		buffer := make([]byte, 4096)
		for {
			n, err := client.Read(buffer)
			if err != nil {
				return
			}
			if !bytes.Contains(buffer[:n], []byte("LISTEN")) {
				_, _ = server.Write(buffer[:n])
			}
		}
	}()
	e := startListening(t, newBroadcaster(t, listed(t, base, proxy.Addr().String(), "sslmode=disable&connect_timeout=1")))
	if err := e.end(t); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v, want a time-out", err)
	}
}

// TestBroadcaster_Encrypted: the server's certificate is checked as Open checks it.
func TestBroadcaster_Encrypted(t *testing.T) {
	t.Parallel()
	s, other := own(t), own(t)
	authority, err := s.Encrypt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := other.Encrypt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	onlyTLS(t, s)
	listen(t, newBroadcaster(t, s.URL+"?sslmode=verify-full&sslrootcert="+authority))
	listen(t, newBroadcaster(t, s.URL+"?sslmode=allow"))
	e := startListening(t, newBroadcaster(t, s.URL+"?sslmode=verify-full&sslrootcert="+stranger))
	if err := e.end(t); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("another authority: %v", err)
	}
}

// TestBroadcaster_ServiceDoesNotWeakenTLS: as it does not for Open.
func TestBroadcaster_ServiceDoesNotWeakenTLS(t *testing.T) {
	base := testdb.Server(t, "postgres").URL(t)
	file := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(file, []byte("[plain]\nhost=127.0.0.1\nport="+portOf(t, base)+"\nsslmode=disable\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGSERVICEFILE", file)
	listen(t, newBroadcaster(t, listed(t, base, "", "service=plain")))
	e := startListening(t, newBroadcaster(t, listed(t, base, "", "service=plain&sslmode=require")))
	if err := e.end(t); err == nil || !strings.Contains(err.Error(), "SSL is not enabled") {
		t.Errorf("the file weakens sslmode: %v", err)
	}
}

func TestNewBroadcaster_Refuses(t *testing.T) {
	t.Parallel()
	for _, rawURL := range []string{"", "mysql://a:s3cret@b/c", "postgresql://a:s3cret@b/c?sslmod=require", "postgresql://a:s3/cret@b/c", "postgresql://a:s3cret@b/c?port=s3cret"} {
		if b, err := postgres.NewBroadcaster(rawURL); b != nil || err == nil || strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: %v", rawURL, err)
		}
	}
	b := newBroadcaster(t, "postgresql://a:s3cret@127.0.0.1:1/c")
	for call, err := range map[string]error{"publish": b.Publish(t.Context(), "x"), "listen": b.Listen(t.Context(), nil)} {
		if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.HasPrefix(err.Error(), "postgres: "+call+": ") {
			t.Errorf("%s: %v", call, err)
		}
	}
}

// TestBroadcaster_LeavesNothing: no goroutine and no connection is left of those who
// listened, whichever end of it came.
func TestBroadcaster_LeavesNothing(t *testing.T) { // beside no other test
	base := testdb.Server(t, "postgres").URL(t)
	db := open(t, base)
	run(t, db, "SELECT 1")
	before := runtime.NumGoroutine()
	b, err := postgres.NewBroadcaster(base)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		e := listen(t, b)
		if i%2 == 0 {
			run(t, db, `SELECT pg_terminate_backend(pid) FROM (`+listeners+`) AS l`)
		} else {
			e.stop()
		}
		_ = e.end(t)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	await.True(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= before })
	await.True(t, "the connections end", func() bool {
		return value(t, db, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`) == "1"
	})
}
