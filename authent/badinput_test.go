package authent_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

func TestBadBodies(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		const form, jsonType = "application/x-www-form-urlencoded", "application/json"
		for name, tc := range map[string]struct {
			kind, body string
			want       int
		}{
			"form, bad escape": {form, "csrfToken=%zz", 400}, "form, semicolon": {form, "a=1;b=2", 400},
			"JSON, garbage": {jsonType, "{", 400}, "JSON, array": {jsonType, "[1]", 400}, "JSON, more": {jsonType, `{} {}`, 400},
			"JSON, text": {jsonType, `"x"`, 400}, "too large": {form, strings.Repeat("a", 64<<10+1), 413}, "JSON, too large": {jsonType, strings.Repeat(" ", 64<<10+1), 413},
			"JSON, empty": {jsonType, "", 302}, "JSON, null": {jsonType, "null", 302}, "no type": {"", "csrfToken=x", 302},
			"type, garbage": {";;;", "x", 302}, "multipart": {"multipart/form-data; boundary=x", "--x--", 302}, "NUL": {form, "csrfToken=%00", 302},
		} {
			r := b.request(http.MethodPost, "/auth/signout", strings.NewReader(tc.body))
			r.Header.Set("Content-Type", tc.kind)
			if a := b.send(r); a.status != tc.want || tc.want == 302 && a.errorCode() != "MissingCSRF" {
				t.Errorf("%s: %d to %s, want %d", name, a.status, a.target(), tc.want)
			}
		}
		if b.who() != ada {
			t.Error("a bad body signed out")
		}
	})
}

func TestUnknownPagesAndMethods(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.browser()
		for _, path := range []string{"/auth/nothing", "/auth/signin/unknown", "/auth/callback/credentials", "/auth/callback", "/auth/csrf/x", "/auth/a/b/c", "/auth/", "/auth/undefined"} {
			if a := b.get(path); a.status != http.StatusNotFound || !strings.Contains(a.body, "<h1>") {
				t.Errorf("GET %s: %d", path, a.status)
			}
		}
		for _, path := range []string{"/auth/callback/unknown", "/auth/csrf", "/auth/nothing"} {
			if a := b.post(path); a.status != http.StatusNotFound {
				t.Errorf("POST %s: %d", path, a.status)
			}
			if a := b.script(path); a.status != http.StatusOK || a.errorCode() != "PageNotFound" || !strings.HasPrefix(a.target(), w.server.URL) {
				t.Errorf("script, POST %s: %d %s", path, a.status, a.body)
			}
		}
		for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"} {
			if a := b.send(b.request(method, "/auth/session", nil)); a.status != http.StatusBadRequest || a.body != `"Bad request."` {
				t.Errorf("%s: %d %s", method, a.status, a.body)
			}
		}
		rec := httptest.NewRecorder()
		w.auth.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, w.server.URL+"/elsewhere/session", nil))
		if rec.Code != http.StatusNotFound || !strings.Contains(w.log.text(), "/elsewhere/session") {
			t.Errorf("mounted elsewhere: %d, and the log says %s", rec.Code, w.log.text())
		}
	})
}

func TestBadSessionCookies(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		other := newWorld(t, kind, setup{})
		for name, value := range map[string]string{
			"garbage": "%%%", "long": strings.Repeat("x", 8000), "another server's": other.registered().token(), "unknown": strings.Repeat("z", 43),
		} {
			bad := w.with("authjs.session-token", value)
			if a := bad.get("/auth/session"); a.status != http.StatusOK || a.body != "null" || bad.token() != "" {
				t.Errorf("%s: %d %s, cookie left: %v", name, a.status, a.body, bad.token() != "")
			}
			if a := bad.get("/auth/account"); a.status != http.StatusFound || !strings.Contains(a.target(), "/auth/signin?callbackUrl=") {
				t.Errorf("%s, account: %d to %s", name, a.status, a.target())
			}
			if a := w.with("authjs.session-token", value).signIn(ada, adasWord); a.errorCode() != "" {
				t.Errorf("%s, sign-in: %s", name, a.errorCode())
			}
		}
		// A server refuses a header of 1 MB by itself; behind one that does not, the
		// engine does.
		r := httptest.NewRequest(http.MethodGet, w.server.URL+"/private", nil)
		r.Header.Set("Cookie", "authjs.session-token="+strings.Repeat("x", 1<<20))
		rec := httptest.NewRecorder()
		w.server.Config.Handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusUnauthorized {
			t.Errorf("a cookie of 1 MB: %d", rec.Code)
		}
		b.plant("authjs.session-token.0", "left over")
		b.plant("authjs.session-token.1", "left over")
		b.post("/auth/signout")
		if c := b.client.Jar.Cookies(b.url()); strings.Contains(joinNames(c), "session-token") {
			t.Errorf("cookies left after sign-out: %s", joinNames(c))
		}
	})
}

