package main

import (
	"context"
	"log"
	"net/http"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
)

func main() {
	db, err := sqlite.Open("file:./app.db")
	check(err)
	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.SQLite, db)))
	check(client.Schema.Create(context.Background()))
	auth, err := authent.New(authent.Config{ // AUTH_SECRET and AUTH_URL come from the environment
		Adapter:   ent.NewAuthAdapter(client),
		Providers: []authent.Provider{provider.Password()},
	})
	check(err)
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("/", auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := ent.AuthUser(authent.SessionFrom(r.Context())) // your own *ent.User
		_, _ = w.Write([]byte("Hello, " + user.Email))
	})))
	check(http.ListenAndServe("localhost:3000", mux))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
