package authent_test

import (
	"context"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestFlowCookie_FitsIntoABrowser: browsers drop a cookie of more than 4 KiB, and
// the flow with it. A callbackUrl that a request may have is kept; where the
// application's own is too long, the default takes its place.
func TestFlowCookie_FitsIntoABrowser(t *testing.T) {
	ampersands := "/dashboard?" + strings.Repeat("a&", 1000)
	for _, tc := range []struct{ name, path, asked, own, want string }{
		{"ampersands", "/auth/signin/dev", ampersands, "", ampersands},
		{"letters", "/auth/signin/dev", "/" + strings.Repeat("x", 2000), "", "/" + strings.Repeat("x", 2000)},
		{"too long", "/auth/signin/dev", "/x", "/" + strings.Repeat("x", 6000), ""},
		{"too long, linking", "/auth/link/dev", "/x", "/" + strings.Repeat("x", 6000), "/auth/account?notice=account_linked"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
				if tc.own != "" {
					c.Callbacks.Redirect = func(context.Context, authent.RedirectParams) string { return tc.own }
				}
			}}, oauthserver.Config{Auto: adaThere()})
			b := w.browser()
			if strings.Contains(tc.path, "link") {
				b = w.registered()
			}
			target := b.toProvider(tc.path, "callbackUrl", tc.asked)
			if size := len(b.flowCookie()); size == 0 || size > 3800 {
				t.Errorf("the cookie has %d bytes", size)
			}
			if a := b.to(b.atProvider(target)); a.target() != w.server.URL+tc.want || b.who() != ada {
				t.Errorf("ends at %d bytes: %.100s", len(a.target()), a.target())
			}
		})
	}
}
