package authent_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// beside4 is a world beside an app on next-auth 4.
func beside4(mode authent.AuthJSMode, more func(*authent.Config)) setup {
	return setup{https: true, config: func(c *authent.Config) {
		c.AuthJS.Mode, c.AuthJS.Version = mode, authent.AuthJS4
		if more != nil {
			more(c)
		}
	}}
}

const (
	olderSecret  = "an older secret of more than thirty-two bytes"
	emailsSecret = "the secret of the e-mail provider, 32 bytes long"
)

// hashedBy is what next-auth makes of a token.
func hashedBy(token, secret string) string {
	sum := sha256.Sum256([]byte(token + secret))
	return hex.EncodeToString(sum[:])
}

// TestContract_NextAuth4Cookies: names and CSRF form are those of next-auth 4, which
// knows one secret.
func TestContract_NextAuth4Cookies(t *testing.T) {
	for _, mode := range []authent.AuthJSMode{authent.AuthJSShared, authent.AuthJSSharedHashed} {
		w := newWorld(t, testdb.SQLite, beside4(mode, func(c *authent.Config) { c.Secrets = append(c.Secrets, olderSecret) }))
		b := w.registered()
		for _, name := range []string{"__Secure-next-auth.session-token", "__Host-next-auth.csrf-token", "__Secure-next-auth.callback-url"} {
			if b.cookieNamed(name) == "" {
				t.Errorf("%v: no cookie %s", mode, name)
			}
		}
		if b.cookie("authjs.session-token")+b.cookie("authjs.csrf-token") != "" || b.who() != ada {
			t.Errorf("%v: signed in as %q, beside version 5's names", mode, b.who())
		}
		value, _ := url.PathUnescape(b.cookieNamed("__Host-next-auth.csrf-token"))
		if token, hash, _ := strings.Cut(value, "|"); hash != hashedBy(token, testSecret) {
			t.Errorf("%v: the CSRF cookie is not what next-auth computes from the newest secret", mode)
		}
		token := strings.Repeat("a", 64)
		b.plant("__Host-next-auth.csrf-token", token+"%7C"+hashedBy(token, olderSecret))
		if a := b.get("/auth/csrf"); !strings.Contains(a.body, token) {
			t.Errorf("%v: a cookie under the older secret is refused", mode)
		}
		b.plant("__Host-next-auth.csrf-token", token+"%7C"+hashedBy(token, testSecret+","+olderSecret))
		if a := b.get("/auth/csrf"); strings.Contains(a.body, token) {
			t.Errorf("%v: version 5's joined secrets count", mode)
		}
	}
}

// TestContract_NextAuth4Links: the row of a link is what next-auth writes, with the
// secret of its e-mail provider if that has one.
func TestContract_NextAuth4Links(t *testing.T) {
	for secret, own := range map[string]authent.Secret{testSecret: "", emailsSecret: emailsSecret} {
		w := newWorld(t, testdb.SQLite, beside4(authent.AuthJSShared, func(c *authent.Config) {
			c.Providers, c.AuthJS.EmailSecret = append(c.Providers, provider.Email()), own
			c.Secrets = append(c.Secrets, olderSecret)
		}))
		b := w.browser()
		b.post("/auth/signin/email", "email", ada)
		link, err := url.Parse(string(w.box.Next(t).URL))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := w.store.VerificationTokens(t.Context(), ada)
		if err != nil || len(rows) != 1 || string(rows[0].Token) != hashedBy(link.Query().Get("token"), secret) {
			t.Errorf("secret %q: the row is not next-auth's: %v, %v", own, len(rows), err)
		}
	}
}

// TestContract_NextAuth4Adopted: the cookie of next-auth 4 is taken over, on http too,
// where its name is another than ours.
func TestContract_NextAuth4Adopted(t *testing.T) {
	for _, https := range []bool{true, false} {
		ours, theirs := "__Host-authjs.session-token", "__Secure-next-auth.session-token"
		if !https {
			ours, theirs = "authjs.session-token", "next-auth.session-token"
		}
		set := beside4(authent.AuthJSAdopted, nil)
		set.https = https
		w := newWorld(t, testdb.SQLite, set)
		token := w.registered().cookieNamed(ours)
		b := w.with(theirs, token)
		b.get("/private")
		if b.cookieNamed(ours) != token || token == "" || b.cookieNamed(theirs) != "" || b.who() != ada {
			t.Errorf("https %v: not taken over: signed in as %q", https, b.who())
		}
	}
}

