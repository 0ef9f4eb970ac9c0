package authent_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/softauthenticator"
	"github.com/authent/authent/internal/testdb"
)

// TestPasskeys: people add a passkey, sign in with it without a name at level 2, see and
// remove it; then it is worth nothing.
func TestPasskeys(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, b, key := withKey(t, kind, nil)
		if got := w.accounts(); len(got) != 1 || !strings.Contains(got[0], "passkey") {
			t.Errorf("accounts: %q", got)
		}
		o := w.browser()
		if a := o.use(key); o.who() != ada || w.level(o) != 2 || a.errorCode() != "" {
			t.Errorf("signed in as %q at level %d: to %s", o.who(), w.level(o), a.target())
		}
		id := base64.StdEncoding.EncodeToString(key.ID)
		if a := b.post("/auth/passkeys/rename", "id", id, "name", "My phone"); a.errorCode() != "" || !strings.Contains(b.get("/auth/account").body, "My phone") {
			t.Errorf("rename: to %s", a.target())
		}
		if a := b.post("/auth/passkeys/remove", "id", id); a.errorCode() != "" || w.count("authenticators") != 0 || len(w.accounts()) != 0 || o.who() != "" {
			t.Errorf("remove: to %s; %d rows, %q; the session that began with it: %q", a.target(), w.count("authenticators"), w.accounts(), o.who())
		}
		w.nextOf(authent.MailPasskeyAdded)
		w.nextOf(authent.MailPasskeyRemoved)
		o = w.browser()
		if a := o.use(key); o.who() != "" || a.errorCode() != "WebAuthnVerificationError" {
			t.Errorf("a removed passkey: to %s", a.target())
		}
	})
}

// TestPasskeyAlgorithms: each that is asked for works.
func TestPasskeyAlgorithms(t *testing.T) {
	for _, algorithm := range []int64{softauthenticator.ES256, softauthenticator.EdDSA, softauthenticator.RS256} {
		w := newPasskeyWorld(t, testdb.SQLite, nil)
		key := (*softauthenticator.Credential)(nil)
		b := w.registered()
		key = w.newKey(algorithm)
		b.add(key)
		o := w.browser()
		if o.use(key); o.who() != ada {
			t.Errorf("%d does not work", algorithm)
		}
	}
}

// answerFaults are what is wrong with an answer, one each.
var answerFaults = map[string]func(*softauthenticator.Ceremony){
	"another origin":    func(c *softauthenticator.Ceremony) { c.Origin = "http://127.0.0.1:1" },
	"another scheme":    func(c *softauthenticator.Ceremony) { c.Origin = strings.Replace(c.Origin, "http:", "https:", 1) },
	"within a frame":    func(c *softauthenticator.Ceremony) { c.CrossOrigin = true },
	"another challenge": func(c *softauthenticator.Ceremony) { c.Challenge = strings.Repeat("A", 43) },
	"another ceremony": func(c *softauthenticator.Ceremony) {
		c.Faults.ClientData = func(d map[string]any) { d["type"] = "webauthn.create" }
	},
	"a wrong signature": func(c *softauthenticator.Ceremony) {
		c.Faults.Signature = func(s []byte) []byte { s[len(s)-1] ^= 1; return s }
	},
	"no user verified": func(c *softauthenticator.Ceremony) {
		c.Faults.AuthenticatorData = func(d []byte) []byte { d[32] &^= softauthenticator.UserVerified; return d }
	},
	"another host": func(c *softauthenticator.Ceremony) {
		c.Faults.AuthenticatorData = func(d []byte) []byte { d[0] ^= 1; return d }
	},
	"rubbish": func(c *softauthenticator.Ceremony) {
		c.Faults.Answer = func(_, response map[string]any) { response["authenticatorData"] = "AAAA" }
	},
}

