package ent_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/testdb"
)

// epoch is when the windows of these tests begin.
var epoch = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// TestHitRateLimitIsOneStatement: a hit is one statement, whatever it finds, and
// PostgreSQL finds the row by its primary key. Other databases name no key here.
func TestHitRateLimitIsOneStatement(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newCrowd(t, kind)
		for name, key := range map[string]string{"of a new key": "new", "of a key that is there": "k1"} {
			for _, now := range []time.Time{epoch, epoch.Add(time.Second), epoch.Add(time.Hour)} {
				statements := g.during(func() {
					if _, _, err := g.adapter.HitRateLimit(t.Context(), key, now, time.Minute); err != nil {
						t.Fatal(err)
					}
				})
				if len(statements) != 1 {
					t.Fatalf("a hit %s took %d statements: %v", name, len(statements), statements)
				}
				plan, whole := g.plan(t, statements[0])
				if whole || kind.Dialect == dialect.Postgres && !strings.Contains(plan, "ratelimits_pkey") {
					t.Errorf("%s\n%s", statements[0].query, plan)
				}
			}
		}
		if statements := g.during(func() { _ = g.adapter.ResetRateLimit(t.Context(), "k1") }); len(statements) != 1 {
			t.Errorf("a reset took %d statements: %v", len(statements), statements)
		}
	})
}

// TestHitRateLimitBesideOthers: hits of a few keys, from many at once and while others
// sweep, fail nobody, and all are counted.
func TestHitRateLimitBesideOthers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		adapter := newGraph(t, kind).adapter
		const people, tries, keys = 16, 20, 4
		var wg sync.WaitGroup
		for range people {
			wg.Go(func() {
				for i := range tries {
					// A window that has ended long ago, for the sweep, and one that is open.
					for _, now := range []time.Time{epoch.AddDate(-1, 0, 0), epoch} {
						if _, _, err := adapter.HitRateLimit(t.Context(), fmt.Sprintf("%d:%d", now.Year(), i%keys), now, time.Hour); err != nil {
							t.Error(err)
						}
					}
					if _, err := adapter.DeleteExpired(t.Context(), epoch, 2); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for i := range keys {
			n, _, err := adapter.HitRateLimit(t.Context(), fmt.Sprintf("2030:%d", i), epoch, time.Hour)
			if want := int64(people*tries/keys + 1); n != want || err != nil {
				t.Errorf("key %d: %d, %v, want %d", i, n, err, want)
			}
		}
	})
}

// undone sets a database up so that it undoes a hit that meets another writer.
var undone = map[string]struct{ set, waits string }{
	// A serialization failure, once the other has committed.
	"postgres": {"default_transaction_isolation=repeatable+read", "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"},
	// A lock that is waited for too long.
	"mariadb": {"innodb_lock_wait_timeout=1", ""},
}

// TestHitRateLimitRunsAgain: a hit that the database has undone is run again, and is
// counted once.
func TestHitRateLimitRunsAgain(t *testing.T) {
	for name, u := range undone {
		t.Run(name, func(t *testing.T) {
			kind := testdb.Server(t, name)
			url := kind.Filled(t)
			other := kind.Connect(t, url)
			recorded := &recorder{Driver: entsql.OpenDB(kind.Dialect, kind.Connect(t, with(url, u.set)))}
			adapter := ent.NewAuthAdapter(ent.NewClient(ent.Driver(recorded)))
			hit := func() int64 {
				n, _, err := adapter.HitRateLimit(t.Context(), "key", epoch, time.Minute)
				if err != nil {
					t.Error(err)
				}
				return n
			}
			hit()
			tx, err := other.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			if _, err := tx.ExecContext(t.Context(), "UPDATE ratelimits SET count = count + 1"); err != nil {
				t.Fatal(err)
			}
			counted := make(chan int64, 1)
			go func() { counted <- hit() }()
			await.True(t, "the hit waits, or is run again", func() bool {
				if len(counted) > 0 {
					return true // it has failed
				}
				if u.waits != "" {
					return testdb.Number(t, other, u.waits) > 0
				}
				recorded.mu.Lock()
				defer recorded.mu.Unlock()
				return len(recorded.noted) > 2
			})
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if n := <-counted; n != 3 {
				t.Errorf("the hit was number %d, want 3", n)
			}
			if n := len(recorded.noted); n < 3 {
				t.Errorf("%d statements of 2 hits: nothing was undone, so this proves nothing", n)
			}
		})
	}
}

// with adds a parameter to a URL.
func with(url, parameter string) string {
	if strings.Contains(url, "?") {
		return url + "&" + parameter
	}
	return url + "?" + parameter
}

// TestHitRateLimitRefuses: what cannot be counted exactly is refused, and a database that
// answers with no count is not taken for a first hit.
func TestHitRateLimitRefuses(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newGraph(t, kind)
		for _, key := range []string{"", strings.Repeat("k", 101), "a b", "a\x00", "\xff", "josé", "line\n"} {
			_, _, err := g.adapter.HitRateLimit(t.Context(), key, epoch, time.Minute)
			if !errors.Is(err, authent.ErrInvalid) || !errors.Is(g.adapter.ResetRateLimit(t.Context(), key), authent.ErrInvalid) {
				t.Errorf("%q: %v, want ErrInvalid", key, err)
			}
		}
		for _, window := range []time.Duration{0, -time.Minute, time.Microsecond, math.MaxInt64} {
			if _, _, err := g.adapter.HitRateLimit(t.Context(), "key", epoch, window); err == nil || !strings.Contains(err.Error(), "a rate limit's window is") {
				t.Errorf("%v: %v", window, err)
			}
		}
		err := g.adapter.InTx(t.Context(), func(tx authent.Adapter) error {
			_, _, err := tx.(authent.RateLimitStore).HitRateLimit(t.Context(), "key", epoch, time.Minute)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "outside of transactions") {
			t.Errorf("in a transaction: %v", err)
		}
		if n := testdb.Number(t, g.db, "SELECT COUNT(*) FROM ratelimits"); n != 0 {
			t.Errorf("%d counters", n)
		}
	})
}

