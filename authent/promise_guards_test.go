package authent_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/softauthenticator"
	"github.com/authent/authent/internal/testdb"
)

// TestP36_SameAnswerTwice: an answer that comes twice, as from a button pressed twice, blocks
// nothing.
func TestP36_SameAnswerTwice(t *testing.T) {
	w, _, key := withKey(t, testdb.SQLite, nil)
	key.Counts = true
	o := w.browser()
	challenge := o.options("?action=authenticate").Challenge
	held := o.cookie("authent.passkey")
	data, err := key.Get(o.at(challenge))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		o.plant("authent.passkey", held)
		o.post("/auth/callback/passkey", "action", "authenticate", "data", string(data))
	}
	again := w.browser()
	if again.use(key); again.who() != ada {
		t.Error("the owner's passkey is blocked")
	}
}

// TestP07_PasswordAloneAddsNothing: whoever has a passkey, or an app, is safe from somebody
// who has their password alone: that adds no passkey, no app and no account, and removes none.
func TestP07_PasswordAloneAddsNothing(t *testing.T) {
	w, _, key := withKey(t, testdb.SQLite, nil)
	w.proved()
	thief := w.signedIn()
	id := base64.StdEncoding.EncodeToString(key.ID)
	before := w.guards()
	for path, fields := range map[string][]string{
		"/auth/passkeys/remove": {"id", id}, "/auth/passkeys/rename": {"id", id, "name", "x"},
		"/auth/link/dev": nil, "/auth/email": {"email", newAddress},
	} {
		if a := thief.script(path, fields...); a.errorCode() != "FactorRequired" {
			t.Errorf("%s: to %s", path, a.target())
		}
	}
	if a := thief.script("/auth/unlink", "provider", "passkey", "providerAccountId", id); a.errorCode() == "" {
		t.Errorf("unlink: to %s", a.target())
	}
	if a := thief.add(w.newKey(softauthenticator.ES256)); a.errorCode() != "FactorRequired" {
		t.Errorf("add: to %s", a.target())
	}
	if a := thief.get("/auth/totp"); a.errorCode() != "FactorRequired" {
		t.Errorf("app: to %s", a.target())
	}
	if after := w.guards(); strings.Join(before[:2], "") != strings.Join(after[:2], "") || w.count("authenticators") != 1 {
		t.Errorf("something changed: %q, %q", before, after)
	}
}

// TestP38_OldFactorIsNotRecent: a code that was shown weeks ago does not make a password
// that is shown now a second factor.
func TestP38_OldFactorIsNotRecent(t *testing.T) {
	w, b, _ := withApp(t, testdb.SQLite, nil)
	w.clock.advance(20 * 24 * time.Hour)
	b.post("/auth/reauthenticate", "password", adasWord)
	if got := w.level(b); got != 1 {
		t.Errorf("level %d", got)
	}
	if a := b.script("/auth/totp/remove"); a.errorCode() != "FactorRequired" || w.count("totps") != 1 {
		t.Errorf("remove: to %s", a.target())
	}
}

// TestP34_OwnerIsNotLockedOut: whoever has the password keeps the owner from no recovery
// code, and guesses no more than twenty codes in a day, however often the owner signs in.
func TestP34_OwnerIsNotLockedOut(t *testing.T) {
	w, _, p := withApp(t, testdb.SQLite, func(c *authent.Config) {
		c.RateLimits.SignIn, c.RateLimits.Factor, c.RateLimits.FactorDay = authent.Limit{}, authent.Limit{}, authent.Limit{}
		c.RateLimits.SignIn = authent.Limit{Tries: 1_000_000, Window: time.Hour}
	})
	half := func() *browser {
		b := w.browser()
		b.signIn(ada, adasWord)
		return b
	}
	for range 15 {
		half().post("/auth/factor", "code", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA")
	}
	owner := half()
	if owner.post("/auth/factor", "code", p.codes[0]); owner.who() != ada {
		t.Error("the owner's recovery code is refused")
	}
	guesses := 0
	for range 12 {
		for range 4 {
			if half().post("/auth/factor", "code", "000000").errorCode() == "CodeWrong" {
				guesses++
			}
		}
		half().post("/auth/factor", "code", p.next()) // the owner
	}
	if guesses > 20 {
		t.Errorf("%d guesses in a day", guesses)
	}
}

// TestRequiredIsNoDeadEnd: whoever must have a second factor, and signed in long ago, is led
// to confirm first, and then to the setup.
func TestRequiredIsNoDeadEnd(t *testing.T) {
	w := newFactorWorld(t, testdb.SQLite, func(c *authent.Config) { c.Factors.Policy = authent.FactorsRequired })
	b := w.registered()
	w.proved()
	w.clock.advance(time.Hour)
	b.header.Set("Accept", "text/html")
	a := b.get("/private")
	u, err := url.Parse(a.target())
	if err != nil || a.status != http.StatusFound {
		t.Fatalf("%d to %s", a.status, a.target())
	}
	page := b.get("/auth/reauthenticate?" + u.RawQuery)
	if !strings.Contains(page.body, `name="password"`) {
		t.Fatalf("there is no way on: %s", page.body)
	}
	b.post("/auth/reauthenticate", "password", adasWord)
	if page := b.get("/auth/reauthenticate?" + u.RawQuery); !strings.Contains(page.body, "/auth/totp") {
		t.Errorf("there is no way to the setup: %s", page.body)
	}
}

// TestP29_UndoEndsAThiefsApp: an app that was set up shortly before a change of address goes
// when the owner undoes the change.
func TestP29_UndoEndsAThiefsApp(t *testing.T) {
	w, thief, _ := withApp(t, testdb.SQLite, nil)
	thief.post("/auth/email", "email", newAddress)
	thief.press(w.nextOf(authent.MailChange))
	owner := w.browser()
	if a := owner.press(w.nextOf(authent.MailAddressChanged)); a.errorCode() != "" || w.count("totps") != 0 {
		t.Errorf("to %s, %d apps left", a.target(), w.count("totps"))
	}
}

// TestTrustFalse: what a script sends for no is no.
func TestTrustFalse(t *testing.T) {
	w, _, p := withApp(t, testdb.SQLite, nil)
	b := w.browser()
	b.signIn(ada, adasWord)
	if b.post("/auth/factor", "code", p.next(), "trust", "false"); b.cookie("authent.trust") != "" {
		t.Error("the browser is remembered")
	}
}
