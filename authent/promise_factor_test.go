package authent_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/internal/factor"
	"github.com/authent/authent/internal/testdb"
)

// firstSteps are the ways in: each does all that it takes without a second factor.
var firstSteps = map[string]func(w *oauthWorld, b *browser) answer{
	"password":                        func(_ *oauthWorld, b *browser) answer { return b.signIn(ada, adasWord) },
	"provider":                        func(_ *oauthWorld, b *browser) answer { return b.through("/auth/signin/hub") },
	"trusted provider, a new account": func(_ *oauthWorld, b *browser) answer { return b.through("/auth/signin/trusted") },
	"link": func(w *oauthWorld, b *browser) answer {
		b.post("/auth/signin/email", "email", ada)
		return b.press(w.nextOf(authent.MailSignIn))
	},
	"code": func(w *oauthWorld, b *browser) answer {
		b.post("/auth/signin/email", "email", ada)
		return b.post("/auth/code", "code", string(w.nextOf(authent.MailSignIn).Code))
	},
}

// TestP33_EveryWayAsks: whoever has an authenticator app is asked for it by every way in,
// has no session before, and one of level 2 after.
func TestP33_EveryWayAsks(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, first, p := withApp(t, kind, nil)
		if a := first.through("/auth/link/hub"); a.errorCode() != "" {
			t.Fatalf("link: %s", a.target())
		}
		asked := 0
		for name, step := range firstSteps {
			b := w.browser()
			a := step(w, b)
			if b.token() != "" || b.who() != "" || b.cookie("authent.factor") == "" || !strings.HasSuffix(a.target(), "/auth/factor") {
				t.Errorf("%s: to %s, signed in as %q", name, a.target(), b.who())
			}
			if n := testdb.Number(t, w.db, "SELECT count(*) FROM auditevents WHERE reason = 'FactorRequired' AND user_id = (SELECT id FROM users)"); n == asked {
				t.Errorf("%s: its owner is not told of the first step", name)
			} else {
				asked = n
			}
			if a := b.get("/auth/factor"); a.status != http.StatusOK || !strings.Contains(a.body, `autocomplete="one-time-code"`) {
				t.Errorf("%s: the page: %d to %s", name, a.status, a.target())
			}
			if a := b.post("/auth/factor", "code", p.next()); b.who() != ada || w.level(b) != 2 {
				t.Errorf("%s: after the code: to %s, signed in as %q at level %d", name, a.target(), b.who(), w.level(b))
			}
		}
	})
}

// TestP33_HalfWayOpensNothing: what the browser holds between the steps is no session, and
// no verb takes it for one.
func TestP33_HalfWayOpensNothing(t *testing.T) {
	w, _, _ := withApp(t, testdb.SQLite, nil)
	half := w.browser()
	half.signIn(ada, adasWord)
	held := half.cookie("authent.factor")
	if held == "" {
		t.Fatal("there is no half-way state")
	}
	as := w.with("authjs.session-token", held)
	for name, b := range map[string]*browser{"half-way": half, "as a session": as} {
		if b.who() != "" || b.session() != nil {
			t.Errorf("%s: signed in as %q", name, b.who())
		}
		for _, path := range []string{"/auth/account", "/auth/totp", "/auth/reauthenticate"} {
			if a := b.get(path); !strings.Contains(a.target(), "/auth/signin") {
				t.Errorf("%s: GET %s: %d to %s", name, path, a.status, a.target())
			}
		}
		before := w.guards()
		for _, path := range []string{
			"/auth/password", "/auth/delete", "/auth/unlink", "/auth/email", "/auth/sessions/revoke", "/auth/totp", "/auth/totp/remove",
			"/auth/recovery-codes", "/auth/reauthenticate", "/auth/trust/revoke", "/auth/link/hub", "/auth/verify-email/send",
		} {
			a := b.post(path, "others", "true", "email", "other@example.com", "password", newWord, "currentPassword", adasWord, "code", "123456")
			if a.errorCode() != "SessionRequired" {
				t.Errorf("%s: POST %s: %d to %s", name, path, a.status, a.target())
			}
		}
		if after := w.guards(); strings.Join(before, "\n") != strings.Join(after, "\n") {
			t.Errorf("%s: something changed", name)
		}
	}
	// As any other cookie it is worth nothing either.
	for _, name := range []string{"authent.trust", "authent.recent", "authent.setup", "authent.form", "authent.code", "authent.known"} {
		b := w.browser()
		b.plant(name, held)
		if b.signIn(ada, adasWord); b.who() != "" {
			t.Errorf("%s skips the second step", name)
		}
	}
}

