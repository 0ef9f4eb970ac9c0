package redislimit_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/redislimit"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/freeport"
	"github.com/authent/authent/internal/testdb"
)

var epoch = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// options are those for a server. A command takes as long as its context lets it, and is
// sent once.
func options(t *testing.T, s *dbserver.Server) *redis.Options {
	t.Helper()
	o, err := redislimit.ParseURL(s.URL)
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

func newStore(t testing.TB, c redis.UniversalClient, prefix string) *redislimit.Store {
	t.Helper()
	s, err := redislimit.New(c, redislimit.Config{Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantCount fails unless the next hit is the given one, in the window of the first.
func wantCount(t *testing.T, s *redislimit.Store, key string, want int64) {
	t.Helper()
	n, ends, err := s.HitRateLimit(t.Context(), key, epoch.Add(time.Duration(want-1)*time.Second), time.Hour)
	if n != want || !ends.Equal(epoch.Add(time.Hour)) || err != nil {
		t.Fatalf("count %d until %v, %v; want %d", n, ends, err, want)
	}
}

// runCases runs the cases of every store of counters on a client.
func runCases(t *testing.T, c redis.UniversalClient) {
	t.Helper()
	var opened atomic.Int64
	authenttest.RunRateLimitStore(t, func(t testing.TB) authent.RateLimitStore {
		return newStore(t, c, strconv.FormatInt(opened.Add(1), 10)+":")
	})
}

func TestStore(t *testing.T) {
	t.Parallel()
	c := newClient(t, options(t, testdb.Redis(t)))
	t.Run("cases", func(t *testing.T) { runCases(t, c) })
}

// TestStore_Cluster runs the cases on a cluster of two, each of which has half of the keys
// and a script cache of its own.
func TestStore_Cluster(t *testing.T) {
	t.Parallel()
	var nodes []*redis.Client
	addresses, secret := []string{}, ""
	for i := range 2 {
		o := options(t, testdb.Redis(t, "--cluster-enabled", "yes", "--cluster-port", freeport.For(t)))
		addresses, secret = append(addresses, o.Addr), o.Password
		nodes = append(nodes, newClient(t, o))
		if err := nodes[i].Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", i*8192, i*8192+8191).Err(); err != nil {
			t.Fatal(err)
		}
		if err := nodes[i].Do(t.Context(), "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err(); err != nil {
			t.Fatal(err)
		}
	}
	meet(t, nodes[0], nodes[1])
	c := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: addresses, Password: secret, ContextTimeoutEnabled: true,
		ReadTimeout: time.Hour, WriteTimeout: time.Hour, DialTimeout: time.Hour,
	})
	t.Cleanup(func() { _ = c.Close() })
	t.Run("cases", func(t *testing.T) { runCases(t, c) })
	for i, node := range nodes {
		if n, err := node.DBSize(t.Context()).Result(); n == 0 || err != nil {
			t.Errorf("node %d has %d counters, %v", i, n, err)
		}
	}
}

// meet makes two nodes, which have all slots, one cluster.
func meet(t *testing.T, a, b *redis.Client) {
	t.Helper()
	host, port, _ := strings.Cut(b.Options().Addr, ":")
	bus, err := b.ConfigGet(t.Context(), "cluster-port").Result()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Do(t.Context(), "CLUSTER", "MEET", host, port, bus["cluster-port"]).Err(); err != nil {
		t.Fatal(err)
	}
	for _, node := range []*redis.Client{a, b} {
		await.True(t, "both nodes know of all slots", func() bool {
			info, err := node.ClusterInfo(t.Context()).Result()
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_ok:16384")
		})
	}
}

// sent is a hook that notes which commands a client sends.
type sent struct {
	mu    sync.Mutex
	names []string
}

func (s *sent) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *sent) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		s.mu.Lock()
		s.names = append(s.names, cmd.Name())
		s.mu.Unlock()
		return next(ctx, cmd)
	}
}

func (s *sent) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(context.Context, []redis.Cmder) error { panic("one command is no pipeline") }
}

// want fails unless these commands were sent since it was last asked.
func (s *sent) want(t *testing.T, what string, names ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.names, names) {
		t.Errorf("%s sent %q, want %q", what, s.names, names)
	}
	s.names = nil
}

// TestStore_OneRoundTrip: a hit is one command. One whose script the server does not know
// is a second one, whenever the server has lost it.
func TestStore_OneRoundTrip(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	admin := newClient(t, options(t, server))
	c := newClient(t, options(t, server))
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	hook := &sent{}
	c.AddHook(hook)
	s := newStore(t, c, "")
	wantCount(t, s, "key", 1)
	hook.want(t, "the first hit", "evalsha", "eval")
	wantCount(t, s, "key", 2)
	hook.want(t, "a hit", "evalsha")
	if err := admin.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	wantCount(t, s, "key", 3)
	hook.want(t, "a hit after SCRIPT FLUSH", "evalsha", "eval")
	if err := s.ResetRateLimit(t.Context(), "key"); err != nil {
		t.Fatal(err)
	}
	hook.want(t, "a reset", "del")
}

// TestStore_KeysVanish: each key has the prefix, and Redis forgets it a minute after its
// window, however often it was hit.
func TestStore_KeysVanish(t *testing.T) {
	t.Parallel()
	c := newClient(t, options(t, testdb.Redis(t)))
	began := serverTime(t, c)
	wantCount(t, newStore(t, c, ""), "key", 1)
	wantForgotten(t, c, "authent:key", began, serverTime(t, c), time.Hour+time.Minute)
	shop := newStore(t, c, "shop:")
	wantCount(t, shop, "key", 1)
	set := forgottenAt(t, c, "shop:key")
	moment := serverTime(t, c)
	await.True(t, "Redis's clock has gone on", func() bool { return serverTime(t, c).After(moment.Add(time.Millisecond)) })
	for i := range int64(3) {
		wantCount(t, shop, "key", i+2)
	}
	if again := forgottenAt(t, c, "shop:key"); again != set {
		t.Errorf("hits moved the end from %v to %v", set, again)
	}
	// The next window of the same key has an end of its own.
	began = serverTime(t, c)
	if _, _, err := shop.HitRateLimit(t.Context(), "key", epoch.Add(time.Hour), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	wantForgotten(t, c, "shop:key", began, serverTime(t, c), 24*time.Hour+time.Minute)
	keys, err := c.Keys(t.Context(), "*").Result()
	if slices.Sort(keys); err != nil || !slices.Equal(keys, []string{"authent:key", "shop:key"}) {
		t.Errorf("keys %q, %v", keys, err)
	}
}

func serverTime(t *testing.T, c *redis.Client) time.Time {
	t.Helper()
	now, err := c.Time(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// forgottenAt returns when Redis forgets a key, in Unix milliseconds.
func forgottenAt(t *testing.T, c *redis.Client, key string) int64 {
	t.Helper()
	at, err := c.PExpireTime(t.Context(), key).Result()
	if err != nil {
		t.Fatal(err)
	}
	return at.Milliseconds()
}

// wantForgotten fails unless Redis forgets a key that was set between two times after
// what is left to it.
func wantForgotten(t *testing.T, c *redis.Client, key string, from, to time.Time, left time.Duration) {
	t.Helper()
	if at := forgottenAt(t, c, key); at < from.Add(left).UnixMilli() || at > to.Add(left).UnixMilli()+1 {
		t.Errorf("%s is forgotten at %v, want between %v and %v", key, time.UnixMilli(at), from.Add(left), to.Add(left))
	}
}
