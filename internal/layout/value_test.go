package layout_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestTimesOfPrisma: on SQLite Prisma 7 writes times as text of its own form, its
// older engines as integers. Both are read, and compared rightly.
func TestTimesOfPrisma(t *testing.T) {
	c, kind := cells[0], testdb.SQLite
	db := c.open(t, kind)
	adapter := c.adapter(*entsql.OpenDB(kind.Dialect, db))
	at := time.Date(2026, 3, 29, 1, 30, 0, 123_000_000, time.UTC)
	user, err := adapter.CreateUser(t.Context(), authent.User{Email: "a@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for i, written := range []any{
		"2026-03-29T01:30:00.123+00:00", "2026-03-29T01:30:00.123Z", at.UnixMilli(),
		"2026-03-29 01:30:00.123+00:00", "2026-03-28T20:30:00.123-05:00",
	} {
		token := authent.Secret(fmt.Sprintf("token-%d", i))
		if _, err := db.Exec("INSERT INTO sessions (id, session_token, user_id, expires) VALUES (?, ?, ?, ?)", i, string(token), user.ID, written); err != nil {
			t.Fatal(err)
		}
		s, err := adapter.SessionAndUser(t.Context(), token)
		if err != nil || !s.Expires.Equal(at) || s.Expires.Location() != time.UTC {
			t.Errorf("%v is read as %v, %v", written, s, err)
		}
		if n, err := adapter.DeleteExpired(t.Context(), at, 10); n != 0 || err != nil {
			t.Errorf("%v: %d rows expired before that very moment: %v", written, n, err)
		}
		if n, err := adapter.DeleteExpired(t.Context(), at.Add(time.Millisecond), 10); n != 1 || err != nil {
			t.Errorf("%v: %d rows expired a millisecond later: %v", written, n, err)
		}
	}
}

// TestTooLong: what MySQL's narrow columns do not hold is stored cut or not at
// all, with a line in the log, and never fails a sign-in.
func TestTooLong(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		var log bytes.Buffer
		defer slog.SetDefault(slog.Default())
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		adapter := c.adapter(*entsql.OpenDB(kind.Dialect, c.open(t, kind)))
		long := strings.Repeat("é", 3000)
		user, err := adapter.CreateUser(t.Context(), authent.User{Email: "a@example.com", Name: long, Image: long})
		if err != nil {
			t.Fatal(err)
		}
		account := authent.Account{
			UserID: user.ID, Type: "oauth", Provider: "github", ProviderAccountID: "1",
			AccessToken: authent.Secret(long), IDToken: authent.Secret(long), Scope: long,
		}
		if err := adapter.LinkAccount(t.Context(), account); err != nil {
			t.Fatal(err)
		}
		stored, err := adapter.Account(t.Context(), "github", "1")
		if err != nil {
			t.Fatal(err)
		}
		narrow := kind.Name == "mariadb"
		if (user.Name != long) != narrow || !strings.HasPrefix(long, user.Name) || user.Name == "" || (user.Image == "") != narrow {
			t.Errorf("name of %d bytes, image of %d", len(user.Name), len(user.Image))
		}
		tokens := narrow && c.ddl != "prisma.mysql" // whose tokens are of type TEXT
		if (stored.AccessToken == "") != tokens || (stored.IDToken == "") != tokens || (stored.Scope == "") != narrow {
			t.Errorf("tokens of %d and %d bytes, scope of %d", len(stored.AccessToken), len(stored.IDToken), len(stored.Scope))
		}
		whole := authent.Secret(strings.Repeat("x", 70_000)) // more than MySQL's TEXT holds
		if err := adapter.UpdateAccount(t.Context(), "github", "1", authent.AccountUpdate{AccessToken: &whole, RefreshToken: &whole, IDToken: &whole}); err != nil {
			t.Errorf("tokens of %d bytes: %v", len(whole), err)
		}
		if (log.Len() > 0) != narrow || strings.Contains(log.String(), "éé") || strings.Contains(log.String(), "xx") {
			t.Errorf("the log:\n%s", log.String())
		}
	})
}