// TestP33_SecondStepWorksOnce: the half-way state is used up by the sign-in that follows,
// ends with its time, and with a change of what it proved.
func TestP33_SecondStepWorksOnce(t *testing.T) {
	begin := func(t *testing.T) (*oauthWorld, *app, *browser, string) {
		w, _, p := withApp(t, testdb.SQLite, nil)
		b := w.browser()
		b.signIn(ada, adasWord)
		return w, p, b, b.cookie("authent.factor")
	}
	t.Run("again", func(t *testing.T) {
		w, p, b, held := begin(t)
		if b.post("/auth/factor", "code", p.next()); b.who() != ada {
			t.Fatal("it does not work at all")
		}
		other := w.browser()
		other.plant("authent.factor", held)
		if a := other.post("/auth/factor", "code", p.next()); other.who() != "" || a.errorCode() != "FactorRequired" {
			t.Errorf("to %s, signed in as %q", a.target(), other.who())
		}
	})
	t.Run("too late", func(t *testing.T) {
		w, p, b, _ := begin(t)
		w.clock.advance(5*time.Minute + time.Second)
		if a := b.post("/auth/factor", "code", p.code()); b.who() != "" || a.errorCode() != "FactorRequired" {
			t.Errorf("to %s, signed in as %q", a.target(), b.who())
		}
	})
	t.Run("account unlinked", func(t *testing.T) {
		w, first, p := withApp(t, testdb.SQLite, nil)
		first.through("/auth/link/hub")
		b := w.browser()
		b.through("/auth/signin/hub")
		w.exec("DELETE FROM accounts")
		if a := b.post("/auth/factor", "code", p.next()); b.who() != "" || a.errorCode() != "FactorRequired" {
			t.Errorf("to %s, signed in as %q", a.target(), b.who())
		}
	})
	for name, change := range map[string]func(w *oauthWorld){
		"password changed": func(w *oauthWorld) { w.exec("UPDATE users SET password = 'another'") },
		"address changed":  func(w *oauthWorld) { w.exec("UPDATE users SET email = 'ada@example.net'") },
		"user disabled":    func(w *oauthWorld) { _ = w.auth.DisableUser(t.Context(), w.user().ID) },
		"user deleted":     func(w *oauthWorld) { _ = w.auth.DeleteUser(t.Context(), w.user().ID) },
	} {
		t.Run(name, func(t *testing.T) {
			w, p, b, _ := begin(t)
			change(w)
			if a := b.post("/auth/factor", "code", p.next()); b.who() != "" || a.errorCode() == "" {
				t.Errorf("to %s, signed in as %q", a.target(), b.who())
			}
		})
	}
}

// TestP33_ResetAsks: of an account with an app a link alone sets no password.
func TestP33_ResetAsks(t *testing.T) {
	w, _, p := withApp(t, testdb.SQLite, nil)
	b := w.browser()
	b.post("/auth/forgot-password", "email", ada)
	m := w.nextOf(authent.MailReset)
	if page := b.open(m); !strings.Contains(page.body, `name="code"`) {
		t.Errorf("the page does not ask for a code: %s", page.body)
	}
	before := w.guards()
	for _, code := range []string{"", "000000", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"} {
		if a := b.submit(m, "password", newWord, "code", code); a.errorCode() != "CodeWrong" || !strings.Contains(a.target(), "reset-password") {
			t.Errorf("code %q: to %s", code, a.target())
		}
	}
	if after := w.guards(); strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Errorf("a wrong code changed something:\n%q\n%q", before, after)
	}
	if a := b.submit(m, "password", newWord, "code", p.next()); a.errorCode() != "" {
		t.Errorf("with the code: to %s", a.target())
	}
	if b.signIn(ada, newWord); b.cookie("authent.factor") == "" || b.who() != "" {
		t.Errorf("the new password does not work, or alone: %q", b.who())
	}
}

