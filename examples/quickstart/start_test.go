package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/freeport"
)

// TestWrongSettings get one line that says what to do.
func TestWrongSettings(t *testing.T) {
	taken, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	dir := t.TempDir()
	good := "file:" + filepath.Join(dir, "quickstart.db")
	readOnly := filepath.Join(dir, "empty.db")
	if err := os.WriteFile(readOnly, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ port, database, secret, url, want, host string }{
		"port taken":        {port, good, testSecret, "", "port " + port + " is taken: stop what uses it, or choose another", ""},
		"port not a number": {"http", good, testSecret, "", `PORT is "http": use a number`, ""},
		"unknown database":  {"0", "oracle://scott:tiger@host/db", testSecret, "", "the scheme of the URL is not known: use postgresql://", ""},
		"no folder":         {"0", "file:" + dir + "/none/q.db", testSecret, "", "does not exist: create it", ""},
		"a folder":          {"0", "file:" + dir, testSecret, "", "is a directory", ""},
		"read-only":         {"0", "file:" + readOnly + "?mode=ro", testSecret, "", "must be writable", ""},
		"short secret":      {"0", good, "short", "", "use at least 32", ""},
		"bad URL":           {"0", good, testSecret, "example.com", "AUTH_URL is not a URL", ""},
		"http for a host":   {"0", good, testSecret, "http://example.com/auth", "use https", ""},
		"foreign HOST":      {"0", good, testSecret, "", `listen at HOST "203.0.113.7"`, "203.0.113.7"},
		"container, bare":   {"0", good, "", "", "no secret: set AUTH_SECRET", "0.0.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"HOST": tc.host, "PORT": tc.port, "DATABASE_URL": tc.database, "AUTH_SECRET": tc.secret, "AUTH_URL": tc.url}
			if tc.port == "0" {
				env["PORT"] = freeport.For(t)
			}
			err := run(t.Context(), func(name string) string { return env[name] }, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
			if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "tiger") {
				t.Errorf("more than one line, or a password: %v", err)
			}
		})
	}
}

const testSecret = "a secret of more than thirty-two bytes"

// TestNoSettings: without any setting the application runs, with a secret of its own
// making that the next start finds again.
func TestNoSettings(t *testing.T) {
	for _, name := range []string{"AUTH_URL", "AUTH_SECRET", "AUTH_SECRET_1", "AUTH_SECRET_2", "AUTH_SECRET_3"} {
		t.Setenv(name, "")
	}
	t.Chdir(t.TempDir())
	env := map[string]string{"PORT": freeport.For(t)}
	first := startWith(t, env)
	ada := person(t)
	page, err := submit(t.Context(), ada, first.url, "/auth/register", "/auth/register", url.Values{"email": {"ada@example.com"}, "password": {word}})
	if err != nil || !strings.Contains(page, "Hello, ada@example.com") {
		t.Fatalf("register: %v\n%s", err, page)
	}
	first.stop()
	if info, err := os.Stat(filepath.Join(".authent", "secret")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret: %v, %v", info, err)
	}
	again := startWith(t, env)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, again.url+"/", nil)
	if _, page, _ := fetch(t, ada, r); !strings.Contains(page, "Hello, ada@example.com") {
		t.Errorf("after a restart: %s", page)
	}
}

// TestOtherHosts: who comes over a network or a proxy is told what to set.
func TestOtherHosts(t *testing.T) {
	a := startApp(t, t.TempDir())
	for name, change := range map[string]func(r *http.Request){
		"LAN":     func(r *http.Request) { r.Host = "192.168.1.7:3000" },
		"name":    func(r *http.Request) { r.Host = "example.com" },
		"proxy":   func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "example.com") },
		"rfc7239": func(r *http.Request) { r.Header.Set("Forwarded", "host=example.com") },
	} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+"/", nil)
		change(r)
		status, body, _ := fetch(t, http.DefaultClient, r)
		if status != http.StatusMisdirectedRequest || !strings.Contains(body, "AUTH_URL") || strings.Count(body, "\n") != 1 {
			t.Errorf("%s: %d %q", name, status, body)
		}
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+"/auth/signin", nil)
	r.Host = strings.Replace(r.Host, "localhost", "127.0.0.1", 1)
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if status, _, target := fetch(t, stay, r); status != http.StatusFound || target != a.url+"/auth/signin" {
		t.Errorf("another name of this machine: %d to %s", status, target)
	}
}

func fetch(t *testing.T, client *http.Client, r *http.Request) (status int, body, target string) {
	t.Helper()
	res, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return 0, "", ""
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b), res.Header.Get("Location")
}

var tokenField = regexp.MustCompile(`name="csrfToken" value="([0-9a-f]{64})"`)

