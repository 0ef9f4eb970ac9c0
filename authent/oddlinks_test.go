package authent_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestSignInLink_OddAddress: what cannot be an address in a sign-in link's form is a link
// that does not work, and costs no SQL.
func TestSignInLink_OddAddress(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, func(c *authent.Config) { c.AuthJS.Mode = authent.AuthJSShared })
		b := w.browser()
		csrf := b.csrf()
		for _, address := range []string{"", "a\x00b@example.com", "\xff\xfe@example.com", strings.Repeat("a", 60_000) + "@example.com", "reset:1", "mail"} {
			var a answer
			statements := w.driver.during(func() {
				a = b.postWith(csrf, "/auth/callback/email", "email", address, "token", strings.Repeat("A", 43))
			})
			if a.errorCode() != "Verification" || a.status != http.StatusFound || len(statements) != 0 {
				t.Errorf("%.20q: %d to %.100s, %d statements", address, a.status, a.target(), len(statements))
			}
		}
	})
}
