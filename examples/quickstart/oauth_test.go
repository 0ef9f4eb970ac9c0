package main

import (
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestBrowser_Providers: sign in through the development provider, link a second
// one, unlink it, and sign in again; nobody needs an account anywhere for it.
func TestBrowser_Providers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		a := startAppOn(t, kind.URL(t), t.TempDir())
		b := a.tab(t)
		b.open("/auth/signin?callbackUrl=/")
		b.press("Continue with Dev provider")
		b.says("Who do you want to be?")
		b.press("Cancel")
		b.says("You did not finish signing in there")
		b.through("Dev provider")
		b.says("Hello, Ada Lovelace")

		b.open("/auth/account")
		b.says("How you sign in", "Dev provider", "your only way to sign in", "Dev GitHub", "Not linked")
		b.click(`[aria-label="Link Dev GitHub"]`)
		b.press("Sign in")
		b.says("The account is linked")
		other := a.tab(t)
		other.open("/auth/signin?callbackUrl=/")
		other.through("Dev GitHub")
		other.says("Hello, Ada Lovelace")

		b.click(`[aria-label^="Unlink Dev GitHub"]`)
		b.says("The account is no longer linked", "your only way to sign in")
		b.press("Sign out")
		b.says("Create an account")
		b.open("/auth/signin?callbackUrl=/")
		b.through("Dev GitHub")
		b.says("This address belongs to an account with another way to sign in")
		b.through("Dev provider")
		b.says("Hello, Ada Lovelace")
	})
}

// through goes to a provider from the sign-in page, and comes back as who it
// proposes.
func (b *tab) through(provider string) {
	b.t.Helper()
	b.press("Continue with " + provider)
	b.says("Who do you want to be?")
	b.press("Sign in")
}

// TestBrowser_ProvidersWithoutPassword: who has no password confirms a change by
// signing in again.
func TestBrowser_ProvidersWithoutPassword(t *testing.T) {
	a := startApp(t, t.TempDir())
	b := a.tab(t)
	b.open("/auth/signin?callbackUrl=/")
	b.through("Dev provider")
	a.ageSessions(t)
	b.open("/auth/account")
	b.says("Confirm that it is you")
	b.press("Sign in again")
	b.through("Dev provider")
	b.says("Delete account", "Not linked")
}
