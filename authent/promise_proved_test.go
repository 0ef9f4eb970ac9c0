package authent_test

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestP29_WaitingForAnotherMail: a stranger registered the owner's address, and the owner
// tries to register it too. The owner's browser waits for its own mail: the stranger's
// asks it for the password like any other browser.
func TestP29_WaitingForAnotherMail(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, func(c *authent.Config) { c.EmailVerification = authent.VerificationRequired })
		w.browser().register(ada, adasWord)
		strangers := w.next(authent.MailVerify)
		owner := w.browser()
		owner.register(ada, newWord)
		w.next(authent.MailExists)
		if a := owner.press(strangers); a.errorCode() != "CurrentPassword" || !w.user().EmailVerified.IsZero() || owner.who() != "" {
			t.Errorf("the owner proved the address for the stranger: %q, signed in as %q", a.errorCode(), owner.who())
		}
	})
}

// TestP29_UndoProves: a stranger registered the owner's address, linked an account, and
// changed the address to another. The owner never proved it; the link that undoes the
// change is the first proof, and all that the stranger left goes.
func TestP29_UndoProves(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: person("stranger", "stranger@example.com", nil)})
		stranger := w.registered()
		stranger.through("/auth/link/dev")
		w.next(authent.MailAccountLinked)
		stranger.post("/auth/email", "email", newAddress)
		stranger.press(w.next(authent.MailChange))
		w.browser().press(w.next(authent.MailAddressChanged))
		if u := w.user(); u.Email != ada || u.EmailVerified.IsZero() {
			t.Fatalf("the address is %s, verified at %v", u.Email, u.EmailVerified)
		}
		if in := w.browser(); w.count("accounts") != 0 || in.through("/auth/signin/dev").errorCode() == "" && in.who() == ada {
			t.Error("the stranger's account works")
		}
	})
}

// TestP29_UndoKeepsTheOwners: an account that was linked to a proved address before the
// change stays when it is undone.
func TestP29_UndoKeepsTheOwners(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		b := w.registered()
		b.post("/auth/verify-email/send")
		b.press(w.next(authent.MailVerify))
		b.through("/auth/link/dev")
		w.next(authent.MailAccountLinked)
		b.post("/auth/email", "email", newAddress)
		b.press(w.next(authent.MailChange))
		undo := w.next(authent.MailAddressChanged)
		b.through("/auth/link/hub")
		w.next(authent.MailAccountLinked)
		w.browser().press(undo)
		if all := w.accounts(); w.user().Email != ada || len(all) != 1 {
			t.Errorf("the address is %s, the accounts are %q", w.user().Email, all)
		}
	})
}

// TestP29_ChangeInItsBrowser: the owner of an address does not prove it for the account of
// a stranger who has asked to change to it.
func TestP29_ChangeInItsBrowser(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		stranger := w.browser()
		stranger.register("stranger@example.com", adasWord)
		stranger.post("/auth/email", "email", ada)
		m := w.next(authent.MailChange)
		other := w.browser()
		other.register("somebody@example.com", adasWord)
		for name, b := range map[string]*browser{"signed out": w.browser(), "signed in as somebody else": other} {
			for _, a := range []answer{b.open(m), b.submit(m)} {
				if a.status != 401 {
					t.Errorf("%s: %d to %s", name, a.status, a.target())
				}
			}
		}
		if n := w.count("users WHERE email = '" + ada + "'"); n != 0 {
			t.Error("the stranger's account has the owner's address")
		}
		if stranger.press(m); stranger.who() != ada {
			t.Errorf("in the browser that asked: %s", stranger.who())
		}
	})
}

// TestP04_FirstUndoWins: a stranger who changes the address twice at one moment gets a
// link that undoes the second change. It neither ends the owner's nor outlives it.
func TestP04_FirstUndoWins(t *testing.T) {
	const evil, evil2 = "evil@example.com", "evil2@example.com"
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, strangerFirst := range map[string]bool{"stranger undoes first": true, "owner undoes first": false} {
			t.Run(name, func(t *testing.T) {
				w := newMailWorld(t, kind, nil)
				b := w.registered()
				var undos []authent.Mail
				for _, address := range []string{evil, evil2} {
					b.post("/auth/email", "email", address)
					b.press(w.next(authent.MailChange))
					undos = append(undos, w.next(authent.MailAddressChanged))
				}
				owners, strangers := undos[0], undos[1]
				if strangerFirst {
					w.browser().press(strangers)
				}
				for _, m := range []authent.Mail{owners, strangers} {
					w.browser().press(m)
					if email := queryStrings(t, w.db, "SELECT email FROM users")[0]; email != ada {
						t.Errorf("after the link to %s the address is %s", m.To, email)
					}
				}
			})
		}
	})
}