// TestP36_CeremonyIsBound: an answer counts in the browser, for the ceremony, the user, the
// host and the origin that it was asked for, and nowhere else.
func TestP36_CeremonyIsBound(t *testing.T) {
	w, b, key := withKey(t, testdb.SQLite, nil)
	refused := func(name string, o *browser, a answer) {
		t.Helper()
		if o.who() != "" || a.errorCode() != "WebAuthnVerificationError" {
			t.Errorf("%s: to %s, signed in as %q", name, a.target(), o.who())
		}
	}
	for name, fault := range answerFaults {
		o := w.browser()
		refused(name, o, o.answerWith("authenticate", o.options("?action=authenticate").Challenge, key.Get, fault))
	}
	t.Run("another browser's challenge", func(t *testing.T) {
		mine, theirs := w.browser(), w.browser()
		mine.options("?action=authenticate")
		refused("another browser's challenge", mine, mine.answerWith("authenticate", theirs.options("?action=authenticate").Challenge, key.Get))
	})
	t.Run("none asked", func(t *testing.T) {
		o := w.browser()
		refused("no challenge asked for", o, o.answerWith("authenticate", strings.Repeat("A", 43), key.Get))
	})
	t.Run("too late", func(t *testing.T) {
		o := w.browser()
		challenge := o.options("?action=authenticate").Challenge
		w.clock.advance(5*time.Minute + time.Second)
		refused("too late", o, o.answerWith("authenticate", challenge, key.Get))
	})
	t.Run("one for the other", func(t *testing.T) {
		o := w.browser()
		refused("a sign-in answered by a registration", o, o.answerWith("authenticate", o.options("?action=authenticate").Challenge, key.Create))
		o = w.browser()
		challenge := o.options("?action=authenticate").Challenge
		if a := o.answerWith("register", challenge, key.Create); a.errorCode() == "" {
			t.Errorf("a registration of nobody: to %s", a.target())
		}
	})
	t.Run("another user's handle", func(t *testing.T) {
		handle := key.UserHandle
		key.UserHandle = authent.UserHandle("somebody else")
		o := w.browser()
		refused("another user's handle", o, o.use(key))
		key.UserHandle = handle
	})
	t.Run("another session", func(t *testing.T) {
		w.exec("DELETE FROM authenticators")
		w.exec("DELETE FROM accounts")
		challenge := b.options("?action=register").Challenge
		b.post("/auth/reauthenticate", "password", adasWord) // the session is another one now
		if a := b.answerWith("register", challenge, w.newKey(softauthenticator.ES256).Create); a.errorCode() != "WebAuthnVerificationError" || w.count("authenticators") != 0 {
			t.Errorf("to %s, %d rows", a.target(), w.count("authenticators"))
		}
	})
}

// TestP36_AnswersCountOnce: of 64 that send one answer at once, one gets in; and a page view
// writes nothing.
func TestP36_AnswersCountOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, _, key := withKey(t, kind, nil)
		before := w.dumpOf(w.tables())
		first := w.browser()
		challenge := first.options("?action=authenticate").Challenge
		first.get("/auth/signin")
		if w.dumpOf(w.tables()) != before {
			t.Error("a page view wrote something")
		}
		data, err := key.Get(first.at(challenge))
		if err != nil {
			t.Fatal(err)
		}
		browsers := make([]*browser, 64)
		tokens := make([]string, len(browsers))
		for i := range browsers {
			browsers[i] = w.browser()
			browsers[i].plant("authent.passkey", first.cookie("authent.passkey"))
			tokens[i] = browsers[i].csrf()
		}
		var in atomic.Int32
		var all sync.WaitGroup
		for i, b := range browsers {
			all.Go(func() {
				b.postWith(tokens[i], "/auth/callback/passkey", "action", "authenticate", "data", string(data))
				if b.token() != "" {
					in.Add(1)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("%d of 64 got in", in.Load())
		}
	})
}

