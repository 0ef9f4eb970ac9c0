package authent_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

const (
	spa   = "http://localhost:5173"
	other = "https://app.example.com"
)

// trusting is a world that trusts two origins, written as people do.
func trusting(t *testing.T, kind testdb.Kind) *world {
	t.Helper()
	return newWorld(t, kind, setup{config: func(c *authent.Config) { c.TrustedOrigins = []string{"HTTP://LocalHost:5173", other + ":443"} }})
}

// TestP17_TrustedOrigins: a callbackUrl may be of exactly one of TrustedOrigins: the
// same scheme, host and port.
func TestP17_TrustedOrigins(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := trusting(t, kind)
		w.registered()
		home := w.server.URL
		for target, want := range map[string]string{
			spa: spa, spa + "/": spa + "/", spa + "/a?b=1#c": spa + "/a?b=1#c", "HTTP://LOCALHOST:5173/a": spa + "/a",
			other + "/a": other + "/a", other + ":443/a": other + "/a", "/a": home + "/a",
			"http://localhost:51730": home, "http://localhost:517": home, "http://localhost": home, "https://localhost:5173/": home, "http://127.0.0.1:5173/": home,
			spa + "@evil.example": home, spa + ".evil.example": home, spa + "//evil.example": home, spa + `\@evil.example`: home, "http:localhost:5173/": home, "//localhost:5173/": home,
			"http://app.example.com/": home, "https://app.example.com.evil.example/": home, "https://evil.example/#" + other: home, "https://evil.app.example.com": home,
			"https://user@app.example.com/": home, "null": home, "*": home, "https://example.com": home, "javascript://localhost:5173/%0aalert(1)": home,
			// A path is of our own origin, also where it is too long for it alone.
			"/" + strings.Repeat("a", 2048-len(spa)-1): home,
		} {
			byBody, byQuery, byCookie := w.browser(), w.browser(), w.browser()
			byCookie.plant("authjs.callback-url", url.QueryEscape(target))
			for way, a := range map[string]answer{
				"body":   byBody.post("/auth/callback/credentials", "email", ada, "password", adasWord, "callbackUrl", target),
				"query":  byQuery.post("/auth/signout?callbackUrl=" + url.QueryEscape(target)),
				"cookie": byCookie.post("/auth/signout"),
			} {
				if a.status != http.StatusFound || a.target() != want {
					t.Errorf("%q by %s: %d to %q, want %q", target, way, a.status, a.target(), want)
				}
			}
		}
		// Pages of built-in and own kind lead there too, and the callback still decides.
		if page := w.browser().get("/auth/signin?callbackUrl=" + url.QueryEscape(spa+"/a")); !strings.Contains(page.body, `value="`+spa+`/a"`) {
			t.Errorf("the sign-in page:\n%s", page.body)
		}
	})
}

// corsOf are the headers of an answer by which a browser lets other origins read it.
func corsOf(h http.Header) map[string]string {
	got := map[string]string{}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			got[strings.TrimPrefix(name, "Access-Control-")] = strings.Join(h.Values(name), "|")
		}
	}
	return got
}

// TestCrossOrigin: every answer may be read by a page of a trusted origin, errors too,
// and by no other page.
func TestCrossOrigin(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := trusting(t, kind)
		requests := map[string]func(b *browser) *http.Request{
			"csrf":          func(b *browser) *http.Request { return b.request(http.MethodGet, "/auth/csrf", nil) },
			"session":       func(b *browser) *http.Request { return b.request(http.MethodGet, "/auth/session", nil) },
			"providers":     func(b *browser) *http.Request { return b.request(http.MethodGet, "/auth/providers", nil) },
			"page":          func(b *browser) *http.Request { return b.request(http.MethodGet, "/auth/signin", nil) },
			"unknown":       func(b *browser) *http.Request { return b.request(http.MethodGet, "/auth/nothing", nil) },
			"bad method":    func(b *browser) *http.Request { return b.request(http.MethodPut, "/auth/session", nil) },
			"no token":      func(b *browser) *http.Request { return b.request(http.MethodPost, "/auth/signout", nil) },
			"HEAD":          func(b *browser) *http.Request { return b.request(http.MethodHead, "/auth/csrf", nil) },
			"sessions, 401": func(b *browser) *http.Request { return b.request(http.MethodGet, "/auth/sessions", nil) },
		}
		want := map[string]string{"Allow-Origin": spa, "Allow-Credentials": "true", "Expose-Headers": "Retry-After"}
		for name, make := range requests {
			r := make(w.browser())
			r.Header.Set("Origin", spa)
			a := w.browser().send(r)
			if diff := cmp.Diff(want, corsOf(a.header)); diff != "" || !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Origin") {
				t.Errorf("%s: %d, Vary %v, -want +got:\n%s", name, a.status, a.header.Values("Vary"), diff)
			}
			for _, stranger := range []string{"", "null", "*", "https://evil.example", "http://localhost", "http://localhost:5174", "https://localhost:5173", spa + "/", spa + ", " + other, strings.ToUpper(spa), w.server.URL} {
				r := make(w.browser())
				if stranger != "" {
					r.Header.Set("Origin", stranger)
				}
				if a := w.browser().send(r); len(corsOf(a.header)) != 0 || a.header.Get("Vary") == "" {
					t.Errorf("%s, Origin %q: %v", name, stranger, a.header)
				}
			}
			r = make(w.browser())
			r.Header["Origin"] = []string{spa, "https://evil.example"}
			if a := w.browser().send(r); len(corsOf(a.header)) != 0 {
				t.Errorf("%s, two origins: %v", name, a.header)
			}
		}
	})
}

