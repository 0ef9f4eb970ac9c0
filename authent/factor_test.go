package authent_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/internal/factor"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// TestP07_Factors: an app is set up with a recent sign-in on a proved address, and removed,
// or given new codes, by a recent session of level 2.
func TestP07_Factors(t *testing.T) {
	w := newFactorWorld(t, testdb.SQLite, nil)
	b := w.registered()
	if a := b.get("/auth/totp"); a.errorCode() != "AddressUnproved" {
		t.Errorf("an address that is not proved: to %s", a.target())
	}
	w.proved()
	w.clock.advance(time.Hour)
	if a := b.get("/auth/totp"); !strings.Contains(a.target(), "/auth/reauthenticate") || a.errorCode() != "RecentSignInRequired" {
		t.Errorf("an old sign-in: to %s", a.target())
	}
	b.post("/auth/reauthenticate", "password", adasWord)
	p := w.begin(b)
	if a := b.post("/auth/totp", "code", "000000"); a.errorCode() != "CodeWrong" || w.count("totps") != 0 {
		t.Errorf("a wrong first code: to %s", a.target())
	}
	if again := w.begin(b); again.key != p.key {
		t.Error("the page shows another secret after a reload, so that what was scanned is lost")
	}
	other := w.signedIn()
	readCodes(w, b.post("/auth/totp", "code", p.code()))
	if other.who() != "" {
		t.Error("the other sessions did not end")
	}
	if a := b.get("/auth/totp"); a.errorCode() != "FactorExists" {
		t.Errorf("a second app: to %s", a.target())
	}
	low := w.signedInAt1()
	for _, path := range []string{"/auth/recovery-codes", "/auth/totp/remove"} {
		if a := low.script(path); a.status != http.StatusForbidden || a.errorCode() != "FactorRequired" {
			t.Errorf("%s at level 1: %d to %s", path, a.status, a.target())
		}
	}
	w.clock.advance(time.Hour)
	for _, path := range []string{"/auth/recovery-codes", "/auth/totp/remove"} {
		if a := b.script(path); a.status != http.StatusForbidden || a.errorCode() != "RecentSignInRequired" {
			t.Errorf("%s after an hour: %d to %s", path, a.status, a.target())
		}
	}
	if b.post("/auth/reauthenticate", "code", p.next()); w.level(b) != 2 {
		t.Fatalf("level %d", w.level(b))
	}
	old := queryStrings(t, w.db, "SELECT token FROM verificationtokens WHERE identifier LIKE 'recovery-code:%'")
	readCodes(w, b.post("/auth/recovery-codes"))
	fresh := queryStrings(t, w.db, "SELECT token FROM verificationtokens WHERE identifier LIKE 'recovery-code:%'")
	if len(fresh) != factor.RecoveryCodes || slices.ContainsFunc(fresh, func(s string) bool { return slices.Contains(old, s) }) {
		t.Errorf("%d codes, some of them old ones", len(fresh))
	}
	if a := b.post("/auth/totp/remove"); a.errorCode() != "" || w.count("totps") != 0 {
		t.Errorf("remove: to %s, %d left", a.target(), w.count("totps"))
	}
	if again := w.signedIn(); again.who() != ada {
		t.Error("a code is still asked for")
	}
}

// TestRemoveFactors: support removes what somebody has lost; all sessions end, and the owner
// is told.
func TestRemoveFactors(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, b, _ := withApp(t, kind, nil)
		if err := w.auth.RemoveFactors(t.Context(), w.user().ID); err != nil {
			t.Fatal(err)
		}
		w.nextOf(authent.MailFactorRemoved)
		left := queryStrings(t, w.db, "SELECT identifier FROM verificationtokens WHERE identifier LIKE 'recovery-code:%'")
		if b.who() != "" || w.count("totps") != 0 || len(left) != 0 {
			t.Errorf("signed in as %q, %d apps and %d codes left", b.who(), w.count("totps"), len(left))
		}
		if w.signedIn().who() != ada {
			t.Error("a code is asked for")
		}
		if err := w.auth.RemoveFactors(t.Context(), w.user().ID); err != nil {
			t.Errorf("with nothing to remove: %v", err)
		}
		if err := w.auth.RemoveFactors(t.Context(), "nobody"); !errors.Is(err, authent.ErrNotFound) {
			t.Errorf("of nobody: %v", err)
		}
	})
}

// remembered is a world in which ada has an app, and a browser that is not asked for its
// code.
func remembered(t *testing.T) (*oauthWorld, *browser, *browser) {
	t.Helper()
	w, first, p := withApp(t, testdb.SQLite, nil)
	b := w.browser()
	b.signIn(ada, adasWord)
	if b.post("/auth/factor", "code", p.next(), "trust", "true"); b.who() != ada || b.cookie("authent.trust") == "" {
		t.Fatal("the browser is not remembered")
	}
	b.post("/auth/signout")
	if b.signIn(ada, adasWord); b.who() != ada || w.level(b) != 1 {
		t.Fatalf("signed in as %q at level %d", b.who(), w.level(b))
	}
	return w, first, b
}

