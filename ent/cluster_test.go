package ent_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/migrations"
)

// cluster is two PostgreSQL servers, one the synchronous standby of the other, and
// one process of an application that knows both.
type cluster struct {
	t                *testing.T
	primary, standby *dbserver.Server
	server           *httptest.Server
	adapter          *ent.AuthAdapter
	// cut counts how often the primary was killed while every worker waited for
	// its commit.
	cut atomic.Int64
	// registered and signedIn count what was answered with success, failed the
	// other answers to them.
	registered, signedIn, failed atomic.Int64

	mu           sync.Mutex
	acknowledged []acknowledged
	// wrong counts the answers that nobody should get.
	wrong map[string]int
}

// acknowledged is a session whose cookie has arrived.
type acknowledged struct{ email, token string }

// guest is somebody who is there from the beginning: one for each worker, so that
// none waits for another's.
func guest(n int) string { return fmt.Sprintf("guest-%d@example.com", n) }

func newCluster(t *testing.T, statementTimeout time.Duration) *cluster {
	t.Helper()
	primary, standby, err := dbserver.PostgresPair(t.Context())
	if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip("PostgreSQL is not installed: make deps installs it on Debian")
	}
	if err != nil {
		t.Fatal(err)
	}
	// The primary's end would wait for a standby that is held.
	t.Cleanup(func() { _ = errors.Join(standby.Close(), primary.Close()) })
	name, db, err := database.Open(hosts(t, primary, standby))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(16)
	if err := migrations.Apply(t.Context(), name, db); err != nil {
		t.Fatal(err)
	}
	c := &cluster{
		t: t, primary: primary, standby: standby, wrong: map[string]int{},
		adapter: ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(name, db)))),
	}
	c.serve(statementTimeout)
	return c
}

// hosts is a DATABASE_URL that names all servers, and wants the one that takes
// writes.
func hosts(t *testing.T, servers ...*dbserver.Server) string {
	t.Helper()
	u, err := url.Parse(servers[0].Dev)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range servers {
		all = append(all, "127.0.0.1:"+strconv.Itoa(s.Port))
	}
	u.Host, u.RawQuery = strings.Join(all, ","), "target_session_attrs=read-write"
	return u.String()
}

// serve starts the application. Guests sign in by a badge, which costs no hash.
func (c *cluster) serve(statementTimeout time.Duration) {
	c.t.Helper()
	ids := map[string]string{}
	for n := range workers {
		u, err := c.adapter.CreateUser(c.t.Context(), authent.User{Email: guest(n)})
		if err != nil {
			c.t.Fatal(err)
		}
		ids[u.Email] = u.ID
	}
	badge := provider.Credentials("badge", "Badge", func(_ context.Context, form url.Values) (string, error) {
		return ids[form.Get("email")], nil
	}, authent.Input{Name: "email", Label: "E-mail"})
	c.server = httptest.NewUnstartedServer(nil)
	auth, err := authent.New(authent.Config{
		URL: "http://" + c.server.Listener.Addr().String() + "/auth", Secrets: []string{strings.Repeat("s", 32)}, Adapter: c.adapter,
		Providers: []authent.Provider{provider.Password(), badge}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), MaxHashes: 64, RateLimits: unlimited, StatementTimeout: statementTimeout,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("/", auth.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := authent.SessionFrom(r.Context()); s != nil {
			_, _ = io.WriteString(w, s.User.Email)
		}
	})))
	c.server.Config.Handler = mux
	c.server.Start()
	c.t.Cleanup(c.server.Close)
}

// worker is somebody who signs in again and again, each time as in a new browser.
type worker struct {
	c *cluster
	// n numbers the workers; every second one registers new people.
	n       int
	csrf    string
	cookies []*http.Cookie
}

// workers is how many there are. Half of them hash passwords.
const workers = 4

// reply is an answer, as far as people and scripts notice it.
type reply struct {
	status int
	header http.Header
	// target is where a browser is sent, or a script by JSON.
	target *url.URL
	body   string
	// token is that of the session that the answer begins.
	token string
	// cut reports whether the server was killed on the way.
	cut bool
}

// send sends a request as a browser or, with script, as Auth.js's client does. It
// returns nil when the test is over.
func (w *worker) send(method, path string, form url.Values, script bool, cookies ...*http.Cookie) *reply {
	r, err := http.NewRequestWithContext(w.c.t.Context(), method, w.c.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.c.t.Error(err)
		return nil
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if script {
		r.Header.Set("X-Auth-Return-Redirect", "1")
	}
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	cut := w.c.cut.Load()
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		if w.c.t.Context().Err() == nil {
			w.c.note("%s %s has no answer: %v", method, path, err)
		}
		return nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil
	}
	a := &reply{status: res.StatusCode, header: res.Header, body: string(body), cut: cut != w.c.cut.Load()}
	a.read(res)
	return a
}

