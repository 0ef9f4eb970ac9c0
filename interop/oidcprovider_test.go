package interop

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/internal/freeport"
	"github.com/authent/authent/internal/testdb"
)

const secret = "a secret of the interop test"

// clock can be moved.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// site is an application with one way to sign in.
type site struct {
	t      *testing.T
	auth   *authent.Auth
	store  authent.Adapter
	server *httptest.Server
	clock  clock
}

func newSite(t *testing.T, kind testdb.Kind, p authent.Provider) *site {
	t.Helper()
	s := &site{t: t, server: httptest.NewUnstartedServer(nil)}
	s.store = ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, kind.Open(t)))))
	var err error
	s.auth, err = authent.New(authent.Config{
		URL: "http://" + s.server.Listener.Addr().String() + "/auth", Secrets: []string{"a secret of more than thirty-two bytes for tests"},
		Adapter: s.store, Providers: []authent.Provider{p}, Now: s.clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(s.auth.Pattern(), s.auth.Handler())
	mux.Handle("/", s.auth.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session := authent.SessionFrom(r.Context()); session != nil {
			fmt.Fprintf(w, "signed in as %s", session.User.Email)
		}
	})))
	s.server.Config.Handler = mux
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// browser follows redirects and fills in forms, as a person with a browser does.
type browser struct {
	t      *testing.T
	client *http.Client
	url    *url.URL
	page   string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, client: &http.Client{Jar: jar}}
}

func (b *browser) send(r *http.Request) {
	b.t.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.url, b.page = res.Request.URL, string(body)
}

func (b *browser) open(target string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, target, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.send(r)
}

// cookie is the value of a cookie that a server has set.
func (b *browser) cookie(server, name string) string {
	at, err := url.Parse(server)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// plant puts a cookie into the browser.
func (b *browser) plant(server, name, value string) {
	at, err := url.Parse(server)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

var (
	formAction = regexp.MustCompile(`<form[^>]*action="([^"]+)"`)
	formInput  = regexp.MustCompile(`<input[^>]*name="([^"]+)"(?:[^>]*value="([^"]*)")?`)
)

// submit sends the page's first form, with the fields given as pairs.
func (b *browser) submit(fields ...string) {
	b.t.Helper()
	action := formAction.FindStringSubmatch(b.page)
	if action == nil {
		b.t.Fatalf("%s has no form:\n%s", b.url, b.page)
	}
	form := url.Values{}
	for _, input := range formInput.FindAllStringSubmatch(b.page, -1) {
		form.Set(input[1], input[2])
	}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	target, err := b.url.Parse(action[1])
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, target.String(), strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.send(r)
}

// TestOIDCProvider signs in through a certified OpenID Connect provider that is
// not ours, comes back as the same person, and refreshes the tokens.
func TestOIDCProvider(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		port := freeport.For(t)
		p := provider.OIDC("http://127.0.0.1:"+port, provider.Client{ID: "client", Secret: secret})
		p.OAuth.MergeUserInfo = true // its ID tokens tell the subject alone
		s := newSite(t, kind, p)
		node(t, "oidc-provider.mjs", port, s.server.URL+"/auth/callback/oidc")
		var users []*authent.User
		for range 2 {
			b := newBrowser(t)
			b.open(s.server.URL + "/auth/signin?callbackUrl=/")
			b.submit() // Continue with …
			b.submit("login", "ada", "password", "anything")
			b.submit() // consent
			if b.page != "signed in as ada@example.com" {
				t.Fatalf("%s says:\n%s", b.url, b.page)
			}
			u, err := s.store.UserByAccount(t.Context(), "oidc", "ada")
			if err != nil || u.Name != "Ada Lovelace" {
				t.Fatal(u, err)
			}
			users = append(users, u)
		}
		if users[0].ID != users[1].ID {
			t.Error("the second sign-in made another user")
		}
		source, err := s.auth.TokenSource(t.Context(), users[0].ID, "oidc")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for range 3 { // its refresh tokens are replaced at each use
			token, err := source.Token()
			if err != nil {
				t.Fatal(err)
			}
			seen[token.AccessToken] = true
			s.clock.advance(2 * time.Hour)
		}
		if len(seen) != 3 {
			t.Errorf("%d different tokens, want 3", len(seen))
		}
	})
}
