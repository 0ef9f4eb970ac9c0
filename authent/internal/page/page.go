// Package page renders the built-in pages. They have no script, no image and one style
// sheet, inline, whose hash is all that the Content-Security-Policy allows.
package page

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"time"
	"unicode"
	"unicode/utf8"
)

// Name is a page's: that of its template.
type Name string

// The pages there are.
const (
	SignIn        Name = "signin"
	Register      Name = "register"
	SignOut       Name = "signout"
	Error         Name = "error"
	VerifyRequest Name = "verifyrequest"
	Account       Name = "account"
	// Confirm has one button, for what a link in a mail does.
	Confirm        Name = "confirm"
	ForgotPassword Name = "forgotpassword"
	DevMailbox     Name = "devmail"
	Goodbye        Name = "goodbye"
	ResetPassword  Name = "resetpassword"
	// Factor asks for the second factor of a sign-in, Reauthenticate whoever is signed in to
	// show again that it is them.
	Factor         Name = "factor"
	Reauthenticate Name = "reauthenticate"
	// TOTP is where an authenticator app is set up, RecoveryCodes shows the codes for its
	// loss.
	TOTP          Name = "totp"
	RecoveryCodes Name = "recoverycodes"
)

// Frame is what every page has.
type Frame struct {
	// AppName is the application's name, Base the path of the engine's pages and
	// Home the URL of the application's own.
	AppName, Base, Home string
	// CSRFToken and CallbackURL are for the forms.
	CSRFToken, CallbackURL string
	// Error and Code are the codes in the page's query. Form says there which form was
	// sent, where the codes do not: a provider's id, or a card of the account page.
	Error, Code, Form string
	// NewPassword is what a new password must be.
	NewPassword PasswordRules
}

// PasswordRules are the lengths that a new password may have. Browsers and password
// managers are told, so that what they make or let through is what the engine takes.
type PasswordRules struct {
	// Min is in characters. Browsers count UTF-16 code units, which are never fewer.
	Min int
	// Max is in bytes. It is no maxlength: browsers cut there what is pasted, and say
	// nothing.
	Max int
}

// SignInView is what the sign-in page is given.
type SignInView struct {
	Frame
	Email       string
	Providers   []ProviderView
	CanRegister bool
	// CanReset says that a forgotten password can be replaced.
	CanReset bool
	// Notice is the code of what was just done.
	Notice string
	// Passkey is there where people can sign in with one.
	Passkey *PasskeyButton
	// SignedIn says that somebody is, whose UserName and UserEmail may both be "".
	SignedIn            bool
	UserName, UserEmail string
}

// Who returns what the page calls the person who is signed in.
func (v SignInView) Who() string {
	return cmp.Or(v.UserName, v.UserEmail, "your account")
}

// Input is a field of a form of the application's own kind.
type Input struct {
	Name, Label, Type, Placeholder, Autocomplete string
}

// ProviderView is a provider's form on the sign-in page.
type ProviderView struct {
	ID, Name string
	// Password says that it is the engine's own form for e-mail and password.
	Password bool
	// Mail says that it is a form for an address, to which a link is mailed.
	Mail bool
	// OAuth says that it is a button that leads to the provider.
	OAuth bool
	// Apart says that it is of another kind than the form before it.
	Apart  bool
	Inputs []Input
}

// RegisterView is what the registration page is given.
type RegisterView struct {
	Frame
	Email, Name string
	// Invitation is the token of the invitation that led here, "" for none.
	Invitation string
}

// SignOutView is what the sign-out page is given.
type SignOutView struct {
	Frame
	UserEmail string
}

// ErrorView is what the error page is given.
type ErrorView struct{ Frame }

// VerifyRequestView is what the page that says "check your mail" is given.
type VerifyRequestView struct {
	Frame
	// CanType says that this browser waits for a code that Address was sent.
	CanType bool
	Address string
}

// Field is a hidden field of a form.
type Field struct{ Name, Value string }

// ConfirmView is what a page is given to which a link in a mail leads.
type ConfirmView struct {
	Frame
	// Title is the heading, Lead what it does, Account whose it is, and Button what the
	// button says.
	Title, Lead, Account, Button string
	// Action is where the form goes, under Base.
	Action string
	Fields []Field
	// Other is who is signed in, if that is somebody else.
	Other string
	// AskPassword says that the link alone is not enough.
	AskPassword bool
}

// GoodbyeView is what the page is given that follows a deletion.
type GoodbyeView struct{ Frame }

// DevMailView is what the page of a development mailer is given.
type DevMailView struct {
	Frame
	// Mails are the last ones, the newest first.
	Mails []DevMail
}

