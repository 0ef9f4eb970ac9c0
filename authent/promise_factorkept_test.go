package authent_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestP35_FactorsAreSealed: a dump of the database holds neither an app's secret nor a
// recovery code, in any form of theirs.
func TestP35_FactorsAreSealed(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, b, p := withApp(t, kind, nil)
		b.post("/auth/reauthenticate", "code", p.next())
		dump := strings.ToUpper(w.dumpOf(w.tables()))
		if !strings.Contains(dump, "TOTPS.") || !strings.Contains(dump, "RECOVERY-CODE:") {
			t.Fatal("there is nothing to look at")
		}
		for _, secret := range append(p.codes, string(p.key)) {
			for _, form := range []string{secret, strings.ReplaceAll(secret, "-", "")} {
				if strings.Contains(dump, form) {
					t.Errorf("the dump holds %q", form)
				}
			}
		}
	})
}

// TestP35_RotatedSecret: codes work after the application's secret was replaced, are sealed
// anew then, and outlive the old one. If a secret is lost the factor is there all the same:
// codes are answered 503, and recovery codes work.
func TestP35_RotatedSecret(t *testing.T) {
	const newer = "another secret of more than thirty-two bytes for tests"
	w, _, p := withApp(t, testdb.SQLite, nil)
	sealed := func() string { return queryStrings(t, w.db, "SELECT secret FROM totps")[0] }
	first := sealed()
	process := func(secrets ...string) *oauthWorld {
		return factorWorldOn(t, testdb.SQLite, w.url, func(c *authent.Config) {
			c.Secrets, c.Now = secrets, w.clock.now
		})
	}
	both := process(newer, testSecret)
	if n, err := both.auth.Reseal(t.Context()); n != 1 || err != nil || sealed() == first {
		t.Errorf("resealed %d, %v", n, err)
	}
	if n, err := both.auth.Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("resealed again %d, %v", n, err)
	}
	alone := process(newer)
	b := alone.browser()
	b.signIn(ada, adasWord)
	if b.post("/auth/factor", "code", p.next()); b.who() != ada {
		t.Error("no code works after the rotation")
	}
	lost := process("a third secret of more than thirty-two bytes for tests")
	if _, err := lost.auth.Reseal(t.Context()); err == nil {
		t.Error("a secret that nothing opens is not told")
	}
	b = lost.browser()
	if b.signIn(ada, adasWord); b.who() != "" {
		t.Fatal("a factor that does not open is skipped")
	}
	a := b.script("/auth/factor", "code", p.next())
	if a.status != http.StatusServiceUnavailable || a.errorCode() != "FactorUnavailable" || b.who() != "" {
		t.Errorf("code: %d to %s", a.status, a.target())
	}
	if b.post("/auth/factor", "code", p.codes[5]); b.who() != ada {
		t.Error("a recovery code does not work beside a lost secret")
	}
}

