package authent_test

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/internal/factor"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// newFactorWorld makes a world with every way to sign in, in which people may set up an
// authenticator app.
func newFactorWorld(t *testing.T, kind testdb.Kind, change func(*authent.Config)) *oauthWorld {
	t.Helper()
	return factorWorldOn(t, kind, "", change)
}

// factorWorldOn does what newFactorWorld does on a database that another world has, if url
// is its own.
func factorWorldOn(t *testing.T, kind testdb.Kind, url string, change func(*authent.Config)) *oauthWorld {
	t.Helper()
	return newOAuthWorld(t, kind, setup{url: url, config: func(c *authent.Config) {
		c.Providers = append(c.Providers, provider.Email())
		c.Factors = authent.Factors{Policy: authent.FactorsOptional, TrustBrowser: 30 * 24 * time.Hour}
		c.RateLimits.Factor = authent.Limit{Tries: 1_000_000, Window: time.Hour}
		c.RateLimits.FactorDay = authent.Limit{Tries: 1_000_000, Window: time.Hour}
		if change != nil {
			change(c)
		}
	}}, oauthserver.Config{Auto: adaThere()})
}

// app is an authenticator app, and the recovery codes that came with it.
type app struct {
	w     *oauthWorld
	key   authent.Secret
	codes []string
}

var (
	shownKey  = regexp.MustCompile(`<code class="key">([A-Z2-7 ]+)</code>`)
	shownCode = regexp.MustCompile(`<li><code>([A-Z2-7-]+)</code></li>`)
)

// proved has ada's address count as proved.
func (w *oauthWorld) proved() {
	w.t.Helper()
	if _, err := w.store.UpdateUser(w.t.Context(), w.user().ID, authent.UserUpdate{EmailVerified: new(w.clock.now())}); err != nil {
		w.t.Fatal(err)
	}
}

// setUp sets up an app for whoever b is signed in as, as its page does.
func (w *oauthWorld) setUp(b *browser) *app {
	w.t.Helper()
	p := w.begin(b)
	p.codes = readCodes(w, b.post("/auth/totp", "code", p.code()))
	w.clock.advance(factor.Period) // so that the next code is a new one
	return p
}

// begin opens the page on which an app is set up.
func (w *oauthWorld) begin(b *browser) *app {
	w.t.Helper()
	page := b.get("/auth/totp")
	found := shownKey.FindStringSubmatch(page.body)
	if page.status != http.StatusOK || found == nil {
		w.t.Fatalf("setup: %d to %s: %s", page.status, page.target(), page.body)
	}
	p := &app{w: w, key: authent.Secret(strings.ReplaceAll(found[1], " ", ""))}
	w.log.secret(string(p.key))
	return p
}

// readCodes returns the recovery codes that a page shows.
func readCodes(w *oauthWorld, page answer) (codes []string) {
	w.t.Helper()
	for _, found := range shownCode.FindAllStringSubmatch(html.UnescapeString(page.body), -1) {
		codes = append(codes, found[1])
		w.log.secret(found[1])
		w.log.secret(strings.ReplaceAll(found[1], "-", ""))
	}
	if page.status != http.StatusOK || len(codes) != factor.RecoveryCodes {
		w.t.Fatalf("%d recovery codes: %d to %s: %s", len(codes), page.status, page.target(), page.body)
	}
	return codes
}

// code is what the app shows now.
func (p *app) code() string { return p.codeAt(0) }

// codeAt is what the app shows so many steps from now.
func (p *app) codeAt(steps int) string {
	p.w.t.Helper()
	code, err := factor.Code(p.key, p.w.clock.now().Add(time.Duration(steps)*factor.Period))
	if err != nil {
		p.w.t.Fatal(err)
	}
	return code
}

// next is a code that was not used, half a minute later.
func (p *app) next() string {
	p.w.clock.advance(factor.Period)
	return p.code()
}

// withApp is a world in which ada is signed in and has an app.
func withApp(t *testing.T, kind testdb.Kind, change func(*authent.Config)) (*oauthWorld, *browser, *app) {
	t.Helper()
	w := newFactorWorld(t, kind, change)
	b := w.registered()
	w.proved()
	p := w.setUp(b)
	if b.who() != ada {
		t.Fatal("the session did not survive the setup")
	}
	return w, b, p
}

// level returns the assurance level of the session that b brings, 0 if nobody is signed in.
func (w *oauthWorld) level(b *browser) int {
	w.t.Helper()
	token := b.token()
	if token == "" {
		return 0
	}
	sessions, err := w.store.Sessions(context.Background(), w.user().ID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range sessions {
		if string(s.Token) == authent.HashToken(token) {
			return s.Assurance()
		}
	}
	return 0
}

// signedInAt1 is a browser in which the application itself signed ada in, who has an app.
func (w *oauthWorld) signedInAt1() *browser {
	w.t.Helper()
	b := w.browser()
	b.plant("authjs.session-token", authenttest.SignIn(w.t, w.auth, w.user().ID).Value)
	if w.level(b) != 1 {
		w.t.Fatalf("level %d", w.level(b))
	}
	return b
}

// nextOf returns the next mail of that kind. Others, such as notices, are passed over.
func (w *oauthWorld) nextOf(kind authent.MailKind) authent.Mail {
	w.t.Helper()
	for {
		if m := w.box.Next(w.t); m.Kind == kind {
			return m
		}
	}
}
