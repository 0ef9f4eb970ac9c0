package authent_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

const limitedPassword = "an unusual sentence to remember"

// limited makes a world with the default limits, behind a proxy that names clients.
func limited(t *testing.T, kind testdb.Kind) *world {
	return newWorld(t, kind, setup{config: func(c *authent.Config) {
		c.RateLimits = authent.RateLimits{}
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}})
}

// from makes a browser whose requests come from an address.
func (w *world) from(addr string) *browser {
	b := w.browser()
	b.header.Set("X-Forwarded-For", addr)
	return b
}

// TestP19_SignInBurst sends wrong passwords at once, from many addresses and in several
// spellings: no more of them are checked than the limit says.
func TestP19_SignInBurst(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := limited(t, kind)
		w.browser().register("ada@example.com", limitedPassword)
		spellings := []string{"ada@example.com", "ADA@example.com", " ada@example.com ", "Ada@Example.COM", "ａda@example.com"}
		var checked, refused atomic.Int64
		var wait sync.WaitGroup
		for i := range 40 {
			b := w.from("192.0.2." + strconv.Itoa(i+1))
			csrf := b.csrf()
			wait.Go(func() {
				switch a := b.postWith(csrf, "/auth/callback/credentials", "email", spellings[i%len(spellings)], "password", "wrong password no. "+strconv.Itoa(i)); {
				case a.errorCode() == "CredentialsSignin:credentials":
					checked.Add(1)
				case a.status == http.StatusTooManyRequests && a.header.Get("Retry-After") != "":
					refused.Add(1)
				default:
					t.Errorf("status %d, error %q", a.status, a.errorCode())
				}
			})
		}
		wait.Wait()
		if checked.Load() != 10 || refused.Load() != 30 {
			t.Errorf("%d checked and %d refused, want 10 and 30", checked.Load(), refused.Load())
		}
		if a := w.from("198.51.100.7").signIn("ada@example.com", limitedPassword); a.status != http.StatusTooManyRequests {
			t.Errorf("the right password from elsewhere: status %d, want 429", a.status)
		}
		w.clock.advance(15*time.Minute + time.Second)
		b := w.from("198.51.100.7")
		if b.signIn("ada@example.com", limitedPassword); b.who() != "ada@example.com" {
			t.Error("nobody can sign in after the window")
		}
	})
}

// TestP19_Client counts what one client tries of all accounts: an IPv4 address in both
// its forms, or a /64.
func TestP19_Client(t *testing.T) {
	for name, addrs := range map[string][2]string{
		"IPv4":    {"192.0.2.1", "::ffff:192.0.2.1"},
		"IPv6/64": {"2001:db8::1", "2001:db8::ffff:2"},
	} {
		t.Run(name, func(t *testing.T) {
			w := limited(t, testdb.SQLite)
			b, again := w.from(addrs[0]), w.from(addrs[1])
			for i := range 100 {
				if a := b.signIn("p"+strconv.Itoa(i)+"@example.com", limitedPassword); a.status == http.StatusTooManyRequests {
					t.Fatalf("try %d: refused", i+1)
				}
			}
			a := again.script("/auth/register", "email", "new@example.com", "password", limitedPassword)
			if a.status != http.StatusTooManyRequests || !strings.Contains(a.target(), "/auth/signin?error=RateLimited") {
				t.Errorf("try 101: status %d to %q", a.status, a.target())
			}
			if a := w.from("203.0.113.9").signIn("p1@example.com", limitedPassword); a.status == http.StatusTooManyRequests {
				t.Error("another client is refused")
			}
		})
	}
}

// TestP20_KnownBrowser floods an account from 64 addresses. The owner comes in with a
// browser that signed in before; a browser that did so to another account does not.
func TestP20_KnownBrowser(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := limited(t, kind)
		owner, other := w.from("198.51.100.7"), w.from("198.51.100.8")
		owner.register("ada@example.com", limitedPassword)
		owner.post("/auth/signout")
		other.register("eve@example.com", limitedPassword)
		other.post("/auth/signout")
		for i := range 64 {
			w.from("192.0.2."+strconv.Itoa(i+1)).signIn("ada@example.com", "wrong password no. "+strconv.Itoa(i))
		}
		if a := other.signIn("ada@example.com", limitedPassword); a.status != http.StatusTooManyRequests {
			t.Errorf("a browser known to another account: status %d", a.status)
		}
		if owner.signIn("ada@example.com", limitedPassword); owner.who() != "ada@example.com" {
			t.Error("the owner is kept out of a known browser")
		}
		thief := w.from("192.0.2.99")
		thief.plant("authent.known", "AAAA")
		if a := thief.signIn("ada@example.com", limitedPassword); a.status != http.StatusTooManyRequests {
			t.Errorf("a cookie that was not made here: status %d", a.status)
		}
	})
}

// TestP19_EveryDoor: each place where a password can be tried counts, one try less than
// one too many is answered as ever, and the next is refused before it is checked.
func TestP19_EveryDoor(t *testing.T) {
	doors := map[string]func(b *browser, password string) answer{
		"sign in":        func(b *browser, password string) answer { return b.signIn(ada, password) },
		"register":       func(b *browser, password string) answer { return b.register(ada, password) },
		"reauthenticate": func(b *browser, password string) answer { return b.post("/auth/reauthenticate", "password", password) },
		"change password": func(b *browser, password string) answer {
			return b.post("/auth/password", "currentPassword", password, "password", newWord)
		},
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, door := range doors {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{config: func(c *authent.Config) {
					c.RateLimits = authent.RateLimits{SignIn: authent.Limit{Tries: 3, Window: time.Minute}}
				}})
				b := w.registered()
				b.plant("authent.known", "")
				tries := 3
				if name == "register" {
					tries = 2 // ada's own was the first
				}
				for i := range tries {
					if a := door(b, "a mistyped password"); a.status == http.StatusTooManyRequests {
						t.Fatalf("try %d: refused", i+1)
					}
				}
				before := w.dump()
				if a := door(b, adasWord); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "60" {
					t.Errorf("one too many: status %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
				}
				if w.dump() != before {
					t.Error("a refused try changed something")
				}
				w.clock.advance(time.Minute + time.Second)
				if a := door(b, adasWord); a.status == http.StatusTooManyRequests {
					t.Error("refused after the window")
				}
			})
		}
	})
}

// TestP19_CountersAway: when tries cannot be counted, nobody is let through, and nobody
// is told that the password was wrong.
func TestP19_CountersAway(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := limited(t, kind)
		w.browser().register(ada, adasWord)
		for n := 1; n <= 2; n++ {
			b := w.browser()
			csrf := b.csrf()
			w.driver.failNth(n)
			a := b.postWith(csrf, "/auth/callback/credentials", "email", ada, "password", adasWord)
			w.driver.failNth(0)
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || b.who() != "" {
				t.Errorf("counter %d away: status %d, signed in as %q", n, a.status, b.who())
			}
		}
		if b := w.browser(); b.signIn(ada, adasWord).errorCode() != "" || b.who() != ada {
			t.Error("nobody can sign in afterwards")
		}
	})
}
