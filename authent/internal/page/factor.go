package page

import (
	"html/template"
	"strings"
	"time"
)

// FactorView is what the page is given that asks for the second factor of a sign-in.
type FactorView struct {
	Frame
	// TrustDays is for how many days the browser can be remembered, 0 for not at all.
	TrustDays int
	// Passkey is there where a passkey can be used in place of the code.
	Passkey *PasskeyButton
}

// ReauthenticateView is what the page is given on which somebody shows again that it is
// them.
type ReauthenticateView struct {
	Frame
	Email                string
	HasPassword, HasTOTP bool
	// NeedsFactor says that the password, or a provider, is not enough; CanSetUp that there
	// is no second factor, and one can be set up.
	NeedsFactor, CanSetUp bool
	// Providers are those whose accounts are linked.
	Providers []ProviderView
	// Passkey is there where the account has one.
	Passkey *PasskeyButton
}

// Led reports whether the page has no mistake to tell of: a code that only says why somebody
// is asked is none.
func (v ReauthenticateView) Led() bool {
	return v.Error == "" || v.Error == "FactorRequired" || v.Error == "RecentSignInRequired"
}

// Focus returns the id of the first field to be filled in.
func (v ReauthenticateView) Focus() string {
	switch {
	case v.Error == "CurrentPassword" && v.HasPassword && !v.NeedsFactor:
		return "password"
	case v.HasTOTP:
		return "code"
	case v.HasPassword:
		return "password"
	}
	return ""
}

// TOTPView is what the page is given on which an authenticator app is set up.
type TOTPView struct {
	Frame
	Email string
	// URI is for apps on the same device, Key the secret to be typed.
	URI template.URL
	Key string
	// QR is an SVG element.
	QR template.HTML
}

// Grouped returns the key in groups of four letters.
func (v TOTPView) Grouped() string {
	var groups []string
	for rest := v.Key; rest != ""; {
		n := min(4, len(rest))
		groups, rest = append(groups, rest[:n]), rest[n:]
	}
	return strings.Join(groups, " ")
}

// RecoveryCodesView is what the page is given that shows recovery codes, once.
type RecoveryCodesView struct {
	Frame
	Codes []string
	// Account is the URL of the account page.
	Account string
}

// FactorCard is what the account page says of the second factor.
type FactorCard struct {
	// On says that an authenticator app is set up, CanChange that it may be removed now.
	On, CanChange bool
	CodesLeft     int
	Browsers      []BrowserView
}

// BrowserView is a browser in which the second factor is not asked for.
type BrowserView struct {
	ID      string
	Current bool
	Until   time.Time
}
