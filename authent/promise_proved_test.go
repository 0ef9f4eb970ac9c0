package authent_test

import (
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

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
