package redisbroadcast_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database/mysql"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/authent/redisbroadcast"
	"github.com/authent/authent/ent"
)

// An application of several processes on MySQL, each of which keeps the sessions that it has
// checked: a sign-out at one of them counts at the others at once, and within 10 seconds if
// they could not be told. Nothing is dialled before it is needed.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	driver, err := mysql.OpenDriver(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	client := ent.NewClient(ent.Driver(driver))
	defer client.Close()
	options, err := redisbroadcast.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		log.Fatal(err)
	}
	server := redis.NewClient(options)
	defer server.Close()
	broadcaster, err := redisbroadcast.New(server, redisbroadcast.Config{Channel: "shop:sessions"})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := authent.New(authent.Config{
		URL:       "https://shop.example.com",
		Secrets:   []string{os.Getenv("AUTH_SECRET")},
		Adapter:   ent.NewAuthAdapter(client),
		Providers: []authent.Provider{provider.Password()},
		Session: authent.SessionConfig{Cache: authent.CacheConfig{
			Size: 10_000, TTL: 10 * time.Second, Broadcaster: broadcaster,
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	go auth.RunSessionCache(ctx) // until stop
	fmt.Println(auth.Pattern())
	// Output: /auth/
}
