package authent_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestP17_RedirectsStayHere: whatever a browser asks to be sent to, by query, body
// or cookie, it is sent to this origin.
func TestP17_RedirectsStayHere(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		w.registered()
		home := w.server.URL
		for target, want := range map[string]string{
			"/dashboard?tab=1":              home + "/dashboard?tab=1",
			home + "/dashboard":             home + "/dashboard",
			home:                            home,
			"//evil.example":                home,
			`/\evil.example`:                home,
			`\\evil.example`:                home,
			`/a/../\evil.example`:           home,
			"/\t/evil.example":              home,
			"https://evil.example":          home,
			"https:evil.example":            home,
			"http:///evil.example":          home,
			"javascript:alert(1)":           home,
			"data:text/html,x":              home,
			home + "@evil.example":          home,
			home + ".evil.example":          home,
			strings.ToUpper(home[:4]) + "s": home,
			"/" + strings.Repeat("a", 9000): home,
			"%zz":                           home,
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
	})
}

// unsafe are the endpoints that change something, with what shows that they did.
// A new POST route without a row here fails TestP18.
var unsafe = map[string]struct{ path, fields string }{
	"session":           {"/auth/session", "data=1"},
	"signin":            {"/auth/signin", ""},
	"signin/":           {"/auth/signin/dev", ""},
	"callback/":         {"/auth/callback/credentials", "email=ada%40example.com&password=correct+horse+battery"},
	"signout":           {"/auth/signout", ""},
	"register":          {"/auth/register", "email=new%40example.com&password=correct+horse+battery"},
	"sessions/revoke":   {"/auth/sessions/revoke", "others=true"},
	"password":          {"/auth/password", "currentPassword=correct+horse+battery&password=a+new+and+better+password"},
	"reauthenticate":    {"/auth/reauthenticate", "password=correct+horse+battery"},
	"reauthenticate/":   {"/auth/reauthenticate/dev", ""},
	"factor":            {"/auth/factor", "code=123456"},
	"totp":              {"/auth/totp", "code=123456"},
	"totp/remove":       {"/auth/totp/remove", ""},
	"recovery-codes":    {"/auth/recovery-codes", ""},
	"trust/revoke":      {"/auth/trust/revoke", ""},
	"passkeys/rename":   {"/auth/passkeys/rename", "id=1&name=x"},
	"passkeys/remove":   {"/auth/passkeys/remove", "id=1"},
	"delete":            {"/auth/delete", ""},
	"forgot-password":   {"/auth/forgot-password", "email=ada%40example.com"},
	"reset-password":    {"/auth/reset-password", "user=1&token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&password=a+new+and+better+password"},
	"code":              {"/auth/code", "code=BBBB-BBBB"},
	"verify-email":      {"/auth/verify-email", "user=1&token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	"verify-email/send": {"/auth/verify-email/send", ""},
	"email":             {"/auth/email", "email=new%40example.com"},
	"change-email":      {"/auth/change-email", "user=1&email=new%40example.com&token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	"undo-email":        {"/auth/undo-email", "user=1&email=ada%40example.com&token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	"link/":             {"/auth/link/dev", ""},
	"unlink":            {"/auth/unlink", "provider=dev&providerAccountId=1"},
}

// forgeries are requests that another site, or nobody, could make a browser send.
var forgeries = map[string]func(r *http.Request, w *world){
	"cross-site": func(r *http.Request, _ *world) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	"same-site":  func(r *http.Request, _ *world) { r.Header.Set("Sec-Fetch-Site", "same-site") },
	"other host": func(r *http.Request, _ *world) { r.Header.Set("Origin", "http://evil.example") },
	"other scheme": func(r *http.Request, w *world) {
		r.Header.Set("Origin", strings.Replace(w.server.URL, "http:", "https:", 1))
	},
	"other port":    func(r *http.Request, _ *world) { r.Header.Set("Origin", "http://127.0.0.1:1") },
	"null origin":   func(r *http.Request, _ *world) { r.Header.Set("Origin", "null") },
	"no form":       func(r *http.Request, _ *world) { r.Header.Set("Content-Type", "text/plain") },
	"no token":      func(r *http.Request, _ *world) { replaceBody(r, "") },
	"another token": func(r *http.Request, _ *world) { replaceBody(r, "csrfToken="+strings.Repeat("a", 64)) },
}

func replaceBody(r *http.Request, token string) {
	replaced := strings.NewReader(token)
	r.Body, r.ContentLength = http.NoBody, 0
	if token != "" {
		r2, _ := http.NewRequest(http.MethodPost, r.URL.String(), replaced)
		r.Body, r.ContentLength = r2.Body, r2.ContentLength
	}
}

func TestP18_ForgeriesChangeNothing(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, e := range authent.Endpoints() {
			if e.Method != http.MethodPost || e.Action == "_log" { // TestP18_LogDoesNothing
				continue
			}
			name := e.Action
			if e.Provider {
				name += "/"
			}
			row, ok := unsafe[name]
			if !ok {
				t.Errorf("POST %s has no row", name)
				continue
			}
			t.Run(name, func(t *testing.T) {
				w := newOAuthWorld(t, kind, setup{config: func(c *authent.Config) { c.TrustedOrigins = []string{"https://trusted.example"} }}, oauthserver.Config{Auto: adaThere()})
				b := w.registered()
				w.signedIn()
				before := w.dump()
				for forgery, forge := range forgeries {
					a := b.send(b.forged(row.path, row.fields, forge))
					if name == "session" {
						if a.status != http.StatusBadRequest || a.body != "null" {
							t.Errorf("%s: %d %s", forgery, a.status, a.body)
						}
					} else if a.errorCode() != "MissingCSRF" {
						t.Errorf("%s: %d to %s", forgery, a.status, a.target())
					}
					if w.dump() != before || b.who() != ada {
						t.Fatalf("%s changed something", forgery)
					}
				}
				for honest, forge := range honesties {
					if a := b.send(b.forged(row.path, row.fields, forge)); a.errorCode() == "MissingCSRF" || a.status == http.StatusBadRequest {
						t.Errorf("%s: %d to %s", honest, a.status, a.target())
					}
				}
			})
		}
	})
}

