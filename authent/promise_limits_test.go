package authent_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/testdb"
)

// TestP24_NothingPrintsSecrets: whatever way Go has of printing the engine's and
// the graph's values.
func TestP24_NothingPrintsSecrets(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		token, hash := b.token(), string(w.user().Password)
		stored := authent.Secret(authent.HashToken(token))
		session, err := w.store.SessionAndUser(t.Context(), stored)
		if err != nil {
			t.Fatal(err)
		}
		account := authent.Account{Provider: "github", AccessToken: "gho_access", RefreshToken: "ghr_refresh", IDToken: "eyJ.id.token"}
		proof := authent.VerificationToken{Identifier: ada, Token: stored}
		row := w.client.VerificationToken.Create().SetID(stored).SetIdentifier(ada).SetExpires(time.Now()).SaveX(t.Context())
		values := []any{
			*session, session, *session.User, session.User, account, &account, proof, &proof, stored, &stored,
			ent.AuthUser(session), row, w.client.Session.Query().AllX(t.Context()), []authent.Session{*session},
			map[string]any{"session": session, "token": stored},
		}
		var printed strings.Builder
		text, lines := slog.New(slog.NewTextHandler(&printed, nil)), slog.New(slog.NewJSONHandler(&printed, nil))
		for _, v := range values {
			fmt.Fprintf(&printed, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
			if encoded, err := json.Marshal(v); err == nil {
				printed.Write(encoded)
			}
			text.Info("value", "v", v)
			lines.Info("value", "v", v)
		}
		for _, secret := range []string{token, string(stored), hash, "gho_access", "ghr_refresh", "eyJ.id.token"} {
			for _, form := range []string{secret, fmt.Sprintf("%x", secret)} {
				if i := strings.Index(printed.String(), form); i >= 0 {
					t.Errorf("printed: …%s", printed.String()[max(0, i-120):i+len(form)])
				}
			}
		}
	})
}

// TestP24_LogCatchesSecrets is the control of all tests that run under the log
// that must not hold secrets.
func TestP24_LogCatchesSecrets(t *testing.T) {
	l := &secretLog{}
	l.secret("a secret that was issued")
	l.logger().Info("fine", "value", authent.Secret("a secret that was issued"))
	if s := l.leaked(); s != "" {
		t.Errorf("a Secret leaked: %q", l.text())
	}
	l.logger().Info("not fine", "value", struct{ A []string }{[]string{"a secret that was issued"}})
	if l.leaked() == "" {
		t.Error("a secret was logged, and nobody noticed")
	}
	l = &secretLog{}
	l.secret("token-of-a-session")
	l.logger().Info("not fine", "value", authent.HashToken("token-of-a-session"))
	if l.leaked() == "" {
		t.Error("a stored token was logged, and nobody noticed")
	}
}

// TestP24_FaultsAreLoggedWithoutSecrets: the log of a database that fails in
// every flow; the world's log fails the test by itself.
func TestP24_FaultsAreLoggedWithoutSecrets(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		w.db.Close()
		for _, a := range []answer{
			b.signIn(ada, adasWord), b.register("x@example.com", adasWord), b.post("/auth/signout"),
			b.post("/auth/password", "currentPassword", adasWord, "password", "another password"), b.get("/auth/session"), b.get("/auth/account"),
		} {
			if strings.Contains(a.body+fmt.Sprint(a.header), "sql:") || strings.Contains(a.body, "database is closed") {
				t.Errorf("the answer tells the cause: %s", a.body)
			}
		}
		if !strings.Contains(w.log.text(), "database is closed") {
			t.Error("the log does not tell the cause")
		}
	})
}

func TestP31_BodiesAndFieldsAreBounded(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.browser()
		for size, want := range map[int]int{64<<10 - 100: http.StatusFound, 64<<10 + 1: http.StatusRequestEntityTooLarge, 10 << 20: http.StatusRequestEntityTooLarge} {
			body := "csrfToken=" + b.csrf() + "&email=a%40b.c&x="
			body += strings.Repeat("x", size-len(body))
			r := b.request(http.MethodPost, "/auth/callback/credentials", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if a := b.send(r); a.status != want {
				t.Errorf("a body of %d bytes: %d, want %d", size, a.status, want)
			}
		}
		hashes := 0
		authent.OnHash(w.auth, func(string) { hashes++ })
		for _, tc := range []struct{ email, password, want string }{
			{ada, strings.Repeat("x", 1025), "Register:password_long"},
			{ada, "1234567", "Register:password_short"},
			{strings.Repeat("a", 251) + "@b.c", adasWord, "Register:email_invalid"},
			{"not an address", adasWord, "Register:email_invalid"},
		} {
			if a := b.register(tc.email, tc.password); a.errorCode() != tc.want {
				t.Errorf("%.20q…: %s, want %s", tc.email, a.errorCode(), tc.want)
			}
		}
		if hashes != 0 {
			t.Errorf("%d hashes for what is refused anyway", hashes)
		}
		if a := b.register(ada, strings.Repeat("é", 512)); a.errorCode() != "" {
			t.Errorf("1,024 bytes: %s", a.errorCode())
		}
	})
}

