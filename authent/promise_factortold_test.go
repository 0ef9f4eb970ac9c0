package authent_test

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/softauthenticator"
	"github.com/authent/authent/internal/testdb"
)

// factorChanges are what people do to factors and passkeys: each is told by a mail and
// leaves an event.
var factorChanges = map[string]struct {
	do   func(w *oauthWorld, b *browser)
	mail authent.MailKind
	// event is "kind outcome reason".
	event string
}{
	"set up":           {func(w *oauthWorld, b *browser) { w.setUp(b) }, authent.MailFactorAdded, "factor_added success"},
	"wrong first code": {func(w *oauthWorld, b *browser) { w.begin(b); b.post("/auth/totp", "code", "000000") }, "", "factor_added refused CodeWrong"},
	"removed":          {func(w *oauthWorld, b *browser) { w.setUp(b); b.post("/auth/totp/remove") }, authent.MailFactorRemoved, "factor_removed success"},
	"by support": {func(w *oauthWorld, b *browser) {
		w.setUp(b)
		_ = w.auth.RemoveFactors(w.t.Context(), w.user().ID)
	}, authent.MailFactorRemoved, "factor_removed success"},
	"new codes": {func(w *oauthWorld, b *browser) { w.setUp(b); b.post("/auth/recovery-codes") }, authent.MailRecoveryCodesMade, "recovery_codes_made success"},
	"code used": {func(w *oauthWorld, b *browser) {
		p, o := w.setUp(b), w.browser()
		o.signIn(ada, adasWord)
		o.post("/auth/factor", "code", p.codes[0])
	}, authent.MailRecoveryCodeUsed, "sign_in success"},
	"wrong code": {func(w *oauthWorld, b *browser) {
		w.setUp(b)
		o := w.browser()
		o.signIn(ada, adasWord)
		o.post("/auth/factor", "code", "000000")
	}, "", "sign_in refused CodeWrong"},
	"first step": {func(w *oauthWorld, b *browser) { w.setUp(b); w.browser().signIn(ada, adasWord) }, "", "sign_in refused FactorRequired"},
	"step-up":    {func(w *oauthWorld, b *browser) { p := w.setUp(b); b.post("/auth/reauthenticate", "code", p.next()) }, "", "step_up success"},
	"trusted": {func(w *oauthWorld, b *browser) {
		p, o := w.setUp(b), w.browser()
		o.signIn(ada, adasWord)
		o.post("/auth/factor", "code", p.next(), "trust", "true")
	}, "", "browser_trusted success"},
	"forgotten": {func(_ *oauthWorld, b *browser) { b.post("/auth/trust/revoke") }, "", "trust_ended success"},
	"passkey":   {func(w *oauthWorld, b *browser) { b.add(w.newKey(softauthenticator.ES256)) }, authent.MailPasskeyAdded, "passkey_added success"},
	"passkey renamed": {func(w *oauthWorld, b *browser) {
		key := w.newKey(softauthenticator.ES256)
		b.add(key)
		b.use(key)
		b.post("/auth/passkeys/rename", "id", base64.StdEncoding.EncodeToString(key.ID), "name", "typed")
	}, "", "passkey_renamed success"},
	"passkey removed": {func(w *oauthWorld, b *browser) {
		key := w.newKey(softauthenticator.ES256)
		b.add(key)
		b.use(key)
		b.post("/auth/passkeys/remove", "id", base64.StdEncoding.EncodeToString(key.ID))
	}, authent.MailPasskeyRemoved, "passkey_removed success"},
	"passkey blocked": {func(w *oauthWorld, b *browser) {
		key := w.newKey(softauthenticator.ES256)
		key.Counts, key.Counter = true, 10
		b.add(key)
		key.Counter = 1
		w.browser().use(key)
	}, authent.MailPasskeyBlocked, "passkey_blocked success"},
}

// TestP37_FactorsTold: each change of a factor or passkey is told to its owner, and
// leaves a line and a row that say the same, without what anybody typed.
func TestP37_FactorsTold(t *testing.T) {
	for name, change := range factorChanges {
		t.Run(name, func(t *testing.T) {
			w := newPasskeyWorld(t, testdb.SQLite, nil)
			b := w.registered()
			w.proved()
			change.do(w, b)
			if err := w.auth.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			mails := w.box.Mails()
			if change.mail != "" && !slices.ContainsFunc(mails, func(m authent.Mail) bool { return m.Kind == change.mail && m.To == ada }) {
				t.Errorf("no mail of kind %s: %v", change.mail, mails)
			}
			var lines []string
			for _, line := range w.log.events("security event") {
				reason, _ := line["reason"].(string)
				lines = append(lines, strings.TrimSpace(line["kind"].(string)+" "+line["outcome"].(string)+" "+reason))
			}
			rows := queryStrings(t, w.db, "SELECT kind || ' ' || outcome || CASE WHEN reason IS NULL THEN '' ELSE ' ' || reason END FROM auditevents")
			slices.Sort(lines)
			slices.Sort(rows)
			if !slices.Contains(rows, change.event) || !slices.Equal(lines, rows) {
				t.Errorf("rows %q, lines %q: want %q in both", rows, lines, change.event)
			}
			if all := w.dumpOf([]string{"auditevents"}); strings.Contains(all, "000000") || strings.Contains(all, "typed") {
				t.Errorf("an event holds what was typed: %s", all)
			}
		})
	}
}