// read finds what the answer sets and where it sends to.
func (a *reply) read(res *http.Response) {
	target := res.Header.Get("Location")
	if a.header.Get("Content-Type") == "application/json" {
		var v struct{ URL string }
		_ = json.Unmarshal([]byte(a.body), &v)
		target = v.URL
	}
	var err error
	if a.target, err = url.Parse(target); err != nil {
		a.target = &url.URL{}
	}
	for _, cookie := range res.Cookies() {
		if cookie.Name == "authjs.session-token" {
			a.token = cookie.Value
			if cookie.MaxAge < 0 {
				a.token = "cleared"
			}
		}
	}
}

// note counts an answer that nobody should get.
func (c *cluster) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong[fmt.Sprintf(format, args...)]++
}

// outage reports whether an answer tells of the outage as it should: 503, when to
// come again, and cookies as they were.
func (c *cluster) outage(what string, script bool, a *reply) bool {
	if a.status != http.StatusServiceUnavailable {
		return false
	}
	if a.header.Get("Retry-After") == "" || a.token != "" || script && a.target.Query().Get("error") != "Unavailable" {
		c.note("%s: 503, Retry-After %q, error %q, the session's cookie %q", what, a.header.Get("Retry-After"), a.target.Query().Get("error"), a.token)
	}
	return true
}

// live signs in until stop, and looks whether sessions that began are still there.
func (w *worker) live(stop <-chan struct{}) {
	a := w.send(http.MethodGet, "/auth/csrf", nil, false)
	if a == nil {
		return
	}
	w.csrf = strings.TrimSuffix(strings.TrimPrefix(a.body, `{"csrfToken":"`), `"}`)
	w.cookies = (&http.Response{Header: a.header}).Cookies()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-w.c.t.Context().Done():
			return
		default:
		}
		if !w.signIn(i) {
			w.c.failed.Add(1)
			time.Sleep(10 * time.Millisecond) // leave the machine to the servers
			continue
		}
		w.look()
	}
}

// signIn registers somebody, or signs a guest in, and reports whether the answer
// was success.
func (w *worker) signIn(i int) bool {
	path, email, count := "/auth/callback/badge", guest(w.n), &w.c.signedIn
	if w.n%2 == 0 {
		path, email, count = "/auth/register", fmt.Sprintf("person-%d-%d@example.com", w.n, i), &w.c.registered
	}
	form := url.Values{"csrfToken": {w.csrf}, "email": {email}, "password": {"correct horse battery"}}
	script := i%2 == 0
	a := w.send(http.MethodPost, path, form, script, w.cookies...)
	if a == nil || w.c.outage("POST "+path, script, a) {
		return false
	}
	if a.status != http.StatusFound && (a.status != http.StatusOK || !script) || a.target.Query().Get("error") != "" || len(a.token) < 20 {
		w.c.note("POST %s: %d, error %q", path, a.status, a.target.Query().Get("error"))
		return false
	}
	if a.cut {
		w.c.note("POST %s: success, but the commit broke with its server", path)
	}
	w.c.mu.Lock()
	w.c.acknowledged = append(w.c.acknowledged, acknowledged{email, a.token})
	w.c.mu.Unlock()
	count.Add(1)
	return true
}

// look asks in two ways who is signed in by the last session that was acknowledged,
// and by any.
func (w *worker) look() {
	w.c.mu.Lock()
	all := w.c.acknowledged
	w.c.mu.Unlock()
	for _, s := range []acknowledged{all[len(all)-1], all[rand.IntN(len(all))]} {
		cookie := &http.Cookie{Name: "authjs.session-token", Value: s.token}
		if a := w.send(http.MethodGet, "/auth/session", nil, false, cookie); a != nil && !w.c.outage("GET /auth/session", false, a) && (a.status != http.StatusOK || signedIn(a) != s.email) {
			w.c.note("GET /auth/session: %d %q", a.status, signedIn(a))
		}
		if a := w.send(http.MethodGet, "/", nil, false, cookie); a != nil && !w.c.outage("GET /", false, a) && (a.status != http.StatusOK || a.body != s.email) {
			w.c.note("GET /: %d %q", a.status, a.body)
		}
	}
}

// signedIn is whom GET session names, "" for nobody.
func signedIn(a *reply) string {
	var v struct{ User struct{ Email string } }
	_ = json.Unmarshal([]byte(a.body), &v)
	return v.User.Email
}

// more waits until all counters have grown by n. The limit is for a load that
// never comes back.
func (c *cluster) more(n int64, counters ...*atomic.Int64) {
	c.t.Helper()
	limit := time.Now().Add(3 * time.Minute)
	for _, counter := range counters {
		for until := counter.Load() + n; counter.Load() < until; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(limit) {
				c.t.Fatalf("%d people registered, %d signed in, %d did not, and no more came; answers that should not be: %v",
					c.registered.Load(), c.signedIn.Load(), c.failed.Load(), c.wrong)
			}
		}
	}
}
