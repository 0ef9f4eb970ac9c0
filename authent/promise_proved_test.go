package authent_test

import (
	"testing"

	"github.com/authent/authent/authent"
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
