package redislimit_test

import (
	"fmt"
	"log"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/authent/redislimit"
)

// An engine that counts in the Redis of REDIS_URL. Nothing is dialled before the first
// try, so that a Redis that is away keeps no application from starting.
func Example() {
	options, err := redislimit.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		log.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	counters, err := redislimit.New(client, redislimit.Config{Prefix: "shop:"})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := authent.New(authent.Config{
		URL:        "https://shop.example.com",
		Secrets:    []string{os.Getenv("AUTH_SECRET")},
		Adapter:    authenttest.NewMemoryAdapter(), // in a program: ent.NewAuthAdapter(client)
		Providers:  []authent.Provider{provider.Password()},
		RateLimits: authent.RateLimits{Store: counters},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("counts in Redis:", auth.Pattern())
	// Output: counts in Redis: /auth/
}

// The options of a cluster are the application's own.
func ExampleNew_cluster() {
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:                 []string{"redis-1.example.com:6379", "redis-2.example.com:6379"},
		Password:              os.Getenv("REDIS_PASSWORD"),
		ContextTimeoutEnabled: true,
	})
	defer client.Close()
	_, err := redislimit.New(client, redislimit.Config{})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleParseURL() {
	_, err := redislimit.ParseURL("redis://:pa%ss@redis.example.com:6379/0")
	fmt.Println(err)
	// Output: redislimit: the URL of Redis is not understood: write redis://user:password@host:6379/0, or rediss:// for TLS, with what is special in the password as %40 for @; then check each option after the ?
}
