package main

import (
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/authent/authent/internal/testdb"
)

// TestBrowser_MainJob is what the quickstart is for, from registration to the
// deletion of the account.
func TestBrowser_MainJob(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		startAppOn(t, kind.URL(t), t.TempDir()).mainJob(t)
	})
}

func (a *app) mainJob(t *testing.T) {
	b := a.tab(t)
	b.register(ada)

	b.press("Sign out")
	b.press("Sign out")
	b.says("Create an account")

	b.signIn(ada, "not the password")
	b.says("That did not work")
	b.leadsTo("password")
	if kept := value[string](b, "document.getElementById('email').value"); kept != ada {
		t.Errorf("the form kept %q", kept)
	}
	b.fill("password", word)
	b.press("Sign in")
	b.says("Hello, Ada Lovelace")

	other := a.tab(t)
	other.signIn(ada, word)
	other.says("Hello, Ada Lovelace")

	b.press("Account and sessions")
	b.says("This browser", "Chrome on Linux")
	if n := value[int](b, "document.querySelectorAll('#sessions li').length"); n != 2 {
		t.Errorf("%d sessions are listed, want 2", n)
	}
	if marked := value[string](b, "[...document.querySelectorAll('#sessions li')].map(li => li.querySelector('.badge') ? 'this' : 'other').join()"); marked != "this,other" {
		t.Errorf("the sessions are marked %s", marked)
	}
	b.click("#sessions form button")
	b.says("The session has ended")
	other.open("/")
	other.says("Create an account")

	other.signIn(ada, word)
	b.open("/auth/account")
	b.press("Sign out all others")
	b.says("All other sessions have ended")
	other.open("/")
	other.says("Create an account")

	b.changePassword(t, other)
	b.deleteAccount(other)
}

func (b *tab) changePassword(t *testing.T, other *tab) {
	t.Helper()
	b.open("/auth/account")
	b.fill("current-password", "not the password", "new-password", newWord)
	b.press("Change password")
	b.says("That is not your current password")
	b.leadsTo("current-password")
	b.fill("current-password", word, "new-password", "football")
	b.press("Change password")
	b.says("That password is too easy to guess")
	b.leadsTo("new-password")
	b.fill("current-password", word, "new-password", newWord)
	b.press("Change password")
	b.says("Your password has been changed")
	b.leadsNowhere()
	other.signIn(ada, word)
	other.says("That did not work")
	other.signIn(ada, newWord)
	other.says("Hello, Ada Lovelace")
}

func (b *tab) deleteAccount(other *tab) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS("summary")))
	b.fill("delete-password", "not the password")
	b.click("button.danger")
	b.says("That is not your password, and nothing was deleted")
	b.leadsTo("delete-password")
	b.fill("delete-password", newWord)
	b.click("button.danger")
	b.says("Goodbye")
	b.open("/")
	b.says("Create an account")
	other.open("/")
	other.says("Create an account")
	other.signIn(ada, newWord)
	other.says("That did not work")
}

// TestBrowser_RegistrationSaysWhatIsWrong and keeps what was typed.
func TestBrowser_RegistrationSaysWhatIsWrong(t *testing.T) {
	a := startApp(t, t.TempDir())
	a.tab(t).register(ada)
	b := a.tab(t)
	b.open("/auth/register?callbackUrl=/")
	for _, tc := range []struct{ email, password, says, wrong string }{
		{ada, word, "There is already an account with this address", "email"},
		{"grace@example.com", "GraceFootball", "That password is too easy to guess", "password"},
	} {
		b.fill("name", "Grace Hopper", "email", tc.email, "password", tc.password)
		b.press("Create account")
		b.says(tc.says)
		b.leadsTo(tc.wrong)
		kept := value[[]string](b, "['name','email','password'].map(id => document.getElementById(id).value)")
		if kept[0] != "Grace Hopper" || kept[1] != tc.email || kept[2] != "" {
			t.Errorf("the form kept %q", kept)
		}
		if wrong := value[string](b, "document.querySelector('[aria-invalid]').id"); wrong != tc.wrong {
			t.Errorf("the field marked is %s, want %s", wrong, tc.wrong)
		}
	}
	b.fill("password", "short")
	if !value[bool](b, "document.getElementById('password').validity.tooShort") {
		t.Error("the browser lets a password through that is too short")
	}
	b.fill("password", word)
	b.press("Create account")
	b.says("Hello, Grace Hopper")
}