// TestP36_CounterWentBack: a passkey that answers as if there were a copy of it is blocked
// until it is removed, and its owner is told.
func TestP36_CounterWentBack(t *testing.T) {
	w, b, key := withKey(t, testdb.SQLite, nil)
	key.Counts = true
	o := w.browser()
	o.use(key)
	o.post("/auth/signout")
	if o.use(key); o.who() != ada {
		t.Fatal("a counter that goes on is refused")
	}
	key.Counter = 0
	o = w.browser()
	if a := o.use(key); o.who() != "" || a.errorCode() != "WebAuthnVerificationError:blocked" {
		t.Errorf("a counter that went back: to %s", a.target())
	}
	w.nextOf(authent.MailPasskeyBlocked)
	key.Counter = 1000
	if a := o.use(key); o.who() != "" || a.errorCode() != "WebAuthnVerificationError:blocked" {
		t.Errorf("a blocked passkey: to %s", a.target())
	}
	if !strings.Contains(b.get("/auth/account").body, "Blocked") {
		t.Error("the account page does not say so")
	}
	if a := b.post("/auth/passkeys/remove", "id", base64.StdEncoding.EncodeToString(key.ID)); a.errorCode() != "" {
		t.Errorf("it cannot be removed: to %s", a.target())
	}
}

// TestP36_OneOwner: a passkey is registered once, by one user.
func TestP36_OneOwner(t *testing.T) {
	w, b, key := withKey(t, testdb.SQLite, nil)
	if a := b.add(key); a.errorCode() != "PasskeyTaken" {
		t.Errorf("a second time: to %s", a.target())
	}
	other := w.browser()
	other.register("other@example.com", adasWord)
	if a := other.add(key); a.errorCode() != "PasskeyTaken" || w.count("authenticators") != 1 {
		t.Errorf("by another user: to %s", a.target())
	}
	id := base64.StdEncoding.EncodeToString(key.ID)
	for _, path := range []string{"/auth/passkeys/rename", "/auth/passkeys/remove"} {
		theirs, nobodys := other.script(path, "id", id, "name", "x"), other.script(path, "id", "bm9ib2R5", "name", "x")
		if theirs.body != nobodys.body || theirs.status != nobodys.status || theirs.errorCode() != "PasskeyNotFound" {
			t.Errorf("%s: somebody else's %d %s, nobody's %d %s", path, theirs.status, theirs.body, nobodys.status, nobodys.body)
		}
	}
}

// TestP10_OptionsTellNothing: whoever is signed out is asked for any passkey, whatever
// address and action they send: it does not tell who has one.
func TestP10_OptionsTellNothing(t *testing.T) {
	w, b, key := withKey(t, testdb.SQLite, nil)
	for _, query := range []string{"", "?action=authenticate", "?email=" + ada, "?action=authenticate&email=" + ada, "?email=nobody@example.com"} {
		if o := w.browser().options(query); len(o.Allow) != 0 || o.Challenge == "" || o.RPID != "127.0.0.1" {
			t.Errorf("%q: %+v", query, o)
		}
	}
	for query, want := range map[string]string{"?action=register": "Invalid request", "?action=steal": "Invalid action", "?action=register&email=" + ada: "Invalid request"} {
		if a := w.browser().get("/auth/webauthn-options/passkey" + query); a.status != http.StatusBadRequest || !strings.Contains(a.body, want) {
			t.Errorf("%q: %d %s", query, a.status, a.body)
		}
	}
	if o := b.options("?action=register"); len(o.Exclude) != 1 || o.Exclude[0].ID != base64.RawURLEncoding.EncodeToString(key.ID) || o.User.ID == "" || strings.Contains(o.User.ID, w.user().ID) {
		t.Errorf("to whoever is signed in: %+v", o)
	}
	if a := b.get("/auth/webauthn-options/passkey"); a.status != http.StatusBadRequest {
		t.Errorf("signed in, without an action: %d %s", a.status, a.body)
	}
}

