package authent_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// TestLimits_Statements: a limit costs a sign-in three statements, a registration two.
func TestLimits_Statements(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		off := authent.Limit{Off: true}
		count := func(limits authent.RateLimits) (register, signIn int) {
			w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.RateLimits = limits }})
			b := w.browser()
			csrf := b.csrf()
			register = len(w.driver.during(func() { b.postWith(csrf, "/auth/register", "email", ada, "password", adasWord) }))
			b = w.browser()
			csrf = b.csrf()
			signIn = len(w.driver.during(func() { b.postWith(csrf, "/auth/callback/credentials", "email", ada, "password", adasWord) }))
			if b.who() != ada {
				t.Error("the sign-in failed")
			}
			return register, signIn
		}
		register, signIn := count(authent.RateLimits{})
		bareRegister, bareSignIn := count(authent.RateLimits{SignIn: off, SignInClient: off, Mail: off, MailClient: off})
		if register-bareRegister != 2 || signIn-bareSignIn != 3 {
			t.Errorf("register %d statements of %d without limits, sign in %d of %d; want 2 and 3 more", register, bareRegister, signIn, bareSignIn)
		}
	})
}

// TestLimits_SuccessBeginsAnew: who signs in now and then never meets the limit, and a
// success does not hand the tries of others to whoever comes next from elsewhere.
func TestLimits_SuccessBeginsAnew(t *testing.T) {
	w := limited(t, testdb.SQLite)
	w.browser().register(ada, adasWord)
	for i := range 30 {
		b := w.browser()
		if b.signIn(ada, "a mistyped password"); i%3 == 0 {
			b.signIn(ada, adasWord)
			if b.who() != ada {
				t.Fatalf("try %d: not signed in", i)
			}
		}
	}
}

// TestLimits_Challenge: past the half of a limit the application may ask for proof of a
// person, and what it refuses is neither looked up nor hashed.
func TestLimits_Challenge(t *testing.T) {
	var asked []authent.ChallengeParams
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.RateLimits = authent.RateLimits{SignIn: authent.Limit{Tries: 4, Window: time.Minute}}
		c.Callbacks.Challenge = func(_ context.Context, p authent.ChallengeParams) error {
			asked = append(asked, p)
			if p.Form.Get("captcha") != "solved" {
				return errors.New("no captcha")
			}
			return nil
		}
	}})
	w.browser().register(ada, adasWord)
	b := w.browser()
	for range 2 {
		b.signIn(ada, "a mistyped password")
	}
	if len(asked) != 0 {
		t.Fatalf("asked at once: %+v", asked)
	}
	if a := b.signIn(ada, adasWord); a.errorCode() != "Challenge" || !strings.Contains(b.get("/auth/signin?error=Challenge").body, "show that you are a person") {
		t.Errorf("without an answer: %s", a.errorCode())
	}
	if b.post("/auth/callback/credentials", "email", ada, "password", adasWord, "captcha", "solved"); b.who() != ada {
		t.Error("with the answer: not signed in")
	}
	if p := asked[0]; p.Kind != authent.TrySignIn || p.Tries != 3 || p.Limit != 4 || !p.Client.IsLoopback() || p.Form.Get("email") != ada {
		t.Errorf("asked with %+v", p)
	}
}

// TestLimits_Memory: an adapter that cannot count is served by this process alone, which
// the log says.
func TestLimits_Memory(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.RateLimits = authent.RateLimits{}
		c.Adapter = struct{ authent.Adapter }{c.Adapter}
	}})
	if n := strings.Count(w.log.text(), "tries are counted in the memory of this process"); n != 2 { // as text and as JSON
		t.Errorf("said %d times, want once", n)
	}
	w.browser().register(ada, adasWord)
	for range 10 {
		w.browser().signIn(ada, "a mistyped password")
	}
	if a := w.browser().signIn(ada, adasWord); a.status != http.StatusTooManyRequests {
		t.Errorf("the 11th try: %d", a.status)
	}
	if w.count("ratelimits") != 0 {
		t.Error("it was counted in the database")
	}
}

// TestNew_RateLimits: a limit that says nothing or two things is a fault.
func TestNew_RateLimits(t *testing.T) {
	for name, tc := range map[string]struct {
		limit authent.Limit
		want  string
	}{
		"no window": {authent.Limit{Tries: 3}, "RateLimits.Mail is 3 tries in 0s"},
		"no tries":  {authent.Limit{Window: time.Minute}, "RateLimits.Mail is 0 tries in 1m0s"},
		"negative":  {authent.Limit{Tries: -1, Window: time.Minute}, "or authent.Limit{Off: true}"},
		"short":     {authent.Limit{Tries: 1, Window: time.Millisecond}, "RateLimits.Mail is 1 tries in 1ms"},
		"both":      {authent.Limit{Off: true, Tries: 1}, "RateLimits.Mail is off and has a limit"},
	} {
		_, err := authent.New(authent.Config{
			URL: "http://localhost/auth", Secrets: []string{testSecret}, Adapter: authent.Adapter(nil),
			Providers: []authent.Provider{provider.Password()}, RateLimits: authent.RateLimits{Mail: tc.limit},
		})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