// TestBrowser_OldSessionConfirms: after the recent sign-in has passed the page
// asks for the password first.
func TestBrowser_OldSessionConfirms(t *testing.T) {
	a := startApp(t, t.TempDir())
	b := a.tab(t)
	b.register(ada)
	a.ageSessions(t)
	b.open("/auth/account")
	b.says("Confirm that it is you")
	b.fill("confirm", "not the password")
	b.press("Confirm")
	b.says("That is not your current password", "Confirm that it is you")
	b.fill("confirm", word)
	b.press("Confirm")
	b.says("You can now change how you sign in", "Current password")
	b.fill("current-password", word, "new-password", newWord)
	b.press("Change password")
	b.says("Your password has been changed")
}

func TestBrowser_Keyboard(t *testing.T) {
	a := startApp(t, t.TempDir())
	a.tab(t).register(ada)
	b := a.tab(t)
	b.open("/auth/signin?callbackUrl=/")
	// The wordmark comes first, then the two fields.
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(ada), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(word))
	if _, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	b.says("Hello, Ada Lovelace")
}

func TestBrowser_WithoutScript(t *testing.T) {
	a := startApp(t, t.TempDir())
	b := a.tab(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate("data:text/html,<title>off</title><script>document.title='on'</script>"))
	if s := value[string](b, "document.title"); s != "off" {
		t.Fatalf("script is %s", s)
	}
	b.register(ada)
	b.press("Account and sessions")
	b.press("Sign out")
	b.says("Create an account")
}

// TestBrowser_InternationalAddress: browsers hold fields of type email to ASCII,
// so ours are not of that type.
func TestBrowser_InternationalAddress(t *testing.T) {
	const email = "josé@bücher.example"
	a := startApp(t, t.TempDir())
	b := a.tab(t)
	b.register(email)
	b.open("/auth/account")
	b.fill("current-password", word, "new-password", newWord)
	b.press("Change password")
	b.says("Your password has been changed")
	other := a.tab(t)
	other.signIn(email, newWord)
	other.says("Hello, Ada Lovelace")
}

// TestBrowser_SecondStart finds the users and sessions of the first.
func TestBrowser_SecondStart(t *testing.T) {
	dir := t.TempDir()
	first := startApp(t, dir)
	b := first.tab(t)
	b.register(ada)
	first.stop()
	b.app = startApp(t, dir)
	// Cookies do not know ports: the browser brings its session to the new one.
	b.open("/")
	b.says("Hello, Ada Lovelace")
	other := b.app.tab(t)
	other.signIn(ada, word)
	other.says("Hello, Ada Lovelace")
}

// TestBrowser_WellKnownChangePassword: where a password manager sends a person who is
// signed out, they sign in and change the password.
func TestBrowser_WellKnownChangePassword(t *testing.T) {
	a := startApp(t, t.TempDir())
	a.tab(t).register(ada)
	b := a.tab(t)
	b.open("/.well-known/change-password")
	b.fill("email", ada, "password", word)
	b.press("Sign in")
	b.says("Change password", "This signs you out everywhere else.")
	b.open("/.well-known/change-password")
	if at := value[string](b, "document.querySelector(':target').textContent"); at != "Change password" {
		t.Errorf("the page is shown at %q", at)
	}
	res, err := http.Get(a.url + "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("a path that is not there: %d", res.StatusCode)
	}
}
