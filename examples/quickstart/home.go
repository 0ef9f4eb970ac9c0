package main

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
)

var (
	//go:embed home.html
	homeHTML string
	//go:embed style.css
	styleCSS []byte

	homePage = template.Must(template.New("home").Parse(homeHTML))
)

// home shows who is signed in, from the application's own *ent.User.
func home(auth *authent.Auth) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("Cache-Control", "private, no-store")
		user, _ := ent.AuthUserFrom(r.Context()) // nil when nobody is signed in
		err := homePage.Execute(w, struct {
			User *ent.User
			Auth string
		}{user, auth.Pattern()})
		if err != nil {
			http.Error(w, "the page could not be rendered", http.StatusInternalServerError)
		}
	})
}

func style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(styleCSS)
}