// TestP38_AssuranceIsProved: level and time of a session are written by an authentication
// alone, and a page that needs more asks.
func TestP38_AssuranceIsProved(t *testing.T) {
	w, b, p := withApp(t, testdb.SQLite, nil)
	guarded := http.NewServeMux()
	open := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	guarded.Handle("/guarded/vault", w.auth.RequireAAL2(open))
	guarded.Handle("/guarded/fresh", w.auth.RequireRecent(time.Minute)(open))
	w.handle("/guarded/", guarded.ServeHTTP)
	page := func(b *browser, path string) answer {
		b.header.Set("Accept", "text/html")
		defer b.header.Del("Accept")
		return b.get(path)
	}
	if a := page(b, "/guarded/vault"); a.status != http.StatusOK {
		t.Errorf("after the setup: %d to %s", a.status, a.target())
	}
	low := w.signedInAt1()
	for range 5 { // bookkeeping: rolled on, touched, listed
		w.clock.advance(25 * time.Hour)
		low.session()
		low.get("/auth/sessions")
	}
	if got := w.level(low); got != 1 {
		t.Errorf("bookkeeping raised the level to %d", got)
	}
	for path, code := range map[string]string{"/guarded/vault": "FactorRequired", "/guarded/fresh": "RecentSignInRequired"} {
		a := page(low, path)
		u, _ := url.Parse(a.target())
		if a.status != http.StatusFound || !strings.HasSuffix(u.Path, "/auth/reauthenticate") || u.Query().Get("error") != code || !strings.HasSuffix(u.Query().Get("callbackUrl"), path) {
			t.Errorf("%s: %d to %s", path, a.status, a.target())
		}
		if a := low.get(path); a.status != http.StatusForbidden || !strings.Contains(a.body, code) || !strings.Contains(a.body, "/auth/reauthenticate") {
			t.Errorf("%s for a script: %d %s", path, a.status, a.body)
		}
	}
	before := low.token()
	low.post("/auth/reauthenticate", "code", p.next(), "callbackUrl", "/guarded/vault")
	if w.level(low) != 2 || low.token() == before || w.with("authjs.session-token", before).who() != "" {
		t.Errorf("after the step-up: level %d; the old token must be dead and another one there", w.level(low))
	}
	for _, path := range []string{"/guarded/vault", "/guarded/fresh"} {
		if a := page(low, path); a.status != http.StatusOK {
			t.Errorf("%s after the step-up: %d to %s", path, a.status, a.target())
		}
	}
	if _, err := w.auth.StepUp(httptest.NewRecorder(), w.browser().request(http.MethodGet, "/", nil), "000000"); !errors.Is(err, authent.ErrSignedOut) {
		t.Errorf("a step-up of nobody: %v", err)
	}
}

// TestOwnReauthenticatePage: a page of the application's own on which people show a factor
// may be behind RequireUser where everybody must have one. Behind what needs the factor, it
// is told in the log and leads round nowhere.
func TestOwnReauthenticatePage(t *testing.T) {
	w := newFactorWorld(t, testdb.SQLite, func(c *authent.Config) {
		c.Pages.Reauthenticate, c.Factors.Policy = "/own/again", authent.FactorsRequired
	})
	open := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	again := w.auth.RequireUser(open)
	own := http.NewServeMux()
	own.HandleFunc("/own/again", func(rw http.ResponseWriter, r *http.Request) { again.ServeHTTP(rw, r) })
	own.Handle("/own/vault", w.auth.RequireUser(open))
	w.handle("/own/", own.ServeHTTP)
	b := w.registered()
	b.header.Set("Accept", "text/html")
	a := b.get("/own/vault")
	u, _ := url.Parse(a.target())
	if a.status != http.StatusFound || u.Path != "/own/again" || u.Query().Get("error") != "FactorRequired" || u.Query().Get("callbackUrl") == "" {
		t.Fatalf("%d to %s", a.status, a.target())
	}
	if a := b.get(u.RequestURI()); a.status != http.StatusOK {
		t.Errorf("behind RequireUser: %d to %s", a.status, a.target())
	}
	vault := w.auth.RequireUser(open) // as routers call it that resolve no dots
	letIn := func(uri string) bool {
		r := b.request(http.MethodGet, "/own/vault", nil)
		r.AddCookie(&http.Cookie{Name: "authjs.session-token", Value: b.token()})
		r.RequestURI = uri
		rec := httptest.NewRecorder()
		vault.ServeHTTP(rec, r)
		return rec.Code == http.StatusOK
	}
	if !letIn("/own/again?a=b") {
		t.Error("the page itself is not let in")
	}
	for _, uri := range []string{"/own/vault/../again", "/own/vault/%2e%2e/again", "/own/%61gain", "/own/again/", "/own/again;v", "//own/again", "/own/vault?/own/again", "http://127.0.0.1/own/vault/../again"} {
		if letIn(uri) {
			t.Errorf("%s is let in without a factor", uri)
		}
	}
	for name, guard := range map[string]func(http.Handler) http.Handler{"RequireAAL2": w.auth.RequireAAL2, "RequireRecent": w.auth.RequireRecent(time.Minute)} {
		w.clock.advance(2 * time.Minute)
		again = guard(open)
		if a := b.get(u.RequestURI()); a.status != http.StatusInternalServerError || !strings.Contains(w.log.text(), "is itself behind what asks again") {
			t.Errorf("behind %s: %d to %s", name, a.status, a.target())
		}
	}
}