// TestContract_NextAuth4Client: what the stock client of next-auth 4 is told, in every
// mode; and nothing of it without Version.
func TestContract_NextAuth4Client(t *testing.T) {
	for _, mode := range []authent.AuthJSMode{authent.AuthJSAlone, authent.AuthJSShared} {
		w := newWorld(t, testdb.SQLite, beside4(mode, func(c *authent.Config) {
			c.Callbacks.SignIn = func(_ context.Context, p authent.SignInParams) (string, error) {
				if p.Credentials.Has("json") {
					t.Error("the callback gets the field json, which is the client's own")
				}
				if p.Credentials.Get("barred") != "" {
					return "", authent.ErrAccessDenied
				}
				return "", nil
			}
		}))
		w.registered()
		b := w.browser()
		if a := b.get("/auth/session"); a.status != http.StatusOK || a.body != "{}" {
			t.Errorf("GET session: %d %s", a.status, a.body)
		}
		if a := b.send(b.forged("/auth/session", "", forgeries["no token"])); a.status != http.StatusBadRequest || a.body != "{}" {
			t.Errorf("a forged POST session: %d %s", a.status, a.body)
		}
		var answer struct{ URL string }
		a := b.post("/auth/callback/credentials", "email", ada, "password", "not her password", "json", "true")
		if err := json.Unmarshal([]byte(a.body), &answer); err != nil || a.status != http.StatusUnauthorized || !strings.Contains(answer.URL, "error=CredentialsSignin") {
			t.Errorf("a wrong password: %d %s", a.status, a.body)
		}
		if a := b.send(b.forged("/auth/callback/credentials", "json=true", forgeries["another token"])); a.status != http.StatusFound {
			t.Errorf("a body without json=true: %d", a.status)
		}
		if a := b.post("/auth/callback/credentials", "email", ada, "password", "not her password"); a.status != http.StatusFound {
			t.Errorf("a browser's form: %d", a.status)
		}
		if a := b.post("/auth/callback/credentials", "email", ada, "password", adasWord, "barred", "yes", "json", "true"); a.status != http.StatusForbidden || !strings.Contains(a.body, "error=AccessDenied") {
			t.Errorf("barred by the callback: %d %s", a.status, a.body)
		}
		if a := b.post("/auth/callback/credentials", "json", "true", "email", ada, "password", adasWord, "callbackUrl", "/on"); a.status != http.StatusOK || b.who() != ada {
			t.Errorf("the right password: %d %s", a.status, a.body)
		}
		a = b.post("/auth/signout", "json", "true", "callbackUrl", "/out")
		if err := json.Unmarshal([]byte(a.body), &answer); err != nil || a.status != http.StatusOK || answer.URL != w.server.URL+"/out" || b.who() != "" {
			t.Errorf("sign-out: %d %s", a.status, a.body)
		}
	}
	w := newWorld(t, testdb.SQLite, setup{})
	b := w.registered()
	if a := b.post("/auth/signout", "json", "true"); a.status != http.StatusFound {
		t.Errorf("beside version 5, json=true: %d", a.status)
	}
	if a := b.script("/auth/callback/credentials", "email", ada, "password", "not her password"); a.status != http.StatusOK {
		t.Errorf("beside version 5, a wrong password: %d", a.status)
	}
	if a := b.post("/auth/_log"); a.status != http.StatusNotFound {
		t.Errorf("beside version 5, POST _log: %d", a.status)
	}
}

// TestP18_LogDoesNothing: POST _log needs no token, as the client sends none; so it reads
// nothing, logs nothing, changes nothing and sets no cookie.
func TestP18_LogDoesNothing(t *testing.T) {
	w := newWorld(t, testdb.SQLite, beside4(authent.AuthJSShared, nil))
	b := w.registered()
	rows, lines := w.dump(), w.log.text()
	for name, forge := range forgeries {
		a := b.send(b.forged("/auth/_log", "level=error&code=CLIENT_FETCH_ERROR&message="+strings.Repeat("x", 1<<17), forge))
		if a.status != http.StatusOK || a.body != "" || len(a.header.Values("Set-Cookie")) != 0 {
			t.Errorf("%s: %d %q, cookies %v", name, a.status, a.body, a.header.Values("Set-Cookie"))
		}
	}
	if w.dump() != rows || w.log.text() != lines || b.who() != ada {
		t.Error("POST _log changed or logged something")
	}
	if a := b.get("/auth/_log"); a.status != http.StatusNotFound {
		t.Errorf("GET _log: %d", a.status)
	}
}

