package interop

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/chromium"
)

// servePasskeyClient is an application on authent with passkeys, and the page of
// passkey.tsx. Its host is localhost.
func servePasskeyClient(t *testing.T, set authent.AuthJS) (home string) {
	t.Helper()
	script := fromDeps(t, "node_modules/.authent/passkey.js")
	server := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	home = "http://localhost:" + port
	auth, _ := application(t, authent.Config{URL: home + "/api/auth", AuthJS: set, Providers: []authent.Provider{provider.Passkey()}})
	server.Config.Handler = clientPage(script, auth.Handler())
	server.Start()
	t.Cleanup(server.Close)
	return home
}

// TestBrowserClientPasskey: next-auth/webauthn, as it is on npm, adds a passkey and signs in
// with it. What it adds works on the built-in pages, and what these add works with it,
// although its version of SimpleWebAuthn writes handles of users in a way of its own.
func TestBrowserClientPasskey(t *testing.T) {
	for name, set := range map[string]authent.AuthJS{"alone": {}, "shared": {Mode: authent.AuthJSShared}} {
		t.Run(name, func(t *testing.T) {
			home := servePasskeyClient(t, set)
			p := newPage(t)
			key := chromium.Authenticator(t, p.ctx)
			p.open(home)
			p.wait("status", "that nobody is signed in", is("unauthenticated"))
			p.click("sign-in")
			p.wait("status", "that somebody is signed in", is("authenticated"))
			p.click("register-passkey")
			added := p.wait("result", "that the passkey is added", has(`"error":`))
			if !strings.Contains(added, `"error":null,`) || !strings.Contains(added, `"ok":true`) {
				t.Fatalf("signIn with the action register: %s", added)
			}
			p.usesPasskey()
			p.usesPasskeyOfPages(home)
			p.replacesPasskey(home, key)
			p.open(home)
			p.usesPasskey()
			p.usesPasskeyOfPages(home)
		})
	}
}

// usesPasskey signs out, and in again with next-auth's client.
func (p *page) usesPasskey() {
	p.Helper()
	p.wait("status", "that somebody is signed in", is("authenticated"))
	p.click("sign-out")
	p.wait("status", "that nobody is signed in", is("unauthenticated"))
	p.click("use-passkey")
	if got := p.wait("result", "the end of signIn", has(`"error":`)); !strings.Contains(got, `"error":null,`) {
		p.Fatalf("signIn: %s", got)
	}
	p.wait("session", "whose passkey it is", has("ada@example.com"))
}

// usesPasskeyOfPages signs out, and in again on the built-in page, by the browser's own
// offer.
func (p *page) usesPasskeyOfPages(home string) {
	p.Helper()
	p.click("sign-out")
	p.wait("status", "that nobody is signed in", is("unauthenticated"))
	p.open(home + "/api/auth/signin?callbackUrl=/")
	p.wait("session", "whose passkey it is", has("ada@example.com"))
}

// replacesPasskey removes the passkey, on the account page and from the authenticator, and
// adds another one there.
func (p *page) replacesPasskey(home string, key webauthn.AuthenticatorID) {
	p.Helper()
	p.open(home + "/api/auth/account")
	p.do(chromedp.Click(chromedp.CSS(`form[action$="/passkeys/remove"] button`)))
	p.says("The passkey is removed")
	if _, err := chromedp.Call(p.ctx, webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: key}); err != nil {
		p.Fatal(err)
	}
	p.do(chromedp.Click(chromedp.CSS(`form[data-passkey] button`)))
	p.says("The passkey is added")
}

// says waits until the page says something.
func (p *page) says(text string) {
	p.Helper()
	await.True(p, "the page says "+text, func() bool {
		all, err := chromium.Evaluate[string](p.ctx, "document.body?.innerText ?? ''")
		if err != nil {
			p.Fatal(err)
		}
		return strings.Contains(all, text)
	})
}
