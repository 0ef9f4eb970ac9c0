package ent_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// TestInfinity: PostgreSQL's times may be infinity, which Go's cannot be. The error
// names the column and says what to write, for each column and driver.
func TestInfinity(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	for name, driver := range drivers {
		if driver.kind == kind.Name {
			t.Run(name, func(t *testing.T) {
				db := openBy(t, kind.Filled(t), driver.open)
				testInfinity(t, func(q string) error { _, err := db.Exec(q); return err }, ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))))
			})
		}
	}
	t.Run("our own", func(t *testing.T) {
		db := kind.Connect(t, kind.Filled(t))
		testInfinity(t, func(q string) error { _, err := db.Exec(q); return err }, ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(dialect.Postgres, db)))))
	})
}

func testInfinity(t *testing.T, exec func(query string) error, a authent.Adapter) {
	t.Helper()
	user, err := a.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	const token = "0123456789abcdef0123456789abcdef"
	if _, err := a.CreateSession(t.Context(), authent.Session{Token: token, UserID: user.ID, Expires: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := a.CreateVerificationToken(t.Context(), authent.VerificationToken{Identifier: "i", Token: token, Expires: time.Now()}); err != nil {
		t.Fatal(err)
	}
	reads := map[string]func() error{
		"users":              func() error { _, err := a.User(t.Context(), user.ID); return err },
		"sessions":           func() error { _, err := a.Sessions(t.Context(), user.ID); return err },
		"verificationtokens": func() error { _, err := a.VerificationToken(t.Context(), "i", token); return err },
	}
	lookup := func() error { _, err := a.SessionAndUser(t.Context(), token); return err }
	for table, columns := range map[string][]string{
		"users": {"email_verified", "disabled_at", "created_at", "updated_at"}, "sessions": {"expires", "created_at", "last_used_at"}, "verificationtokens": {"expires"},
	} {
		for _, column := range columns {
			for _, value := range []string{"infinity", "-infinity"} {
				if err := exec(fmt.Sprintf("UPDATE %s SET %s = '%s'", table, column, value)); err != nil {
					t.Fatal(err)
				}
				for what, read := range map[string]func() error{"read": reads[table], "lookup": lookup} {
					if what == "lookup" && table == "verificationtokens" {
						continue
					}
					err := read()
					if err == nil || !strings.Contains(err.Error(), "the column "+column+" holds infinity or -infinity, which is not a time: write a date into it, such as '9999-12-31'") || strings.Contains(err.Error(), "parseTime") {
						t.Errorf("%s of %s in %s.%s: %v", what, value, table, column, err)
					}
				}
			}
			if err := exec(fmt.Sprintf("UPDATE %s SET %s = '9999-12-31'", table, column)); err != nil {
				t.Fatal(err)
			}
			if err := reads[table](); err != nil {
				t.Errorf("%s.%s after what the error says was done: %v", table, column, err)
			}
		}
	}
}