// honesties are requests that our own pages make, or a trusted one.
var honesties = map[string]func(r *http.Request, w *world){
	"no headers":  func(*http.Request, *world) {},
	"same origin": func(r *http.Request, _ *world) { r.Header.Set("Sec-Fetch-Site", "same-origin") },
	"own origin":  func(r *http.Request, w *world) { r.Header.Set("Origin", w.server.URL) },
	"trusted":     func(r *http.Request, _ *world) { r.Header.Set("Origin", "https://trusted.example") },
	"trusted, fetch": func(r *http.Request, _ *world) {
		r.Header.Set("Origin", "https://trusted.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	},
}

// forged is a form with the right token, changed.
func (b *browser) forged(path, fields string, change func(r *http.Request, w *world)) *http.Request {
	b.w.t.Helper()
	r := b.request(http.MethodPost, path, strings.NewReader("csrfToken="+b.csrf()+"&"+fields))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	change(r, b.w)
	return r
}

// TestP18_TokenOfAnotherBrowser: the token must be the one in this browser's own
// cookie.
func TestP18_TokenOfAnotherBrowser(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		b, other := w.registered(), w.browser()
		r := b.request(http.MethodPost, "/auth/signout", strings.NewReader("csrfToken="+other.csrf()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if a := b.send(r); a.errorCode() != "MissingCSRF" || b.who() != ada {
			t.Errorf("another browser's token: %s", a.target())
		}
		b.plant("authjs.csrf-token", strings.Repeat("a", 64)+"%7C"+strings.Repeat("b", 64))
		r = b.request(http.MethodPost, "/auth/signout", strings.NewReader("csrfToken="+strings.Repeat("a", 64)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if a := b.send(r); a.errorCode() != "MissingCSRF" || b.who() != ada {
			t.Errorf("a token that nobody issued: %s", a.target())
		}
	})
}

// TestP21_NothingElseIsASession: every other value that a browser or the database
// holds, presented as a session.
func TestP21_NothingElseIsASession(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Adapter = noCreatedAt{c.Adapter} }})
		b := w.registered()
		b.post("/auth/register", "email", "grace@example.com", "password", "short", "name", "Grace")
		values := map[string]string{
			"CSRF token": b.csrf(), "session id": b.sessions()[0].ID, "user id": w.user().ID,
			"stored token": authent.HashToken(b.token()), "password hash": string(w.user().Password),
		}
		for _, suffix := range []string{"authjs.csrf-token", "authjs.callback-url", "authent.form", "authent.recent"} {
			if v := b.cookie(suffix); v == "" {
				t.Errorf("there is no cookie %s: it was not tried", suffix)
			} else {
				values["cookie "+suffix] = v
			}
		}
		v := authent.VerificationToken{Identifier: ada, Token: authent.Secret(authent.HashToken("a link's token")), Expires: time.Now().Add(time.Hour)}
		if err := w.store.CreateVerificationToken(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		values["verification token"] = "a link's token"
		values["stored verification token"] = string(v.Token)
		for name, value := range values {
			if who := w.with("authjs.session-token", url.QueryEscape(value)).who(); who != "" {
				t.Errorf("the %s signs in as %s", name, who)
			}
			if who := w.with("authjs.session-token", value).who(); who != "" {
				t.Errorf("the %s signs in as %s", name, who)
			}
		}
	})
}

