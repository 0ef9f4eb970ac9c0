package authent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authent/authent/authent"
)

const (
	ada      = "ada@example.com"
	adasWord = "correct horse battery"
)

// serve starts the server.
func (w *world) serve(https bool) {
	w.server.Config.Handler = application(w.auth)
	if https {
		w.server.StartTLS()
	} else {
		w.server.Start()
	}
	w.t.Cleanup(w.server.Close)
}

// application is authent under its pattern, and a page at / that tells who is
// signed in.
func application(auth *authent.Auth) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("GET /{$}", auth.LoadSession(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if s := authent.SessionFrom(r.Context()); s != nil {
			_, _ = io.WriteString(rw, s.User.Email)
		}
	})))
	mux.Handle("/private", auth.RequireUser(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(rw, authent.SessionFrom(r.Context()).User.Email)
	})))
	return mux
}

// browser keeps cookies, follows no redirect, and tells the log every secret it
// sees.
type browser struct {
	w      *world
	client *http.Client
	header http.Header
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w: w, header: http.Header{"User-Agent": {"test browser"}}, client: &http.Client{
		Jar: jar, Transport: w.server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// target is where the answer sends the browser.
func (a answer) target() string {
	if l := a.header.Get("Location"); l != "" {
		return l
	}
	var v struct{ URL string }
	_ = json.Unmarshal([]byte(a.body), &v)
	return v.URL
}

// shown are the headings of error pages that are answered in place.
var shown = map[string]string{
	"Something is wrong on our side": "Configuration",
	"Please sign in":                 "SessionRequired",
	"The server is busy":             "Unavailable",
	"Too many tries":                 "RateLimited",
}

// errorCode is the error, and after a colon the code, in the target's query; or
// of the page that is shown in place.
func (a answer) errorCode() string {
	if a.target() == "" && a.status >= 400 {
		for heading, code := range shown {
			if strings.Contains(a.body, "<h1>"+heading+"</h1>") {
				return code
			}
		}
	}
	u, err := url.Parse(a.target())
	if err != nil {
		return "unparsable target"
	}
	q := u.Query()
	return strings.TrimSuffix(q.Get("error")+":"+q.Get("code"), ":")
}

func (b *browser) send(r *http.Request) answer {
	b.w.t.Helper()
	for name, values := range b.header {
		r.Header[name] = values
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if strings.Contains(c.Name, "session-token") || strings.Contains(c.Name, "csrf") || strings.Contains(c.Name, "authent.") {
			b.w.log.secret(c.Value)
		}
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

func (b *browser) request(method, path string, body io.Reader) *http.Request {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.server.URL+path, body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return r
}

func (b *browser) get(path string) answer {
	b.w.t.Helper()
	return b.send(b.request(http.MethodGet, path, nil))
}

func (b *browser) csrf() string {
	b.w.t.Helper()
	var v struct{ CSRFToken string }
	if err := json.Unmarshal([]byte(b.get("/auth/csrf").body), &v); err != nil {
		b.w.t.Fatal(err)
	}
	b.w.log.secret(v.CSRFToken)
	return v.CSRFToken
}

// post sends a form with the CSRF token, as a page's form does.
func (b *browser) post(path string, fields ...string) answer {
	b.w.t.Helper()
	return b.postWith(b.csrf(), path, fields...)
}

// postWith is post with a token that was fetched before.
func (b *browser) postWith(csrf, path string, fields ...string) answer {
	b.w.t.Helper()
	form := url.Values{"csrfToken": {csrf}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
		if strings.Contains(strings.ToLower(fields[i]), "password") && len(fields[i+1]) >= 8 {
			b.w.log.secret(fields[i+1])
		}
	}
	r := b.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

// script is post as Auth.js's browser client does it.
func (b *browser) script(path string, fields ...string) answer {
	b.w.t.Helper()
	b.header.Set("X-Auth-Return-Redirect", "1")
	defer b.header.Del("X-Auth-Return-Redirect")
	return b.post(path, fields...)
}

func (b *browser) register(email, password string) answer {
	b.w.t.Helper()
	return b.post("/auth/register", "email", email, "password", password, "name", "Ada Lovelace")
}

func (b *browser) signIn(email, password string) answer {
	b.w.t.Helper()
	return b.post("/auth/callback/credentials", "email", email, "password", password)
}

// who is the address of who is signed in, "" for nobody.
func (b *browser) who() string {
	b.w.t.Helper()
	a := b.get("/")
	if a.status != http.StatusOK {
		b.w.t.Fatalf("GET /: status %d: %s", a.status, a.body)
	}
	return a.body
}

// session is GET session, decoded; nil for null.
func (b *browser) session() map[string]any {
	b.w.t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(b.get("/auth/session").body), &v); err != nil {
		b.w.t.Fatal(err)
	}
	return v
}

func (b *browser) url() *url.URL {
	u, err := url.Parse(b.w.server.URL)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return u
}

// cookie is the value of the cookie whose name ends in suffix, "" if not there.
func (b *browser) cookie(suffix string) string {
	for _, c := range b.client.Jar.Cookies(b.url()) {
		if strings.HasSuffix(c.Name, suffix) {
			return c.Value
		}
	}
	return ""
}

func (b *browser) token() string { return b.cookie("authjs.session-token") }

// plant puts a cookie into the browser.
func (b *browser) plant(name, value string) {
	b.client.Jar.SetCookies(b.url(), []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: strings.HasPrefix(name, "__")}})
}

// with is a browser that brings only this session token.
func (w *world) with(name, token string) *browser {
	b := w.browser()
	b.plant(name, token)
	return b
}

// registered is a browser in which ada has just registered.
func (w *world) registered() *browser {
	w.t.Helper()
	b := w.browser()
	if a := b.register(ada, adasWord); a.status != http.StatusFound || b.who() != ada {
		w.t.Fatalf("register: status %d to %s", a.status, a.target())
	}
	return b
}

// signedIn is another browser in which ada is signed in.
func (w *world) signedIn() *browser {
	w.t.Helper()
	b := w.browser()
	if a := b.signIn(ada, adasWord); b.who() != ada {
		w.t.Fatalf("sign in: status %d to %s", a.status, a.target())
	}
	return b
}

// user is ada as stored.
func (w *world) user() *authent.User {
	w.t.Helper()
	users, err := w.store.UsersByEmail(w.t.Context(), ada)
	if err != nil || len(users) != 1 {
		w.t.Fatalf("users: %v, %v", users, err)
	}
	return users[0]
}

// secretLog is a log that must not hold secrets. What the server issued or was
// given is told to it as tests go; at the end of a test no line may hold any.
type secretLog struct {
	mu      sync.Mutex
	out     bytes.Buffer
	secrets []string
	// seen is how much of out a test has no eyes for any more.
	seen int
}

func newSecretLog(t testing.TB) *secretLog {
	l := &secretLog{}
	t.Cleanup(func() {
		if s := l.leaked(); s != "" {
			t.Errorf("the log holds the secret %q:\n%s", s, l.text())
		}
	})
	return l
}

func (l *secretLog) secret(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s != "" && !slices.Contains(l.secrets, s) {
		l.secrets = append(l.secrets, s)
	}
}

func (l *secretLog) leaked() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.secrets {
		forms := []string{s, url.QueryEscape(s), authent.HashToken(s)}
		if token, _, ok := strings.Cut(s, "%7C"); ok {
			forms = append(forms, token)
		}
		for _, f := range forms {
			if strings.Contains(l.out.String(), f) {
				return s
			}
		}
	}
	return ""
}

// forget lets events begin with the lines that come from now on.
func (l *secretLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = l.out.Len()
}

func (l *secretLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// Write implements io.Writer for both handlers.
func (l *secretLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(b)
}

// logger logs every record as text and as JSON, since the two print values by
// different means.
func (l *secretLog) logger() *slog.Logger {
	all := &slog.HandlerOptions{Level: slog.LevelDebug}
	return slog.New(twice{slog.NewTextHandler(l, all), slog.NewJSONHandler(l, all)})
}

type twice [2]slog.Handler

func (h twice) Enabled(context.Context, slog.Level) bool { return true }

func (h twice) Handle(ctx context.Context, r slog.Record) error {
	_ = h[0].Handle(ctx, r.Clone())
	return h[1].Handle(ctx, r.Clone())
}

func (h twice) WithAttrs(as []slog.Attr) slog.Handler {
	return twice{h[0].WithAttrs(as), h[1].WithAttrs(as)}
}

func (h twice) WithGroup(name string) slog.Handler {
	return twice{h[0].WithGroup(name), h[1].WithGroup(name)}
}