// askedForCode fails unless a sign-in with b is asked for a code.
func askedForCode(t *testing.T, b *browser, password string) {
	t.Helper()
	b.post("/auth/signout")
	if b.signIn(ada, password); b.who() != "" || b.cookie("authent.factor") == "" {
		t.Errorf("no code is asked for: signed in as %q", b.who())
	}
}

// TestTrustedBrowser: a browser that is remembered is not asked for the code, until its time
// is over or what guards the account changes; the session is of level 1.
func TestTrustedBrowser(t *testing.T) {
	t.Run("time", func(t *testing.T) {
		w, _, b := remembered(t)
		w.clock.advance(31 * 24 * time.Hour)
		askedForCode(t, b, adasWord)
	})
	t.Run("password", func(t *testing.T) {
		_, _, b := remembered(t)
		b.post("/auth/password", "currentPassword", adasWord, "password", newWord)
		askedForCode(t, b, newWord)
	})
	t.Run("forgotten", func(t *testing.T) {
		_, first, b := remembered(t)
		first.post("/auth/trust/revoke")
		askedForCode(t, b, adasWord)
	})
	t.Run("one forgotten", func(t *testing.T) {
		_, first, b := remembered(t)
		first.post("/auth/trust/revoke", "id", "nobody's")
		b.post("/auth/signout")
		if b.signIn(ada, adasWord); b.who() != ada {
			t.Error("another id ended it")
		}
		found := regexp.MustCompile(`trust/revoke">.*name="id" value="([0-9a-f]+)"`).FindStringSubmatch(first.get("/auth/account").body)
		if found == nil {
			t.Fatal("the account page lists no remembered browser")
		}
		first.post("/auth/trust/revoke", "id", found[1])
		askedForCode(t, b, adasWord)
	})
	t.Run("another user's", func(t *testing.T) {
		w, _, b := remembered(t)
		other := w.browser()
		other.register("other@example.com", adasWord)
		w.exec("UPDATE users SET email_verified = created_at")
		w.setUp(other)
		other.post("/auth/signout")
		other.plant("authent.trust", b.cookie("authent.trust"))
		if other.signIn("other@example.com", adasWord); other.who() != "" {
			t.Error("ada's browser is trusted with another account")
		}
	})
}

// TestRequiredFactors: whoever must have a second factor is led to set one up, and passes
// with it.
func TestRequiredFactors(t *testing.T) {
	for name, change := range map[string]func(*authent.Config){
		"everybody": func(c *authent.Config) { c.Factors.Policy = authent.FactorsRequired },
		"some":      func(c *authent.Config) { c.Factors.Required = func(u *authent.User) bool { return u.Email == ada } },
	} {
		t.Run(name, func(t *testing.T) {
			w := newFactorWorld(t, testdb.SQLite, change)
			b := w.registered()
			w.proved()
			b.header.Set("Accept", "text/html")
			a := b.get("/private")
			u, _ := url.Parse(a.target())
			if a.status != http.StatusFound || !strings.HasSuffix(u.Path, "/auth/reauthenticate") {
				t.Fatalf("%d to %s", a.status, a.target())
			}
			if page := b.get("/auth/reauthenticate?" + u.RawQuery); !strings.Contains(page.body, "/auth/totp") {
				t.Errorf("the page does not lead to the setup: %s", page.body)
			}
			w.setUp(b)
			if a := b.get("/private"); a.status != http.StatusOK {
				t.Errorf("with an app: %d to %s", a.status, a.target())
			}
		})
	}
}

// TestTrustingProviders: a provider that has asked by itself is not doubted.
func TestTrustingProviders(t *testing.T) {
	w, b, _ := withApp(t, testdb.SQLite, func(c *authent.Config) { c.Factors.Trusting = []string{"hub"} })
	b.through("/auth/link/hub")
	o := w.browser()
	if o.through("/auth/signin/hub"); o.who() != ada || w.level(o) != 1 {
		t.Errorf("signed in as %q at level %d", o.who(), w.level(o))
	}
}