// TestP29_NobodyUninvited: where only the invited may sign up, nobody else does, whether
// or not the address must be proved.
func TestP29_NobodyUninvited(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, verification := range map[string]authent.EmailVerification{
			"off": authent.VerificationOff, "optional": authent.VerificationOptional, "required": authent.VerificationRequired,
		} {
			t.Run(name, func(t *testing.T) {
				w := newMailWorld(t, kind, func(c *authent.Config) {
					c.SignUp, c.EmailVerification = authent.SignUpInvited, verification
				})
				a := w.browser().register(ada, adasWord)
				if a.errorCode() != "Register:invitation_needed" || w.count("users") != 0 {
					t.Errorf("uninvited: %s, %d users", a.errorCode(), w.count("users"))
				}
				if err := w.auth.Invite(t.Context(), ada); err != nil {
					t.Fatal(err)
				}
				b, m := w.browser(), w.next(authent.MailInvitation)
				b.post("/auth/register", "email", ada, "password", adasWord, "invitation", linkField(m, "token"))
				if b.who() != ada {
					t.Error("the invited cannot register")
				}
			})
		}
	})
}

// TestVerify_AsksTheApplication: a proof of an address that signs somebody in is a sign-in,
// which the application may refuse.
func TestVerify_AsksTheApplication(t *testing.T) {
	asked, refuses := 0, false
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) {
		c.EmailVerification = authent.VerificationRequired
		c.Callbacks.SignIn = func(context.Context, authent.SignInParams) (string, error) {
			if asked++; refuses {
				return "", authent.ErrAccessDenied
			}
			return "", nil
		}
	})
	b := w.browser()
	b.register(ada, adasWord)
	m := w.next(authent.MailVerify)
	asked, refuses = 0, true
	if a := b.press(m); a.errorCode() != "AccessDenied" || b.who() != "" || asked != 1 {
		t.Errorf("refused: %s, signed in as %q, asked %d times", a.errorCode(), b.who(), asked)
	}
	if !w.user().EmailVerified.IsZero() {
		t.Error("the link was used up by a refused sign-in")
	}
	refuses = false
	if b.press(m); b.who() != ada {
		t.Error("the link does not work once the application lets them")
	}
}

// TestP30_ReservedSpelling: an address that another program stored in capitals is kept for
// its owner in every spelling.
func TestP30_ReservedSpelling(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b := w.registered()
		w.exec("UPDATE users SET email = 'Ada@Example.com'")
		b.post("/auth/email", "email", newAddress)
		b.press(w.next(authent.MailChange))
		undo := w.next(authent.MailAddressChanged)
		if a := w.browser().register(ada, newWord); undo.To != "Ada@Example.com" || a.errorCode() != "Register:email_taken" {
			t.Errorf("told %s; a stranger registers it in small letters: %q", undo.To, a.errorCode())
		}
		w.browser().press(undo)
		if email := queryStrings(t, w.db, "SELECT email FROM users"); len(email) != 1 || email[0] != "Ada@Example.com" {
			t.Errorf("undone: %q", email)
		}
		if n := w.count("verificationtokens WHERE identifier LIKE 'reserved:%' OR identifier LIKE 'undo-email:%'"); n != 0 {
			t.Errorf("%d rows of the change are left", n)
		}
	})
}

// TestP20_MailToKnownBrowsers: a stranger uses up the mails of an address all the time. A
// browser that signed in to its account is sent one all the same.
func TestP20_MailToKnownBrowsers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, func(c *authent.Config) {
			c.RateLimits = authent.RateLimits{}
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		})
		owner := w.from("198.51.100.7")
		owner.register(ada, adasWord)
		owner.post("/auth/signout")
		for i := range 4 {
			w.from("192.0.2."+strconv.Itoa(i+1)).post("/auth/forgot-password", "email", ada)
		}
		w.next(authent.MailReset)
		w.next(authent.MailReset)
		if a := owner.post("/auth/forgot-password", "email", ada); a.status != http.StatusFound {
			t.Fatalf("the owner: %d", a.status)
		}
		if owner.press(w.next(authent.MailReset), "password", newWord).errorCode() != "" {
			t.Error("the owner's mail does not work")
		}
	})
}
