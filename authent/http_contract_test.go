package authent_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// noCache are the headers by which Auth.js keeps answers out of caches.
func noCache(t *testing.T, a answer) {
	t.Helper()
	for name, want := range map[string]string{"Cache-Control": "private, no-cache, no-store", "Expires": "0", "Pragma": "no-cache", "Content-Type": "application/json"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestContract_CSRF(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.browser()
		first := b.get("/auth/csrf")
		noCache(t, first)
		if !regexp.MustCompile(`^\{"csrfToken":"[0-9a-f]{64}"\}$`).MatchString(first.body) {
			t.Errorf("body %s", first.body)
		}
		if c := b.cookie("authjs.csrf-token"); !regexp.MustCompile(`^[0-9a-f]{64}%7C[0-9a-f]{64}$`).MatchString(c) {
			t.Errorf("cookie %s", c)
		}
		second := b.get("/auth/csrf")
		if second.body != first.body || len(second.header.Values("Set-Cookie")) != 0 {
			t.Error("a token that is good was replaced")
		}
		b.plant("authjs.csrf-token", "garbage")
		if third := b.get("/auth/csrf"); third.body == first.body || len(third.header.Values("Set-Cookie")) != 1 {
			t.Error("a token that is not good was kept")
		}
	})
}

func TestContract_Providers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Providers = append(c.Providers, badge("")) }})
		a := w.browser().get("/auth/providers")
		base := w.server.URL + "/auth/"
		want := fmt.Sprintf(`{"badge":{"id":"badge","name":"Badge","type":"credentials","signinUrl":%q,"callbackUrl":%q},`+
			`"credentials":{"id":"credentials","name":"Password","type":"credentials","signinUrl":%q,"callbackUrl":%q}}`,
			base+"signin/badge", base+"callback/badge", base+"signin/credentials", base+"callback/credentials")
		if diff := cmp.Diff(want, a.body); diff != "" || len(a.header.Values("Set-Cookie")) != 0 {
			t.Errorf("cookies %v, -want +got:\n%s", a.header.Values("Set-Cookie"), diff)
		}
	})
}

func TestContract_Session(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		none := w.browser().get("/auth/session")
		noCache(t, none)
		if none.status != http.StatusOK || none.body != "null" {
			t.Errorf("signed out: %d %s", none.status, none.body)
		}
		b := w.registered()
		w.clock.advance(25 * time.Hour)
		before := w.clock.now().UTC().Truncate(time.Millisecond).Add(-25 * time.Hour).Add(30 * 24 * time.Hour)
		a := b.get("/auth/session")
		noCache(t, a)
		want := `{"user":{"email":"ada@example.com","image":null,"name":"Ada Lovelace"},"expires":"` + before.Format("2006-01-02T15:04:05.000Z") + `"}`
		if a.body != want {
			t.Errorf("got  %s\nwant %s (the time before this use rolled it on)", a.body, want)
		}
		for range 2 { // the cookie is set anew on every read, whether or not the row rolled
			a := b.get("/auth/session")
			cookies := (&http.Response{Header: a.header}).Cookies()
			i := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == "authjs.session-token" })
			if i < 0 || cookies[i].Value != b.token() || !cookies[i].Expires.Equal(w.clock.now().UTC().Truncate(time.Second).Add(30*24*time.Hour)) {
				t.Errorf("cookies %v", a.header.Values("Set-Cookie"))
			}
		}
	})
}

// TestContract_SessionWhenTheDatabaseFails: Auth.js answers null. Here that says
// that nobody is signed in, which nobody knows then.
func TestContract_SessionWhenTheDatabaseFails(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.registered()
		for _, ask := range []func() answer{
			func() answer { return b.get("/auth/session") },
			func() answer { return b.post("/auth/session", "data", "x") },
		} {
			b.csrf()
			w.driver.failNth(1)
			if a := ask(); a.status != http.StatusServiceUnavailable || a.body != `{"error":"Unavailable"}` || a.header.Get("Retry-After") == "" || b.token() == "" {
				t.Errorf("%d %s, cookie %q", a.status, a.body, b.token())
			}
		}
		if b.who() != ada {
			t.Error("the session did not survive the fault")
		}
	})
}

