package redislimit_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/redislimit"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/freeport"
	"github.com/authent/authent/internal/testdb"
)

// wantUnavailable fails unless neither counts nor forgets, and neither tells the password.
func wantUnavailable(t *testing.T, ctx context.Context, s *redislimit.Store, what string) {
	t.Helper()
	n, ends, hit := s.HitRateLimit(ctx, "key", epoch, time.Hour)
	if n != 0 || !ends.IsZero() {
		t.Errorf("%s: count %d until %v", what, n, ends)
	}
	for call, err := range map[string]error{"hit": hit, "reset": s.ResetRateLimit(ctx, "key")} {
		if !errors.Is(err, authent.ErrUnavailable) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %s: %v, want ErrUnavailable", what, call, err)
		}
	}
}

func do(t *testing.T, c *redis.Client, command ...any) {
	t.Helper()
	if err := c.Do(t.Context(), command...).Err(); err != nil {
		t.Fatalf("%v: %v", command, err)
	}
}

// TestStore_Stopped: a server that has stopped does not count. One that has started again
// has lost the script and the counters, and counts anew.
func TestStore_Stopped(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	s := newStore(t, newClient(t, options(t, server)), "")
	wantCount(t, s, "key", 1)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	wantUnavailable(t, t.Context(), s, "stopped")
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCount(t, s, "key", 1)
	wantCount(t, s, "key", 2)
}

// TestStore_Frozen: a call ends with its context's deadline, however often and long the
// client would try: on a connection that is open, on a new one, and where none comes about,
// as behind a firewall that drops packets.
func TestStore_Frozen(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	o := options(t, server)
	o.MaxRetries = 100
	s, fresh := newStore(t, newClient(t, o), ""), newStore(t, newClient(t, o), "")
	dropped := *o
	dropped.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	wantCount(t, s, "key", 1)
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]*redislimit.Store{
		"an open connection": s, "a new connection": fresh, "no connection": newStore(t, newClient(t, &dropped), ""),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		wantUnavailable(t, ctx, s, what)
	}
	if err := server.Thaw(); err != nil {
		t.Fatal(err)
	}
	wantCount(t, s, "later", 1)
	wantCount(t, fresh, "later", 2)
}

// TestStore_CallerGone: whoever has gone is no outage, even where there is one.
func TestStore_CallerGone(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	s := newStore(t, newClient(t, options(t, server)), "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	_, _, hit := s.HitRateLimit(ctx, "key", epoch, time.Hour)
	for _, err := range []error{hit, s.ResetRateLimit(ctx, "key")} {
		if !errors.Is(err, context.Canceled) || errors.Is(err, authent.ErrUnavailable) {
			t.Errorf("%v, want context.Canceled", err)
		}
	}
}

// TestStore_Refused: what a server refuses is not counted.
func TestStore_Refused(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	o := options(t, server)
	admin := newClient(t, o)
	s := newStore(t, admin, "")
	wantCount(t, s, "key", 1)
	hit := func(what, says string) {
		t.Helper()
		n, _, err := s.HitRateLimit(t.Context(), "key", epoch, time.Hour)
		if n != 0 || !errors.Is(err, authent.ErrUnavailable) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: count %d, %v; want ErrUnavailable with %s", what, n, err, says)
		}
	}
	do(t, admin, "CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1")
	hit("full", "OOM")
	do(t, admin, "CONFIG", "SET", "maxmemory", "0")
	do(t, admin, "CONFIG", "SET", "min-replicas-to-write", "1")
	hit("without its replica", "NOREPLICAS")
	do(t, admin, "CONFIG", "SET", "min-replicas-to-write", "0")
	do(t, admin, "REPLICAOF", "127.0.0.1", freeport.For(t))
	hit("demoted", "READONLY")
	do(t, admin, "REPLICAOF", "NO", "ONE")
	wantCount(t, s, "key", 2)
	do(t, admin, "SET", "authent:key", "text")
	hit("a key of another kind", "WRONGTYPE")

	wrong := *o
	wrong.Password = "s3cret, and wrong"
	wantUnavailable(t, t.Context(), newStore(t, newClient(t, &wrong), ""), "a wrong password")
}

// TestStore_Failover: a replica that a Sentinel promotes goes on with the counts and the
// windows that it has got. The script it has not.
func TestStore_Failover(t *testing.T) {
	t.Parallel()
	a, b := testdb.Redis(t), testdb.Redis(t)
	adminA, adminB := newClient(t, options(t, a)), newClient(t, options(t, b))
	do(t, adminB, "REPLICAOF", "127.0.0.1", a.Port)
	await.True(t, "the replica follows", func() bool { return replication(t, adminB, "master_link_status:up") })
	sentinel, err := dbserver.Sentinel(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sentinel.Close() })
	watcher := newClient(t, options(t, sentinel))
	c := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: "main", SentinelAddrs: []string{watcher.Options().Addr}, SentinelPassword: watcher.Options().Password,
		Password: adminA.Options().Password, ContextTimeoutEnabled: true,
		MaxRetries: -1, ReadTimeout: time.Hour, WriteTimeout: time.Hour, DialTimeout: time.Hour,
	})
	t.Cleanup(func() { _ = c.Close() })
	s := newStore(t, c, "")
	wantCount(t, s, "key", 1)
	wantCount(t, s, "key", 2)
	await.True(t, "the replica has both hits", func() bool {
		n, err := adminB.HGet(t.Context(), "authent:key", "count").Int()
		return err == nil && n == 2
	})
	if got, want := forgottenAt(t, adminB, "authent:key"), forgottenAt(t, adminA, "authent:key"); got != want || got < 0 {
		t.Errorf("the replica forgets the key at %d, the primary at %d", got, want)
	}
	await.True(t, "the Sentinel makes the replica the primary", func() bool {
		// It refuses until it knows the replica, and while it is at it.
		_ = watcher.Do(t.Context(), "SENTINEL", "FAILOVER", "main").Err()
		return replication(t, adminB, "role:master")
	})
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	var count int64
	var ends time.Time
	await.True(t, "the client has found the new primary", func() bool {
		var err error
		count, ends, err = s.HitRateLimit(t.Context(), "key", epoch.Add(time.Minute), time.Hour)
		return err == nil
	})
	if count != 3 || !ends.Equal(epoch.Add(time.Hour)) {
		t.Errorf("count %d until %v after the failover, want 3 in the same window", count, ends)
	}
}

// replication reports whether a server says something of itself as primary or replica.
func replication(t *testing.T, c *redis.Client, says string) bool {
	info, err := c.Info(t.Context(), "replication").Result()
	return err == nil && strings.Contains(info, says)
}
