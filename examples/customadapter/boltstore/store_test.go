package boltstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/examples/customadapter/boltstore"
)

// TestNothingLeft looks past the adapter: when all is deleted that can be, no
// index has a row.
func TestNothingLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.bolt")
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, later := t.Context(), time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	u := signUp(t, s)
	_, emailErr := s.UpdateUser(ctx, u.ID, authent.UserUpdate{Email: new("new@example.com")})
	err = errors.Join(emailErr,
		s.UpdateSession(ctx, "session", authent.SessionUpdate{Expires: &later}),
		s.DeleteUser(ctx, u.ID))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.DeleteExpired(ctx, later.Add(time.Hour), 10); n != 1 || err != nil {
		t.Errorf("DeleteExpired: %d, %v, want the verification token", n, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			return b.ForEach(func(k, _ []byte) error {
				t.Errorf("%s still has %q", name, k)
				return nil
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoEmail: any number of people may have none.
func TestNoEmail(t *testing.T) {
	s := open(t)
	for range 2 {
		if _, err := s.CreateUser(t.Context(), authent.User{}); err != nil {
			t.Error(err)
		}
	}
}

// TestAnyBytes: what is stored comes back byte for byte, text or not.
func TestAnyBytes(t *testing.T) {
	s, odd := open(t), "\xff\x00é\xc3"
	u, err := s.CreateUser(t.Context(), authent.User{Name: odd, Email: odd})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateSession(t.Context(), authent.Session{Token: authent.Secret(odd), UserID: u.ID, UserAgent: odd}); err != nil {
		t.Fatal(err)
	}
	if err := s.LinkAccount(t.Context(), authent.Account{UserID: u.ID, Provider: odd, ProviderAccountID: odd, Scope: odd}); err != nil {
		t.Fatal(err)
	}
	got, sessionErr := s.SessionAndUser(t.Context(), authent.Secret(odd))
	account, accountErr := s.Account(t.Context(), odd, odd)
	if err := errors.Join(sessionErr, accountErr); err != nil {
		t.Fatal(err)
	}
	for what, value := range map[string]string{
		"Provider": account.Provider, "ProviderAccountID": account.ProviderAccountID, "Scope": account.Scope,
		"Token": string(got.Token), "UserAgent": got.UserAgent, "Name": got.User.Name, "Email": got.User.Email,
	} {
		if value != odd {
			t.Errorf("%s is %q, want %q", what, value, odd)
		}
	}
}

// TestAuthUser: the application gets its own type, of which it cannot change
// what is stored.
func TestAuthUser(t *testing.T) {
	s := open(t)
	signUp(t, s)
	session, err := s.SessionAndUser(t.Context(), "session")
	if err != nil {
		t.Fatal(err)
	}
	u := boltstore.AuthUser(session)
	if u == nil || u.ID != session.UserID || u.Email != "ada@example.com" || u.CreatedAt.IsZero() {
		t.Fatalf("AuthUser: %+v", u)
	}
	u.Email = "changed"
	wantSignedUp(t, s)
	if boltstore.AuthUser(nil) != nil || boltstore.AuthUser(&authent.Session{}) != nil {
		t.Error("AuthUser of nobody is somebody")
	}
}

// TestCancelledRead: a read asks nothing for a request that is over.
func TestCancelledRead(t *testing.T) {
	s := open(t)
	signUp(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.SessionAndUser(ctx, "session"); !errors.Is(err, context.Canceled) {
		t.Errorf("SessionAndUser: %v", err)
	}
}

// TestWriterWaits: who waits to write stops when their context ends, and readers
// do not wait.
func TestWriterWaits(t *testing.T) {
	s := open(t)
	signUp(t, s)
	err := s.InTx(t.Context(), func(authent.Adapter) error {
		wantSignedUp(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := s.DeleteSession(ctx, "session"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("DeleteSession past the transaction: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteSession(t.Context(), "session"); err != nil {
		t.Errorf("DeleteSession after the transaction: %v", err)
	}
}

// TestAfterTheEnd: a transaction that is over reads nothing either; bbolt would
// read memory that is no longer its own.
func TestAfterTheEnd(t *testing.T) {
	s := open(t)
	signUp(t, s)
	var escaped authent.Adapter
	if err := s.InTx(t.Context(), func(tx authent.Adapter) error { escaped = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	_, readErr := escaped.SessionAndUser(t.Context(), "session")
	nestedErr := escaped.InTx(t.Context(), func(authent.Adapter) error { return nil })
	for what, err := range map[string]error{"reading": readErr, "InTx": nestedErr, "writing": escaped.DeleteSession(t.Context(), "session")} {
		if err == nil || !strings.Contains(err.Error(), "has ended") {
			t.Errorf("%s after the end: %v", what, err)
		}
	}
}

// TestDoomedReads: a transaction that failed does not go on reading either, and
// says so.
func TestDoomedReads(t *testing.T) {
	s := open(t)
	signUp(t, s)
	err := s.InTx(t.Context(), func(tx authent.Adapter) error {
		_, _ = tx.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
		_, err := tx.SessionAndUser(t.Context(), "session")
		if !errors.Is(err, authent.ErrConflict) || !strings.Contains(err.Error(), "the transaction has failed") {
			t.Errorf("SessionAndUser after a conflict: %v", err)
		}
		return nil
	})
	if !errors.Is(err, authent.ErrConflict) {
		t.Errorf("InTx: %v", err)
	}
}

// TestRateLimitInTx refuses, instead of waiting for itself.
func TestRateLimitInTx(t *testing.T) {
	err := open(t).InTx(t.Context(), func(tx authent.Adapter) error {
		limits := tx.(authent.RateLimitStore)
		_, _, err := limits.HitRateLimit(t.Context(), "key", time.Now(), time.Minute)
		if err == nil || limits.ResetRateLimit(t.Context(), "key") == nil {
			t.Error("a transaction counts")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPairs: the two halves of a key are not taken for one string. The suite's
// keys are too regular to tell.
func TestPairs(t *testing.T) {
	s := open(t)
	u := signUp(t, s)
	for _, key := range [][2]string{{"ab", "c"}, {"a", "bc"}, {"a", "\x00b"}, {"a\x00", "b"}, {"abc", ""}} {
		accountErr := s.LinkAccount(t.Context(), authent.Account{UserID: u.ID, Provider: key[0], ProviderAccountID: key[1]})
		tokenErr := s.CreateVerificationToken(t.Context(), authent.VerificationToken{Identifier: key[0], Token: authent.Secret(key[1])})
		if err := errors.Join(accountErr, tokenErr); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	if all, err := s.VerificationTokens(t.Context(), "a"); len(all) != 2 || err != nil {
		t.Errorf("VerificationTokens: %d, %v, want the 2 of that identifier", len(all), err)
	}
	if n, err := s.DeleteVerificationTokens(t.Context(), "a", ""); n != 2 || err != nil {
		t.Errorf("DeleteVerificationTokens: %d, %v, want the 2 of that identifier", n, err)
	}
}
