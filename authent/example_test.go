package authent_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

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
