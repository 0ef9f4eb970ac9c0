package authent_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestForgeriesAreLogged: each refusal leaves one line, which names the check that
// failed and what to look at, and no token.
func TestForgeriesAreLogged(t *testing.T) {
	header := func(pairs ...string) func(*browser, *http.Request) {
		return func(_ *browser, r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
	noCookie := func(b *browser, r *http.Request) { b.client.Jar = nil }
	for name, tc := range map[string]struct {
		change       func(*browser, *http.Request)
		level, check string
		got, look    string
	}{
		"cross-site":     {change: header("Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), level: "WARN", check: "Sec-Fetch-Site", got: "cross-site, Origin: https://evil.example", look: "TrustedOrigins"},
		"same-site":      {change: header("Sec-Fetch-Site", "same-site", "Origin", "http://localhost:1"), level: "WARN", check: "Sec-Fetch-Site", got: "same-site", look: "TrustedOrigins"},
		"other origin":   {change: header("Origin", "https://evil.example"), level: "WARN", check: "Origin", got: "https://evil.example", look: "TrustedOrigins"},
		"other scheme":   {change: func(b *browser, r *http.Request) { r.Header.Set("Origin", "https://"+r.URL.Host) }, level: "WARN", check: "Origin", got: "https://127.0.0.1", look: "AUTH_URL, which says http://127.0.0.1"},
		"null":           {change: header("Origin", "null"), level: "WARN", check: "Origin", got: "null", look: "Referrer-Policy"},
		"long":           {change: header("Origin", "https://"+strings.Repeat("x", 9000)), level: "WARN", check: "Origin", got: "https://xxx", look: "TrustedOrigins"},
		"a line of ours": {change: header("Origin", "https://a\tlevel=ERROR"), level: "WARN", check: "Origin", got: "https://a\uFFFDlevel", look: "TrustedOrigins"},
		"no cookie":      {change: noCookie, level: "INFO", check: "CSRF cookie", got: "no cookie authjs.csrf-token", look: "FormData"},
		"another's cookie": {change: func(b *browser, r *http.Request) {
			b.client.Jar = nil
			r.Header.Set("Cookie", "authjs.csrf-token="+strings.Repeat("a", 64)+"%7C"+strings.Repeat("b", 64))
		}, level: "INFO", check: "CSRF cookie", got: "not made here", look: "AUTH_SECRET"},
		"trusted, of another site": {change: func(b *browser, r *http.Request) {
			noCookie(b, r)
			header("Sec-Fetch-Site", "cross-site", "Origin", "https://trusted.example")(b, r)
		}, level: "INFO", check: "CSRF cookie", got: "no cookie", look: "https://trusted.example is of another site"},
		"no token":      {change: func(_ *browser, r *http.Request) { replaceBody(r, "") }, level: "INFO", check: "CSRF token", got: "no csrfToken in a body of type application/x-www-form-urlencoded", look: "csrfToken"},
		"multipart":     {change: header("Content-Type", "multipart/form-data; boundary=x"), level: "INFO", check: "CSRF token", got: "multipart/form-data", look: "application/json"},
		"another token": {change: func(_ *browser, r *http.Request) { replaceBody(r, "csrfToken="+strings.Repeat("c", 64)) }, level: "INFO", check: "CSRF token", got: "another token", look: "cache"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.TrustedOrigins = []string{"https://trusted.example"} }})
			for _, token := range []string{"a", "b", "c"} {
				w.log.secret(strings.Repeat(token, 64))
			}
			for _, path := range []string{"/auth/signout", "/auth/session"} {
				b := w.browser()
				r := b.forged(path, "", func(r *http.Request, _ *world) { tc.change(b, r) })
				w.log.forget()
				if a := b.send(r); a.errorCode() != "MissingCSRF" && a.body != "null" {
					t.Fatalf("%d to %s", a.status, a.target())
				}
				lines := w.log.events("request refused, since it may be forged")
				if len(lines) != 1 {
					t.Fatalf("%d lines: %v", len(lines), lines)
				}
				text := func(name string) string { s, _ := lines[0][name].(string); return s }
				if text("level") != tc.level || text("check") != tc.check || !strings.Contains(text("got"), tc.got) || !strings.Contains(text("look_at"), tc.look) || text("path") != path || len(text("got")) > 250 {
					t.Errorf("%v", lines[0])
				}
			}
		})
	}
}

// TestForgeryLogInDevelopment: the log does not speak of an AUTH_URL that is not set.
func TestForgeryLogInDevelopment(t *testing.T) {
	t.Setenv("AUTH_URL", "")
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.URL = "" }})
	b := w.browser()
	b.header.Set("Origin", "https://"+b.url().Host)
	b.post("/auth/signout")
	lines := w.log.events("request refused, since it may be forged")
	if len(lines) != 1 {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	if look, _ := lines[0]["look_at"].(string); !strings.Contains(look, "AUTH_URL, which is not set") || !strings.Contains(look, w.server.URL) {
		t.Errorf("look_at: %s", look)
	}
}
