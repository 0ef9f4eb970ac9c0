package postgres_test

import (
	"database/sql"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/testdb"
)

func open(t *testing.T, rawURL string) *sql.DB {
	t.Helper()
	db, err := postgres.Open(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// with returns the URL of a test's own database, changed.
func with(t testing.TB, rawURL string, change func(u *url.URL, q url.Values)) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	change(u, q)
	u.RawQuery = q.Encode()
	return u.String()
}

func value(t *testing.T, db *sql.DB, query string, args ...any) (v string) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// TestURLForms: each form connects, as whom and where it says. The password has
// characters that are escaped.
func TestURLForms(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "postgres").URL(t)
	sockets := value(t, open(t, base), "SHOW unix_socket_directories")
	for name, tc := range map[string]struct {
		change      func(u *url.URL, q url.Values)
		query, want string
	}{
		"postgresql":           {func(*url.URL, url.Values) {}, "SELECT current_user", "postgres"},
		"postgres":             {func(u *url.URL, _ url.Values) { u.Scheme = "postgres" }, "SELECT current_user", "postgres"},
		"sslmode=disable":      {func(_ *url.URL, q url.Values) { q.Set("sslmode", "disable") }, "SHOW server_encoding", "UTF8"},
		"schema of Prisma":     {func(_ *url.URL, q url.Values) { q.Set("schema", `a"b`) }, "SHOW search_path", `"a""b"`},
		"search_path":          {func(_ *url.URL, q url.Values) { q.Set("search_path", "x,y") }, "SHOW search_path", "x,y"},
		"search_path wins":     {func(_ *url.URL, q url.Values) { q.Set("search_path", "x"); q.Set("schema", "y") }, "SHOW search_path", "x"},
		"a parameter":          {func(_ *url.URL, q url.Values) { q.Set("statement_timeout", "77s") }, "SHOW statement_timeout", "77s"},
		"password in query":    {passwordInQuery, "SELECT current_user", "postgres"},
		"socket":               {socket(sockets), "SELECT coalesce(inet_client_addr()::text, 'socket')", "socket"},
		"socket in the host":   {socketInHost(sockets), "SELECT coalesce(inet_client_addr()::text, 'socket')", "socket"},
		"connection_limit":     {func(_ *url.URL, q url.Values) { q.Set("connection_limit", "3") }, "SELECT '1'", "1"},
		"statement_cache=on":   {func(_ *url.URL, q url.Values) { q.Set("statement_cache", "on") }, "SELECT '1'", "1"},
		"statement_cache=off":  {func(_ *url.URL, q url.Values) { q.Set("statement_cache", "off") }, "SELECT '1'", "1"},
		"isolation of servers": {func(*url.URL, url.Values) {}, "SHOW transaction_isolation", "read committed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, with(t, base, tc.change))
			if got := value(t, db, tc.query); got != tc.want {
				t.Errorf("%s: %q, want %q", tc.query, got, tc.want)
			}
			if n := db.Stats().MaxOpenConnections; (n == 3) != (name == "connection_limit") {
				t.Errorf("at most %d connections", n)
			}
		})
	}
}

func passwordInQuery(u *url.URL, q url.Values) {
	password, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	q.Set("password", password)
}

func socket(folder string) func(u *url.URL, q url.Values) {
	return func(u *url.URL, q url.Values) {
		q.Set("host", folder)
		q.Set("port", u.Port())
		u.Host = ""
	}
}

// socketInHost writes the folder as libpq's URLs do.
func socketInHost(folder string) func(u *url.URL, q url.Values) {
	return func(u *url.URL, _ url.Values) { u.Host = folder + ":" + u.Port() }
}

// TestAddresses: what is dialled, by the errors of addresses where nobody listens.
func TestAddresses(t *testing.T) {
	t.Setenv("PGPORT", "1")
	for rawURL, want := range map[string]string{
		"postgresql://ada:correct-horse@[::1]:2/app":         "[::1]:2",
		"postgresql://ada:correct-horse@[::1]/app":           "[::1]:1",
		"postgresql://ada:correct-horse@127.0.0.1/app":       "127.0.0.1:1",
		"postgresql://ada:correct-horse@/app?host=/no/where": "/no/where/.s.PGSQL.1",
		"postgresql://ada:correct-horse@%2Fno%2fwhere/app":   "/no/where/.s.PGSQL.1",
		"postgresql://%2fno%2Fa%3Ab:2/app":                   "/no/a:b/.s.PGSQL.2",
	} {
		err := open(t, rawURL).PingContext(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "correct") {
			t.Errorf("%s: %v, want an error with %s", rawURL, err, want)
		}
	}
}

// TestEncryption: the test server has no TLS, so it is only used where the URL
// or the address allows that.
func TestEncryption(t *testing.T) {
	const elsewhere = "0.0.0.0" // reaches this machine, and does not look like it
	base := testdb.Server(t, "postgres").URL(t)
	monitor := open(t, base+"?sslmode=disable")
	monitor.SetMaxOpenConns(1)
	for _, tc := range []struct {
		mode, env, host string
		ok              bool
	}{
		{"", "", "127.0.0.1", true}, {"prefer", "", "127.0.0.1", true}, {"disable", "", "127.0.0.1", true}, {"disable", "require", "127.0.0.1", true},
		{"require", "", "127.0.0.1", false}, {"verify-full", "", "127.0.0.1", false}, {"", "require", "127.0.0.1", false},
		{"disable", "", elsewhere, true}, {"", "", elsewhere, false},
	} {
		t.Setenv("PGSSLMODE", tc.env)
		if tc.env == "" {
			os.Unsetenv("PGSSLMODE") // an empty one is an error of the driver's
		}
		db := open(t, with(t, base, func(u *url.URL, q url.Values) {
			u.Host = net.JoinHostPort(tc.host, u.Port())
			if tc.mode != "" {
				q.Set("sslmode", tc.mode)
			}
		}))
		err := db.PingContext(t.Context())
		if (err == nil) != tc.ok {
			t.Errorf("%s, sslmode=%s, PGSSLMODE=%s: %v", tc.host, tc.mode, tc.env, err)
		}
		_ = db.Close()
		alone(t, monitor)
	}
}

// alone wants db's connection to be the only one, at last: servers notice a moment
// later that one was closed.
func alone(t *testing.T, db *sql.DB) {
	t.Helper()
	await.True(t, "the database has one connection left", func() bool {
		return value(t, db, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") == "1"
	})
}

// TestWrongPassword: the server's refusal does not show it.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	wrong := with(t, testdb.Server(t, "postgres").URL(t), func(u *url.URL, _ url.Values) { u.User = url.UserPassword("postgres", "correct-horse") })
	if err := open(t, wrong).PingContext(t.Context()); err == nil || strings.Contains(err.Error(), "correct") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a wrong password: %v", err)
	}
}

// TestTimes keep their instant and their milliseconds in whatever zone the
// session is.
func TestTimes(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "postgres").URL(t)
	at := time.Date(2026, 3, 29, 7, 0, 0, 123_000_000, time.UTC)
	for _, cache := range []string{"on", "off"} {
		db := open(t, base+"?timezone=Asia/Kolkata&statement_cache="+cache)
		var back time.Time
		if err := db.QueryRowContext(t.Context(), "SELECT $1::timestamptz(3)", at).Scan(&back); err != nil || !back.Equal(at) {
			t.Errorf("statement_cache=%s: %v came back as %v: %v", cache, at, back, err)
		}
	}
}
