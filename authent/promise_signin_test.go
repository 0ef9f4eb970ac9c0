package authent_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// meeting is an Adapter that lets nobody go on who has looked for a user before all
// have: then each of them found none, however the machine runs them.
type meeting struct {
	authent.Adapter
	mu      sync.Mutex
	missing int
	met     chan struct{}
}

// UsersByEmail implements authent.Adapter.
func (m *meeting) UsersByEmail(ctx context.Context, emails ...string) ([]*authent.User, error) {
	users, err := m.Adapter.UsersByEmail(ctx, emails...)
	m.mu.Lock()
	if m.missing--; m.missing == 0 {
		close(m.met)
	}
	m.mu.Unlock()
	select {
	case <-m.met:
		return users, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestP09_OneUserPerAddress(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		const callers = 64
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Adapter = &meeting{Adapter: c.Adapter, missing: callers, met: make(chan struct{})}
			c.MaxHashes = 2 * callers
		}})
		spellings := []string{"ada@example.com", "Ada@Example.com", " ADA@example.COM ", "ａda@example.com"}
		var wg sync.WaitGroup
		errs := make([]error, callers)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = w.auth.Register(t.Context(), authent.Registration{Email: spellings[i%len(spellings)], Password: adasWord})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case err.Error() != "registration refused: email_taken" && err.Error() != "authent: register: registration refused: email_taken":
				t.Errorf("a loser was told: %v", err)
			}
		}
		if won != 1 || w.count("users") != 1 {
			t.Errorf("%d registrations succeeded, %d users", won, w.count("users"))
		}
		if a := w.browser().register("ADA@example.com", adasWord); a.errorCode() != "Register:email_taken" {
			t.Errorf("a later registration: %s", a.errorCode())
		}
	})
}

// TestP10_RefusalsLookAlike: unknown, wrong, disabled and password-less are the
// same to whoever tries, in the answer and in the work behind it.
func TestP10_RefusalsLookAlike(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, withBcrypt := range []bool{false, true} {
			t.Run(fmt.Sprintf("BcryptHashes=%v", withBcrypt), func(t *testing.T) {
				w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.BcryptHashes = withBcrypt }})
				w.people()
				var mu sync.Mutex
				var work []string
				authent.OnHash(w.auth, func(algorithm string) {
					mu.Lock()
					defer mu.Unlock()
					work = append(work, algorithm)
				})
				want := []string{"argon2id"}
				if withBcrypt {
					want = []string{"argon2id", "bcrypt"}
				}
				var first string
				for _, email := range []string{"wrong@example.com", "unknown@example.com", "disabled@example.com", "passwordless@example.com"} {
					work = nil
					word := adasWord
					if email == "wrong@example.com" {
						word = "wrong password"
					}
					a := w.browser().script("/auth/callback/credentials", "email", email, "password", word)
					if a.errorCode() != "CredentialsSignin:credentials" || a.status != http.StatusOK {
						t.Errorf("%s: %d %s", email, a.status, a.errorCode())
					}
					slices.Sort(work)
					if !slices.Equal(work, want) {
						t.Errorf("%s: hashed by %v, want %v", email, work, want)
					}
					if text := shape(a); first == "" {
						first = text
					} else if text != first {
						t.Errorf("%s: the answer differs:\n%s\n%s", email, text, first)
					}
				}
			})
		}
	})
}

// people are the four kinds of P10; wrong@ has the password adasWord.
func (w *world) people() {
	w.t.Helper()
	for _, email := range []string{"wrong@example.com", "disabled@example.com"} {
		u, err := w.auth.Register(w.t.Context(), authent.Registration{Email: email, Password: adasWord})
		if err != nil {
			w.t.Fatal(err)
		}
		if email == "disabled@example.com" {
			if err := w.auth.DisableUser(w.t.Context(), u.ID); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	if _, err := w.store.CreateUser(w.t.Context(), authent.User{Email: "passwordless@example.com"}); err != nil {
		w.t.Fatal(err)
	}
}

// shape is an answer without what is random: the values of cookies and the date.
func shape(a answer) string {
	h := a.header.Clone()
	h.Del("Date")
	h.Del("Content-Length")
	for i, c := range h["Set-Cookie"] {
		name, rest, _ := strings.Cut(c, "=")
		value, attributes, _ := strings.Cut(rest, ";")
		h["Set-Cookie"][i] = fmt.Sprintf("%s (%v);%s", name, value != "", attributes)
	}
	return asText(answer{a.status, h, a.body})
}

// TestP12_BcryptUsersSignInAndAreRehashed: a user from another system signs in
// with the old hash and has a new one afterwards.
func TestP12_BcryptUsersSignInAndAreRehashed(t *testing.T) {
	authent.ShippedHashes(t)
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.BcryptHashes = true }})
		old, err := bcrypt.GenerateFromPassword([]byte(adasWord), 10)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.CreateUser(t.Context(), authent.User{Email: ada, Password: authent.Secret(old)}); err != nil {
			t.Fatal(err)
		}
		if a := w.browser().signIn(ada, "wrong password"); a.errorCode() != "CredentialsSignin:credentials" {
			t.Errorf("wrong password: %s", a.errorCode())
		}
		w.signedIn()
		rehashed := string(w.user().Password)
		if !strings.HasPrefix(rehashed, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("after sign-in the hash is %s", rehashed)
		}
		w.signedIn()
		if string(w.user().Password) != rehashed {
			t.Error("a live hash was rehashed")
		}
	})
}

