package redislimit_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/authent/authent/authent/redislimit"
)

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	const nobody = "127.0.0.1:1"
	client := redis.NewClient(&redis.Options{Addr: nobody})
	defer client.Close()
	sentinel := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "main", SentinelAddrs: []string{nobody}})
	defer sentinel.Close()
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{nobody}})
	defer cluster.Close()
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": nobody}})
	defer ring.Close()
	for _, tt := range []struct {
		name   string
		client redis.UniversalClient
		says   string
	}{
		{"nil", nil, "no client"},
		{"a nil client", (*redis.Client)(nil), "no client"},
		{"a nil cluster", (*redis.ClusterClient)(nil), "no client"},
		{"a nil ring", (*redis.Ring)(nil), "no client"},
		{"a client", client, "ContextTimeoutEnabled"},
		{"a sentinel", sentinel, "ContextTimeoutEnabled"},
		{"a cluster", cluster, "ContextTimeoutEnabled"},
		{"a ring", ring, "ContextTimeoutEnabled"},
	} {
		if s, err := redislimit.New(tt.client, redislimit.Config{}); s != nil || err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestNew_Takes: every kind of client is taken, and none is dialled.
func TestNew_Takes(t *testing.T) {
	t.Parallel()
	const nobody = "127.0.0.1:1"
	sentinel := &redis.FailoverOptions{MasterName: "main", SentinelAddrs: []string{nobody}, ContextTimeoutEnabled: true}
	for name, client := range map[string]redis.UniversalClient{
		"a client":             redis.NewClient(&redis.Options{Addr: nobody, ContextTimeoutEnabled: true}),
		"a sentinel":           redis.NewFailoverClient(sentinel),
		"a sentinel's cluster": redis.NewFailoverClusterClient(sentinel),
		"a cluster":            redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{nobody}, ContextTimeoutEnabled: true}),
		"a ring":               redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": nobody}, ContextTimeoutEnabled: true}),
		"whichever":            redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{nobody}, ContextTimeoutEnabled: true}),
	} {
		defer client.Close()
		if _, err := redislimit.New(client, redislimit.Config{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	o, err := redislimit.ParseURL("rediss://app:s3cret%2Fp%40ss@redis.example.com:6380/3?max_retries=2")
	if err != nil {
		t.Fatal(err)
	}
	if !o.ContextTimeoutEnabled || o.Addr != "redis.example.com:6380" || o.Username != "app" || o.Password != "s3cret/p@ss" || o.DB != 3 || o.MaxRetries != 2 || o.TLSConfig == nil {
		t.Errorf("%s, database %d, %d retries, deadlines %v, TLS %v", o.Addr, o.DB, o.MaxRetries, o.ContextTimeoutEnabled, o.TLSConfig != nil)
	}
	for _, rawURL := range []string{
		"", "s3cret", "http://:s3cret@host", "s3cret://host", "redis://:s3cret%zz@host", "redis://:s3cret/p@host", "redis://:1/s3cret@host",
		"redis://:p?s3cret@host", "redis://:p@host/0?read_timeout=s3cret", "redis://:s3cret@host/0\n", "redis://:p@s3cret:port",
	} {
		if _, err := redislimit.ParseURL(rawURL); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", rawURL, err)
		}
	}
}