func TestContract_SessionCallbackAndUpdate(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		var seen authent.SessionParams
		var events int
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Callbacks.Session = func(_ context.Context, p authent.SessionParams) (any, error) {
				seen = p
				p.Body.User["id"], p.Body.User["role"] = p.User.ID, p.User.Role
				return p.Body, nil
			}
			c.Events.Session = func(context.Context, authent.SessionEvent) error { events++; return errors.New("logged alone") }
		}})
		b := w.registered()
		if body := b.session(); body["user"].(map[string]any)["id"] != w.user().ID || body["user"].(map[string]any)["role"] != "user" {
			t.Errorf("body %v", body)
		}
		if events != 1 || seen.Trigger != "" || seen.NewSession != nil {
			t.Errorf("%d events, %+v", events, seen)
		}
		data := strings.NewReader(`{"csrfToken":"` + b.csrf() + `","data":{"name":"Countess","n":[1,true,null]}}`)
		r := b.request(http.MethodPost, "/auth/session", data)
		r.Header.Set("Content-Type", "application/json")
		if a := b.send(r); a.status != http.StatusOK || !strings.Contains(a.body, `"expires"`) || a.header.Get("Pragma") != "" {
			t.Errorf("update: %d %s", a.status, a.body)
		}
		want := map[string]any{"name": "Countess", "n": []any{json.Number("1"), true, nil}}
		if diff := cmp.Diff(want, seen.NewSession); diff != "" || seen.Trigger != "update" {
			t.Errorf("trigger %q, -want +got:\n%s", seen.Trigger, diff)
		}
		b.post("/auth/session", "data", "text")
		if seen.NewSession != "text" {
			t.Errorf("form data: %v", seen.NewSession)
		}
	})
}

// badge is a provider with a check of the application's own: the number 1 is the
// user with the id, 2 nobody, 3 not a user's, and others are refused.
func badge(userID string) authent.Provider {
	return provider.Credentials("badge", "Badge", func(_ context.Context, form url.Values) (string, error) {
		if form.Has("csrfToken") || form.Has("callbackUrl") {
			return "", errors.New("the check sees the engine's fields")
		}
		switch form.Get("number") {
		case "1":
			return userID, nil
		case "2":
			return "", nil
		case "3":
			return "no-such-user", nil
		case "4":
			return "", &authent.CredentialsError{Code: "otp_required"}
		case "5":
			return "", &authent.CredentialsError{Code: "<script>"}
		case "6":
			return "", errors.New("the badge reader is on fire")
		}
		return "", authent.ErrInvalidCredentials
	}, authent.Input{Name: "number", Label: "Badge number"})
}

func TestContract_OwnCheck(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		var userID string
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			u, err := c.Adapter.CreateUser(context.Background(), authent.User{Email: ada})
			if err != nil {
				t.Fatal(err)
			}
			userID = u.ID
			c.Providers = []authent.Provider{badge(userID)}
		}})
		for number, want := range map[string]string{
			"1": "", "2": "CredentialsSignin:credentials", "3": "CredentialsSignin:credentials", "4": "CredentialsSignin:otp_required",
			"5": "CredentialsSignin:credentials", "6": "Configuration", "7": "CredentialsSignin:credentials",
		} {
			b := w.browser()
			status := http.StatusOK
			if want == "Configuration" {
				status = http.StatusInternalServerError
			}
			if a := b.script("/auth/callback/badge", "number", number); a.errorCode() != want || a.status != status {
				t.Errorf("number %s: %d %s, want %s", number, a.status, a.errorCode(), want)
			}
			if signedIn := b.who() == ada; signedIn != (want == "") {
				t.Errorf("number %s: signed in %v", number, signedIn)
			}
		}
		if err := w.auth.DisableUser(t.Context(), userID); err != nil {
			t.Fatal(err)
		}
		if a := w.browser().script("/auth/callback/badge", "number", "1"); a.errorCode() != "CredentialsSignin:credentials" {
			t.Errorf("disabled: %s", a.errorCode())
		}
		if a := w.browser().get("/auth/register"); a.status != http.StatusNotFound {
			t.Errorf("registration without a password provider: %d", a.status)
		}
		if !strings.Contains(w.log.text(), "on fire") {
			t.Error("the check's own fault is not in the log")
		}
	})
}

