package authent_test

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
)

// newAuth is an engine over an adapter in memory; an application passes
// ent.NewAuthAdapter(client).
func newAuth() *authent.Auth {
	auth, err := authent.New(authent.Config{
		URL:       "https://example.com/auth",
		Secrets:   []string{"thirty-two random bytes or more, from AUTH_SECRET"},
		Adapter:   authenttest.NewMemoryAdapter(),
		Providers: []authent.Provider{provider.Password()},
	})
	if err != nil {
		panic(err)
	}
	return auth
}

func ExampleNew() {
	auth := newAuth()
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://example.com/auth/session", nil))
	fmt.Println(auth.Pattern(), w.Code, w.Body)
	// Output: /auth/ 200 null
}

func ExampleAuth_Register() {
	auth := newAuth()
	_, err := auth.Register(context.Background(), authent.Registration{Email: "ada@example.com", Password: "short"})
	fmt.Println(err)
	user, err := auth.Register(context.Background(), authent.Registration{Email: " Ada@Example.com", Password: "correct horse battery"})
	fmt.Println(user.Email, err)
	// Output:
	// registration refused: password_short
	// ada@example.com <nil>
}

func ExampleAuth_RequireUser() {
	auth := newAuth()
	page := auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "Hello, ", authent.SessionFrom(r.Context()).User.Email)
	}))
	user, err := auth.Register(context.Background(), authent.Registration{Email: "ada@example.com", Password: "correct horse battery"})
	if err != nil {
		panic(err)
	}

	visit := func(cookie *http.Cookie) {
		r := httptest.NewRequest(http.MethodGet, "https://example.com/page", nil)
		r.Header.Set("Accept", "text/html")
		if cookie != nil {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			fmt.Println(w.Code, w.Header().Get("Location"))
			return
		}
		fmt.Println(w.Body)
	}
	visit(nil)

	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "https://example.com/", nil)
	if _, err := auth.SignIn(w, r, user.ID); err != nil {
		panic(err)
	}
	visit(w.Result().Cookies()[0])
	// Output:
	// 302 https://example.com/auth/signin?callbackUrl=https%3A%2F%2Fexample.com%2Fpage
	// Hello, ada@example.com
}

var signInPage = template.Must(template.New("").Parse(`<!doctype html>
<title>Sign in</title>
{{with .Message}}<p role="alert">{{.}}</p>{{end}}
{{$page := .}}{{range .Providers}}<form method="post" action="{{.Action}}">
<input type="hidden" name="csrfToken" value="{{$page.CSRFToken}}">
<input type="hidden" name="callbackUrl" value="{{$page.CallbackURL}}">
{{if .Password}}<input name="email" value="{{$page.Email}}"><input name="password" type="password">{{end}}
<button>{{.Name}}</button>
</form>{{end}}
`))

// A sign-in page of the application's own, which Config.Pages.SignIn names.
func ExampleAuth_FormData() {
	auth := newAuth()
	login := func(w http.ResponseWriter, r *http.Request) {
		data, err := auth.FormData(w, r) // before anything is written
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = signInPage.Execute(w, data)
	}

	w := httptest.NewRecorder()
	login(w, httptest.NewRequest(http.MethodGet, "https://example.com/login?callbackUrl=/reports&error=CredentialsSignin", nil))
	for line := range strings.Lines(w.Body.String()) {
		if !strings.Contains(line, "csrfToken") { // a new one for each browser
			fmt.Print(line)
		}
	}
	fmt.Println(w.Header().Get("Cache-Control"))
	// Output:
	// <!doctype html>
	// <title>Sign in</title>
	// <p role="alert">That did not work. Check the address and the password, and try again.</p>
	// <form method="post" action="/auth/callback/credentials">
	// <input type="hidden" name="callbackUrl" value="https://example.com/reports">
	// <input name="email" value=""><input name="password" type="password">
	// <button>Password</button>
	// </form>
	// private, no-cache, no-store
}

// A button that signs out, on any page.
func ExampleAuth_CSRFToken() {
	auth := newAuth()
	page := func(w http.ResponseWriter, r *http.Request) {
		token, err := auth.CSRFToken(w, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, `<form method="post" action="%s/signout"><input type="hidden" name="csrfToken" value="%s"><button>Sign out</button></form>`, auth.BasePath(), token)
	}

	w := httptest.NewRecorder()
	page(w, httptest.NewRequest(http.MethodGet, "https://example.com/", nil))
	fmt.Println(w.Code, len(w.Result().Cookies()), "cookies")
	// Output: 200 2 cookies
}