// TestP33_FirstProofRemoves: the first proof of an address removes an app that was set up
// before it, with its codes and remembered browsers, and asks for none of them (P29).
func TestP33_FirstProofRemoves(t *testing.T) {
	for _, name := range []string{"link", "code", "trusted provider, a new account"} {
		w, stranger, p := withApp(t, testdb.SQLite, nil)
		w.exec("UPDATE users SET email_verified = NULL")
		b := w.browser()
		if firstSteps[name](w, b); b.who() != ada {
			t.Errorf("%s: the owner is asked for what a stranger set up", name)
		}
		if n := w.count("totps"); n != 0 || stranger.who() != "" {
			t.Errorf("%s: %d apps left, and the stranger is signed in as %q", name, n, stranger.who())
		}
		if left := queryStrings(t, w.db, "SELECT identifier FROM verificationtokens WHERE identifier LIKE 'recovery-code:%' OR identifier LIKE 'trust:%'"); len(left) != 0 {
			t.Errorf("%s: left: %q", name, left)
		}
		_ = p
	}
	w, _, _ := withApp(t, testdb.SQLite, nil)
	w.exec("UPDATE users SET email_verified = NULL")
	b := w.browser()
	b.post("/auth/forgot-password", "email", ada)
	if a := b.press(w.nextOf(authent.MailReset), "password", newWord); a.errorCode() != "" || w.count("totps") != 0 {
		t.Errorf("reset: to %s, %d apps left", a.target(), w.count("totps"))
	}
}

// TestP34_CodesWorkOnce: of 64 who type one code at once one gets in; afterwards, and in any
// other spelling, nobody does.
func TestP34_CodesWorkOnce(t *testing.T) {
	between := map[string]func(p *app) string{"app": (*app).next, "recovery code": func(p *app) string { return p.codes[1] }}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, _, p := withApp(t, kind, nil)
		for name, code := range map[string]string{"app": p.next(), "recovery code": p.codes[0]} {
			browsers := make([]*browser, 64)
			tokens := make([]string, len(browsers))
			for i := range browsers {
				browsers[i] = w.browser()
				browsers[i].signIn(ada, adasWord)
				tokens[i] = browsers[i].csrf()
			}
			var in atomic.Int32
			var all sync.WaitGroup
			for i, b := range browsers {
				all.Go(func() {
					b.postWith(tokens[i], "/auth/factor", "code", code)
					if b.token() != "" {
						in.Add(1)
					}
				})
			}
			all.Wait()
			if in.Load() != 1 {
				t.Errorf("%s: %d of 64 got in", name, in.Load())
			}
			late, soon := w.browser(), w.browser()
			late.signIn(ada, adasWord)
			soon.signIn(ada, adasWord)
			next := between[name](p)
			w.store.beforeTx = func() { soon.post("/auth/factor", "code", next) } // late's was right until then
			if a := late.post("/auth/factor", "code", next); soon.who() != ada || late.who() != "" || a.errorCode() != "CodeWrong" {
				t.Errorf("%s: used in between, signed in as %q and %q: to %s", name, soon.who(), late.who(), a.target())
			}
			for _, spelling := range []string{code, strings.ToLower(code), " " + code[:3] + " " + code[3:] + " ", strings.ReplaceAll(code, "-", "")} {
				b := w.browser()
				b.signIn(ada, adasWord)
				if b.post("/auth/factor", "code", spelling); b.who() != "" {
					t.Errorf("%s: %q works again", name, spelling)
				}
			}
		}
	})
}

// TestP34_Spellings: people type codes with spaces and full-width digits; a code of the last
// and of the next half minute works, one further away does not, and no other user's does.
func TestP34_Spellings(t *testing.T) {
	w, first, p := withApp(t, testdb.SQLite, nil)
	other := w.browser()
	other.register("other@example.com", adasWord)
	w.exec("UPDATE users SET email_verified = created_at")
	q := w.setUp(other)
	wide := func(s string) string {
		return strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return c - '0' + '０'
			}
			return c
		}, s)
	}
	for name, try := range map[string]struct {
		code func() string
		in   bool
	}{
		"spaces":                     {func() string { c := p.next(); return c[:3] + " " + c[3:] }, true},
		"full width":                 {func() string { return wide(p.next()) }, true},
		"dash":                       {func() string { c := p.next(); return c[:3] + "-" + c[3:] }, true},
		"last half minute":           {func() string { w.clock.advance(3 * factor.Period); return p.codeAt(-1) }, true},
		"next half minute":           {func() string { w.clock.advance(factor.Period); return p.codeAt(1) }, true},
		"a minute ago":               {func() string { w.clock.advance(5 * factor.Period); return p.codeAt(-2) }, false},
		"in a minute":                {func() string { return p.codeAt(2) }, false},
		"ten minutes off":            {func() string { return p.codeAt(20) }, false},
		"seven digits":               {func() string { return p.next() + "0" }, false},
		"nothing":                    {func() string { return "" }, false},
		"another user's code":        {func() string { return q.next() }, false},
		"another user's recovery":    {func() string { return q.codes[1] }, false},
		"recovery in lower case":     {func() string { return strings.ToLower(p.codes[2]) }, true},
		"recovery with spaces":       {func() string { return strings.ReplaceAll(p.codes[3], "-", " ") }, true},
		"recovery without a letter":  {func() string { return p.codes[4][1:] }, false},
		"a stored recovery code":     {func() string { return string(factor.HashRecoveryCode(w.user().ID, authent.Secret(p.codes[4]))) }, false},
		"the key itself":             {func() string { return string(p.key) }, false},
		"a very long code":           {func() string { return strings.Repeat("1", 5000) }, false},
		"no code":                    {func() string { return "not a code" }, false},
		"other digits than Europe's": {func() string { return "٠١٢٣٤٥" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.browser()
			b.signIn(ada, adasWord)
			a := b.post("/auth/factor", "code", try.code())
			if got := b.who() == ada; got != try.in || !try.in && a.errorCode() != "CodeWrong" {
				t.Errorf("let in: %v, to %s", got, a.target())
			}
			w.clock.advance(3 * factor.Period)
		})
	}
	_ = first
}

