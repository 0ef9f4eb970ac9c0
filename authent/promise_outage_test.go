package authent_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// requests are what people and scripts may ask for while the database is away, with
// what comes before. Each is prepared in a world of its own.
var requests = map[string]func(w *oauthWorld, b *browser) func() answer{
	"middleware":     get("/"),
	"guarded page":   get("/private"),
	"GET session":    get("/auth/session"),
	"GET sessions":   get("/auth/sessions"),
	"account page":   get("/auth/account"),
	"sign-out page":  get("/auth/signout"),
	"update":         form("/auth/session", "data", "x"),
	"sign out":       form("/auth/signout"),
	"revoke others":  form("/auth/sessions/revoke", "others", "true"),
	"password":       form("/auth/password", "currentPassword", adasWord, "password", newWord),
	"reauthenticate": form("/auth/reauthenticate", "password", adasWord),
	"delete":         form("/auth/delete"),
	"sign in":        form("/auth/callback/credentials", "email", ada, "password", adasWord),
	"wrong password": form("/auth/callback/credentials", "email", ada, "password", "not the password"),
	"register":       form("/auth/register", "email", "new@example.com", "password", adasWord),
	"sign in, script": func(_ *oauthWorld, b *browser) func() answer {
		b.csrf()
		return func() answer {
			return b.script("/auth/callback/credentials", "email", ada, "password", adasWord)
		}
	},
	"provider": func(_ *oauthWorld, b *browser) func() answer {
		back := b.atProvider(b.toProvider("/auth/signin/dev"))
		return func() answer { return b.to(back) }
	},
	"link": func(_ *oauthWorld, b *browser) func() answer {
		back := b.atProvider(b.toProvider("/auth/link/hub"))
		return func() answer { return b.to(back) }
	},
	"unlink": func(_ *oauthWorld, b *browser) func() answer {
		b.through("/auth/link/hub")
		return form("/auth/unlink", "provider", "hub", "providerAccountId", "ada-1")(nil, b)
	},
}

func get(path string) func(*oauthWorld, *browser) func() answer {
	return func(_ *oauthWorld, b *browser) func() answer { return func() answer { return b.get(path) } }
}

func form(path string, fields ...string) func(*oauthWorld, *browser) func() answer {
	return func(_ *oauthWorld, b *browser) func() answer {
		b.csrf()
		return func() answer { return b.post(path, fields...) }
	}
}

// outage makes a database go away and come back.
type outage struct {
	through   func(url string) string
	away, end func()
	// first says that it can only happen before a request's first statement,
	// writes that who reads does not notice it.
	first, writes bool
}

// looks are the requests that write nothing, and so do not notice a SQLite database
// that another process keeps locked.
var looks = []string{"middleware", "guarded page", "GET session", "GET sessions", "account page", "sign-out page", "update", "wrong password"}

// outagesOf are those of a kind of database. SQLite's is another process that
// keeps the file locked.
func outagesOf(t *testing.T, kind testdb.Kind) map[string]outage {
	if kind.Name == testdb.SQLite.Name {
		o := outage{first: true, writes: true}
		var locker *sql.DB
		o.through = func(url string) string {
			url += "?_pragma=busy_timeout(1)"
			var err error
			if locker, err = sqlite.Open(url); err != nil {
				t.Fatal(err)
			}
			locker.SetMaxOpenConns(1)
			t.Cleanup(func() { _ = locker.Close() })
			return url
		}
		run := func(statement string) {
			if _, err := locker.ExecContext(t.Context(), statement); err != nil {
				t.Error(err)
			}
		}
		o.away, o.end = func() { run("BEGIN IMMEDIATE") }, func() { run("ROLLBACK") }
		return map[string]outage{"locked": o}
	}
	var gate *testdb.Gate
	through := func(url string) (through string) {
		through, gate = kind.Gate(t, url)
		return through
	}
	return map[string]outage{
		"cut":    {through: through, away: func() { gate.Cut() }, end: func() { gate.Open() }},
		"frozen": {through: through, away: func() { gate.Freeze() }, end: func() { gate.Open() }, first: true},
	}
}

// impatience is how long a request waits for a database that does not answer. A
// machine so slow that it is passed by one that does answers with 503 as well.
const impatience = 200 * time.Millisecond

// TestP41_OutagesAreToldAsOutages: the database goes away before each statement of
// each request in turn. The answer is 503 with Retry-After, and never that somebody
// is signed out, that a password is wrong or that the server is misconfigured; the
// cookies stay, nothing is done in part, and afterwards all goes on.
func TestP41_OutagesAreToldAsOutages(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, o := range outagesOf(t, kind) {
			for what, prepare := range requests {
				if o.writes && slices.Contains(looks, what) {
					continue
				}
				t.Run(name+"/"+what, func(t *testing.T) {
					t.Parallel()
					goesAway(t, kind, outagesOf(t, kind)[name], prepare)
				})
			}
		}
	})
}

// setsBack reports whether a statement sets a counter of tries back, which a sign-in that
// is done does last.
func setsBack(statement string) bool {
	return strings.Contains(statement, "ratelimits") && strings.HasPrefix(statement, "DELETE")
}

// counts reports whether a statement counts something: after the change, that a notice of
// it is sent.
func counts(statement string) bool { return strings.Contains(statement, "ratelimits") }

// recordsRefusal reports whether a statement is part of the record of a refusal, which was made
// before.
func (w *oauthWorld) recordsRefusal(statement string) bool {
	lines := w.log.events("security event")
	return (counts(statement) || strings.Contains(statement, "auditevents")) && len(lines) > 0 && lines[len(lines)-1]["outcome"] == "refused"
}

