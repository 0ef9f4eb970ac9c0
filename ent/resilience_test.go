package ent_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/migrations"
)

// load is people who register and sign in while something happens to the
// database.
type load struct {
	t       *testing.T
	server  *httptest.Server
	adapter *ent.AuthAdapter
	// registered are the addresses whose registration was answered with success.
	mu         sync.Mutex
	registered []string
	done, away atomic.Int64
}

// newLoad is an application on a database server of its own.
func newLoad(t *testing.T, s *dbserver.Server) *load {
	t.Helper()
	name, db, err := database.Open(s.Dev)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(16)
	if err := migrations.Apply(t.Context(), name, db); err != nil {
		t.Fatal(err)
	}
	l := &load{t: t, server: httptest.NewUnstartedServer(nil), adapter: ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(name, db))))}
	auth, err := authent.New(authent.Config{
		URL: "http://" + l.server.Listener.Addr().String() + "/auth", Secrets: []string{strings.Repeat("s", 32)},
		Adapter: l.adapter, Providers: []authent.Provider{provider.Password()}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), MaxHashes: 64, RateLimits: unlimited,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("/", auth.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := authent.SessionFrom(r.Context()); s != nil {
			_, _ = io.WriteString(w, s.User.Email)
		}
	})))
	l.server.Config.Handler = mux
	l.server.Start()
	t.Cleanup(l.server.Close)
	return l
}

// person is a browser.
type person struct {
	l      *load
	client *http.Client
}

func (l *load) person() *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return &person{l, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// send returns the status and the target's query, and notes what no client should
// see.
func (p *person) send(method, path string, form url.Values) (status int, target *url.URL, body string) {
	r, err := http.NewRequest(method, p.l.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.l.t.Error(err)
		return 0, &url.URL{}, ""
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := p.client.Do(r)
	if err != nil {
		p.l.t.Error(err)
		return 0, &url.URL{}, ""
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	for _, c := range res.Cookies() {
		if c.Name == "authjs.session-token" && c.MaxAge < 0 {
			p.l.t.Errorf("%s %s cleared the session cookie", method, path)
		}
	}
	if res.StatusCode >= 500 && res.StatusCode != http.StatusServiceUnavailable {
		p.l.t.Errorf("%s %s: %d", method, path, res.StatusCode)
	}
	target, err = url.Parse(res.Header.Get("Location"))
	if err != nil {
		p.l.t.Error(err)
		target = &url.URL{}
	}
	return res.StatusCode, target, string(text)
}

// live registers and looks who is signed in, again and again, until stop.
func (l *load) live(n int, stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		p, email := l.person(), fmt.Sprintf("person-%d-%d@example.com", n, i)
		_, _, body := p.send(http.MethodGet, "/auth/csrf", nil)
		csrf := strings.TrimSuffix(strings.TrimPrefix(body, `{"csrfToken":"`), `"}`)
		status, target, _ := p.send(http.MethodPost, "/auth/register", url.Values{"csrfToken": {csrf}, "email": {email}, "password": {"correct horse battery"}})
		if status != http.StatusFound || target.Query().Get("error") != "" {
			l.away.Add(1)
			continue
		}
		l.mu.Lock()
		l.registered = append(l.registered, email)
		l.mu.Unlock()
		l.done.Add(1)
		switch status, _, body := p.send(http.MethodGet, "/", nil); {
		case status == http.StatusServiceUnavailable:
			l.away.Add(1)
		case status != http.StatusOK || body != email:
			l.t.Errorf("somebody who has just registered is seen as %q (%d)", body, status)
		}
	}
}

// waitFor waits until n more registrations have succeeded.
func (l *load) waitFor(n int64) {
	l.t.Helper()
	until := l.done.Load() + n
	await.True(l.t, fmt.Sprintf("%d registrations", until), func() bool { return l.done.Load() >= until })
}

// check: who was told of success is there, with one session; whoever is there has
// at least one, since user and session are one transaction (P26).
func (l *load) check() {
	l.t.Helper()
	users := map[string]*authent.User{}
	for _, email := range l.registered {
		found, err := l.adapter.UsersByEmail(l.t.Context(), email)
		if err != nil || len(found) != 1 {
			l.t.Errorf("%s: %d users, %v", email, len(found), err)
			continue
		}
		users[email] = found[0]
		if sessions, err := l.adapter.Sessions(l.t.Context(), found[0].ID); err != nil || len(sessions) != 1 {
			l.t.Errorf("%s: %d sessions, %v", email, len(sessions), err)
		}
	}
}

// servers start a database server of a test's own, which keeps what it has
// committed when it is killed; those of other tests need not.
var servers = map[string]func(context.Context) (*dbserver.Server, error){
	"postgres": func(ctx context.Context) (*dbserver.Server, error) {
		return dbserver.Postgres(ctx, "synchronous_commit=on")
	},
	"mariadb": func(ctx context.Context) (*dbserver.Server, error) {
		return dbserver.MariaDB(ctx, "--innodb-flush-log-at-trx-commit=1")
	},
}

// TestLoadSurvivesItsServer: people register while the server is stopped and
// started, killed, and while it drops all connections. Nothing is half-written,
// nobody is told wrong, and the pool comes back by itself.
func TestLoadSurvivesItsServer(t *testing.T) {
	for name, serve := range servers {
		t.Run(name, func(t *testing.T) {
			s, err := serve(t.Context())
			if errors.Is(err, dbserver.ErrNotInstalled) {
				t.Skipf("no %s", name)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			l := newLoad(t, s)
			stop := make(chan struct{})
			var wg sync.WaitGroup
			for n := range 8 {
				wg.Go(func() { l.live(n, stop) })
			}
			l.waitFor(4)
			for what, happens := range map[string]func() error{
				"restart": func() error { return errors.Join(s.Stop(), s.Start(t.Context())) },
				"kill":    func() error { return errors.Join(s.Kill(), s.Start(t.Context())) },
				"drop":    func() error { return drop(t.Context(), name, s) },
			} {
				if err := happens(); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				l.waitFor(4)
			}
			close(stop)
			wg.Wait()
			l.check()
		})
	}
}

// drop ends all connections but its own. One may end by itself meanwhile, which KILL
// calls error 1094.
func drop(ctx context.Context, name string, s *dbserver.Server) error {
	if name == "postgres" {
		return s.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL")
	}
	return s.Exec(ctx, "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; FOR p IN (SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND user = 'root') DO KILL p.id; END FOR; END")
}

// unlimited is for a load that comes from one address.
var unlimited = authent.RateLimits{
	SignIn: authent.Limit{Off: true}, SignInClient: authent.Limit{Off: true},
	Mail: authent.Limit{Off: true}, MailClient: authent.Limit{Off: true},
}
