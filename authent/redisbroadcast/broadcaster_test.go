package redisbroadcast_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/authent/authent/authent/redisbroadcast"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/freeport"
	"github.com/authent/authent/internal/testdb"
)

// options are those for a server. A command takes as long as its context lets it, and is
// sent once.
func options(t *testing.T, s *dbserver.Server) *redis.Options {
	t.Helper()
	o, err := redisbroadcast.ParseURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.MaxRetries = -1
	o.ReadTimeout, o.WriteTimeout, o.DialTimeout = time.Hour, time.Hour, time.Hour
	return o
}

func newClient(t *testing.T, o *redis.Options) *redis.Client {
	t.Helper()
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newBroadcaster(t *testing.T, c redis.UniversalClient, channel string) *redisbroadcast.Broadcaster {
	t.Helper()
	b, err := redisbroadcast.New(c, redisbroadcast.Config{Channel: channel})
	if err != nil {
		t.Fatal(err)
	}
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
func listen(t *testing.T, b *redisbroadcast.Broadcaster) *ear {
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

func startListening(t *testing.T, b *redisbroadcast.Broadcaster) *ear {
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

// wantLost fails unless Listen has returned since the connection was lost.
func (e *ear) wantLost(t *testing.T, what string) {
	t.Helper()
	err := e.end(t)
	if err == nil || errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "redisbroadcast: listen: ") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%s: %v", what, err)
	}
}

// TestBroadcaster_Order: messages arrive in their order, at all who listen on the channel.
func TestBroadcaster_Order(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	a, b := newBroadcaster(t, newClient(t, options(t, server)), "here"), newBroadcaster(t, newClient(t, options(t, server)), "here")
	other := newBroadcaster(t, newClient(t, options(t, server)), "")
	ears := []*ear{listen(t, a), listen(t, b)}
	elsewhere := listen(t, other)
	var want []string
	for i := range 100 {
		want = append(want, strconv.Itoa(i))
		if err := errors.Join(a.Publish(t.Context(), want[i]), other.Publish(t.Context(), "elsewhere "+want[i])); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range ears {
		e.await(t, "99")
		// The second listener's own greetings may have come to the first.
		got := slices.DeleteFunc(e.heard(), func(m string) bool { return m == "are you there?" || m == "begin" })
		if !slices.Equal(got, want) {
			t.Errorf("heard %q", got)
		}
	}
	elsewhere.await(t, "elsewhere 99")
	if a.Statement() != "" {
		t.Errorf("the statement %q is none of a database", a.Statement())
	}
}

// TestBroadcaster_Lost: Listen returns when its connection is lost, since messages may be,
// and the client does not connect anew behind its back. It may be called again.
func TestBroadcaster_Lost(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	admin := newClient(t, options(t, server))
	o := options(t, server)
	var dialled atomic.Int64
	o.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			dialled.Add(1)
		}
		return conn, err
	}
	b := newBroadcaster(t, newClient(t, o), "")
	for what, breaks := range map[string]func() error{
		"killed":    func() error { return admin.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err() },
		"restarted": func() error { return errors.Join(server.Stop(), server.Start(t.Context())) },
	} {
		e := listen(t, b)
		before := dialled.Load()
		if err := breaks(); err != nil {
			t.Fatal(err)
		}
		e.wantLost(t, what)
		if n := dialled.Load() - before; n != 0 {
			t.Errorf("%s: the client connected anew %d times", what, n)
		}
		if n, err := admin.PubSubNumSub(t.Context(), "authent:sessions").Result(); err != nil || n["authent:sessions"] != 0 {
			t.Errorf("%s: afterwards there are %v subscribers, %v", what, n, err)
		}
	}
	listen(t, b).stop()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	startListening(t, b).wantLost(t, "stopped")
	if err := b.Publish(t.Context(), "x"); err == nil || !strings.HasPrefix(err.Error(), "redisbroadcast: publish: ") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("stopped: publish: %v", err)
	}
}

// again is a connection on which the server's confirmation of a subscription comes twice, as
// if the client had connected anew and subscribed again.
type again struct {
	net.Conn
	rest []byte
}

func (a *again) Read(b []byte) (int, error) {
	if n := copy(b, a.rest); n > 0 {
		a.rest = a.rest[n:]
		return n, nil
	}
	n, err := a.Conn.Read(b)
	if bytes.Contains(b[:n], []byte("\r\nsubscribe\r\n")) {
		a.rest = slices.Clone(b[:n])
	}
	return n, err
}

