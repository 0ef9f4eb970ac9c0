// Nextjs-prisma is a Go service beside a Next.js application on Auth.js, on the
// database that Prisma made. It knows who is signed in there, signs people in with a
// password itself, and migrates nothing: the tables are Prisma's. The Next.js
// application is in web; web4 has those files that are others with next-auth 4.
//
//	DATABASE_URL=postgresql://… AUTH_SECRET=… go run ./examples/nextjs-prisma
//
// AUTH_SECRET and DATABASE_URL are those of the Next.js application. AUTH_URL is
// where browsers find this service's pages, http://localhost:3000/go/auth if unset;
// Next.js forwards requests under /go. ADDR is where it listens, localhost:8080 if unset.
// AUTHJS_VERSION is 4 beside next-auth 4.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/examples/nextjs-prisma/ent"
	_ "github.com/authent/authent/examples/nextjs-prisma/ent/runtime"
)

func main() {
	if err := run(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "nextjs-prisma:", err)
		os.Exit(1)
	}
}

func run(getenv func(string) string) error {
	if getenv("DATABASE_URL") == "" {
		return errors.New("DATABASE_URL is not set: set it to the Next.js application's")
	}
	driver, err := database.OpenDriver(getenv("DATABASE_URL"))
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	client := ent.NewClient(ent.Driver(driver))
	defer client.Close()
	config := authent.Config{URL: cmp.Or(getenv("AUTH_URL"), "http://localhost:3000/go/auth")}
	if getenv("AUTHJS_VERSION") == "4" {
		config.AuthJS.Version = authent.AuthJS4
	}
	service, err := newService(client, config)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: cmp.Or(getenv("ADDR"), "localhost:8080"), Handler: service, ReadHeaderTimeout: 10 * time.Second}
	fmt.Println("nextjs-prisma: serving /go on http://" + server.Addr)
	return server.ListenAndServe()
}

// newService makes the service on the tables of client.
func newService(client *ent.Client, config authent.Config) (http.Handler, error) {
	config.Adapter = ent.NewAuthAdapter(client)
	config.Providers = []authent.Provider{provider.Password()}
	// Rows and cookies are in Auth.js's form, and the Node adapter is wrapped
	// (web/hashed-tokens.ts), so that the database holds no token that works.
	config.AuthJS.Mode = authent.AuthJSSharedHashed
	auth, err := authent.New(config)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("GET /go/me", auth.RequireUser(http.HandlerFunc(me)))
	return mux, nil
}

// me says who is signed in, from the service's own *ent.User.
func me(w http.ResponseWriter, r *http.Request) {
	user, _ := ent.AuthUserFrom(r.Context())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"email": user.Email, "role": user.Role})
}