// TestPasskeyConfig: New says what passkeys lack, and refuses an RP ID that is not the
// application's.
func TestPasskeyConfig(t *testing.T) {
	for want, change := range map[string]func(*authent.Config, *authent.Passkey){
		"no AuthenticatorStore": func(c *authent.Config, _ *authent.Passkey) { c.Adapter = struct{ authent.Adapter }{c.Adapter} },
		"neither the host":      func(_ *authent.Config, p *authent.Passkey) { p.RPID = "example.org" },
		"a public suffix":       func(c *authent.Config, p *authent.Passkey) { c.URL, p.RPID = "https://ada.github.io", "github.io" },
		"is no origin":          func(_ *authent.Config, p *authent.Passkey) { p.Origins = []string{"https://example.com/path"} },
		"has no Verifier":       func(_ *authent.Config, p *authent.Passkey) { p.Verifier = nil },
		"more than one passkey": func(c *authent.Config, _ *authent.Passkey) {
			second := c.Providers[1]
			second.ID = "second"
			c.Providers = append(c.Providers, second)
		},
		"": func(_ *authent.Config, p *authent.Passkey) { p.RPID = "example.com" },
	} {
		w := newWorld(t, testdb.SQLite, setup{})
		key := provider.Passkey()
		c := authent.Config{
			URL: "https://login.example.com", Secrets: []string{testSecret}, Adapter: w.store,
			Providers: []authent.Provider{provider.Password(), key},
		}
		change(&c, key.Passkey)
		_, err := authent.New(c)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want an error that says %q: %v", want, err)
		}
	}
}

// TestP33_LinksAfterTheSecondStep: an account that would be linked to somebody who has an
// app is linked by the second step, and told then. Until that is done nothing is.
func TestP33_LinksAfterTheSecondStep(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		var linked []string
		w, _, p := withApp(t, kind, func(c *authent.Config) {
			c.Events.LinkAccount = func(_ context.Context, e authent.LinkAccountEvent) error {
				linked = append(linked, e.Account.Provider+" "+e.Profile.ID+" of "+e.User.Email)
				return nil
			}
		})
		links := func() []string {
			return queryStrings(t, w.db, "SELECT CONCAT(outcome, ' ', method) FROM auditevents WHERE kind = 'account_link'")
		}
		b := w.browser()
		if a := b.through("/auth/signin/trusted"); !strings.HasSuffix(a.target(), "/auth/factor") || b.who() != "" {
			t.Fatalf("to %s, signed in as %q", a.target(), b.who())
		}
		if accounts := w.accounts(); len(accounts) > 0 || len(links()) > 0 || len(linked) > 0 {
			t.Fatalf("after the first step: accounts %q, told %q, fired %q", accounts, links(), linked)
		}
		tab := w.browser() // another first step, which is to link it too
		tab.through("/auth/signin/trusted")
		if b.post("/auth/factor", "code", p.next()); b.who() != ada || len(w.accounts()) != 1 || len(links()) != 1 || len(linked) != 1 {
			t.Fatalf("after the second: %q, accounts %q, told %q, fired %q", b.who(), w.accounts(), links(), linked)
		}
		w.nextOf(authent.MailAccountLinked)
		if tab.post("/auth/factor", "code", p.next()); tab.who() != ada || len(w.accounts()) != 1 || len(linked) != 1 {
			t.Errorf("the other first step: %q, accounts %q, fired %q", tab.who(), w.accounts(), linked)
		}
		again := w.browser()
		again.through("/auth/signin/trusted")
		if again.post("/auth/factor", "code", p.next()); again.who() != ada || len(w.accounts()) != 1 || len(linked) != 1 {
			t.Errorf("the next time: %q, accounts %q, fired %q", again.who(), w.accounts(), linked)
		}
	})
}

// TestP33_LinksNothingElse: the second step does not link an account that somebody else has
// by now, nor to an address that is no longer proved: the first step counts no more.
func TestP33_LinksNothingElse(t *testing.T) {
	for name, meantime := range map[string]func(w *oauthWorld) error{
		"taken": func(w *oauthWorld) error {
			u, err := w.store.CreateUser(t.Context(), authent.User{Email: "grace@example.com"})
			if err != nil {
				return err
			}
			return w.store.LinkAccount(t.Context(), authent.Account{UserID: u.ID, Type: "oidc", Provider: "trusted", ProviderAccountID: "ada-1"})
		},
		"not proved": func(w *oauthWorld) error {
			_, err := w.store.UpdateUser(t.Context(), w.user().ID, authent.UserUpdate{EmailVerified: new(time.Time)})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, p := withApp(t, testdb.SQLite, nil)
			b := w.browser()
			b.through("/auth/signin/trusted")
			if err := meantime(w); err != nil {
				t.Fatal(err)
			}
			before := w.accounts()
			if a := b.post("/auth/factor", "code", p.next()); b.who() != "" || a.errorCode() != "FactorRequired" || !slices.Equal(w.accounts(), before) {
				t.Errorf("to %s, signed in as %q, accounts %q", a.target(), b.who(), w.accounts())
			}
		})
	}
}