// TestP26_SignInIsOneTransaction: with each statement failing in turn, nothing
// is stored, until the statement after the last.
func TestP26_SignInIsOneTransaction(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		flows := map[string]func(b *browser) answer{
			"register":       func(b *browser) answer { return b.register("new@example.com", adasWord) },
			"sign in":        func(b *browser) answer { return b.signIn(ada, adasWord) },
			"reauthenticate": func(b *browser) answer { return b.post("/auth/reauthenticate", "password", adasWord) },
		}
		for name, flow := range flows {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{})
				b := w.registered()
				before := w.dump()
				for n := 1; n < 40; n++ {
					w.store.beforeTx = func() { w.driver.failNth(n) }
					a := flow(b)
					w.driver.failNth(0)
					if a.errorCode() == "" {
						if n < 3 {
							t.Errorf("only %d statements failed before it went through", n-1)
						}
						return
					}
					if a.errorCode() != "Configuration" {
						t.Errorf("statement %d failed: %s", n, a.errorCode())
					}
					if after := w.dump(); after != before {
						t.Fatalf("statement %d failed and left:\n%s\nbefore:\n%s", n, after, before)
					}
					if b.who() != ada {
						t.Fatalf("statement %d failed and ended the session", n)
					}
				}
				t.Fatal("the flow never succeeded")
			})
		}
	})
}

// TestP30_AddressesCompareByBytes: two addresses that look alike are two people.
func TestP30_AddressesCompareByBytes(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		addresses := []string{"victim@example.com", "víctim@example.com", "vi\u0301ctim.x@example.com", "victım@example.com"}
		for i, email := range addresses {
			if _, err := w.auth.Register(t.Context(), authent.Registration{Email: email, Password: fmt.Sprintf("password number %d", i)}); err != nil {
				t.Fatalf("%q: %v", email, err)
			}
		}
		for i, email := range addresses {
			for j := range addresses {
				a := w.browser().signIn(email, fmt.Sprintf("password number %d", j))
				if ok := a.errorCode() == ""; ok != (i == j) {
					t.Errorf("%q with the password of %q: signed in %v", email, addresses[j], ok)
				}
			}
		}
		b := w.browser()
		if a := b.signIn("  VICTIM@Example.com ", "password number 0"); a.errorCode() != "" || b.who() != addresses[0] {
			t.Errorf("another spelling of the same address: %s, signed in as %q", a.errorCode(), b.who())
		}
	})
}

// TestP28_TimesAreUTCMilliseconds: what the engine hands to an application is
// UTC to the millisecond, whatever the zone of its clock.
func TestP28_TimesAreUTCMilliseconds(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		kolkata := time.FixedZone("IST", 5*3600+1800)
		at := time.Date(2030, 3, 29, 1, 30, 0, 123_456_789, kolkata)
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Now = func() time.Time { return at } }})
		u, err := w.auth.Register(t.Context(), authent.Registration{Email: ada, Password: adasWord})
		if err != nil {
			t.Fatal(err)
		}
		w.signedIn()
		list, err := w.auth.Sessions(t.Context(), u.ID)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		want := at.UTC().Truncate(time.Millisecond)
		for name, got := range map[string]time.Time{
			"createdAt": list[0].CreatedAt, "lastUsedAt": list[0].LastUsedAt, "expires": list[0].Expires.Add(-30 * 24 * time.Hour),
		} {
			if got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		if body := w.signedIn().session(); body["expires"] != "2030-04-27T20:00:00.123Z" {
			t.Errorf("session body: %v", body)
		}
	})
}

// TestP25_SessionCheckIsOneStatement: from the cookie to the application's own
// user in one SQL statement.
func TestP25_SessionCheckIsOneStatement(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		statements := w.driver.during(func() {
			if b.who() != ada {
				t.Error("not signed in")
			}
		})
		if len(statements) != 1 {
			t.Errorf("%d statements: %q", len(statements), statements)
		}
		if n := len(w.driver.during(func() { w.browser().who() })); n != 0 {
			t.Errorf("a request without cookie: %d statements, want 0", n)
		}
	})
}
