package ent_test

import (
	"fmt"
	"strings"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// TestLongTokens: what a provider says beside who it is never fails a sign-in, however
// long it is: MySQL's TEXT holds 65,535 bytes, and what is longer is left out.
func TestLongTokens(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		a := ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, kind.Connect(t, kind.Filled(t))))))
		user, err := a.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		for i, long := range []string{strings.Repeat("é", 1<<15-1) + "x", strings.Repeat("é", 1<<15), strings.Repeat("x", 1<<17)} {
			id, want := fmt.Sprint(i), long
			if kind.Name == "mariadb" && len(long) > 1<<16-1 {
				want = ""
			}
			secret := authent.Secret(long)
			account := authent.Account{UserID: user.ID, Type: "oauth", Provider: "hub", ProviderAccountID: id, AccessToken: secret, RefreshToken: secret, IDToken: secret, Scope: long, SessionState: long}
			if err := a.LinkAccount(t.Context(), account); err != nil {
				t.Fatalf("%d bytes: %v", len(long), err)
			}
			for range 2 {
				got, err := a.Account(t.Context(), "hub", id)
				if err != nil || string(got.AccessToken) != want || string(got.RefreshToken) != want || string(got.IDToken) != want || got.Scope != want || got.SessionState != want {
					t.Errorf("%d bytes are stored as %d, %v", len(long), len(got.Scope), err)
				}
				update := authent.AccountUpdate{AccessToken: &secret, RefreshToken: &secret, IDToken: &secret, Scope: &long, SessionState: &long}
				if err := a.UpdateAccount(t.Context(), "hub", id, update); err != nil {
					t.Fatalf("%d bytes: %v", len(long), err)
				}
			}
		}
	})
}