// TestSecondStepResetsTries: whoever signs in in two steps does not use up the tries of the
// first.
func TestSecondStepResetsTries(t *testing.T) {
	w, _, p := withApp(t, testdb.SQLite, func(c *authent.Config) {
		c.RateLimits.SignIn = authent.Limit{Tries: 3, Window: time.Hour}
	})
	b := w.browser()
	for i := range 8 {
		b.signIn(ada, adasWord)
		if b.post("/auth/factor", "code", p.next()); b.who() != ada {
			t.Fatalf("sign-in %d is refused", i)
		}
		b.post("/auth/signout")
	}
}

// TestClockOff: a code that is ten minutes off is refused and told in the log, and a recovery
// code still lets its owner in.
func TestClockOff(t *testing.T) {
	w, _, p := withApp(t, testdb.SQLite, nil)
	b := w.browser()
	b.signIn(ada, adasWord)
	w.log.forget()
	if a := b.post("/auth/factor", "code", p.codeAt(20)); a.errorCode() != "CodeWrong" || len(w.log.events("a one-time code is that of another time")) != 1 {
		t.Errorf("to %s; the log: %s", a.target(), w.log.text())
	}
	if b.post("/auth/factor", "code", p.codes[0]); b.who() != ada {
		t.Error("the owner is locked out")
	}
}

// TestP34_SharedCounter: wrong codes of one account are counted together, wherever they are
// typed; then even the right one waits, and a recovery code still lets its owner in.
func TestP34_SharedCounter(t *testing.T) {
	w, b, p := withApp(t, testdb.SQLite, func(c *authent.Config) {
		c.RateLimits.Factor = authent.Limit{Tries: 5, Window: 15 * time.Minute}
		c.RateLimits.FactorDay = authent.Limit{Tries: 12, Window: 24 * time.Hour}
	})
	wrong := func(b *browser, path string) string {
		return b.post(path, "code", "000000").errorCode()
	}
	half := func() *browser {
		b := w.browser()
		b.signIn(ada, adasWord)
		return b
	}
	for i := range 5 {
		path, who := "/auth/factor", half()
		if i%2 == 0 {
			path, who = "/auth/reauthenticate", b
		}
		if code := wrong(who, path); code != "CodeWrong" {
			t.Fatalf("wrong code %d: %s", i, code)
		}
	}
	stopped := half()
	if a := stopped.post("/auth/factor", "code", p.next()); a.errorCode() != "RateLimited" || stopped.who() != "" {
		t.Errorf("the sixth: to %s, signed in as %q", a.target(), stopped.who())
	}
	if stopped.post("/auth/factor", "code", p.codes[0]); stopped.who() != ada {
		t.Error("a recovery code does not let the owner in")
	}
	w.clock.advance(16 * time.Minute)
	for range 5 {
		wrong(half(), "/auth/factor")
	}
	w.clock.advance(16 * time.Minute)
	for range 3 { // twelve tries are used up
		wrong(half(), "/auth/factor")
	}
	last := half()
	if a := last.post("/auth/factor", "code", p.next()); a.errorCode() != "RateLimited" || last.who() != "" {
		t.Errorf("after twelve in a day: to %s", a.target())
	}
}