// TestLateExpiry: a token that lasts longer than the column's integers is stored
// with the column's last second; it never fails a sign-in, then or at a refresh.
func TestLateExpiry(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		adapter := c.adapter(*entsql.OpenDB(kind.Dialect, c.open(t, kind)))
		user, err := adapter.CreateUser(t.Context(), authent.User{Email: "a@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		for i, seconds := range []int64{
			1_832_198_400 + 631_138_518, // twenty years from 22 January 2028
			math.MaxInt32, math.MaxInt32 + 1, 253_402_300_799, math.MinInt32, math.MinInt32 - 1, -60_000_000_000,
		} {
			at, want := time.Unix(seconds, 0), seconds
			if c.ddl != "drizzle.sqlite" { // whose integers are wide, and those of JavaScript too
				want = min(max(seconds, math.MinInt32), math.MaxInt32)
			}
			id := fmt.Sprint(i)
			if err := adapter.LinkAccount(t.Context(), authent.Account{UserID: user.ID, Type: "oauth", Provider: "github", ProviderAccountID: id, ExpiresAt: at}); err != nil {
				t.Fatalf("%v: %v", at, err)
			}
			for range 2 {
				stored, err := adapter.Account(t.Context(), "github", id)
				if err != nil || stored.ExpiresAt.Unix() != want {
					t.Errorf("%d: %v, %v, want %d", seconds, stored, err, want)
				}
				if err := adapter.UpdateAccount(t.Context(), "github", id, authent.AccountUpdate{ExpiresAt: &at}); err != nil {
					t.Fatalf("%v: %v", at, err)
				}
			}
		}
	})
}

// TestKeyTooLong: an address that MySQL's narrow column does not hold is an error
// that says so, and no row.
func TestKeyTooLong(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		adapter := c.adapter(*entsql.OpenDB(kind.Dialect, c.open(t, kind)))
		email := strings.Repeat("a", 242) + "@example.com"
		_, err := adapter.CreateUser(t.Context(), authent.User{Email: email})
		if c.ddl != "prisma.mysql" { // whose column has 191 characters
			if err != nil {
				t.Error(err)
			}
			return
		}
		invalid, ok := errors.AsType[*authent.InvalidError](err)
		if !ok || !errors.Is(err, authent.ErrInvalid) || invalid.Field != authent.KeyUserEmail || strings.Contains(err.Error(), "aaa") {
			t.Errorf("%v", err)
		}
		if users, err := adapter.UsersByEmail(t.Context(), email, email[:191]); len(users) != 0 || err != nil {
			t.Errorf("%d users: %v", len(users), err)
		}
	})
}

// TestSessionID: where the key is the token, a session's id is not, and cannot
// lead to it.
func TestSessionID(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		adapter := c.adapter(*entsql.OpenDB(kind.Dialect, c.open(t, kind)))
		user, err := adapter.CreateUser(t.Context(), authent.User{Email: "a@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		const token = "0123456789abcdef0123456789abcdef"
		s, err := adapter.CreateSession(t.Context(), authent.Session{Token: token, UserID: user.ID, Expires: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		found, err := adapter.SessionAndUser(t.Context(), token)
		if err != nil || found.ID != s.ID || s.ID == token || len(s.ID) < 16 {
			t.Errorf("id %q, then %v: %v", s.ID, found, err)
		}
		if deleted, err := adapter.DeleteSessionByID(t.Context(), user.ID, token); deleted || err != nil {
			t.Errorf("the token works as an id: %v", err)
		}
		if deleted, err := adapter.DeleteSessionByID(t.Context(), user.ID, s.ID); !deleted || err != nil {
			t.Errorf("the id does not work: %v", err)
		}
	})
}