func TestPreflight(t *testing.T) {
	w := trusting(t, testdb.SQLite)
	ask := func(origin string) answer {
		r := w.browser().request(http.MethodOptions, "/auth/callback/credentials", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "x-auth-return-redirect")
		return w.browser().send(r)
	}
	a := ask(spa)
	want := map[string]string{
		"Allow-Origin": spa, "Allow-Credentials": "true", "Expose-Headers": "Retry-After",
		"Allow-Methods": "GET, POST", "Allow-Headers": "content-type, x-auth-return-redirect", "Max-Age": "7200",
	}
	if diff := cmp.Diff(want, corsOf(a.header)); diff != "" || a.status != http.StatusNoContent || a.body != "" || len(a.header.Values("Set-Cookie")) != 0 {
		t.Errorf("%d %q %v, -want +got:\n%s", a.status, a.body, a.header, diff)
	}
	for _, stranger := range []string{"", "null", "https://evil.example"} {
		if a := ask(stranger); a.status != http.StatusBadRequest || a.body != `"Bad request."` || len(corsOf(a.header)) != 0 {
			t.Errorf("%q: %d %s %v", stranger, a.status, a.body, a.header)
		}
	}
	nobody := newWorld(t, testdb.SQLite, setup{})
	r := nobody.browser().request(http.MethodOptions, "/auth/csrf", nil)
	r.Header.Set("Origin", nobody.server.URL)
	if a := nobody.browser().send(r); a.status != http.StatusBadRequest || a.header.Get("Vary") != "" {
		t.Errorf("without trusted origins: %d %v", a.status, a.header)
	}
}

// TestCrossOriginWhenUnserved: a misconfigured server's answer can be read too.
func TestCrossOriginWhenUnserved(t *testing.T) {
	auth, err := authent.New(authent.Config{
		Secrets: []string{testSecret}, Adapter: newWorld(t, testdb.SQLite, setup{}).store, Providers: []authent.Provider{provider.Password()},
		TrustedOrigins: []string{spa}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "http://192.0.2.1/auth/session", nil)
	r.Header.Set("Origin", spa)
	rec := httptest.NewRecorder()
	auth.Handler().ServeHTTP(rec, r)
	if rec.Code != http.StatusInternalServerError || rec.Header().Get("Access-Control-Allow-Origin") != spa {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
}

// TestTrustedOriginsAreOrigins: what is none is an error, so that no answer can name
// "*" or "null".
func TestTrustedOriginsAreOrigins(t *testing.T) {
	for _, bad := range []string{"", "*", "null", "localhost:5173", "http://", "http://localhost:5173/", "http://*.example.com/x", "ftp://example.com", "https://user@example.com", "https://example.com?x"} {
		_, err := authent.New(authent.Config{
			URL: "https://example.com", Secrets: []string{testSecret}, Adapter: newWorld(t, testdb.SQLite, setup{}).store,
			Providers: []authent.Provider{provider.Password()}, TrustedOrigins: []string{bad}, Logger: slog.New(slog.DiscardHandler),
		})
		if err == nil || !strings.Contains(err.Error(), "TrustedOrigins") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestSinglePageApplication signs in and out as a script of a trusted origin does.
func TestSinglePageApplication(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := trusting(t, kind)
		w.registered()
		b := w.browser()
		b.header.Set("Origin", spa)
		b.header.Set("Sec-Fetch-Site", "same-site")
		b.header.Set("X-Auth-Return-Redirect", "1")
		post := func(path string, fields map[string]string) (status int, got map[string]any) {
			fields["csrfToken"] = b.csrf()
			body, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			r := b.request(http.MethodPost, path, bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			a := b.send(r)
			if err := json.Unmarshal([]byte(a.body), &got); err != nil {
				t.Fatalf("%d %s: %v", a.status, a.body, err)
			}
			return a.status, got
		}
		status, got := post("/auth/callback/credentials", map[string]string{"email": ada, "password": "wrong password", "callbackUrl": spa + "/home"})
		want := map[string]any{"url": w.server.URL + "/auth/signin?code=credentials&error=CredentialsSignin", "ok": false, "error": "CredentialsSignin", "code": "credentials"}
		if diff := cmp.Diff(want, got); diff != "" || status != http.StatusOK {
			t.Errorf("a wrong password: %d, -want +got:\n%s", status, diff)
		}
		status, got = post("/auth/callback/credentials", map[string]string{"email": ada, "password": adasWord, "callbackUrl": spa + "/home"})
		if diff := cmp.Diff(map[string]any{"url": spa + "/home", "ok": true}, got); diff != "" || status != http.StatusOK || b.who() != ada {
			t.Errorf("signing in: %d as %q, -want +got:\n%s", status, b.who(), diff)
		}
		status, got = post("/auth/password", map[string]string{"currentPassword": "wrong password", "password": newWord})
		if got["error"] != "CurrentPassword" || got["ok"] != false || got["code"] != nil || status != http.StatusOK {
			t.Errorf("a wrong current password: %d %v", status, got)
		}
		status, got = post("/auth/signout", map[string]string{"callbackUrl": spa})
		if diff := cmp.Diff(map[string]any{"url": spa, "ok": true}, got); diff != "" || status != http.StatusOK || b.who() != "" {
			t.Errorf("signing out: %d as %q, -want +got:\n%s", status, b.who(), diff)
		}
		if status, got = post("/auth/delete", map[string]string{}); status != http.StatusUnauthorized || got["error"] != "SessionRequired" || got["ok"] != false {
			t.Errorf("signed out: %d %v", status, got)
		}
	})
}
