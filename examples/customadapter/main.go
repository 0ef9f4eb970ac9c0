// Customadapter is an application that keeps its users and sessions in a bbolt
// file, with an adapter of its own: package boltstore beside it.
//
//	AUTH_SECRET=$(openssl rand -base64 33) go run ./examples/customadapter
//
// It reads AUTH_SECRET, PORT (3000), AUTH_URL (http://localhost:PORT/auth) and
// BOLT_FILE (customadapter.bolt).
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/examples/customadapter/boltstore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "customadapter:", err)
		os.Exit(1)
	}
}

// run serves the application until ctx ends.
func run(ctx context.Context, getenv func(string) string) (err error) {
	store, err := boltstore.Open(cmp.Or(getenv("BOLT_FILE"), "customadapter.bolt"))
	if err != nil {
		return fmt.Errorf("BOLT_FILE: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	address := net.JoinHostPort("localhost", cmp.Or(getenv("PORT"), "3000"))
	config := authent.Config{URL: cmp.Or(getenv("AUTH_URL"), "http://"+address+"/auth")}
	if secret := getenv("AUTH_SECRET"); secret != "" {
		config.Secrets = []string{secret}
	}
	app, err := newApp(store, config)
	if err != nil {
		return err
	}
	return serve(ctx, address, app)
}

// serve listens on loopback alone, since the application speaks plain http.
func serve(ctx context.Context, address string, app http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}
	fmt.Printf("customadapter: open http://%s\n", address)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(end)
	}
}

// newApp combines authent's pages with our own.
func newApp(store *boltstore.Store, config authent.Config) (http.Handler, error) {
	config.Adapter = store
	config.Providers = []authent.Provider{provider.Password()}
	config.Pages.AppName = "Custom adapter"
	auth, err := authent.New(config)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("GET /{$}", auth.LoadSession(home(auth.Pattern())))
	return mux, nil
}

var homePage = template.Must(template.New("home").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Custom adapter</title>
{{with .User}}
<h1>Hello, {{or .Name .Email}}</h1>
<p>You signed up{{with .SignedUpWith}} with {{.}}{{end}} on {{.CreatedAt.Format "2 January 2006"}}.</p>
<p><a href="{{$.Auth}}account">Your account</a> <a href="{{$.Auth}}signout?callbackUrl=/">Sign out</a></p>
{{else}}
<h1>Sign-in that lives in a bbolt file</h1>
<p><a href="{{.Auth}}register?callbackUrl=/">Create an account</a> <a href="{{.Auth}}signin?callbackUrl=/">Sign in</a></p>
{{end}}
</html>
`))

// home greets with the adapter's own *boltstore.User, which has a field that
// authent does not know.
func home(authPath string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "private, no-store")
		err := homePage.Execute(w, struct {
			User *boltstore.User
			Auth string
		}{boltstore.AuthUser(authent.SessionFrom(r.Context())), authPath})
		if err != nil {
			slog.ErrorContext(r.Context(), "customadapter: home page", "error", err)
		}
	})
}
