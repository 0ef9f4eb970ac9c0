package authenttest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/ent"
)

// exampleTest stands for the *testing.T of a test, which an example does not have.
type exampleTest struct{ testing.TB }

func (exampleTest) Helper()                      {}
func (exampleTest) Context() context.Context     { return context.Background() }
func (exampleTest) Output() io.Writer            { return io.Discard }
func (exampleTest) Cleanup(func())               {}
func (exampleTest) Fatal(args ...any)            { panic(fmt.Sprint(args...)) }
func (exampleTest) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }

// A guarded handler is tested without a database.
func ExampleNew() {
	t := exampleTest{} // in a test: func TestAccount(t *testing.T)

	auth := authenttest.New(t)
	account := auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s", authent.SessionFrom(r.Context()).User.Email)
	}))
	ada, err := auth.Register(t.Context(), authent.Registration{Email: "ada@example.com", Password: "correct horse battery staple"})
	if err != nil {
		t.Fatal(err)
	}

	r := httptest.NewRequest("GET", "/account", nil)
	w := httptest.NewRecorder()
	account.ServeHTTP(w, r)
	fmt.Println(w.Code)

	r = httptest.NewRequest("GET", "/account", nil)
	r.AddCookie(authenttest.SignIn(t, auth, ada.ID))
	w = httptest.NewRecorder()
	account.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 401
	// 200 Hello, ada@example.com
}

// A handler that asks for the application's own user is tested on the client of its graph;
// sqlite.OpenDriver(":memory:") is a database for it.
func ExampleSignIn() {
	t := exampleTest{} // in a test: func TestAccount(t *testing.T)

	client := newClient(t.Context(), t) // ent.NewClient, on a database with the graph's tables
	auth := authenttest.New(t, authent.Config{Adapter: ent.NewAuthAdapter(client)})
	account := auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := ent.AuthUserFrom(r.Context()) // *ent.User
		fmt.Fprintf(w, "Hello, %s", user.Name)
	}))
	ada := client.User.Create().SetName("Ada").SetEmail("ada@example.com").SaveX(t.Context())

	r := httptest.NewRequest("GET", "/account", nil)
	r.AddCookie(authenttest.SignIn(t, auth, ada.ID))
	w := httptest.NewRecorder()
	account.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output: 200 Hello, Ada
}

func ExampleNewMemoryAdapter() {
	ctx := context.Background()
	adapter := authenttest.NewMemoryAdapter()
	ada, err := adapter.CreateUser(ctx, authent.User{Name: "Ada", Email: "ada@example.com"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ada.Name, ada.Role)

	_, err = adapter.CreateUser(ctx, authent.User{Email: "ada@example.com"})
	fmt.Println(err, errors.Is(err, authent.ErrConflict))
	// Output:
	// Ada user
	// User.email: already exists true
}

// The test of an adapter is one call to Run.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestAdapter(t *testing.T)
		authenttest.Run(t, func(t testing.TB) authenttest.Subject {
			return authenttest.Subject{Adapter: authenttest.NewMemoryAdapter()}
		})
	}
}
