package redisbroadcast_test

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
	"github.com/authent/authent/authent/database/mysql"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/dbserver"
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

func (l *lines) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

// acted is a Broadcaster that notes what its process has acted upon.
type acted struct {
	authent.Broadcaster
	ear
}

func (a *acted) Listen(ctx context.Context, heard func(string)) error {
	return a.Broadcaster.Listen(ctx, func(message string) {
		heard(message)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.messages = append(a.messages, message)
	})
}

// keeper is a process that keeps sessions, and counts its statements.
type keeper struct {
	t           *testing.T
	auth        *authent.Auth
	client      *ent.Client
	broadcaster *acted
	log         *lines
	statements  atomic.Int64
}

// newKeeper makes one whose clock stands.
func newKeeper(t *testing.T, rawURL string, server *dbserver.Server) *keeper {
	t.Helper()
	now := time.Now()
	k := &keeper{t: t, log: &lines{}, broadcaster: &acted{Broadcaster: newBroadcaster(t, newClient(t, options(t, server)), "")}}
	db, err := mysql.Open(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	k.client = ent.NewClient(ent.Driver(dialect.DebugWithContext(entsql.OpenDB(dialect.MySQL, db), func(context.Context, ...any) { k.statements.Add(1) })))
	k.auth = authenttest.New(t, authent.Config{
		Adapter: ent.NewAuthAdapter(k.client), Logger: slog.New(slog.NewTextHandler(k.log, nil)), Now: func() time.Time { return now },
		Session: authent.SessionConfig{Cache: authent.CacheConfig{Size: 10, TTL: 15 * time.Minute, Broadcaster: k.broadcaster}},
	})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { k.auth.RunSessionCache(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return k
}

// enter signs somebody in and returns a request of theirs.
func (k *keeper) enter(userID string) *http.Request {
	k.t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "https://example.com/auth/session", nil)
	if _, err := k.auth.SignIn(w, r, userID); err != nil {
		k.t.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	return r
}

// check returns how many statements a check takes, and whether somebody is signed in.
func (k *keeper) check(r *http.Request) (cost int64, in bool) {
	before := k.statements.Load()
	w := httptest.NewRecorder()
	k.auth.Handler().ServeHTTP(w, r.Clone(k.t.Context()))
	return k.statements.Load() - before, strings.Contains(w.Body.String(), "ada@example.com")
}

func (k *keeper) awaitKept(r *http.Request) {
	k.t.Helper()
	await.True(k.t, "a check costs no statement", func() bool {
		cost, in := k.check(r)
		return cost == 0 && in
	})
}

// TestP03_OtherProcessHears: who signs out in one process is signed out in another that had
// kept the session. While Redis is away no cache is used.
func TestP03_OtherProcessHears(t *testing.T) {
	t.Parallel()
	base, server := testdb.Server(t, "mariadb").Filled(t), testdb.Redis(t)
	a, b := newKeeper(t, base, server), newKeeper(t, base, server)
	ada, err := a.client.User.Create().SetEmail("ada@example.com").Save(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, second := a.enter(ada.ID), a.enter(ada.ID)
	for _, k := range []*keeper{a, b} {
		k.awaitKept(first)
		k.awaitKept(second)
	}
	if err := a.auth.SignOut(httptest.NewRecorder(), first); err != nil {
		t.Fatal(err)
	}
	if err := a.broadcaster.Publish(t.Context(), "marker"); err != nil {
		t.Fatal(err)
	}
	b.broadcaster.await(t, "marker")
	if _, in := b.check(first); in {
		t.Error("who has signed out elsewhere is signed in")
	}
	if _, in := b.check(second); !in {
		t.Error("the other session has ended")
	}

	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	await.True(t, "the cache is not asked", func() bool {
		cost, _ := b.check(second)
		return cost > 0
	})
	if err := a.auth.SignOut(httptest.NewRecorder(), second); err != nil {
		t.Fatal(err)
	}
	if !a.log.has("other processes could not be told") {
		t.Error("the log does not say that others could not be told")
	}
	if _, in := b.check(second); in {
		t.Error("without Redis: who has signed out elsewhere is signed in")
	}
	await.True(t, "the log says that the cache is off", func() bool { return b.log.has("the session cache is off") })
}
