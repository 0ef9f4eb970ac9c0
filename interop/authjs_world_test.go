package interop

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	_ "github.com/authent/authent/examples/nextjs-drizzle/ent/runtime"
	_ "github.com/authent/authent/examples/nextjs-prisma/ent/runtime"
	"github.com/authent/authent/internal/chromium"
	"github.com/authent/authent/internal/freeport"
	_ "github.com/authent/authent/internal/layout/drizzledefault/ent/runtime"
	_ "github.com/authent/authent/internal/layout/drizzlesqlite/ent/runtime"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/smtpserver"
	"github.com/authent/authent/internal/testdb"
)

// TestMain puts this process into another zone than UTC; the Node side is in yet
// another.
func TestMain(m *testing.M) {
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		panic(err)
	}
	time.Local = zone
	code := m.Run()
	chromium.Close()
	for _, u := range lasting.uses {
		u.end()
	}
	os.Exit(code)
}

// lasting are the pairs of this process, each of which one test after the other
// uses: to start the Node side takes longer than most tests.
var lasting struct {
	mu    sync.Mutex
	uses  []*lifetime
	pairs map[string]*pair
}

// lifetime stands for a test in what outlives it: what is to be done when the test
// ends, is done when the process does.
type lifetime struct {
	testing.TB
	cleanups []func()
}

func (l *lifetime) Cleanup(f func()) { l.cleanups = append(l.cleanups, f) }

// Logf implements testing.TB: the test may have ended.
func (l *lifetime) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// Context implements testing.TB.
func (l *lifetime) Context() context.Context { return context.Background() }

// TempDir implements testing.TB.
func (l *lifetime) TempDir() string {
	dir, err := os.MkdirTemp("", "authent-interop")
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (l *lifetime) end() {
	for _, f := range slices.Backward(l.cleanups) {
		f()
	}
}

const (
	sharedSecret = "a secret of more than thirty-two bytes for tests"
	// formerSecret is the one before it, where a pair has changed its secret.
	formerSecret = "the secret of the time before, thirty-two bytes too"
)

// pair is a Go service and an Auth.js application on one database, with one
// OpenID Connect provider and one mail server.
type pair struct {
	*testing.T
	cell    cell
	db      *sql.DB
	store   authent.Adapter
	secrets []string // of both sides, the newest first
	// options are what the Auth.js app sets of its own, zero for nothing.
	options authent.AuthJS
	golang  *httptest.Server
	nodeURL string
	idp     *oauthserver.Server
	who     oauthserver.Person
	mails   *smtpserver.Server
}

// each runs a test on every database of either version of Auth.js, with tokens as it
// stores them and with the wrapper that hashes them.
func each(t *testing.T, run func(p *pair)) {
	t.Helper()
	eachOf(t, slices.Concat(cells, cells4()), run)
}

func eachOf(t *testing.T, cells []cell, run func(p *pair)) {
	t.Helper()
	for _, c := range cells {
		for _, hashed := range []bool{false, true} {
			name := c.ddl
			if c.version == authent.AuthJS4 {
				name += ".4"
			}
			if hashed {
				name += ".hashed"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				run(pairOf(t, c, hashed))
			})
		}
	}
}

// pairOf is the pair of a cell, without rows.
func pairOf(t *testing.T, c cell, hashed bool) *pair {
	t.Helper()
	name := fmt.Sprint(c.ddl, c.version, hashed)
	lasting.mu.Lock()
	found := lasting.pairs[name]
	lasting.mu.Unlock()
	if found == nil {
		l := &lifetime{TB: t}
		found = newPair(l, c, hashed)
		lasting.mu.Lock()
		defer lasting.mu.Unlock()
		if lasting.pairs == nil {
			lasting.pairs = map[string]*pair{}
		}
		lasting.uses, lasting.pairs[name] = append(lasting.uses, l), found
	}
	p := *found
	p.T = t
	for _, table := range []string{"session", "account", "user", "verificationToken"} {
		if _, err := p.db.ExecContext(t.Context(), "DELETE FROM "+p.table(table)); err != nil {
			t.Fatal(err)
		}
	}
	return &p
}