// TestP31_ImplausibleTokensCostNoSQL: the database is not asked for what it
// cannot hold; Auth.js's own tokens pass.
func TestP31_ImplausibleTokensCostNoSQL(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		for token, want := range map[string]int{
			"short": 0, strings.Repeat("a", 19): 0, strings.Repeat("a", 256): 0, strings.Repeat("a", 4000): 0,
			strings.Repeat("a", 30) + "'--": 0, strings.Repeat("a", 30) + "%00": 0,
			strings.Repeat("a", 20): 1, strings.Repeat("a", 255): 1, "0e7f1b2a-3c4d-4e5f-8a9b-0c1d2e3f4a5b": 1,
		} {
			b := w.with("authjs.session-token", token)
			if got := len(w.driver.during(func() { b.who() })); got != want {
				t.Errorf("a token of %d characters: %d statements, want %d", len(token), got, want)
			}
		}
		two := w.registered()
		r := two.request(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: "authjs.session-token", Value: strings.Repeat("b", 43)})
		if a := two.send(r); a.body != "" {
			t.Errorf("two different session cookies sign in as %s", a.body)
		}
	})
}

// TestP31_HashesAreBounded: of many who sign in at once a few are served, and the
// others are told to come back.
func TestP31_HashesAreBounded(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		const most, strangers, people = 4, 3, 1000
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.MaxHashes = most }})
		b := w.registered()
		csrf := b.csrf()
		handler := w.server.Config.Handler
		var at, highest atomic.Int64
		gate := make(chan struct{})
		authent.OnHash(w.auth, func(string) {
			n := at.Add(1)
			for h := highest.Load(); n > h && !highest.CompareAndSwap(h, n); h = highest.Load() {
			}
			<-gate
			at.Add(-1)
		})
		var busy, served atomic.Int64
		var wg sync.WaitGroup
		cookie := "authjs.csrf-token=" + b.cookie("authjs.csrf-token")
		form := url.Values{"csrfToken": {csrf}, "email": {ada}, "password": {adasWord}}.Encode()
		for range people {
			wg.Go(func() {
				r := httptest.NewRequest(http.MethodPost, w.server.URL+"/auth/callback/credentials", strings.NewReader(form))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Cookie", cookie)
				rec := httptest.NewRecorder()
				handler.ServeHTTP(rec, r)
				switch {
				case rec.Code == http.StatusServiceUnavailable && rec.Header().Get("Retry-After") != "":
					busy.Add(1)
				case rec.Code == http.StatusFound:
					served.Add(1)
				default:
					t.Errorf("status %d", rec.Code)
				}
			})
		}
		await.True(t, "all but those who are served have waited in vain", func() bool { return busy.Load() >= people-strangers || highest.Load() > strangers })
		close(gate)
		wg.Wait()
		if highest.Load() != strangers || served.Load() != strangers || busy.Load() != people-strangers {
			t.Errorf("%d hashed at once; %d were served, %d told to come back", highest.Load(), served.Load(), busy.Load())
		}
	})
}

// TestP32_EveryPageIsGuarded: through the server, whatever page it is.
func TestP32_EveryPageIsGuarded(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		for _, path := range []string{
			"/auth/signin", "/auth/register", "/auth/signout", "/auth/error?error=AccessDenied", "/auth/verify-request", "/auth/account", "/auth/nothing",
		} {
			a := b.get(path)
			for name, want := range map[string]string{
				"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin",
				"Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
			} {
				if !strings.Contains(a.header.Get(name), want) {
					t.Errorf("%s: %s is %q", path, name, a.header.Get(name))
				}
			}
			if strings.Contains(a.header.Get("Content-Security-Policy"), "form-action") {
				t.Errorf("%s: form-action keeps browsers from redirects to providers", path)
			}
		}
	})
}