func TestContract_SignInAnswers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		w.registered()
		base := w.server.URL
		for _, tc := range []struct{ password, page, script string }{
			{adasWord, base + "/next", base + "/next"},
			{"wrong password", base + "/auth/signin?code=credentials&error=CredentialsSignin", base + "/auth/signin?code=credentials&error=CredentialsSignin"},
		} {
			fields := []string{"email", ada, "password", tc.password, "callbackUrl", "/next"}
			if a := w.browser().post("/auth/callback/credentials", fields...); a.status != http.StatusFound || a.target() != tc.page {
				t.Errorf("page: %d to %s", a.status, a.target())
			}
			a := w.browser().script("/auth/callback/credentials", fields...)
			if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" || a.target() != tc.script {
				t.Errorf("script: %d %s", a.status, a.body)
			}
		}
		bare := w.browser()
		bare.header["X-Auth-Return-Redirect"] = []string{""}
		if a := bare.post("/auth/signin"); a.status != http.StatusOK || a.target() != base+"/auth/signin" {
			t.Errorf("the header without a value: %d %s", a.status, a.body)
		}
		for _, path := range []string{"/auth/signin", "/auth/signin/credentials"} {
			if a := w.browser().post(path); a.status != http.StatusFound || a.target() != base+"/auth/signin" {
				t.Errorf("POST %s: %d to %s", path, a.status, a.target())
			}
		}
		// Anybody can write such a link: it is no fault of the server's.
		for _, code := range []string{"Configuration", "AccessDenied", "Verification", "SessionRequired", "Unavailable", "PageNotFound", "BadRequest", "TooLarge", "RateLimited", "Other", ""} {
			if a := w.browser().get("/auth/error?error=" + code); a.status != http.StatusOK || a.header.Get("Retry-After") != "" {
				t.Errorf("error page for %s: %d", code, a.status)
			}
		}
	})
}

func TestContract_CallbackURL(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b := w.browser()
		b.get("/auth/signin?callbackUrl=/from-query")
		if a := b.post("/auth/signout"); a.target() != w.server.URL+"/from-query" {
			t.Errorf("from the cookie: %s", a.target())
		}
		if a := b.post("/auth/signout?callbackUrl=/query", "callbackUrl", "/body"); a.target() != w.server.URL+"/body" {
			t.Errorf("body before query: %s", a.target())
		}
		if a := b.post("/auth/signout"); a.target() != w.server.URL+"/body" || len(a.header.Values("Set-Cookie")) != 1 {
			t.Errorf("the cookie was set again though nothing changed: %v", a.header.Values("Set-Cookie"))
		}
	})
}

// TestContract_AuthJSShared: rows and cookies as an Auth.js app has them.
func TestContract_AuthJSShared(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for mode, hashes := range map[authent.AuthJSMode]bool{authent.AuthJSShared: false, authent.AuthJSSharedHashed: true} {
			const older = "an older secret of more than thirty-two bytes"
			w := newWorld(t, kind, setup{https: true, config: func(c *authent.Config) {
				c.AuthJS.Mode, c.Secrets = mode, []string{testSecret, older}
			}})
			b := w.registered()
			token := b.cookie("__Secure-authjs.session-token")
			if stored := strings.Contains(w.dump(), "session_token="+token+"\n"); stored == hashes || token == "" {
				t.Errorf("%v: the token is stored as issued: %v", mode, stored)
			}
			if !strings.HasPrefix(string(w.user().Password), authent.BcryptPrefix()) {
				t.Error("the password is not bcrypt of the live cost")
			}
			value, _ := url.PathUnescape(b.cookie("__Host-authjs.csrf-token"))
			csrf, hash, _ := strings.Cut(value, "|")
			want := sha256.Sum256([]byte(csrf + testSecret + "," + older))
			if hash != hex.EncodeToString(want[:]) {
				t.Error("the CSRF cookie is not what Auth.js computes from the secrets")
			}
			if warned := strings.Contains(w.log.text(), "use AuthJSSharedHashed"); warned == hashes {
				t.Errorf("%v: warned %v", mode, warned)
			}
			if a := b.register("x@example.com", strings.Repeat("x", 73)); a.errorCode() != "Register:password_long" {
				t.Errorf("73 bytes: %s", a.errorCode())
			}
			if w.signedIn(); b.who() != ada {
				t.Error("not signed in")
			}
		}
	})
}
