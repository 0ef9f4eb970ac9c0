package ent_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// TestAuthUserFrom: behind the middleware of an engine on this graph it is the person
// whose cookie the request has, and nobody elsewhere.
func TestAuthUserFrom(t *testing.T) {
	client := ent.NewClient(ent.Driver(entsql.OpenDB(testdb.SQLite.Dialect, testdb.SQLite.Open(t))))
	memory := authenttest.NewMemoryAdapter()
	for name, tc := range map[string]struct {
		adapter authent.Adapter
		signsIn bool
		want    string
	}{
		"signed in":             {ent.NewAuthAdapter(client), true, "ada@example.com"},
		"nobody":                {ent.NewAuthAdapter(client), false, ""},
		"another adapter's row": {memory, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			auth, err := authent.New(authent.Config{
				URL: "https://example.com", Secrets: []string{"a secret of more than thirty-two bytes for tests"}, Adapter: tc.adapter,
				Providers: []authent.Provider{provider.Password()}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			if tc.signsIn {
				ada, err := tc.adapter.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
				if err != nil {
					t.Fatal(err)
				}
				r.AddCookie(authenttest.SignIn(t, auth, ada.ID))
			}
			asked := false
			auth.LoadSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked = true
				user, ok := ent.AuthUserFrom(r.Context())
				if ok != (tc.want != "") || (user != nil) != ok || ok && user.Email != tc.want {
					t.Errorf("%v, %v, want %q", user, ok, tc.want)
				}
			})).ServeHTTP(httptest.NewRecorder(), r)
			if !asked {
				t.Error("the request did not get through")
			}
			if user, ok := ent.AuthUserFrom(t.Context()); user != nil || ok {
				t.Errorf("without a request: %v, %v", user, ok)
			}
		})
	}
}
