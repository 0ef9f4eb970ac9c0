package layout_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// TestP28_Layouts: a time is stored as UTC, cut to what the layout keeps, whatever
// zone it is in, and whatever the engine's clock says.
func TestP28_Layouts(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		adapter := c.adapter(*entsql.OpenDB(kind.Dialect, c.open(t, kind)))
		now := time.Date(2026, 11, 1, 1, 30, 0, 999_999_999, time.FixedZone("", -5*3600))
		auth, err := authent.New(authent.Config{
			URL: "https://example.com/auth", Secrets: []string{"a secret of more than thirty-two bytes for tests"},
			Adapter: adapter, Providers: []authent.Provider{provider.Credentials("none", "None", nobody)},
			Now: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
		user, err := adapter.CreateUser(t.Context(), authent.User{Email: "a@example.com", EmailVerified: now})
		if err != nil {
			t.Fatal(err)
		}
		if want := now.UTC().Truncate(c.precision); user.EmailVerified != want {
			t.Errorf("emailVerified is %v, want %v", user.EmailVerified, want)
		}
		authenttest.SignIn(t, auth, user.ID)
		sessions, err := adapter.Sessions(t.Context(), user.ID)
		if err != nil || len(sessions) != 1 {
			t.Fatal(sessions, err)
		}
		if want := now.Add(30 * 24 * time.Hour).UTC().Truncate(c.precision); sessions[0].Expires != want {
			t.Errorf("expires is %v, want %v", sessions[0].Expires, want)
		}
	})
}

func nobody(context.Context, url.Values) (string, error) {
	return "", authent.ErrInvalidCredentials
}

// TestP30_Layouts: no table's collation makes one person's key another's.
func TestP30_Layouts(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		adapter := c.adapter(*entsql.OpenDB(kind.Dialect, c.open(t, kind)))
		const name = "víctim@example.com"
		user, err := adapter.CreateUser(t.Context(), authent.User{Email: name})
		if err != nil {
			t.Fatal(err)
		}
		session := authent.Session{Token: "tokenABCDEFGHIJKLMNOPé", UserID: user.ID, Expires: time.Now().Add(time.Hour)}
		if _, err := adapter.CreateSession(t.Context(), session); err != nil {
			t.Fatal(err)
		}
		if err := adapter.LinkAccount(t.Context(), authent.Account{UserID: user.ID, Type: "oauth", Provider: "github", ProviderAccountID: name}); err != nil {
			t.Fatal(err)
		}
		for what, respelled := range map[string]func(string) string{
			"accent":         func(s string) string { return strings.NewReplacer("í", "i", "é", "e").Replace(s) },
			"case":           strings.ToUpper,
			"trailing space": func(s string) string { return s + " " },
		} {
			if users, err := adapter.UsersByEmail(t.Context(), respelled(name)); err != nil || len(users) != 0 {
				t.Errorf("%s: an address finds %v, %v", what, users, err)
			}
			if u, err := adapter.UserByAccount(t.Context(), "github", respelled(name)); !errors.Is(err, authent.ErrNotFound) {
				t.Errorf("%s: an account finds %v, %v", what, u, err)
			}
			if s, err := adapter.SessionAndUser(t.Context(), authent.Secret(respelled(string(session.Token)))); !errors.Is(err, authent.ErrNotFound) {
				t.Errorf("%s: a token finds %v, %v", what, s, err)
			}
		}
	})
}
