package page

import "time"

// PasskeyButton is what a page needs on which people use a passkey.
type PasskeyButton struct {
	// Name is what the provider is called.
	Name string
	// Options is where the script asks for what to ask the browser, Action where the
	// answer goes.
	Options, Action string
}

// PasskeyCard is what the account page says of passkeys.
type PasskeyCard struct {
	// Provider is the id of the provider.
	Provider string
	// CanChange says that they may be added, renamed and removed now.
	CanChange bool
	// RPID is the relying party's id.
	RPID string
	Keys []PasskeyView
}

// PasskeyView is a passkey on the account page.
type PasskeyView struct {
	ID, Name string
	// WebID is the id as browsers have it.
	WebID string
	// Synced says that it can be on several devices, Blocked that it works no more, Only
	// that it is the last way to sign in.
	Synced, Blocked, Only bool
	Added, LastUsed       time.Time
}

// Scripted reports whether the page has the script.
func (v SignInView) Scripted() bool { return v.Passkey != nil }

// Autofill reports whether browsers are to offer passkeys in the address field.
func (v SignInView) Autofill() bool { return true }

// PasskeyApart reports whether the button follows a form of another kind.
func (v SignInView) PasskeyApart() bool {
	n := len(v.Providers)
	return n > 0 && !v.Providers[n-1].OAuth
}

// Scripted reports whether the page has the script.
func (v FactorView) Scripted() bool { return v.Passkey != nil }

// Autofill reports whether browsers are to offer passkeys in the address field.
func (v FactorView) Autofill() bool { return false }

// Scripted reports whether the page has the script.
func (v ReauthenticateView) Scripted() bool { return v.Passkey != nil }

// Autofill reports whether browsers are to offer passkeys in the address field.
func (v ReauthenticateView) Autofill() bool { return false }

// Scripted reports whether the page has the script.
func (v AccountView) Scripted() bool { return v.Passkeys != nil && v.Passkeys.CanChange }