// person is somebody with a browser of their own, without a screen.
func person(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// submit loads a form and sends it, and returns the page that it ends on.
func submit(ctx context.Context, client *http.Client, base, form, action string, fields url.Values) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+form, nil)
	if err != nil {
		return "", err
	}
	page, err := body(client, r)
	if err != nil {
		return "", err
	}
	m := tokenField.FindStringSubmatch(page)
	if m == nil {
		return "", fmt.Errorf("%s has no token: %s", form, page)
	}
	fields.Set("csrfToken", m[1])
	fields.Set("callbackUrl", "/")
	r, err = http.NewRequestWithContext(ctx, http.MethodPost, base+action, strings.NewReader(fields.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return body(client, r)
}

// insist submits again while the server says that it hashes too many passwords
// at once, as it does on a small or busy machine.
func insist(ctx context.Context, client *http.Client, base, form, action string, fields url.Values) (page string, err error) {
	for {
		page, err = submit(ctx, client, base, form, action, fields)
		if err != nil || !strings.Contains(page, "The server is busy") {
			return page, err
		}
		select {
		case <-ctx.Done():
			return page, err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func body(client *http.Client, r *http.Request) (string, error) {
	res, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

// child is the application in a process of its own.
func child(t *testing.T, dir string) (base string, cmd *exec.Cmd) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	port := freeport.For(t)
	cmd = exec.Command(self)
	cmd.Env = append(os.Environ(), "QUICKSTART_CHILD=1", "PORT="+port, "DATABASE_URL=file:"+filepath.Join(dir, "quickstart.db"), "AUTH_SECRET="+testSecret)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	base = "http://localhost:" + port
	await.True(t, "the child answers", func() bool {
		res, err := http.Get(base + "/")
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	})
	return base, cmd
}

// TestKilledDuringRegistration: whoever is there afterwards is whole, with a
// password and a session, and the next start goes on.
func TestKilledDuringRegistration(t *testing.T) {
	dir := t.TempDir()
	base, cmd := child(t, dir)
	var wg sync.WaitGroup
	registered := make(chan string, 50)
	for i := range 50 {
		wg.Go(func() {
			page, _ := insist(t.Context(), person(t), base, "/auth/register", "/auth/register",
				url.Values{"email": {fmt.Sprintf("person-%d@example.com", i)}, "password": {word}})
			registered <- page
		})
	}
	for range 10 {
		if page := <-registered; !strings.Contains(page, "Hello, person-") {
			t.Fatalf("a registration before the kill: %s", page)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	checkWhole(t, filepath.Join(dir, "quickstart.db"))

	again, _ := child(t, dir)
	page, err := submit(t.Context(), person(t), again, "/auth/register", "/auth/register", url.Values{"email": {ada}, "password": {word}})
	if err != nil || !strings.Contains(page, "Hello, "+ada) {
		t.Errorf("after the restart: %v\n%s", err, page)
	}
}

// checkWhole looks at the database as the killed process left it.
func checkWhole(t *testing.T, file string) {
	t.Helper()
	db, err := sqlite.Open("file:" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if s := scan(t, db, `PRAGMA integrity_check`); s != "ok" {
		t.Errorf("the database is damaged: %s", s)
	}
	if n := scan(t, db, `SELECT count(*) FROM users WHERE password IS NULL OR id NOT IN (SELECT user_id FROM sessions)`); n != "0" {
		t.Errorf("%s users are not whole", n)
	}
	if n := scan(t, db, `SELECT count(*) >= 10 FROM users`); n != "1" {
		t.Error("people who were told that they are registered are gone")
	}
	t.Logf("%s of 50 were registered when the process was killed", scan(t, db, `SELECT count(*) FROM users`))
}

func scan(t *testing.T, db *sql.DB, query string) (s string) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTwoProcesses serve the same people from one file.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	first, _ := child(t, dir)
	second, _ := child(t, dir)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			email := fmt.Sprintf("person-%d@example.com", i)
			here, there := first, second
			if i%2 == 1 {
				here, there = second, first
			}
			fields := func() url.Values { return url.Values{"email": {email}, "password": {word}} }
			if page, err := insist(t.Context(), person(t), here, "/auth/register", "/auth/register", fields()); err != nil || !strings.Contains(page, "Hello, "+email) {
				t.Errorf("register: %v\n%s", err, page)
			}
			if page, err := insist(t.Context(), person(t), there, "/auth/signin", "/auth/callback/credentials", fields()); err != nil || !strings.Contains(page, "Hello, "+email) {
				t.Errorf("sign in at the other: %v\n%s", err, page)
			}
		})
	}
	wg.Wait()
}