// cookieLine is a Set-Cookie line without its value and date.
func cookieLine(line string) string {
	name, rest, _ := strings.Cut(line, "=")
	_, attributes, _ := strings.Cut(rest, "; ")
	parts := strings.Split(attributes, "; ")
	for i, p := range parts {
		if strings.HasPrefix(p, "Expires=") {
			parts[i] = "Expires"
		}
	}
	return name + "; " + strings.Join(parts, "; ")
}

func TestP22_CookieAttributes(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, tc := range map[string]struct {
			https bool
			mode  authent.AuthJSMode
			want  []string
		}{
			"http": {false, authent.AuthJSAlone, []string{
				"authjs.callback-url; Path=/; HttpOnly; SameSite=Lax", "authjs.csrf-token; Path=/; HttpOnly; SameSite=Lax",
				"authent.form; Path=/; Expires; HttpOnly; SameSite=Lax", "authent.known; Path=/; Expires; HttpOnly; SameSite=Lax",
				"authjs.session-token; Path=/; Expires; HttpOnly; SameSite=Lax"}},
			"https": {true, authent.AuthJSAlone, []string{
				"__Host-authjs.callback-url; Path=/; HttpOnly; Secure; SameSite=Lax", "__Host-authjs.csrf-token; Path=/; HttpOnly; Secure; SameSite=Lax",
				"__Host-authent.form; Path=/; Expires; HttpOnly; Secure; SameSite=Lax", "__Host-authent.known; Path=/; Expires; HttpOnly; Secure; SameSite=Lax",
				"__Host-authjs.session-token; Path=/; Expires; HttpOnly; Secure; SameSite=Lax"}},
			"https, shared": {true, authent.AuthJSShared, []string{
				"__Secure-authjs.callback-url; Path=/; HttpOnly; Secure; SameSite=Lax", "__Host-authjs.csrf-token; Path=/; HttpOnly; Secure; SameSite=Lax",
				"__Host-authent.form; Path=/; Expires; HttpOnly; Secure; SameSite=Lax", "__Host-authent.known; Path=/; Expires; HttpOnly; Secure; SameSite=Lax",
				"__Secure-authjs.session-token; Path=/; Expires; HttpOnly; Secure; SameSite=Lax"}},
		} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, kind, setup{https: tc.https, config: func(c *authent.Config) { c.AuthJS.Mode = tc.mode }})
				b := w.browser()
				var got []string
				for _, a := range []answer{b.get("/auth/csrf"), b.register(ada, "short"), b.register(ada, adasWord)} {
					for _, line := range a.header.Values("Set-Cookie") {
						got = append(got, cookieLine(line))
					}
				}
				slices.Sort(got)
				slices.Sort(tc.want)
				if !slices.Equal(got, tc.want) {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
				}
			})
		}
	})
}

// TestP22_UnprefixedCookieIsIgnored: a sibling domain, or http, can set one.
func TestP22_UnprefixedCookieIsIgnored(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{https: true})
		token := w.registered().token()
		for name, want := range map[string]string{
			"authjs.session-token": "", "__Secure-authjs.session-token": "", "__Host-authjs.session-token": ada,
		} {
			if who := w.with(name, token).who(); who != want {
				t.Errorf("%s: signed in as %q, want %q", name, who, want)
			}
		}
	})
}

// TestP22_CookieEndsWithItsSession: never later than the absolute lifetime.
func TestP22_CookieEndsWithItsSession(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Session = authent.SessionConfig{MaxAge: 400 * 24 * time.Hour, AbsoluteMaxAge: 401 * 24 * time.Hour}
		}})
		began := w.clock.now()
		b := w.registered()
		w.clock.advance(399 * 24 * time.Hour)
		a := b.get("/auth/session")
		res := http.Response{Header: a.header}
		for _, c := range res.Cookies() {
			if c.Name == "authjs.session-token" && c.Expires.After(began.Add(401*24*time.Hour)) {
				t.Errorf("the cookie expires %v after the sign-in", c.Expires.Sub(began))
			}
		}
		if _, err := authent.New(authent.Config{Session: authent.SessionConfig{MaxAge: 401 * 24 * time.Hour}}); err == nil || !strings.Contains(err.Error(), "400 days") {
			t.Errorf("a cookie of 401 days: %v", err)
		}
	})
}