// TestP07_Passkeys: passkeys are added and removed with a recent sign-in, by whoever has an
// app with its code; never the last way in.
func TestP07_Passkeys(t *testing.T) {
	w, b, key := withKey(t, testdb.SQLite, nil)
	id := base64.StdEncoding.EncodeToString(key.ID)
	w.clock.advance(time.Hour)
	if a := b.add(w.newKey(softauthenticator.ES256)); a.errorCode() != "RecentSignInRequired" {
		t.Errorf("add: to %s", a.target())
	}
	for _, path := range []string{"/auth/passkeys/rename", "/auth/passkeys/remove"} {
		if a := b.script(path, "id", id, "name", "x"); a.errorCode() != "RecentSignInRequired" {
			t.Errorf("%s: to %s", path, a.target())
		}
	}
	if b.use(key); w.level(b) != 2 {
		t.Fatal("a passkey is no re-authentication")
	}
	w.exec("UPDATE users SET password = NULL, email = ''")
	if a := b.script("/auth/passkeys/remove", "id", id); a.errorCode() != "LastSignIn" || w.count("authenticators") != 1 {
		t.Errorf("the last way in: to %s", a.target())
	}
}

// TestP33_PasskeyIsTwoFactors: whoever has an app and signs in with a passkey is asked for no
// code, and a passkey finishes a sign-in that waits for one.
func TestP33_PasskeyIsTwoFactors(t *testing.T) {
	w, b, key := withKey(t, testdb.SQLite, nil)
	w.proved()
	w.setUp(b)
	o := w.browser()
	o.signIn(ada, adasWord)
	if page := o.get("/auth/factor"); !strings.Contains(page.body, "data-passkey") {
		t.Error("the second step does not offer a passkey")
	}
	if o.use(key); o.who() != ada || w.level(o) != 2 || o.cookie("authent.factor") != "" {
		t.Errorf("signed in as %q at level %d", o.who(), w.level(o))
	}
	low := w.signedInAt1()
	if a := low.add(w.newKey(softauthenticator.ES256)); a.errorCode() != "FactorRequired" {
		t.Errorf("a session of level 1 adds a passkey: to %s", a.target())
	}
}

// TestP29_Passkeys: the first proof of an address removes the passkeys added before it.
func TestP29_Passkeys(t *testing.T) {
	w, _, key := withKey(t, testdb.SQLite, nil)
	o := w.browser()
	if firstSteps["link"](w, o); o.who() != ada || w.count("authenticators") != 0 {
		t.Fatalf("signed in as %q, %d passkeys left", o.who(), w.count("authenticators"))
	}
	stranger := w.browser()
	if stranger.use(key); stranger.who() != "" {
		t.Error("the stranger's passkey works")
	}
}

// TestPasskeyTabs: each of a few tabs that wait for a passkey can use it, whichever asked
// last, and each once.
func TestPasskeyTabs(t *testing.T) {
	w, _, key := withKey(t, testdb.SQLite, nil)
	b := w.browser()
	var tabs []string
	for range 5 {
		tabs = append(tabs, b.options("?action=authenticate").Challenge)
	}
	if a := b.answerWith("authenticate", tabs[0], key.Get); a.errorCode() != "WebAuthnVerificationError" || b.who() != "" {
		t.Errorf("one tab more than are kept: to %s", a.target())
	}
	for _, i := range []int{2, 1, 4, 3} {
		if a := b.answerWith("authenticate", tabs[i], key.Get); a.errorCode() != "" || b.who() != ada {
			t.Errorf("tab %d: to %s, signed in as %q", i, a.target(), b.who())
		}
		if a := b.answerWith("authenticate", tabs[i], key.Get); a.errorCode() != "WebAuthnVerificationError" {
			t.Errorf("tab %d again: to %s", i, a.target())
		}
	}
	if b.cookie("authent.passkey") != "" {
		t.Error("a ceremony is kept that was used")
	}
	late := b.options("?action=authenticate").Challenge
	w.clock.advance(4 * time.Minute)
	b.options("?action=authenticate")
	w.clock.advance(2 * time.Minute)
	if a := b.answerWith("authenticate", late, key.Get); a.errorCode() != "WebAuthnVerificationError" {
		t.Errorf("six minutes later, beside a newer one: to %s", a.target())
	}
}