// TestBroadcaster_Resubscribed: a subscription that is confirmed twice is another one than
// before, and what was sent meanwhile is lost.
func TestBroadcaster_Resubscribed(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	o := options(t, server)
	o.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return &again{Conn: conn}, err
	}
	e := startListening(t, newBroadcaster(t, newClient(t, o), ""))
	e.wantLost(t, "subscribed twice")
	admin := newClient(t, options(t, server))
	await.True(t, "its connection is closed", func() bool {
		n, err := admin.PubSubNumSub(t.Context(), "authent:sessions").Result()
		return err == nil && n["authent:sessions"] == 0
	})
}

// TestBroadcaster_Frozen: Listen returns when its context ends, and connecting ends in any
// case, even if the server is frozen or packets are dropped.
func TestBroadcaster_Frozen(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	b := newBroadcaster(t, newClient(t, options(t, server)), "")
	dropped := options(t, server)
	dropped.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	e := listen(t, b)
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	e.stop()
	if err := e.end(t); !errors.Is(err, context.Canceled) {
		t.Errorf("frozen: %v, want context.Canceled", err)
	}
	for what, b := range map[string]*redisbroadcast.Broadcaster{"frozen": b, "dropped": newBroadcaster(t, newClient(t, dropped), "")} {
		connecting, stopped := startListening(t, b), startListening(t, b)
		stopped.stop()
		connecting.wantLost(t, what)
		if err := stopped.end(t); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: connecting: %v, want context.Canceled", what, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := b.Publish(ctx, "x"); err == nil {
			t.Errorf("%s: published", what)
		}
	}
	if err := server.Thaw(); err != nil {
		t.Fatal(err)
	}
	listen(t, b)
}

// TestBroadcaster_Cluster: whichever node a message is sent to, all hear it.
func TestBroadcaster_Cluster(t *testing.T) {
	t.Parallel()
	o := options(t, testdb.Redis(t, "--cluster-enabled", "yes", "--cluster-port", freeport.For(t)))
	if err := newClient(t, o).Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{o.Addr}, Password: o.Password, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = c.Close() })
	b := newBroadcaster(t, c, "")
	await.True(t, "the cluster is ready", func() bool { return b.Publish(t.Context(), "x") == nil })
	listen(t, b)
}

// TestBroadcaster_LeavesNothing: no goroutine and no connection is left of those who
// listened, whichever end of it came.
func TestBroadcaster_LeavesNothing(t *testing.T) { // beside no other test
	server := testdb.Redis(t)
	admin := newClient(t, options(t, server))
	clients := func() int {
		list, err := admin.ClientList(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(list, "\n")
	}
	c := redis.NewClient(options(t, server))
	b := newBroadcaster(t, c, "")
	if err := b.Publish(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	before, connected := runtime.NumGoroutine(), clients()
	for i := range 6 {
		e := listen(t, b)
		if i%2 == 0 {
			if err := admin.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
				t.Fatal(err)
			}
		} else {
			e.stop()
		}
		_ = e.end(t)
	}
	await.True(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= before })
	await.True(t, "the connections end", func() bool { return clients() <= connected })
	_ = c.Close()
}

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	const nobody = "127.0.0.1:1"
	client := redis.NewClient(&redis.Options{Addr: nobody})
	defer client.Close()
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": nobody}, ContextTimeoutEnabled: true})
	defer ring.Close()
	for _, tt := range []struct {
		name   string
		client redis.UniversalClient
		says   string
	}{
		{"nil", nil, "redisbroadcast: no client"},
		{"a nil client", (*redis.Client)(nil), "redisbroadcast: no client"},
		{"a client", client, "redisbroadcast: the client ignores the deadlines of requests: set ContextTimeoutEnabled"},
		{"a ring", ring, "redisbroadcast: two processes may look for a channel on different servers of a ring"},
	} {
		if b, err := redisbroadcast.New(tt.client, redisbroadcast.Config{}); b != nil || err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := redisbroadcast.ParseURL("redis://:s3cret%zz@host"); err == nil || !strings.HasPrefix(err.Error(), "redisbroadcast: the URL of Redis is not understood") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("ParseURL: %v", err)
	}
}
