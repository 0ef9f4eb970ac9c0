package postgres_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/testdb"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// keeper is a process that keeps sessions, and counts its statements.
type keeper struct {
	t          *testing.T
	auth       *authent.Auth
	client     *ent.Client
	log        *lines
	statements atomic.Int64
}

// newKeeper makes one whose clock stands, and whose broadcaster may go another way than its
// statements.
func newKeeper(t *testing.T, rawURL, broadcasterURL string) *keeper {
	t.Helper()
	now := time.Now()
	k := &keeper{t: t, log: &lines{}}
	driver := dialect.DebugWithContext(entsql.OpenDB(dialect.Postgres, open(t, rawURL)), func(context.Context, ...any) { k.statements.Add(1) })
	k.client = ent.NewClient(ent.Driver(driver))
	k.auth = authenttest.New(t, authent.Config{
		Adapter: ent.NewAuthAdapter(k.client), Logger: slog.New(slog.NewTextHandler(k.log, nil)), Now: func() time.Time { return now },
		Session: authent.SessionConfig{Cache: authent.CacheConfig{Size: 10, Broadcaster: newBroadcaster(t, broadcasterURL)}},
	})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { k.auth.RunSessionCache(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return k
}

// enter signs somebody in and returns a request of theirs.
func (k *keeper) enter() *http.Request {
	k.t.Helper()
	user, err := k.client.User.Create().SetEmail("ada@example.com").Save(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "https://example.com/auth/session", nil)
	if _, err := k.auth.SignIn(w, r, user.ID); err != nil {
		k.t.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	return r
}

// cost returns how many statements a check costs.
func (k *keeper) cost(r *http.Request) int64 {
	k.t.Helper()
	before := k.statements.Load()
	w := httptest.NewRecorder()
	k.auth.Handler().ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "ada@example.com") {
		k.t.Fatalf("GET session: %d %s", w.Code, w.Body)
	}
	return k.statements.Load() - before
}

// TestBroadcaster_Pooler: through a pooler in transaction mode nothing is heard, so that the
// cache stays off, and the log says why. One in session mode is a way like any other.
func TestBroadcaster_Pooler(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "postgres").Filled(t)
	k := newKeeper(t, base, testdb.PgBouncer(t, base).URL)
	r := k.enter()
	await.True(t, "the log says that no heartbeat comes back", func() bool {
		return strings.Contains(k.log.String(), "the session cache is off") && strings.Contains(k.log.String(), "no heartbeat came back: if the broadcaster's URL leads to a pooler")
	})
	for range 3 {
		if n := k.cost(r); n == 0 {
			t.Error("a check asks nobody, though nothing is heard")
		}
	}
	listen(t, newBroadcaster(t, testdb.PgBouncer(t, base, "pool_mode = session").URL))
}

// TestBroadcaster_KeepsUp: with a broadcaster that leads to the server itself, a check costs
// no statement.
func TestBroadcaster_KeepsUp(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "postgres").Filled(t)
	k := newKeeper(t, base, base)
	r := k.enter()
	await.True(t, "checks cost nothing", func() bool { return k.cost(r) == 0 })
}

// TestBroadcaster_AnotherDatabase: heartbeats take the way that changes take, so that a
// broadcaster which listens elsewhere hears none, and the cache stays off.
func TestBroadcaster_AnotherDatabase(t *testing.T) {
	t.Parallel()
	server := testdb.Server(t, "postgres")
	k := newKeeper(t, server.Filled(t), server.URL(t))
	r := k.enter()
	await.True(t, "the log says that no heartbeat comes back", func() bool {
		return strings.Contains(k.log.String(), "no heartbeat came back")
	})
	for range 3 {
		if n := k.cost(r); n == 0 {
			t.Error("a check asks nobody, though nothing is heard")
		}
	}
}
