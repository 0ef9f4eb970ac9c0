package authent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// captcha asks whoever wants a mail for a captcha, from the first one on.
func captcha(c *authent.Config) {
	c.RateLimits = unhurried
	c.RateLimits.Mail = authent.Limit{Tries: 1, Window: time.Hour}
	c.Callbacks.Challenge = func(_ context.Context, p authent.ChallengeParams) error {
		if p.Kind == authent.TryMail && p.Form.Get("captcha") != "solved" {
			return errors.New("no captcha")
		}
		return nil
	}
}

// TestChallenge_VerificationMail: the captcha of the form that asks for a mail to verify
// an address reaches the application.
func TestChallenge_VerificationMail(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, captcha)
	b := w.registered()
	if a := b.post("/auth/verify-email/send", "captcha", "solved"); a.errorCode() != "" {
		t.Errorf("with a captcha: %s", a.errorCode())
	}
	w.next(authent.MailVerify)
}

// TestChallenge_SignInUnverified: who signs in with the right password, and has not proved
// the address, is told so, whether or not the application lets another mail be sent.
func TestChallenge_SignInUnverified(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) {
		captcha(c)
		c.EmailVerification = authent.VerificationRequired
	})
	if _, err := w.auth.Register(t.Context(), authent.Registration{Email: ada, Password: adasWord}); err != nil {
		t.Fatal(err)
	}
	if a := w.browser().signIn(ada, adasWord); a.errorCode() != "EmailUnverified" {
		t.Errorf("without a captcha: %s", a.errorCode())
	}
}