// TestHitRateLimitWithoutCount: a trigger may keep PostgreSQL from writing the row, and
// from answering.
func TestHitRateLimitWithoutCount(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	g := newGraph(t, kind)
	testdb.Execute(t, g.db,
		"CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
		"CREATE TRIGGER nothing BEFORE INSERT ON ratelimits FOR EACH ROW EXECUTE FUNCTION nothing()")
	if n, _, err := g.adapter.HitRateLimit(t.Context(), "key", epoch, time.Minute); err == nil || n != 0 {
		t.Errorf("%d, %v, want an error", n, err)
	}
}

// TestHitRateLimitFarOff: a row may hold a count or an end that MySQL's answer has no room
// for. It is then the highest that there is room for, and nothing fails.
func TestHitRateLimitFarOff(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newGraph(t, kind)
		const most = 1<<27 - 1
		testdb.Execute(t, g.db, fmt.Sprintf("INSERT INTO ratelimits (id, count, expires) VALUES ('key', %d, '2999-01-01 00:00:00')", most-1))
		for _, beyond := range []int64{0, 1, 2} {
			n, ends, err := g.adapter.HitRateLimit(t.Context(), "key", epoch, time.Minute)
			want, least := most+beyond, epoch.AddDate(900, 0, 0)
			if kind.Dialect == dialect.MySQL {
				want, least = most, epoch.AddDate(2, 0, 0)
			}
			if err != nil || n != want || ends.Before(least) {
				t.Errorf("%d until %v, %v; want %d", n, ends, err, want)
			}
		}
		longest := (1<<36 - 1) * time.Millisecond
		n, ends, err := g.adapter.HitRateLimit(t.Context(), "long", epoch, longest)
		again, _, _ := g.adapter.HitRateLimit(t.Context(), "long", epoch.Add(longest-time.Millisecond), time.Minute)
		if err != nil || n != 1 || again != 2 || !ends.Equal(epoch.Add(longest)) {
			t.Errorf("the longest window: %d, %v, %v; then %d", n, ends, err, again)
		}
	})
}