// goesAway lets the database go away before each statement of a request in turn.
func goesAway(t *testing.T, kind testdb.Kind, o outage, prepare func(*oauthWorld, *browser) func() answer) {
	var config authent.Config
	w := newOAuthWorld(t, kind, setup{through: o.through, config: func(c *authent.Config) {
		c.Session.TouchInterval = -1
		config = *c
	}}, oauthserver.Config{Auto: adaThere()})
	config.StatementTimeout = impatience
	hasty, err := authent.New(config)
	if err != nil {
		t.Fatal(err)
	}
	patient := w.server.Config.Handler
	b := w.registered()
	w.signedIn()
	for n := 1; n < 30; n++ {
		send := prepare(w, b)
		before, token := w.lasting(), b.token()
		w.server.Config.Handler = application(hasty)
		w.driver.beforeNth(n, o.away)
		w.log.forget()
		a := send()
		happened := w.driver.beforeNth(0, nil)
		w.server.Config.Handler = patient
		if !happened {
			if n == 1 {
				t.Fatal("the request runs no statement")
			}
			return // it took fewer
		}
		o.end()
		if (setsBack(w.driver.interrupted) || counts(w.driver.interrupted) && w.driver.committed) && a.status != http.StatusServiceUnavailable && a.errorCode() == "" {
			continue // what was asked had been done
		}
		if a.status != http.StatusServiceUnavailable && w.recordsRefusal(w.driver.interrupted) {
			continue // somebody was refused, and only the record of it is missing
		}
		if told := w.wantOutage(n, a); !told || b.token() != token || w.lasting() != before {
			t.Fatalf("statement %d: the session's cookie stayed: %v, the rows: %v", n, b.token() == token, w.lasting() == before)
		}
		if o.first {
			return
		}
	}
}

// faults are the lines in which the log tells of a fault, at the level of one.
func (w *oauthWorld) faults() (n int) {
	for _, message := range []string{"request failed", "session could not be read"} {
		for _, line := range w.log.events(message) {
			if line["level"] == "ERROR" {
				n++
			}
		}
	}
	return n
}

// lasting are the rows that matter: a state that was used up is none of them.
func (w *oauthWorld) lasting() string {
	lines := strings.Split(w.sortedDump(), "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "verificationtokens.") }), "\n")
}

// wantOutage checks the answer to a request whose n-th statement was the first that
// the database did not answer.
func (w *oauthWorld) wantOutage(n int, a answer) bool {
	w.t.Helper()
	isPage := strings.HasPrefix(a.header.Get("Content-Type"), "text/html")
	told := a.errorCode() == "Unavailable" || strings.Contains(a.body, `"error":"Unavailable"`)
	cookies := strings.Join(a.header.Values("Set-Cookie"), "\n")
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || !told || strings.Contains(cookies, "session-token=") {
		w.t.Errorf("statement %d: %d, page %v, %q, Retry-After %q, cookies %q\n%s", n, a.status, isPage, fmt.Sprint(a.errorCode(), " ", a.target()), a.header.Get("Retry-After"), cookies, w.log.text())
		return false
	}
	if n := w.faults(); n != 1 {
		w.t.Errorf("the log tells of %d faults:\n%s", n, w.log.text())
	}
	return true
}

// TestP41_CallbackWorksAfterTheOutage: a callback that came while the database was
// away is good for another try.
func TestP41_CallbackWorksAfterTheOutage(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, o := range outagesOf(t, kind) {
			if name == "frozen" {
				continue // what was asked may be done when it thaws
			}
			for _, path := range []string{"/auth/signin/dev", "/auth/signin/posting"} {
				w := newOAuthWorld(t, kind, setup{through: o.through, config: func(c *authent.Config) { c.StatementTimeout = time.Second }}, oauthserver.Config{Auto: adaThere()})
				b := w.browser()
				back := b.atProvider(b.toProvider(path))
				w.driver.beforeNth(1, o.away)
				a := b.to(back)
				o.end()
				if a.status != http.StatusServiceUnavailable {
					t.Errorf("%s: %d to %s", path, a.status, a.target())
				}
				if a := b.to(back); a.errorCode() != "" || b.who() != ada {
					t.Errorf("%s, again: %d to %s", path, a.status, a.target())
				}
			}
		}
	})
}

// TestP41_CallbacksMeetOutages: an application's callback or check that meets an
// outage refuses nobody and signs nobody out.
func TestP41_CallbacksMeetOutages(t *testing.T) {
	away := fmt.Errorf("the roles: %w", authent.ErrUnavailable)
	var meets bool
	met := func() error {
		if meets {
			return away
		}
		return nil
	}
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.Callbacks.Session = func(_ context.Context, p authent.SessionParams) (any, error) { return p.Body, met() }
		c.Callbacks.SignIn = func(context.Context, authent.SignInParams) (string, error) { return "", met() }
		c.Providers = append(c.Providers, provider.Credentials("own", "Own", func(context.Context, url.Values) (string, error) { return "", met() }))
	}})
	b, stranger := w.registered(), w.browser()
	meets = true
	for what, a := range map[string]answer{
		"session": b.get("/auth/session"), "update": b.post("/auth/session", "data", "x"),
		"sign in": stranger.signIn(ada, adasWord), "own check": stranger.post("/auth/callback/own"),
		"register": stranger.register("new@example.com", adasWord),
	} {
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s %s", what, a.status, a.errorCode(), a.body)
		}
	}
	meets = false
	if b.who() != ada {
		t.Error("signed out")
	}
}