// TestReauthenticateAtProvider: people confirm at a provider of theirs, which is asked to
// have them sign in anew; another account there confirms nothing.
func TestReauthenticateAtProvider(t *testing.T) {
	w := newFactorWorld(t, testdb.SQLite, nil)
	b := w.registered()
	b.through("/auth/link/dev")
	w.exec("UPDATE sessions SET authenticated_at = ?", w.clock.now().Add(-time.Hour).UTC())
	before := b.token()
	target := b.toProvider("/auth/reauthenticate/dev")
	u, _ := url.Parse(target)
	if q := u.Query(); q.Get("prompt") != "login" || q.Get("max_age") != "0" {
		t.Errorf("the provider is asked with %q", u.RawQuery)
	}
	if a := b.to(b.atProvider(target)); a.errorCode() != "" || b.token() == before {
		t.Fatalf("to %s", a.target())
	}
	if a := b.script("/auth/password", "currentPassword", adasWord, "password", newWord); a.errorCode() != "" {
		t.Errorf("it is not recent: %s", a.target())
	}
	w.exec("UPDATE sessions SET authenticated_at = ?", w.clock.now().Add(-time.Hour).UTC())
	w.idp.SetAuto(person("grace-1", "grace@example.com", nil))
	before = b.token()
	if a := b.through("/auth/reauthenticate/dev"); a.errorCode() != "OtherAccount" || b.token() != before {
		t.Errorf("another account: to %s", a.target())
	}
}

// TestFactorsConfig: New says what second factors lack.
func TestFactorsConfig(t *testing.T) {
	for want, change := range map[string]func(*authent.Config){
		"no TOTPStore":       func(c *authent.Config) { c.Adapter = struct{ authent.Adapter }{c.Adapter} },
		"in shared mode":     func(c *authent.Config) { c.AuthJS.Mode = authent.AuthJSSharedHashed },
		"TrustBrowser is":    func(c *authent.Config) { c.Factors.TrustBrowser = 91 * 24 * time.Hour },
		"is 23h0m0s: use 1":  func(c *authent.Config) { c.Factors.TrustBrowser = 23 * time.Hour },
		"Trusting names":     func(c *authent.Config) { c.Factors.Trusting = []string{"credentials"} },
		"the Policy 9 is":    func(c *authent.Config) { c.Factors.Policy = 9 },
		"is FactorsOff":      func(c *authent.Config) { c.Factors = authent.Factors{TrustBrowser: time.Hour} },
		"lacks one of":       func(c *authent.Config) { c.Adapter = leanSessions{c.Adapter.(*hookAdapter)} },
		"Audit.Keep is":      func(c *authent.Config) { c.Audit.Keep = -1 },
		"RateLimits.Factor ": func(c *authent.Config) { c.RateLimits.Factor = authent.Limit{Tries: -1} },
	} {
		w := newWorld(t, testdb.SQLite, setup{})
		c := authent.Config{
			URL: "https://example.com", Secrets: []string{testSecret}, Adapter: w.store,
			Providers: []authent.Provider{provider.Password()}, Factors: authent.Factors{Policy: authent.FactorsOptional},
		}
		change(&c)
		if _, err := authent.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error that says %q: %v", want, err)
		}
	}
}

// TestWarnings: New tells of factors that nobody can come to have without the application,
// and of passkeys on a host that browsers have none for.
func TestWarnings(t *testing.T) {
	const nobody, address = "FactorsRequired without", "for an IP address"
	required := authent.Factors{Policy: authent.FactorsRequired}
	for name, c := range map[string]struct {
		config authent.Config
		want   string
	}{
		"nobody can":     {authent.Config{Factors: required, Providers: []authent.Provider{provider.Password()}}, nobody},
		"by a passkey":   {authent.Config{Factors: required, Providers: []authent.Provider{provider.Password(), provider.Passkey()}}, ""},
		"by mail":        {authent.Config{Factors: required, Providers: []authent.Provider{provider.Password()}, Mailer: new(authenttest.Mailbox)}, ""},
		"at an address":  {authent.Config{URL: "http://127.0.0.1:8080", Providers: []authent.Provider{provider.Passkey()}}, address},
		"at an IPv6 one": {authent.Config{URL: "http://[::1]:8080", Providers: []authent.Provider{provider.Passkey()}}, address},
		"at a name":      {authent.Config{URL: "http://localhost:8080", Providers: []authent.Provider{provider.Passkey()}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			c.config.Adapter, c.config.Secrets, c.config.Logger = newWorld(t, testdb.SQLite, setup{}).store, []string{testSecret}, slog.New(slog.NewTextHandler(&log, nil))
			if c.config.URL == "" {
				c.config.URL = "https://example.com"
			}
			if _, err := authent.New(c.config); err != nil {
				t.Fatal(err)
			}
			if told := log.String(); c.want == "" && told != "" || !strings.Contains(told, c.want) {
				t.Errorf("want %q: %s", c.want, told)
			}
		})
	}
}

// leanSessions is an adapter whose sessions do not record how they began.
type leanSessions struct{ *hookAdapter }

func (l leanSessions) Columns() authent.Columns {
	c := l.Adapter.Columns()
	c.SessionAAL = false
	return c
}
