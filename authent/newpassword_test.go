package authent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/breach"
	"github.com/authent/authent/internal/testdb"
)

// TestPasswordsConfig: what New refuses.
func TestPasswordsConfig(t *testing.T) {
	for want, p := range map[string]authent.Passwords{
		"BreachedTimeout is negative":    {BreachedTimeout: -1},
		"there is no Passwords.Breached": {BreachedRequired: true},
	} {
		_, err := authent.New(authent.Config{Passwords: p})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// breachServer is a service that knows breachedWord, unless it has another handler.
type breachServer struct {
	*httptest.Server
	// instead answers if it is not nil.
	instead atomic.Pointer[http.HandlerFunc]
	asked   atomic.Int64
}

func newBreachServer(t *testing.T) *breachServer {
	s := &breachServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if instead := s.instead.Load(); instead != nil {
			(*instead)(w, r)
			return
		}
		fmt.Fprintf(w, "%035X:0\r\n", 1)
		if strings.HasSuffix(r.URL.Path, "/range/"+breachedPrefix) {
			fmt.Fprintf(w, "%s:12\r\n", breachedSuffix)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// asking makes a world that asks s about new passwords.
func (s *breachServer) asking(t *testing.T, p authent.Passwords) *world {
	t.Helper()
	known, err := breach.New(breach.Config{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	p.Breached = known
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.Passwords = p }})
	w.log.secret(breachedPrefix)
	return w
}

// away are the ways in which a service does not answer.
var away = map[string]http.HandlerFunc{
	"hangs":   func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"fails":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) },
	"garbage": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<p>Welcome to this hotel") },
	"breaks":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
}

// TestBreached: a password that the service knows is refused, at registration and change;
// another one is not.
func TestBreached(t *testing.T) {
	s := newBreachServer(t)
	w := s.asking(t, authent.Passwords{})
	if a := w.browser().register(ada, breachedWord); a.errorCode() != "Register:password_breached" || w.count("users") != 0 {
		t.Errorf("register: %s", a.errorCode())
	}
	if _, err := w.auth.Register(t.Context(), authent.Registration{Email: ada, Password: breachedWord}); !errors.Is(err, authent.ErrPasswordBreached) {
		t.Errorf("Register: %v", err)
	}
	b := w.registered()
	if a := b.post("/auth/password", "currentPassword", adasWord, "password", breachedWord); a.errorCode() != "PasswordChange:password_breached" {
		t.Errorf("change: %s", a.errorCode())
	}
	if a := b.post("/auth/password", "currentPassword", adasWord, "password", "nine lilac umbrellas"); a.errorCode() != "" {
		t.Errorf("change to another one: %s", a.errorCode())
	}
	if strings.Contains(w.log.text(), "without a look") {
		t.Error("the log says that nobody was asked")
	}
}

// TestBreachedAway: while the service does not answer, new passwords are taken, which the
// log says once; or none is, where the application wants that.
func TestBreachedAway(t *testing.T) {
	for name, handler := range away {
		t.Run(name, func(t *testing.T) {
			s := newBreachServer(t)
			s.instead.Store(&handler)
			w := s.asking(t, authent.Passwords{BreachedTimeout: 100 * time.Millisecond})
			w.registered()
			w.browser().register("grace@example.com", breachedWord)
			// The line as text; the log has each as JSON too.
			const line = `msg="authent: new passwords are taken without a look at breached ones"`
			if n := strings.Count(w.log.text(), line); n != 1 || w.count("users") != 2 || s.asked.Load() == 0 {
				t.Errorf("%d lines, %d users, asked %d times:\n%s", n, w.count("users"), s.asked.Load(), w.log.text())
			}
			w.clock.advance(time.Minute)
			w.browser().register("joan@example.com", breachedWord)
			if n := strings.Count(w.log.text(), line); n != 2 {
				t.Errorf("%d lines after a minute, want 2", n)
			}

			w = s.asking(t, authent.Passwords{BreachedTimeout: 100 * time.Millisecond, BreachedRequired: true})
			a := w.browser().register(ada, adasWord)
			if a.status != http.StatusServiceUnavailable || a.errorCode() != "Unavailable" || a.header.Get("Retry-After") == "" || w.count("users") != 0 {
				t.Errorf("%d %s, %d users", a.status, a.errorCode(), w.count("users"))
			}
			if !strings.Contains(w.log.text(), "look for a breached password") {
				t.Errorf("the log does not say why:\n%s", w.log.text())
			}
		})
	}
}

// TestBreachedAndGone: when the person leaves while the service is asked, that is nobody's
// answer, and nothing is stored.
func TestBreachedAndGone(t *testing.T) {
	s := newBreachServer(t)
	w := s.asking(t, authent.Passwords{BreachedTimeout: time.Hour})
	ctx, leave := context.WithCancel(t.Context())
	hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leave()
		<-r.Context().Done()
	})
	s.instead.Store(&hang)
	_, err := w.auth.Register(ctx, authent.Registration{Email: ada, Password: adasWord})
	if !errors.Is(err, context.Canceled) || errors.Is(err, authent.ErrUnavailable) || w.count("users") != 0 || strings.Contains(w.log.text(), "without a look") {
		t.Errorf("%v, %d users", err, w.count("users"))
	}
}

// deadlineList notes how long it is given.
type deadlineList struct{ left time.Duration }

// Suffixes implements authent.BreachedPasswords.
func (l *deadlineList) Suffixes(ctx context.Context, _ string) ([]string, error) {
	at, ok := ctx.Deadline()
	if ok {
		l.left = time.Until(at)
	}
	return nil, nil
}

// TestBreachedTimeout: whoever is asked has 2 seconds, if nothing else is said.
func TestBreachedTimeout(t *testing.T) {
	for timeout, most := range map[time.Duration]time.Duration{0: 2 * time.Second, time.Minute: time.Minute} {
		list := &deadlineList{}
		w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
			c.Passwords = authent.Passwords{Breached: list, BreachedTimeout: timeout}
		}})
		w.registered()
		if list.left == 0 || list.left > most {
			t.Errorf("BreachedTimeout %v: %v are left", timeout, list.left)
		}
		if timeout == time.Minute && list.left <= 2*time.Second {
			t.Errorf("BreachedTimeout %v: %v are left", timeout, list.left)
		}
	}
}

// TestNewPasswordRules: the forms say which lengths the engine takes, in shared mode too.
func TestNewPasswordRules(t *testing.T) {
	for mode, most := range map[authent.AuthJSMode]int{authent.AuthJSAlone: 1024, authent.AuthJSSharedHashed: 72} {
		w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.AuthJS.Mode = mode }})
		rules := fmt.Sprintf(`minlength="8" passwordrules="minlength: 8; maxlength: %d;"`, most)
		b := w.browser()
		if page := b.get("/auth/register"); !strings.Contains(page.body, rules) {
			t.Errorf("%v: the page has no %s:\n%s", mode, rules, page.body)
		}
		for n, want := range map[int]string{7: "Register:password_short", most + 1: "Register:password_long", most: ""} {
			if a := w.browser().register(fmt.Sprintf("x%d@example.com", n), strings.Repeat("~", n)); a.errorCode() != want {
				t.Errorf("%v: %d characters: %s, want %q", mode, n, a.errorCode(), want)
			}
		}
	}
}
