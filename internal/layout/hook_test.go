package layout_test

import (
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/internal/layout/drizzledefault/ent"
	"github.com/authent/authent/internal/testdb"
)

// TestP28_OwnClient: what the application writes through its client is cut to what
// the columns of DrizzleDefault keep: milliseconds on PostgreSQL, seconds on MySQL.
func TestP28_OwnClient(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		if c.ddl != "drizzle-defaults.postgres" && c.ddl != "drizzle.mysql" {
			return
		}
		client := ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, c.open(t, kind))))
		at := time.Date(2026, 11, 1, 1, 30, 0, 999_999_999, time.FixedZone("", -5*3600))
		want := at.UTC().Truncate(c.precision)
		u, err := client.User.Create().SetEmail("a@example.com").SetEmailVerified(at).Save(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tx, err := client.Tx(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Session.Create().SetID("token").SetUserID(u.ID).SetExpires(at).Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if u, err = client.User.Get(t.Context(), u.ID); err != nil || !u.EmailVerified.Equal(want) {
			t.Errorf("emailVerified is %v, want %v: %v", u.EmailVerified, want, err)
		}
		if s, err := client.Session.Get(t.Context(), "token"); err != nil || !s.Expires.Equal(want) {
			t.Errorf("expires is %v, want %v: %v", s.Expires, want, err)
		}
	})
}
