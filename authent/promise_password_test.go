package authent_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// common is on the list of common passwords.
const common = "football"

// TestP11_CommonPasswords: a common password is refused where one is chosen, in any case
// and with the names around it that everybody knows, and nothing is stored.
func TestP11_CommonPasswords(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Pages.AppName = "Acme Shop" }})
		b := w.registered()
		before := w.dump()
		for _, password := range []string{
			common, "FOOTBALL", "FootBall", "adafootball", "Football.ADA!", "football@example.com", "acmefootball", "Acme Shop football 2024",
			"ada123456", "adaadaada", "ACMESHOP", "example.com", "ada@example.com",
		} {
			if a := b.post("/auth/password", "currentPassword", adasWord, "password", password); a.errorCode() != "PasswordChange:password_common" {
				t.Errorf("change to %q: %s", password, a.errorCode())
			}
			if a := w.browser().register("Ada@Example.com", password); a.errorCode() != "Register:password_common" {
				t.Errorf("register with %q: %s", password, a.errorCode())
			}
			if _, err := w.auth.Register(t.Context(), authent.Registration{Email: ada, Password: password}); !errors.Is(err, authent.ErrPasswordCommon) {
				t.Errorf("Register with %q: %v", password, err)
			}
		}
		if after := w.dump(); after != before {
			t.Errorf("stored:\n%s\nbefore:\n%s", after, before)
		}
		// It is common with Ada's name only for her.
		if a := w.browser().register("grace@navy.example", "adafootball"); a.errorCode() != "" {
			t.Errorf("somebody else: %s", a.errorCode())
		}
	})
}

// TestP11_HostsName: the host of Config.URL is a name of the application too.
func TestP11_HostsName(t *testing.T) {
	auth, err := authent.New(authent.Config{
		URL: "https://tulips.example.com", Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()},
		Pages: authent.Pages{AppName: "Acme"}, Logger: newSecretLog(t).logger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"TulipsFootball", "tulips.example.com", "acme-tulips-1"} {
		if _, err := auth.Register(t.Context(), authent.Registration{Email: ada, Password: password}); !errors.Is(err, authent.ErrPasswordCommon) {
			t.Errorf("%s: %v", password, err)
		}
	}
}

// TestP11_OldPasswordsStayGood: who has a common password signs in with it, also where it
// is hashed anew, and is asked for it.
func TestP11_OldPasswordsStayGood(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Passwords = authent.Passwords{Breached: &breachedList{err: errors.New("asked about an old password")}, BreachedRequired: true}
		}})
		old, err := bcrypt.GenerateFromPassword([]byte(common), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.CreateUser(t.Context(), authent.User{Email: ada, Password: authent.Secret(old)}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			b := w.browser()
			if a := b.signIn(ada, common); b.who() != ada {
				t.Fatalf("sign-in: %d %s", a.status, a.errorCode())
			}
			if a := b.post("/auth/reauthenticate", "password", common); a.errorCode() != "" {
				t.Errorf("re-authentication: %s", a.errorCode())
			}
		}
		if !strings.HasPrefix(string(w.user().Password), "$argon2id$") {
			t.Error("the old password was not rehashed")
		}
	})
}

// breachedList is a list of breached passwords that notes what it is asked.
type breachedList struct {
	mu sync.Mutex
	// suffixes are all it answers with, err is what it fails with.
	suffixes []string
	err      error
	asked    []string
}

// Suffixes implements authent.BreachedPasswords.
func (l *breachedList) Suffixes(_ context.Context, prefix string) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, prefix)
	return l.suffixes, l.err
}

// The SHA-1 hash of breachedWord is breachedPrefix and breachedSuffix.
const (
	breachedWord   = "a sentence from a breach"
	breachedPrefix = "6325B"
	breachedSuffix = "E971FBEC4613C1DEF38EFED4D450DAE8C70"
)

// someSuffixes are those of breachedWord, in lower case, and of others.
var someSuffixes = []string{strings.Repeat("0", 35), strings.ToLower(breachedSuffix), strings.Repeat("F", 35)}

// TestP10_RegistrationsLookAlike: where the new password is refused, a taken address is
// answered like a free one, after the same hashing, and whoever knows breached passwords
// is asked about both.
func TestP10_RegistrationsLookAlike(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		list := &breachedList{suffixes: someSuffixes}
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Passwords.Breached = list }})
		w.people()
		var mu sync.Mutex
		var work []string
		authent.OnHash(w.auth, func(algorithm string) {
			mu.Lock()
			defer mu.Unlock()
			work = append(work, algorithm)
		})
		emails := []string{"free@example.com", "wrong@example.com", "WRONG@example.com", "disabled@example.com", "passwordless@example.com"}
		for password, want := range map[string]struct {
			code  string
			work  []string
			asked int
		}{
			"short":      {"password_short", nil, 0},
			common:       {"password_common", []string{"argon2id"}, 0},
			breachedWord: {"password_breached", []string{"argon2id"}, 1},
		} {
			first := ""
			for _, email := range emails {
				work, list.asked = nil, nil
				a := w.browser().script("/auth/register", "email", email, "password", password)
				if a.errorCode() != "Register:"+want.code || !slices.Equal(work, want.work) || len(list.asked) != want.asked {
					t.Errorf("%s, %q: %s, hashed by %v, asked %q", email, password, a.errorCode(), work, list.asked)
				}
				if text := shape(a); first == "" {
					first = text
				} else if text != first {
					t.Errorf("%s, %q: the answer differs:\n%s\n%s", email, password, text, first)
				}
			}
		}
		// A good one costs the same too, and tells only at its end.
		for _, email := range emails[1:] {
			work, list.asked = nil, nil
			if a := w.browser().script("/auth/register", "email", email, "password", adasWord); a.errorCode() != "Register:email_taken" || !slices.Equal(work, []string{"argon2id"}) || len(list.asked) != 1 {
				t.Errorf("%s: %s, hashed by %v, asked %q", email, a.errorCode(), work, list.asked)
			}
		}
	})
}

// TestP10_ChangesLookAlike: who does not know the current password is told nothing of the
// new one, and nobody else hears of it.
func TestP10_ChangesLookAlike(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		list := &breachedList{suffixes: someSuffixes}
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Passwords.Breached = list }})
		b := w.registered()
		first := ""
		for _, password := range []string{common, breachedWord, "nine lilac umbrellas"} {
			list.asked = nil
			hashes := 0
			authent.OnHash(w.auth, func(string) { hashes++ })
			a := b.script("/auth/password", "currentPassword", "not the password", "password", password)
			if text := shape(a); first == "" {
				first = text
			} else if text != first {
				t.Errorf("%q: the answer differs:\n%s\n%s", password, text, first)
			}
			if hashes != 1 || len(list.asked) != 0 || a.errorCode() != "CurrentPassword" {
				t.Errorf("%q: %s, %d hashes, asked %q", password, a.errorCode(), hashes, list.asked)
			}
		}
	})
}
