package authent_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// TestPagesThatLeadInCircles are refused: the browser would go round for ever.
func TestPagesThatLeadInCircles(t *testing.T) {
	t.Setenv("AUTH_URL", "")
	const base = "https://example.com/api/auth"
	for name, tc := range map[string]struct {
		url   string
		pages authent.Pages
		want  string
	}{
		"sign-in":           {"", authent.Pages{SignIn: "/auth/signin"}, "Pages.SignIn"},
		"query":             {"", authent.Pages{SignIn: "/auth/signin?theme=dark"}, "Pages.SignIn"},
		"fragment":          {"", authent.Pages{SignIn: "/auth/signin#form"}, "Pages.SignIn"},
		"dots":              {"", authent.Pages{SignIn: "/x/../auth/signin"}, "Pages.SignIn"},
		"absolute":          {"", authent.Pages{SignIn: "http://localhost:3000/auth/signin"}, "Pages.SignIn"},
		"sign-out":          {"", authent.Pages{SignOut: "/auth/signout"}, "Pages.SignOut"},
		"error":             {"", authent.Pages{Error: "/auth/error"}, "Pages.Error"},
		"verify":            {"", authent.Pages{VerifyRequest: "/auth/verify-request"}, "Pages.VerifyRequest"},
		"register":          {"", authent.Pages{Register: "/auth/register"}, "Pages.Register"},
		"account":           {"", authent.Pages{Account: "/auth/account"}, "Pages.Account"},
		"another base":      {base, authent.Pages{SignIn: "/api/auth/signin"}, "Pages.SignIn"},
		"its whole URL":     {base, authent.Pages{SignIn: "https://EXAMPLE.com:443/api/auth/signin"}, "Pages.SignIn"},
		"two of them":       {"", authent.Pages{SignIn: "/auth/register", Register: "/auth/signin"}, "Pages.SignIn"},
		"asks to sign in":   {"", authent.Pages{SignIn: "/auth/account"}, "Pages.SignIn"},
		"no page of ours":   {base, authent.Pages{SignIn: "/auth/signin"}, ""},
		"another host":      {base, authent.Pages{SignIn: "https://other.example/api/auth/signin"}, ""},
		"another page":      {"", authent.Pages{Error: "/auth/signin", Register: "/auth/signin", Account: "/auth/signin", NewUser: "/auth/account"}, ""},
		"a page of its own": {"", authent.Pages{SignIn: "/signin", Error: "/auth/signin"}, ""},
	} {
		_, err := authent.New(authent.Config{
			URL: tc.url, Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()},
			Pages: tc.pages, Logger: slog.New(slog.DiscardHandler),
		})
		if tc.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "leave it empty")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFaultOnTheErrorPage: when the page that is to tell of a fault has it too, the
// fault is told there.
func TestFaultOnTheErrorPage(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, own := range []string{"/auth/signin", "/auth/account?from=error", "HOME/auth/signin"} {
			w := newWorld(t, kind, setup{config: func(c *authent.Config) {
				c.Pages.Error = strings.Replace(own, "HOME", strings.TrimSuffix(c.URL, "/auth"), 1)
			}})
			b := w.registered()
			b.header.Set("Accept", "text/html")
			w.exec(`ALTER TABLE sessions RENAME TO elsewhere`)
			for path, most := range map[string]int{"/auth/signin": 1, "/auth/account": 1, "/auth/signout": 2} {
				a, visited := b.get(path), 0
				for ; a.target() != "" && visited < 5; visited++ {
					a = b.get(strings.TrimPrefix(a.target(), w.server.URL))
				}
				if visited > most || a.status != http.StatusInternalServerError || a.errorCode() != "Configuration" {
					t.Errorf("%s, %s: %d after %d redirects, to %s", own, path, a.status, visited, a.target())
				}
			}
			w.exec(`ALTER TABLE elsewhere RENAME TO sessions`) // the next test gets this database
		}
	})
}
