package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// TestBrowser_Providers: sign in through the development provider, link a second
// one, unlink it, and sign in again; nobody needs an account anywhere for it.
func TestBrowser_Providers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		a := startAppOn(t, kind.URL(t), t.TempDir())
		b := a.tab(t)
		b.open("/auth/signin?callbackUrl=/")
		b.press("Continue with Dev provider")
		b.says("Who do you want to be?")
		b.press("Cancel")
		b.says("You did not finish signing in there")
		b.through("Dev provider")
		b.says("Hello, Ada Lovelace")

		b.open("/auth/account")
		b.says("How you sign in", "Dev provider", "Dev GitHub", "Not linked")
		b.click(`[aria-label="Link Dev GitHub"]`)
		b.press("Sign in")
		b.says("The account is linked")
		other := a.tab(t)
		other.open("/auth/signin?callbackUrl=/")
		other.through("Dev GitHub")
		other.says("Hello, Ada Lovelace")

		b.click(`[aria-label^="Unlink Dev GitHub"]`)
		b.says("The account is no longer linked")
		b.press("Sign out")
		b.says("Create an account")
		b.open("/auth/signin?callbackUrl=/")
		b.through("Dev GitHub")
		b.says("There is already an account with this e-mail address")
		b.through("Dev provider")
		b.says("Hello, Ada Lovelace")
	})
}

// through goes to a provider from the sign-in page, and comes back as who it
// proposes.
func (b *tab) through(provider string) {
	b.t.Helper()
	b.press("Continue with " + provider)
	b.says("Who do you want to be?")
	b.press("Sign in")
}

// TestBrowser_ProvidersWithoutPassword: who has no password confirms a change by
// signing in again.
func TestBrowser_ProvidersWithoutPassword(t *testing.T) {
	a := startApp(t, t.TempDir())
	b := a.tab(t)
	b.open("/auth/signin?callbackUrl=/")
	b.through("Dev provider")
	a.ageSessions(t)
	b.open("/auth/account")
	b.says("Confirm that it is you")
	b.press("Sign in again")
	b.through("Dev provider")
	b.says("Delete account", "Not linked")
}

// TestGitHub: with its client in the environment GitHub takes the development
// provider's place, and is asked with the parameters that it documents
// (docs.github.com, "Authorizing OAuth apps"), and RFC 6749's response_type.
func TestGitHub(t *testing.T) {
	t.Setenv("GITHUB_ID", "Iv1.client")
	t.Setenv("GITHUB_SECRET", "a secret that is not sent to a browser")
	s, err := readSettings(func(name string) string {
		return map[string]string{"GITHUB_ID": "Iv1.client", "AUTH_SECRET": testSecret, "AUTH_URL": "http://localhost:3000/auth"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	providers, done, err := s.providers()
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.SQLite, testdb.SQLite.Open(t))))
	auth, err := newAuth(client, s, providers, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(newApp(auth))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.Get(server.URL + "/auth/csrf")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var csrf struct{ CSRFToken string }
	if err := json.NewDecoder(res.Body).Decode(&csrf); err != nil {
		t.Fatal(err)
	}
	res, err = browser.PostForm(server.URL+"/auth/signin/github", url.Values{"csrfToken": {csrf.CSRFToken}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	target, err := res.Location()
	if err != nil {
		t.Fatal(err)
	}
	q := target.Query()
	if len(q.Get("state")) != 43 || len(q.Get("code_challenge")) != 43 {
		t.Errorf("state and challenge: %v", q)
	}
	q.Del("state")
	q.Del("code_challenge")
	want := url.Values{
		"client_id": {"Iv1.client"}, "redirect_uri": {"http://localhost:3000/auth/callback/github"}, "scope": {"read:user user:email"},
		"code_challenge_method": {"S256"}, "response_type": {"code"},
	}
	if target.Scheme+"://"+target.Host+target.Path != "https://github.com/login/oauth/authorize" || !maps.EqualFunc(want, q, slices.Equal) {
		t.Errorf("%s", target)
	}
}
