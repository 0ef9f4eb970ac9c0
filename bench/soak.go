package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
)

// soaked is what became of a mixed load over a long time.
type soaked struct {
	Took    time.Duration `json:"took"`
	Workers int           `json:"workers"`
	// Checks is how many sessions were checked, Changes how often one began, ended or
	// changed, or its user did.
	Checks  int64 `json:"checks"`
	Changes int64 `json:"changes"`
	// Wrong is how many answers were wrong, and Failed how many calls failed.
	Wrong  int64 `json:"wrong"`
	Failed int64 `json:"failed"`
	// Off is how often a process's cache went off.
	Off   int64         `json:"off"`
	Gauge []soakReading `json:"gauge"`
}

// soakReading is what the process held at a time.
type soakReading struct {
	At          time.Duration `json:"at"`
	Goroutines  int           `json:"goroutines"`
	Heap        uint64        `json:"heap"`
	Connections int           `json:"connections"`
}

// soakReadings is how many there are, the last at the end.
const soakReadings = 15

// process is one process of the application: a client, an engine and a cache of its own.
type process struct {
	client  *ent.Client
	auth    *authent.Auth
	handler http.Handler
	log     *countedLog
	close   func() error
}

// soak runs two processes of an application, in this one, with caches and touches in
// batches, under a mixed load whose every answer is known.
func soak(ctx context.Context, w *world, o options, into *result) (err error) {
	var processes [2]*process
	for i := range processes {
		if processes[i], err = w.newProcess(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, processes[i].close()) }()
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	s := &soaked{Workers: connections}
	var tally soakTally
	var wg sync.WaitGroup
	began := time.Now()
	for number := range s.Workers {
		worker, err := newSoakWorker(working, processes, number, &tally)
		if err != nil {
			return err
		}
		wg.Go(func() { worker.run(working) })
	}
	for i := 0; err == nil && i < soakReadings; i++ {
		sleepUntil(ctx, began.Add(o.soak*time.Duration(i+1)/soakReadings))
		var reading soakReading
		reading, err = w.read(ctx, time.Since(began))
		s.Gauge = append(s.Gauge, reading)
	}
	stop()
	wg.Wait()
	if err != nil {
		return err
	}
	s.Took = time.Since(began)
	s.Checks, s.Changes, s.Wrong, s.Failed = tally.checks.Load(), tally.changes.Load(), tally.wrong.Load(), tally.failed.Load()
	for _, n := range processes {
		s.Off += n.log.off.Load()
	}
	into.Soak = s
	return tally.err()
}

func sleepUntil(ctx context.Context, at time.Time) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Until(at)):
	}
}

// newProcess starts one. Sessions roll on and are touched much more often than usual.
func (w *world) newProcess(ctx context.Context) (_ *process, err error) {
	_, db, err := database.Open(w.url)
	if err != nil {
		return nil, err
	}
	limit(db)
	cast, err := postgres.NewBroadcaster(w.url)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	n := &process{client: w.client(db), log: &countedLog{}}
	n.auth, err = authent.New(authent.Config{
		URL: "http://localhost:3000", Secrets: []string{strings.Repeat("secret of bench ", 3)},
		Adapter: ent.NewAuthAdapter(n.client), Providers: []authent.Provider{provider.Password()},
		Session: authent.SessionConfig{
			MaxAge: 10 * time.Minute, UpdateAge: time.Minute, TouchInterval: 10 * time.Second,
			Cache: authent.CacheConfig{Size: 1 << 14, Broadcaster: cast},
		},
		Logger: slog.New(slog.NewTextHandler(n.log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return nil, errors.Join(err, cast.Close(), db.Close())
	}
	n.handler = n.auth.LoadSession(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if s := authent.SessionFrom(r.Context()); s != nil {
			rw.(*visit).user = s.User.ID + " " + s.User.Role
		}
	}))
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { n.auth.RunSessionCache(ctx) })
	running.Go(func() { n.auth.RunCleanup(ctx, time.Minute) })
	n.close = func() error {
		stop()
		running.Wait()
		return errors.Join(n.auth.Close(context.Background()), cast.Close(), db.Close())
	}
	return n, nil
}

// countedLog counts the lines that say that a cache went off, and what else there is.
type countedLog struct{ off, others atomic.Int64 }

// Write implements io.Writer.
func (l *countedLog) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "session cache is off") {
		l.off.Add(1)
	} else {
		l.others.Add(1)
	}
	return len(line), nil
}

var _ io.Writer = (*countedLog)(nil)

// read returns what this process holds, once the collector has been through.
func (w *world) read(ctx context.Context, at time.Duration) (r soakReading, err error) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r = soakReading{At: at.Round(time.Second), Goroutines: runtime.NumGoroutine(), Heap: m.HeapAlloc}
	err = w.db.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").Scan(&r.Connections)
	return r, err
}

// soakTally counts what the workers see.
type soakTally struct {
	checks, changes, wrong, failed atomic.Int64

	mu    sync.Mutex
	first []error
}

// is counts a wrong answer, or a call that failed, and keeps the first ones.
func (t *soakTally) is(counter *atomic.Int64, err error) {
	counter.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.first) < 5 {
		t.first = append(t.first, err)
	}
}

func (t *soakTally) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.first) == 0 {
		return nil
	}
	return fmt.Errorf("%d wrong answers, %d failures, such as: %w", t.wrong.Load(), t.failed.Load(), errors.Join(t.first...))
}

// signIn signs a user in, and returns the token.
func (n *process) signIn(ctx context.Context, user string) (string, error) {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://localhost:3000/", nil)
	rw := httptest.NewRecorder()
	if _, err := n.auth.SignIn(rw, r, user); err != nil {
		return "", err
	}
	for _, c := range rw.Result().Cookies() {
		if c.Name == "authjs.session-token" {
			return c.Value, nil
		}
	}
	return "", errors.New("signing in set no cookie")
}

// signOut signs out the browser that has the token.
func (n *process) signOut(ctx context.Context, token string) error {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://localhost:3000/", nil)
	r.Header.Set("Cookie", "authjs.session-token="+token)
	return n.auth.SignOut(httptest.NewRecorder(), r)
}
