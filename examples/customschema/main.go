// Customschema is an application with a graph of its own. People have a username,
// which a hook makes, and write posts. Ids are numbers. Whoever leaves is kept,
// marked as deleted, and no longer found. A privacy policy denies what it does
// not allow, and the tables have other names. Its migrations are its own too.
//
//	AUTH_SECRET=$(openssl rand -base64 33) go run ./examples/customschema
//
// It reads AUTH_SECRET, AUTH_URL (http://localhost:3000/auth) and DATABASE_URL
// (file:./customschema.db), and listens on localhost:3000.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/examples/customschema/ent"
	_ "github.com/authent/authent/examples/customschema/ent/runtime"
	"github.com/authent/authent/examples/customschema/migrations"
)

func main() {
	if err := run(context.Background(), os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "customschema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string) error {
	driver, err := database.OpenDriver(cmp.Or(getenv("DATABASE_URL"), "file:./customschema.db"))
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	client := ent.NewClient(ent.Driver(driver))
	defer client.Close()
	if err := migrations.Apply(ctx, driver.Dialect(), driver.DB()); err != nil {
		return err
	}
	app, err := newApp(client, authent.Config{URL: cmp.Or(getenv("AUTH_URL"), "http://localhost:3000/auth")})
	if err != nil {
		return err
	}
	server := &http.Server{Addr: "localhost:3000", Handler: app, ReadHeaderTimeout: 10 * time.Second}
	fmt.Println("customschema: open http://localhost:3000")
	return server.ListenAndServe()
}

// newApp combines authent's pages with our own.
func newApp(client *ent.Client, config authent.Config) (http.Handler, error) {
	config.Adapter = ent.NewAuthAdapter(client)
	config.Providers = []authent.Provider{provider.Password()}
	auth, err := authent.New(config)
	if err != nil {
		return nil, err
	}
	own := http.NewServeMux()
	own.HandleFunc("GET /{$}", home)
	own.HandleFunc("POST /posts", write(client))
	own.HandleFunc("POST /leave", leave(client))
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("/", http.NewCrossOriginProtection().Handler(auth.RequireUser(own)))
	return mux, nil
}

var homePage = template.Must(template.New("home").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Posts</title>
<h1>Hello, @{{.User.Username}}</h1>
<ul>{{range .Posts}}<li>{{.Title}}</li>{{end}}</ul>
<form action="/posts" method="post"><label>Title <input name="title" maxlength="200" required></label> <button>Write</button></form>
<p><a href="/auth/account">Your account</a></p>
<form action="/leave" method="post"><button>Leave</button></form>
</html>
`))

// home greets with the application's own *ent.User, which costs no query, and
// follows its own edge from there.
func home(w http.ResponseWriter, r *http.Request) {
	user, _ := ent.AuthUserFrom(r.Context())
	posts, err := user.QueryPosts().All(r.Context())
	if err != nil {
		fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := homePage.Execute(w, map[string]any{"User": user, "Posts": posts}); err != nil {
		fail(w, r, err)
	}
}

// write stores a post by whoever is signed in.
func write(client *ent.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, _ := ent.AuthUserFrom(r.Context())
		err := client.Post.Create().SetTitle(r.FormValue("title")).SetAuthorID(user.ID).Exec(r.Context())
		if err != nil {
			fail(w, r, err)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

// leave marks whoever is signed in as deleted, which the policy allows them for
// their own row only. That ends all their sessions, since authent no longer finds
// deleted people.
func leave(client *ent.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, _ := ent.AuthUserFrom(r.Context())
		if err := client.User.UpdateOneID(user.ID).SetDeletedAt(time.Now()).Exec(r.Context()); err != nil {
			fail(w, r, err)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func fail(w http.ResponseWriter, r *http.Request, err error) {
	if _, invalid := errors.AsType[*ent.ValidationError](err); invalid {
		http.Error(w, "a title has 1 to 200 characters", http.StatusBadRequest)
		return
	}
	slog.ErrorContext(r.Context(), "customschema", "error", err)
	http.Error(w, "that did not work", http.StatusInternalServerError)
}
