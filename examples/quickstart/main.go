// Quickstart is an application in which people register, sign in, with a second step or a
// passkey if they like, look after their sessions and leave. It needs nothing but Go:
//
//	go run ./examples/quickstart
//
// It reads PORT (3000), DATABASE_URL (file:./quickstart.db), and AUTH_URL, without
// which it is in development at http://localhost:PORT. In development AUTH_SECRET
// need not be set: one is made and kept in .authent/secret. HOST (localhost) is the
// address at which it listens; in a container 0.0.0.0, with AUTH_SECRET. With
// GITHUB_ID and GITHUB_SECRET people sign in with GitHub, with AUTH_GOOGLE_ID and
// AUTH_GOOGLE_SECRET with Google; without any of them, with a provider that runs
// beside the application, where you can sign in as anyone. Mails go to EMAIL_SERVER, from
// EMAIL_FROM; in development without them to http://localhost:PORT/auth/dev/mail.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/migrations"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run serves the application until ctx ends.
func run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	s, err := readSettings(getenv)
	if err != nil {
		return err
	}
	return s.run(ctx, out)
}

// run does so with these settings.
func (s settings) run(ctx context.Context, out io.Writer) error {
	driver, err := database.OpenDriver(s.databaseURL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	client := ent.NewClient(ent.Driver(driver))
	defer client.Close()
	if err := migrations.Apply(ctx, driver.Dialect(), driver.DB()); err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	providers, done, err := s.providers()
	if err != nil {
		return err
	}
	defer done()
	mailer, err := s.mailer(out)
	if err != nil {
		return err
	}
	auth, err := newAuth(client, s, providers, mailer)
	if err != nil {
		return err
	}
	err = serve(ctx, s, s.onlyAt(newApp(auth)), out)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, auth.Close(end)) // sends the mails that wait
}

// newAuth makes the engine. Without a mailer, nil, nothing is mailed.
func newAuth(client *ent.Client, s settings, providers []authent.Provider, mailer authent.Mailer) (*authent.Auth, error) {
	config := authent.Config{
		URL:       s.authURL,
		Secrets:   s.secrets,
		Adapter:   ent.NewAuthAdapter(client),
		Providers: append(slices.Clone(providers), provider.Passkey()),
		Factors:   authent.Factors{Policy: authent.FactorsOptional, TrustBrowser: 30 * 24 * time.Hour},
		Pages:     authent.Pages{AppName: "Quickstart"},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Now:       s.now,
	}
	if mailer != nil {
		config.Mailer, config.EmailVerification = mailer, authent.VerificationOptional
		config.Providers = slices.Insert(config.Providers, 1, provider.Email())
	}
	return authent.New(config)
}

// newApp combines authent's pages, under /auth/, with our own.
func newApp(auth *authent.Auth) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("/.well-known/change-password", auth.WellKnownChangePassword())
	mux.Handle("GET /{$}", auth.LoadSession(home(auth)))
	mux.HandleFunc("GET /style.css", style)
	return mux
}

// serve listens on loopback alone, since the application speaks plain http, unless
// HOST says otherwise: in a container, or for a proxy on another machine.
func serve(ctx context.Context, s settings, handler http.Handler, out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(s.host, s.port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %s is taken: stop what uses it, or choose another, as in PORT=3001 go run ./examples/quickstart", s.port)
	}
	if err != nil {
		return fmt.Errorf("listen at HOST %q and PORT %s: %w: use localhost, or 0.0.0.0 for every address of this machine", s.host, s.port, err)
	}
	server := newServer(handler)
	fmt.Fprintf(out, "quickstart: open %s\n", s.home)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return server.Shutdown(end)
	}
}

// newServer makes a server with every time-out set, since by default the standard
// library waits for ever for clients that send or read slowly. Writing may take
// longest: a sign-in through a provider makes several calls to it, each of up to 10
// seconds.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
}
