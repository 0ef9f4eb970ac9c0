package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/authent/authent/internal/testdb"
)

// TestBrowser_SecondStep is what people do with an authenticator app, on each kind of
// database: they set it up, sign in with its codes and with recovery codes, have a browser
// remembered, forget their password, and turn the app off.
func TestBrowser_SecondStep(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		a := startStill(t, kind.URL(t))
		b := a.tab(t)
		b.register(ada)
		b.open("/auth/account")
		b.says("Second step", "Confirm your address first")
		b.proveAddress()
		p := b.beginApp()
		codes := b.setUpApp(p)
		b.signsInWithCode(p)
		b.signsInWithRecoveryCode(codes)
		b.remembersBrowser(p)
		b.confirmsWithCode(p)
		b.resetsWithCode(p)
		b.turnsOff(p)
	})
}

// signOut signs out on the page for that.
func (b *tab) signOut() {
	b.t.Helper()
	b.open("/auth/signout?callbackUrl=/")
	b.press("Sign out")
	b.says("Create an account")
}

// enter presses the key and waits for the page that follows.
func (b *tab) enter() {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		b.t.Fatal(err)
	}
}

// hasFocus fails the test unless the field with this id has the focus.
func (b *tab) hasFocus(id string) {
	b.t.Helper()
	b.do(chromedp.Poll[chromedp.Void]("document.activeElement && document.activeElement.id === '" + id + "'"))
}

// setUpApp goes from the page with the key to the recovery codes, which it returns.
func (b *tab) setUpApp(p *phone) (codes []string) {
	b.t.Helper()
	b.says("Set up an authenticator app", "Scan this")
	if drawn := value[bool](b, "document.querySelector('.qr svg').getBoundingClientRect().width > 100"); !drawn {
		b.t.Error("the code to be scanned is not drawn")
	}
	b.fill("code", p.wrong())
	b.press("Turn on")
	b.says("That code is not right")
	b.leadsTo("code")
	if again := b.shownKey(); again != p.key {
		b.t.Error("a wrong code has made another key")
	}
	b.fill("code", p.code())
	b.press("Turn on")
	b.says("Your recovery codes")
	codes = value[[]string](b, "[...document.querySelectorAll('.codes code')].map(e => e.textContent)")
	if len(codes) != 10 {
		b.t.Fatalf("%d recovery codes", len(codes))
	}
	b.press("I have kept them")
	b.says("You have 10 recovery codes left")
	return codes
}

// signsInWithCode has no hand on the mouse once the password is typed.
func (b *tab) signsInWithCode(p *phone) {
	b.t.Helper()
	b.signOut()
	b.signIn(ada, word)
	b.says("One more step", "Quickstart")
	b.hasFocus("code")
	b.do(chromedp.KeyEvent(p.code())) // that of the setup
	b.enter()
	b.says("That code is not right")
	b.leadsTo("code")
	b.do(chromedp.KeyEvent(p.next()))
	b.enter()
	b.says("Hello, Ada Lovelace")
}

func (b *tab) signsInWithRecoveryCode(codes []string) {
	b.t.Helper()
	b.signOut()
	b.useRecoveryCode(codes[0])
	b.says("Hello, Ada Lovelace")
	b.open("/auth/account")
	b.says("You have 9 recovery codes left")
	other := b.app.tab(b.t)
	other.useRecoveryCode(codes[0])
	other.says("That code is not right")
	other.open("/")
	other.says("Create an account")
}

// useRecoveryCode signs in with the password and then a recovery code.
func (b *tab) useRecoveryCode(code string) {
	b.t.Helper()
	b.signIn(ada, word)
	b.do(chromedp.Click(chromedp.CSS("summary")))
	b.fill("recovery", code)
	b.press("Use recovery code")
}

// remembersBrowser leaves b signed in by the password alone.
func (b *tab) remembersBrowser(p *phone) {
	b.t.Helper()
	b.signOut()
	b.signIn(ada, word)
	b.do(chromedp.Click(chromedp.CSS("[name=trust]")))
	b.fill("code", p.next())
	b.press("Continue")
	b.says("Hello, Ada Lovelace")
	other := b.app.tab(b.t)
	other.signIn(ada, word)
	other.says("One more step")
	b.signOut()
	b.signIn(ada, word)
	b.says("Hello, Ada Lovelace")
	b.open("/auth/account")
	b.says("Browsers that are not asked", "Remembered browser")
	b.press("Forget")
	b.says("the code is asked for there again")
	b.signOut()
	b.signIn(ada, word)
	b.says("One more step")
	b.do(chromedp.Click(chromedp.CSS("[name=trust]")))
	b.fill("code", p.next())
	b.press("Continue")
	b.signOut()
	b.signIn(ada, word)
	b.says("Hello, Ada Lovelace")
}

// confirmsWithCode makes new recovery codes in a session that began without the app.
func (b *tab) confirmsWithCode(p *phone) {
	b.t.Helper()
	b.open("/auth/account")
	b.press("Confirm with a code to change this")
	b.says("Confirm that it is you", "needs a code")
	b.hasFocus("code")
	b.do(chromedp.KeyEvent(p.wrong()))
	b.enter()
	b.says("That code is not right")
	b.leadsTo("code")
	b.do(chromedp.KeyEvent(p.next()))
	b.enter()
	b.press("New recovery codes")
	b.says("Your recovery codes")
	b.press("I have kept them")
	b.says("You have 10 recovery codes left")
}

// resetsWithCode sets a new password, for which the mail alone is not enough.
func (b *tab) resetsWithCode(p *phone) {
	b.t.Helper()
	b.signOut()
	b.open("/auth/forgot-password")
	b.fill("email", ada)
	b.press("Mail me a link")
	b.openMail("/reset-password?")
	b.fill("password", newWord, "code", p.wrong())
	b.press("Set password")
	b.says("That code is not right")
	b.leadsTo("password") // which no page gives back, so that it comes first again
	b.fill("password", newWord, "code", p.next())
	b.press("Set password")
	b.says("Your password has been set")
}

// turnsOff signs in with the new password, which no browser is remembered for, and turns
// the app off.
func (b *tab) turnsOff(p *phone) {
	b.t.Helper()
	b.signIn(ada, newWord)
	b.says("One more step")
	b.fill("code", p.next())
	b.press("Continue")
	b.says("Hello, Ada Lovelace")
	b.open("/auth/account")
	b.press("Turn off")
	b.says("no longer asked for", "Set up an authenticator app")
	b.signOut()
	b.signIn(ada, newWord)
	b.says("Hello, Ada Lovelace")
}
