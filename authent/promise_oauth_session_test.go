package authent_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestP02_OAuthEndsSessionBrought, and adopts no token that the browser chose.
func TestP02_OAuthEndsSessionBrought(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: person("grace", "grace@example.com", nil)})
		const chosen = "attacker-chosen-session-token-0123456789"
		b := w.with("authjs.session-token", chosen)
		b.through("/auth/signin/dev")
		if b.token() == chosen || strings.Contains(w.dumpOf(w.tables()), authent.HashToken(chosen)) {
			t.Error("a token that the browser chose was adopted")
		}
		before := b.token()
		b.through("/auth/signin/dev")
		if b.token() == before || b.who() == "" || w.with("authjs.session-token", before).who() != "" {
			t.Error("signing in again kept the old session")
		}
		adas := w.registered()
		old := adas.token()
		if adas.through("/auth/signin/dev"); adas.who() != "grace@example.com" || w.with("authjs.session-token", old).who() != "" {
			t.Errorf("the session of somebody else is alive, or stayed: %q", adas.who())
		}
	})
}

// TestP01_OAuthTokensAreSealedAtRest: neither what the browser holds nor what the
// provider gave is in the database, and what is there opens in its place alone.
func TestP01_OAuthTokensAreSealedAtRest(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		b := w.browser()
		state := b.toProvider("/auth/signin/dev")
		back := b.atProvider(state)
		b.to(back)
		source, err := w.auth.TokenSource(t.Context(), w.user().ID, "dev")
		if err != nil {
			t.Fatal(err)
		}
		token, err := source.Token()
		if err != nil || token.AccessToken == "" {
			t.Fatal(err)
		}
		u, err := url.Parse(back)
		if err != nil {
			t.Fatal(err)
		}
		dump := w.dumpOf(w.tables())
		for name, secret := range map[string]string{"session token": b.token(), "access token": token.AccessToken, "state": u.Query().Get("state"), "code": u.Query().Get("code")} {
			if secret == "" || strings.Contains(dump, secret) {
				t.Errorf("the database holds the %s (%q)", name, secret)
			}
		}
		if strings.Count(dump, "=authent.v1.") != 3 || strings.Contains(dump, "=eyJ") {
			t.Errorf("not all tokens are sealed:\n%s", dump)
		}
		// A sealed token moved to another account opens nowhere.
		w.idp.SetAuto(person("grace", "grace@example.com", nil))
		w.browser().through("/auth/signin/dev")
		grace, err := w.store.UserByAccount(t.Context(), "dev", "grace")
		if err != nil {
			t.Fatal(err)
		}
		stolen := queryStrings(t, w.db, w.kind.Placeholders(`SELECT access_token FROM accounts WHERE provider_account_id = ?`), "ada-1")[0]
		w.exec(`UPDATE accounts SET access_token = ?, refresh_token = NULL WHERE provider_account_id = ?`, stolen, "grace")
		if source, err = w.auth.TokenSource(t.Context(), grace.ID, "dev"); err != nil {
			t.Fatal(err)
		}
		if token, err := source.Token(); err == nil {
			t.Errorf("a token moved to another row gave %q", token.AccessToken)
		}
	})
}

// TestP21_FlowCookiesAreNoSessions, and no flow is another's.
func TestP21_FlowCookiesAreNoSessions(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		w.registered()
		b := w.browser()
		first := b.toProvider("/auth/signin/dev")
		u, err := url.Parse(b.atProvider(first))
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]string{"state": u.Query().Get("state"), "code": u.Query().Get("code"), "flow": b.flowCookie()}
		b.atProvider(b.toProvider("/auth/signin/posting"))
		values["post"] = b.cookieLike("authent.post.")
		for name, value := range values {
			if value == "" {
				t.Fatalf("there is no %s: it was not tried", name)
			}
			if who := w.with("authjs.session-token", value).who(); who != "" {
				t.Errorf("the %s signs in as %s", name, who)
			}
		}
		// The flow of one state under the name of another.
		other := w.browser()
		target := other.atProvider(other.toProvider("/auth/signin/dev"))
		for _, c := range other.client.Jar.Cookies(other.url()) {
			if strings.Contains(c.Name, "authent.flow.") {
				other.plant(c.Name, values["flow"])
			}
		}
		if a := other.to(target); a.errorCode() != "OAuthCallbackError" || other.who() != "" {
			t.Errorf("another flow's cookie: %s", a.target())
		}
	})
}

func (b *browser) flowCookie() string { return b.cookieLike("authent.flow.") }

// cookieLike is the value of the first cookie whose name holds part.
func (b *browser) cookieLike(part string) string {
	for _, c := range b.client.Jar.Cookies(b.url()) {
		if strings.Contains(c.Name, part) {
			return c.Value
		}
	}
	return ""
}

// TestP26_OAuthIsOneTransaction: whichever statement fails, nothing is left.
func TestP26_OAuthIsOneTransaction(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, who := range map[string]*oauthserver.Person{"new user": person("new", "new@example.com", nil), "joins": adaThere(), "links": person("link", "link@example.com", nil)} {
			t.Run(name, func(t *testing.T) {
				w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: who})
				b := w.registered()
				path := map[string]string{"new user": "/auth/signin/dev", "joins": "/auth/signin/trusted", "links": "/auth/link/dev"}[name]
				users, rows := w.count("users"), w.count("accounts")+w.count("sessions")
				for n := 1; n < 40; n++ {
					back := b.atProvider(b.toProvider(path))
					w.store.beforeTx = func() { w.driver.failNth(n) }
					a := b.to(back)
					w.driver.failNth(0)
					if a.errorCode() == "" {
						if n < 4 {
							t.Errorf("only %d statements failed before it went through", n-1)
						}
						return
					}
					if a.errorCode() != "Configuration" {
						t.Errorf("statement %d failed: %s", n, a.errorCode())
					}
					if w.count("users") != users || w.count("accounts")+w.count("sessions") != rows || b.who() != ada {
						t.Fatalf("statement %d failed and left something, or ended the session:\n%s", n, w.dump())
					}
				}
				t.Fatal("the flow never succeeded")
			})
		}
	})
}

// TestP09_TheSamePersonTwiceAtOnce: both tabs of a first sign-in end signed in, as
// one user.
func TestP09_TheSamePersonTwiceAtOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		var targets []string
		var browsers []*browser
		for range 8 {
			b := w.browser()
			browsers, targets = append(browsers, b), append(targets, b.atProvider(b.toProvider("/auth/signin/dev")))
		}
		var wg sync.WaitGroup
		for i, b := range browsers {
			u, err := url.Parse(targets[i])
			if err != nil {
				t.Fatal(err)
			}
			r := b.request(http.MethodGet, u.RequestURI(), nil).WithContext(context.WithoutCancel(t.Context()))
			wg.Go(func() {
				if a := b.send(r); a.errorCode() != "" {
					t.Errorf("%d to %s", a.status, a.target())
				}
			})
		}
		wg.Wait()
		if w.count("users") != 1 || w.count("accounts") != 1 || w.count("sessions") != 8 {
			t.Errorf("%d users, %d accounts, %d sessions", w.count("users"), w.count("accounts"), w.count("sessions"))
		}
	})
}