// DevMail is a mail on that page.
type DevMail struct {
	At                           time.Time
	To, Subject, URL, Code, Text string
}

// ForgotPasswordView is what the page is given on which people ask for a mail.
type ForgotPasswordView struct {
	Frame
	Email string
}

// ResetPasswordView is what the page for a new password is given.
type ResetPasswordView struct {
	Frame
	Email       string
	HasPassword bool
	// NeedsCode says that the link alone is not enough.
	NeedsCode bool
	Fields    []Field
}

// AccountView is what the account page is given.
type AccountView struct {
	Frame
	UserName, Email, Role string
	HasPassword           bool
	// Verified says that the address is proved, CanMail that mails can be sent, and
	// CanPassword that people sign in with passwords here.
	Verified, CanMail, CanPassword bool
	// MailName is what the provider is called that mails links to sign in with, "" for none.
	MailName string
	// Recent says that what guards the account may be changed now.
	Recent   bool
	Sessions []SessionView
	Accounts []AccountItem
	// Passkeys are the account's; nil where there are none.
	Passkeys *PasskeyCard
	// Factor is what the account has of a second factor; nil where there are none.
	Factor *FactorCard
	// Events are what happened last, the newest first; Older is the query of the page with
	// those before, "" for none.
	Events []EventView
	Older  string
	// Linkable are the providers that could be linked.
	Linkable []ProviderView
	// Notice is the code of what was just done.
	Notice string
}

// AccountItem is a linked account on the account page.
type AccountItem struct {
	Provider, Name, ID string
	// Only says that it is the last way to sign in.
	Only bool
}

// SessionView is a session on the account page.
type SessionView struct {
	ID                string
	Current           bool
	Device, IPAddress string
	LastUsed, Expires time.Time
}

//go:embed *.html style.css passkey.js
var pageFiles embed.FS

var pages = parsePages(SignIn, Register, SignOut, Error, VerifyRequest, Account, Confirm, DevMailbox, Goodbye, ForgotPassword, ResetPassword,
	Factor, Reauthenticate, TOTP, RecoveryCodes)

// parsePages parses embedded files, so it can fail in a broken build alone.
func parsePages(names ...Name) map[Name]*template.Template {
	all := make(map[Name]*template.Template, len(names))
	for _, name := range names {
		t := template.New(string(name)).Funcs(pageFuncs)
		all[name] = template.Must(t.ParseFS(pageFiles, "layout.html", ""+string(name)+".html"))
	}
	return all
}

var pageFuncs = template.FuncMap{
	"style": func() template.CSS { return template.CSS(pageStyle) },
	// passkeyscript is the one script there is, on pages where passkeys can be used.
	"passkeyscript": func() template.JS { return template.JS(passkeyScript) },
	"message":       Message,
	"heading":       errorHeading,
	"explain":       errorMessage,
	"notice":        Notice,
	"initial":       initial,
	"field":         faultyField,
	"when":          func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") },
	"datetime":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}

var (
	pageStyle     = mustRead("style.css")
	passkeyScript = mustRead("passkey.js")
)

func mustRead(name string) string {
	b, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("authent: embedded %s: %v", name, err))
	}
	return string(b)
}

// pageCSP lets a page do nothing but show itself, scriptCSP the one script ask this origin
// as well. There is no form-action: a browser would apply it to the redirect to a provider
// too.
var (
	pageCSP   = "default-src 'none'; style-src " + hashSource(pageStyle) + "; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
	scriptCSP = pageCSP + "; script-src " + hashSource(passkeyScript) + "; connect-src 'self'"
)

// hashSource names an inline style or script for a Content-Security-Policy.
func hashSource(text string) string {
	hash := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}

// scripted is a view of a page that may have the script.
type scripted interface{ Scripted() bool }

// Render writes a whole page, or nothing and an error.
func Render(w io.Writer, name Name, view any) error {
	var b bytes.Buffer
	if err := pages[name].ExecuteTemplate(&b, "layout", view); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	_, err := b.WriteTo(w)
	return err
}

// WriteHeaders keeps pages from being framed, sniffed, cached and from
// telling other sites their address (ASVS 3.4). A view with passkeys may run their script.
func WriteHeaders(h http.Header, view any) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pageCSP)
	if v, ok := view.(scripted); ok && v.Scripted() {
		h.Set("Content-Security-Policy", scriptCSP)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "strict-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-cache, no-store")
}

func initial(name string) string {
	if c, _ := utf8.DecodeRuneInString(name); unicode.IsPrint(c) && c != utf8.RuneError {
		return string(c)
	}
	return ""
}