// TestNew_NextAuth4Environment: NEXTAUTH_URL and NEXTAUTH_SECRET count beside next-auth 4,
// where AUTH_URL and AUTH_SECRET are not set.
func TestNew_NextAuth4Environment(t *testing.T) {
	for _, name := range []string{"AUTH_SECRET_1", "AUTH_SECRET_2", "AUTH_SECRET_3"} {
		t.Setenv(name, "")
	}
	for name, tc := range map[string]struct {
		version               authent.AuthJSVersion
		authURL, url, pattern string
		authSecret, secret    string
		fault                 string
	}{
		"both":              {authent.AuthJS4, "", "https://shop.example.com", "/api/auth/", "", testSecret, ""},
		"a slash":           {authent.AuthJS4, "", "https://shop.example.com/", "/api/auth/", "", testSecret, ""},
		"a path":            {authent.AuthJS4, "", "https://shop.example.com/x/auth", "/x/auth/", "", testSecret, ""},
		"AUTH_URL wins":     {authent.AuthJS4, "https://a.example.com", "https://shop.example.com", "/auth/", "", testSecret, ""},
		"AUTH_SECRET alone": {authent.AuthJS4, "", "https://shop.example.com", "/api/auth/", testSecret, "", ""},
		"two of one":        {authent.AuthJS4, "", "https://shop.example.com", "/api/auth/", testSecret, testSecret, ""},
		"they differ":       {authent.AuthJS4, "", "https://shop.example.com", "", testSecret, olderSecret, "AUTH_SECRET and NEXTAUTH_SECRET differ"},
		"no URL in it":      {authent.AuthJS4, "", "shop.example.com", "", "", testSecret, "not a http(s) URL"},
		"version 5":         {0, "https://a.example.com", "https://shop.example.com", "", "", testSecret, "no secret"},
		"an odd version":    {3, "https://a.example.com", "", "", testSecret, "", "AuthJS.Version is 3: use AuthJS4 or AuthJS5"},
	} {
		t.Setenv("AUTH_URL", tc.authURL)
		t.Setenv("NEXTAUTH_URL", tc.url)
		t.Setenv("AUTH_SECRET", tc.authSecret)
		t.Setenv("NEXTAUTH_SECRET", tc.secret)
		auth, err := authent.New(authent.Config{
			Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()},
			AuthJS: authent.AuthJS{Mode: authent.AuthJSSharedHashed, Version: tc.version},
		})
		if tc.fault != "" {
			if err == nil || !strings.Contains(err.Error(), tc.fault) || strings.Contains(err.Error(), testSecret) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || auth.Pattern() != tc.pattern {
			t.Errorf("%s: %v", name, err)
			continue
		}
		value := issuedCSRF(t, auth)
		if token, hash, _ := strings.Cut(value, "|"); hash != hashedBy(token, testSecret) {
			t.Errorf("%s: the secret is another", name)
		}
	}
}

// issuedCSRF is a CSRF cookie that auth issues.
func issuedCSRF(t *testing.T, auth *authent.Auth) string {
	t.Helper()
	rec := httptest.NewRecorder()
	auth.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, auth.BasePath()+"/csrf", nil))
	for _, c := range rec.Result().Cookies() {
		if strings.HasSuffix(c.Name, "csrf-token") {
			value, _ := url.PathUnescape(c.Value)
			return value
		}
	}
	t.Fatal("no CSRF cookie")
	return ""
}

// TestNew_EmailSecret is refused where it is of no use, or weak.
func TestNew_EmailSecret(t *testing.T) {
	for mode, want := range map[authent.AuthJSMode]string{authent.AuthJSAlone: "AuthJS.EmailSecret is for", authent.AuthJSShared: "AuthJS.EmailSecret has 5 bytes"} {
		_, err := authent.New(authent.Config{
			Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()},
			AuthJS: authent.AuthJS{Mode: mode, EmailSecret: "short"},
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", mode, err)
		}
	}
}