// newPair starts one, which runs until t ends. Where tokens are hashed, the Auth.js app has
// options of its own too.
func newPair(t testing.TB, c cell, hashed bool) *pair {
	t.Helper()
	kind := testdb.Server(t, c.kind)
	url := kind.PoolOf(t, c.statements(t, kind.Dialect), nil).URL(t)
	p := &pair{
		cell: c, secrets: []string{sharedSecret}, mails: smtpserver.Start(t, smtpserver.Config{NoTLS: true}), who: *ada(),
	}
	if hashed {
		p.secrets = append(p.secrets, formerSecret)
		p.options = authent.AuthJS{
			Cookies: authent.AuthJSCookies{Prefix: "shop"}, TokenFormat: authent.SessionTokenFormat{Extra: "+/="},
			EmailSecret: "the e-mail provider's own secret, of thirty-two bytes",
		}
	}
	idp, err := oauthserver.Start(oauthserver.Config{Auto: ada()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	p.idp = idp

	goURL := url
	if c.ddl == "drizzle.mysql" {
		goURL += "?time_zone=%40%40GLOBAL.time_zone"
	}
	p.db = kind.Connect(t, goURL)
	p.store = c.adapter(entsql.OpenDB(kind.Dialect, p.db))
	p.serve(t, idp.URL, hashed)

	port := freeport.For(t)
	p.nodeURL = "http://127.0.0.1:" + port
	env := []string{
		"ADAPTER=" + c.ddl, "DATABASE_URL=" + nodeURL(url), "AUTH_SECRET=" + strings.Join(p.secrets, ","), "OIDC_ISSUER=" + idp.URL,
		"EMAIL_SERVER=" + p.mails.URL(), "EMAIL_FROM=" + mailsFrom, "PORT=" + port, "TZ=America/New_York",
	}
	if hashed {
		env = append(env, "HASHES_TOKENS=1", "COOKIES="+p.options.Cookies.Prefix, "BASE64_TOKENS=1", "EMAIL_SECRET="+string(p.options.EmailSecret))
	}
	if c.version == authent.AuthJS4 {
		env = append(env, "NEXT_AUTH=4")
	}
	nodeWith(t, env, "node_modules/.authent/authjs.mjs")
	return p
}

// ada is the person whom the provider signs in.
func ada() *oauthserver.Person {
	verified := true
	return &oauthserver.Person{Subject: "ada-1", Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: &verified}
}

// nodeURL is a DATABASE_URL as the Node drivers read it.
func nodeURL(url string) string {
	if rest, ok := strings.CutPrefix(url, "mariadb://"); ok {
		return "mysql://" + rest
	}
	return url
}

// serve starts the Go side, at the path that next-auth has too, with the page of
// client.tsx.
func (p *pair) serve(t testing.TB, issuer string, hashed bool) {
	t.Helper()
	links := provider.Email()
	links.ID = p.linksID()
	providers := []authent.Provider{provider.OIDC(issuer, provider.Client{ID: "client", Secret: "secret"}), links}
	if p.cell.passwords {
		providers = append(providers, provider.Password())
	}
	shared := p.options
	shared.Version, shared.Mode = p.cell.version, authent.AuthJSShared
	if hashed {
		shared.Mode = authent.AuthJSSharedHashed
	}
	p.golang = httptest.NewUnstartedServer(nil)
	auth, err := authent.New(authent.Config{
		URL: "http://" + p.golang.Listener.Addr().String() + "/api/auth", Secrets: p.secrets,
		Adapter: p.store, Providers: providers, Mailer: mailerTo(t, p.mails), AuthJS: shared,
		RateLimits: authent.RateLimits{MailClient: authent.Limit{Off: true}}, // all tests are one client
		Logger:     slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = auth.Close(context.WithoutCancel(t.Context())) })
	p.golang.Config.Handler = clientPage(clientScript(t, p.cell.version), auth.Handler())
	p.golang.Start()
	t.Cleanup(p.golang.Close)
}

// browser is one that both sides see: cookies know hosts, not ports.
func (p *pair) browser() *browser { return newBrowser(p.T) }

// session is what one of the sides says of who is signed in.
func (p *pair) session(b *browser, side string) (email string, expires time.Time) {
	p.Helper()
	b.open(side + "/api/auth/session")
	var body *struct {
		User    struct{ Email string }
		Expires time.Time
	}
	if err := json.Unmarshal([]byte(b.page), &body); err != nil {
		p.Fatalf("%s: %v: %s", side, err, b.page)
	}
	if nobody := "null"; body == nil || body.Expires.IsZero() {
		if p.cell.version == authent.AuthJS4 {
			nobody = "{}"
		}
		if b.page != nobody {
			p.Errorf("%s: nobody is signed in, and the answer is %s", side, b.page)
		}
		return "", time.Time{}
	}
	return body.User.Email, body.Expires
}

// post sends a form with the side's own CSRF token.
func (p *pair) post(b *browser, target string, fields ...string) {
	p.Helper()
	side := target[:strings.Index(target, "/api/")]
	b.open(side + "/api/auth/csrf")
	var token struct{ CSRFToken string }
	if err := json.Unmarshal([]byte(b.page), &token); err != nil {
		p.Fatalf("%s: %s", target, b.page)
	}
	b.page = `<form action="` + target + `"><input name="csrfToken" value="` + token.CSRFToken + `">`
	b.submit(fields...)
}

// signIn goes through the provider on one of the sides.
func (p *pair) signIn(b *browser, side string) {
	p.Helper()
	p.post(b, side+"/api/auth/signin/oidc", "callbackUrl", side+"/api/auth/session")
	if email, _ := p.session(b, side); email != p.who.Email {
		p.Fatalf("signed in at %s as %q: %s says %s", side, email, b.url, b.page)
	}
}

// call calls a method of the Node adapter, or of bcryptjs, and decodes its result.
func (p *pair) call(result any, method string, args ...any) {
	p.Helper()
	body, err := json.Marshal(map[string]any{"method": method, "args": args})
	if err != nil {
		p.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.nodeURL+"/adapter", bytes.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		p.Fatalf("%s: %s", method, text)
	}
	if result != nil {
		if err := json.Unmarshal(text, result); err != nil {
			p.Fatalf("%s: %v: %s", method, err, text)
		}
	}
}

// user is the one person, as the Go side stores her.
func (p *pair) user() *authent.User {
	p.Helper()
	users, err := p.store.UsersByEmail(p.Context(), p.who.Email)
	if err != nil || len(users) != 1 {
		p.Fatalf("users: %v, %v", users, err)
	}
	return users[0]
}