func joinNames(cookies []*http.Cookie) string {
	var names []string
	for _, c := range cookies {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// TestLiveCookieOfDeadUser: deleted and disabled by SQL, behind the engine's back.
func TestLiveCookieOfDeadUser(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, query := range map[string]string{
			"deleted": `DELETE FROM users WHERE email = ?`, "disabled": `UPDATE users SET disabled_at = '2026-01-01 00:00:00' WHERE email = ?`,
		} {
			w := newWorld(t, kind, setup{})
			b := w.registered()
			w.exec(query, ada)
			for _, path := range []string{"/auth/session", "/", "/auth/sessions"} {
				if a := b.get(path); a.status >= 500 || strings.Contains(a.body, ada) {
					t.Errorf("%s, %s: %d %s", name, path, a.status, a.body)
				}
			}
			if a := b.post("/auth/password", "currentPassword", adasWord, "password", newWord); a.status != http.StatusUnauthorized {
				t.Errorf("%s, password: %d", name, a.status)
			}
		}
	})
}

// TestFormsKeepWhatWasTyped, but never a password.
func TestFormsKeepWhatWasTyped(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.browser()
		b.register("grace@example.com", "short")
		page := b.get("/auth/register?error=Register&code=password_short")
		if !strings.Contains(page.body, `value="grace@example.com"`) || !strings.Contains(page.body, `value="Ada Lovelace"`) || strings.Contains(page.body, `value="short"`) {
			t.Errorf("the form does not keep the right things:\n%s", page.body)
		}
		if again := b.get("/auth/register"); strings.Contains(again.body, "grace@example.com") {
			t.Error("the form keeps it for ever")
		}
		b.signIn("grace@example.com", adasWord)
		w.clock.advance(2 * time.Minute)
		if page := b.get("/auth/signin"); strings.Contains(page.body, "grace@example.com") {
			t.Error("the form keeps it for more than a minute")
		}
	})
}

// TestBrokenSQLite: locked, read-only, without tables. A fault is ours, and
// nobody is signed in or out by it.
func TestBrokenSQLite(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	b := w.registered()
	lock, err := w.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	released := make(chan struct{})
	go func() {
		defer close(released)
		time.Sleep(300 * time.Millisecond)
		_, _ = lock.ExecContext(t.Context(), "ROLLBACK")
		_ = lock.Close()
	}()
	if w.signedIn(); b.who() != ada {
		t.Error("a database that was locked for a moment lost somebody")
	}
	<-released

	broken := func(url string) authent.Adapter {
		db, err := sqlite.Open(url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(dialect.SQLite, db))))
	}
	empty := filepath.Join(t.TempDir(), "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{"read-only": "file:" + empty + "?mode=ro", "without tables": "file:" + empty} {
		w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.Adapter = broken(url) }})
		b := w.browser()
		for what, a := range map[string]answer{"register": b.register(ada, adasWord), "sign in": b.signIn(ada, adasWord)} {
			if a.status != http.StatusServiceUnavailable {
				t.Errorf("%s, %s: %d to %s", name, what, a.status, a.target())
			}
		}
		if a := w.with("authjs.session-token", strings.Repeat("a", 43)).get("/private"); a.status != http.StatusServiceUnavailable {
			t.Errorf("%s, middleware: %d", name, a.status)
		}
	}
}

// TestWithoutURL: development serves this machine alone.
func TestWithoutURL(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		t.Setenv("AUTH_URL", "")
		auth, err := authent.New(authent.Config{
			Secrets: []string{testSecret}, Adapter: w.store, Providers: []authent.Provider{provider.Password()}, Logger: w.log.logger(),
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			change func(r *http.Request)
			want   int
		}{
			"localhost": {func(*http.Request) {}, 200}, "IPv6": {func(r *http.Request) { r.Host, r.RemoteAddr = "[::1]:3000", "[::1]:5" }, 200},
			"LAN host":       {func(r *http.Request) { r.Host = "192.168.1.7:3000" }, 500},
			"other machine":  {func(r *http.Request) { r.RemoteAddr = "192.168.1.8:5" }, 500},
			"forwarded host": {func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "example.com") }, 500},
			"forwarded":      {func(r *http.Request) { r.Header.Set("Forwarded", "host=example.com") }, 500},
		} {
			r := httptest.NewRequest(http.MethodGet, "http://localhost:3000/auth/providers", nil)
			r.RemoteAddr = "127.0.0.1:5"
			tc.change(r)
			for _, h := range []http.Handler{auth.Handler(), auth.LoadSession(greet)} {
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				if rec.Code != tc.want || tc.want == 500 && !strings.Contains(rec.Body.String(), "problem with the server configuration") {
					t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
				}
			}
		}
		if !strings.Contains(w.log.text(), "set AUTH_URL to the URL") {
			t.Error("the log does not say what to do")
		}
	})
}

// TestRegister_TooLongForColumn: a name that the application's own column does not
// hold is the client's mistake, though the database does not say which column.
func TestRegister_TooLongForColumn(t *testing.T) {
	w := newWorld(t, testdb.Server(t, "postgres"), setup{})
	w.exec(`ALTER TABLE users ALTER COLUMN name TYPE varchar(5)`)
	t.Cleanup(func() {
		_, _ = w.db.ExecContext(context.WithoutCancel(t.Context()), `ALTER TABLE users ALTER COLUMN name TYPE text`)
	})
	b := w.browser()
	a := b.script("/auth/register", "email", ada, "password", adasWord, "name", "Ada Lovelace")
	if a.status >= 500 || !strings.Contains(a.target(), "code=invalid&error=Register") || w.count("users") != 0 {
		t.Errorf("status %d to %s, %d users", a.status, a.target(), w.count("users"))
	}
}
