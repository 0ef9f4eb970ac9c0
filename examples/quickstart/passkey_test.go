package main

import (
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/chromium"
	"github.com/authent/authent/internal/testdb"
)

// TestBrowser_Passkey is what people do with a passkey, on each kind of database: they add
// it, sign in with it by the browser's offer and by the button, confirm with it that it is
// them, name it, and remove it. The page's script runs under the page's own policy: the
// browser complains of nothing.
func TestBrowser_Passkey(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		a := startStill(t, kind.URL(t))
		b := a.tab(t)
		complaints := b.complaints()
		key := chromium.Authenticator(t, b.ctx)
		b.register(ada)
		b.proveAddress()
		b.addsPasskey(key)
		b.signsInByAutofill()
		b.signsInLater(key)
		b.signsInByButton()
		b.confirmsWithPasskey()
		b.removesPasskey(key)
		for _, text := range complaints() {
			t.Errorf("the browser complains: %s", text)
		}
	})
}

// complaints returns what the browser says of the pages from now on: what their policy
// forbids, and errors of their script.
func (b *tab) complaints() func() []string {
	b.t.Helper()
	var mu sync.Mutex
	var all []string
	add := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, text)
	}
	err := chromedp.Listen(b.ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if !strings.HasSuffix(e.Entry.URL, "/favicon.ico") { // of which every browser asks for one
				add(e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			add(e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, log.Enable, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// untaken makes the browser's own offer of passkeys one that is never taken, until the
// page ends it.
const untaken = `(() => {
	const get = navigator.credentials.get.bind(navigator.credentials)
	navigator.credentials.get = (options) => options.mediation !== 'conditional' ? get(options) : new Promise((_, refuse) => {
		document.documentElement.dataset.offers = 'passkeys'
		options.signal.addEventListener('abort', () => refuse(options.signal.reason))
	})
})()`

// stored returns how many passkeys the authenticator has.
func (b *tab) stored(key webauthn.AuthenticatorID) int {
	b.t.Helper()
	all, err := chromedp.Call(b.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: key})
	if err != nil {
		b.t.Fatal(err)
	}
	return len(all.Credentials)
}

func (b *tab) addsPasskey(key webauthn.AuthenticatorID) {
	b.t.Helper()
	b.open("/auth/account")
	b.press("Add a passkey")
	b.says("The passkey is added", "added")
	if n := b.stored(key); n != 1 {
		b.t.Fatalf("the authenticator has %d passkeys", n)
	}
	b.press("Confirm") // a password alone changes nothing beside it
	b.says("What you are about to do needs your passkey")
	b.leadsNowhere()
	b.press("Use a passkey")
	b.says("Add a passkey")
	b.do(chromedp.Click(chromedp.Search(`//button[normalize-space(.)="Add a passkey"]`)))
	await.True(b.t, "that a second one on the same device is refused", func() bool {
		return strings.Contains(b.text(), "There is a passkey of yours on that device already")
	})
	b.namesPasskey("Laptop")
}

// namesPasskey gives the one passkey on the account page a name.
func (b *tab) namesPasskey(name string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.Search(`//summary[normalize-space(.)="Rename"]`)))
	b.do(chromedp.Clear(chromedp.CSS("input[name=name]")), chromedp.SendKeys(chromedp.CSS("input[name=name]"), name))
	b.press("Save")
	b.says("The passkey has a new name", name)
}

// signsInByAutofill opens the page with a finger on the authenticator: the browser offers
// the passkey by itself, and it is taken.
func (b *tab) signsInByAutofill() {
	b.t.Helper()
	b.signOut()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Navigate(b.app.url+"/auth/signin?callbackUrl=/")); err != nil {
		b.t.Fatal(err)
	}
	await.True(b.t, "the passkey signs in", func() bool { return strings.Contains(b.text(), "Hello, Ada Lovelace") })
}

// movable lets a test move the clock that a page sees, at which it then looks often.
const movable = `(() => {
	const now = Date.now.bind(Date), often = window.setInterval.bind(window)
	window.minutes = 0
	Date.now = () => now() + window.minutes * 60_000
	window.setInterval = (f) => often(f, 100)
})()`

// signsInLater takes the browser's offer on a page that has been open for longer than its
// first question is good for: the page has asked anew.
func (b *tab) signsInLater(key webauthn.AuthenticatorID) {
	b.t.Helper()
	b.signOut()
	finger := func(on bool) {
		_, err := chromedp.Call(b.ctx, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: key, Enabled: on})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	finger(false)
	still := b.onNewPages(movable)
	b.open("/auth/signin?callbackUrl=/")
	await.True(b.t, "that the page asks", func() bool { return value[int](b, questions) == 1 })
	finger(true) // for what is asked from now on
	b.app.clock.unix.Add(600)
	value[chromedp.Void](b, "window.minutes = 10")
	await.True(b.t, "the passkey signs in", func() bool { return strings.Contains(b.text(), "Hello, Ada Lovelace") })
	still()
}

// questions counts how often the page has asked the server for what to ask a passkey.
const questions = `performance.getEntriesByType('resource').filter(e => e.name.includes('webauthn-options')).length`

// signsInByButton does so where the browser's own offer is not taken, as from then on.
func (b *tab) signsInByButton() {
	b.t.Helper()
	b.signOut()
	b.onNewPages(untaken)
	b.usesPasskeyButton()
	b.says("Hello, Ada Lovelace")
}

// usesPasskeyButton presses the button of the sign-in page while the browser's offer
// stands.
func (b *tab) usesPasskeyButton() {
	b.t.Helper()
	b.open("/auth/signin?callbackUrl=/")
	await.True(b.t, "the browser's offer", func() bool { return value[bool](b, "!!document.documentElement.dataset.offers") })
	b.press("Use a passkey")
}

// confirmsWithPasskey comes back after an hour.
func (b *tab) confirmsWithPasskey() {
	b.t.Helper()
	b.app.clock.unix.Add(3600)
	b.open("/auth/account")
	b.says("Confirm that it is you before you add or change one")
	b.open("/auth/reauthenticate?callbackUrl=/auth/account")
	b.press("Use a passkey")
	b.says("Add a passkey", "Laptop")
}

// deaf makes a browser one that cannot be told which passkeys there are.
const deaf = `delete PublicKeyCredential.signalUnknownCredential`

// removesPasskey removes it in a browser that still offers it then, which leads nowhere. A
// browser that can be told forgets it.
func (b *tab) removesPasskey(key webauthn.AuthenticatorID) {
	b.t.Helper()
	hears := b.onNewPages(deaf)
	b.open("/auth/account")
	b.click(`[aria-label="Remove the passkey Laptop"]`)
	b.says("The passkey is removed")
	b.signOut()
	b.usesPasskeyButton()
	b.says("That passkey did not work")
	b.signIn(ada, word)
	b.says("Hello, Ada Lovelace")
	hears()
	if n := b.stored(key); n != 1 {
		b.t.Fatalf("the authenticator has %d passkeys", n)
	}
	b.open("/auth/account")
	await.True(b.t, "that the authenticator has forgotten it", func() bool { return b.stored(key) == 0 })
}

// onNewPages runs a script before those of each page that is opened, until end is called.
func (b *tab) onNewPages(script string) (end func()) {
	b.t.Helper()
	added, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	if err != nil {
		b.t.Fatal(err)
	}
	return func() {
		b.t.Helper()
		if _, err := chromedp.Call(b.ctx, page.RemoveScriptToEvaluateOnNewDocument, page.RemoveScriptToEvaluateOnNewDocumentParams(added)); err != nil {
			b.t.Fatal(err)
		}
	}
}
