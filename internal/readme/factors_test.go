package readme

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/authent/authent/internal/softauthenticator"
	"github.com/authent/authent/internal/testdb"
)

// TestFactorsGuide does what docs/second-factors.md says: somebody sets up an app, signs in
// with a code and with a recovery code, adds a passkey and signs in with that alone.
func TestFactorsGuide(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	runs := 0
	g.starts = map[string]func(stop func()){"go run .": func(stop func()) {
		defer stop()
		runs++
		p := g.reader("ada@example.com")
		p.confirm(p.devLink())
		if page := p.page("/payout"); !strings.Contains(page, "Set up an authenticator app") {
			t.Errorf("/payout before there is a factor: %s", page)
		}
		key, codes := p.setsUpApp()
		p.says("/payout", "Payout, ada@example.com, level 2")
		p.signsInWith(codes[0])
		p.says("/payout", "Payout, ada@example.com, level 2")
		if page := p.signsInWith(codes[0]); !strings.Contains(page, "That code is not right") {
			t.Errorf("a recovery code twice: %s", page)
		}
		p.signsInWith(p.code(key))
		p.says("/api-keys", "API keys, ada@example.com, level 2")
		p.usesPasskey()
		p.says("/payout", "Payout, ada@example.com, level 2")
	}}
	for _, section := range sections(t, "docs/second-factors.md") {
		g.follow(section[0], section[1])
	}
	if runs != 1 {
		t.Errorf("the program ran %d times", runs)
	}
}

var (
	keyShown  = regexp.MustCompile(`<code class="key">([A-Z2-7 ]+)</code>`)
	codeShown = regexp.MustCompile(`<li><code>([A-Z2-7-]+)</code></li>`)
)

func (p *registrant) says(path, want string) {
	p.g.t.Helper()
	if page := p.page(path); page != want {
		p.g.t.Errorf("%s: want %q: %s", path, want, page)
	}
}

// setsUpApp types the key of the page into an app, and the app's code into the page.
func (p *registrant) setsUpApp() (key string, codes []string) {
	p.g.t.Helper()
	shown := keyShown.FindStringSubmatch(p.page("/auth/totp"))
	if shown == nil {
		p.g.t.Fatalf("no key: %s", p.page("/auth/totp"))
	}
	key = strings.ReplaceAll(shown[1], " ", "")
	page := p.send("/auth/totp", "/auth/totp", "code", p.code(key))
	for _, code := range codeShown.FindAllStringSubmatch(html.UnescapeString(page), -1) {
		codes = append(codes, code[1])
	}
	if len(codes) != 10 {
		p.g.t.Fatalf("%d recovery codes: %s", len(codes), page)
	}
	return key, codes
}

// code is what the app shows now, and at the next call what it shows half a minute later, a
// time which the server takes: that of now may have been used.
func (p *registrant) code(key string) string {
	p.g.t.Helper()
	code, err := totp.GenerateCode(key, time.Now().Add(p.ahead))
	p.ahead = 30 * time.Second
	if err != nil {
		p.g.t.Fatal(err)
	}
	return code
}

// signsInWith signs out, and in again with the password and a code.
func (p *registrant) signsInWith(code string) string {
	p.g.t.Helper()
	if strings.Contains(p.page("/auth/session"), p.email) {
		p.send("/auth/signout", "/auth/signout")
	}
	page := p.send("/auth/signin", "/auth/callback/credentials", "email", p.email, "password", "correct horse battery")
	if !strings.Contains(page, "one-time-code") || strings.Contains(p.page("/auth/session"), p.email) {
		p.g.t.Fatalf("after the password: %s", page)
	}
	return p.send("/auth/factor", "/auth/factor", "code", code)
}

// usesPasskey adds a passkey, signs out, and signs in with it alone.
func (p *registrant) usesPasskey() {
	p.g.t.Helper()
	key, err := softauthenticator.New(softauthenticator.ES256, "localhost", nil)
	if err != nil {
		p.g.t.Fatal(err)
	}
	answer := func(page, action string, make func(softauthenticator.Ceremony) ([]byte, error)) string {
		var asked struct {
			Options struct {
				Challenge string
				User      struct{ ID string }
			}
		}
		if err := json.Unmarshal([]byte(p.page("/auth/webauthn-options/passkey?action="+action)), &asked); err != nil {
			p.g.t.Fatal(err)
		}
		if id := asked.Options.User.ID; id != "" {
			if key.UserHandle, err = base64.RawURLEncoding.DecodeString(id); err != nil {
				p.g.t.Fatal(err)
			}
		}
		data, err := make(softauthenticator.Ceremony{Challenge: asked.Options.Challenge, Origin: "http://localhost:" + p.g.port})
		if err != nil {
			p.g.t.Fatal(err)
		}
		return p.send(page, "/auth/callback/passkey", "action", action, "data", string(data))
	}
	if page := answer("/auth/account", "register", key.Create); !strings.Contains(page, "The passkey is added") {
		p.g.t.Fatalf("added: %s", page)
	}
	p.send("/auth/signout", "/auth/signout")
	if page := answer("/auth/signin", "authenticate", key.Get); !strings.Contains(page, p.email+", level 2") {
		p.g.t.Fatalf("signed in with it: %s", page)
	}
}
