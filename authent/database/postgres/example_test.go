package postgres_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
)

// An application of several processes, each of which keeps the sessions that it has checked:
// a sign-out at one of them counts at the others at once. Nothing is dialled before it is
// needed.
func ExampleNewBroadcaster() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	driver, err := postgres.OpenDriver(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	client := ent.NewClient(ent.Driver(driver))
	defer client.Close()
	// Where that URL leads to a pooler, use another one here, that leads to the server itself.
	broadcaster, err := postgres.NewBroadcaster(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer broadcaster.Close()
	auth, err := authent.New(authent.Config{
		URL:       "https://shop.example.com",
		Secrets:   []string{os.Getenv("AUTH_SECRET")},
		Adapter:   ent.NewAuthAdapter(client),
		Providers: []authent.Provider{provider.Password()},
		Session:   authent.SessionConfig{Cache: authent.CacheConfig{Size: 10_000, Broadcaster: broadcaster}},
	})
	if err != nil {
		log.Fatal(err)
	}
	go auth.RunSessionCache(ctx) // until stop
	fmt.Println(auth.Pattern())
	// Output: /auth/
}
