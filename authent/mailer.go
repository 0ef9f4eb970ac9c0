package authent

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Mailer sends mail. Package mail has one for SMTP and one for development; an
// application may write its own, for a service's API say.
//
// Send is called by a few goroutines at once, none of which is a request's: it may take
// its time, until ctx ends. It sends one mail, to m.To alone and exactly as written: that
// is the stored address, which a Mailer must neither split nor change (CVE-2022-35924).
// An error that wraps ErrMailRefused is final; after any other the same mail is sent
// again later. No error may hold m.URL or m.Code.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// ErrMailRefused says that a mail will never be accepted, such as one for a mailbox
// that does not exist. It is not tried again.
var ErrMailRefused = errors.New("the mail was refused for good")

// MailKind says what a mail is about.
type MailKind string

// What mails are about.
const (
	// MailSignIn has a link, and a code, to sign in with.
	MailSignIn MailKind = "sign-in"
	// MailReset has a link, and a code, to set a new password with.
	MailReset MailKind = "reset"
	// MailVerify has a link, and a code, that prove the address of a new account.
	MailVerify MailKind = "verify-email"
	// MailChange has a link, and a code, that prove the address that an account is to
	// have from then on.
	MailChange MailKind = "change-email"
	// MailInvitation has a link with which to register.
	MailInvitation MailKind = "invitation"
	// MailExists answers a registration whose address has an account already: it has a
	// link, and a code, to sign in with or to set a new password with.
	MailExists MailKind = "account-exists"

	// MailPasswordChanged and those below tell the owner what has changed.
	MailPasswordChanged MailKind = "password-changed"
	// MailAddressChanged goes to the old address. Its link undoes the change.
	MailAddressChanged MailKind = "address-changed"
	// MailAccountLinked says that a provider can be used to sign in.
	MailAccountLinked MailKind = "account-linked"
	// MailAccountUnlinked says that a provider can no longer be used.
	MailAccountUnlinked MailKind = "account-unlinked"
	// MailFactorAdded says that an authenticator app was set up, MailFactorRemoved that it is
	// gone.
	MailFactorAdded   MailKind = "factor-added"
	MailFactorRemoved MailKind = "factor-removed"
	// MailRecoveryCodesMade says that there are new recovery codes, MailRecoveryCodeUsed
	// that one was used.
	MailRecoveryCodesMade MailKind = "recovery-codes-made"
	MailRecoveryCodeUsed  MailKind = "recovery-code-used"
	// MailPasskeyAdded says that there is a new passkey, MailPasskeyRemoved that one is gone.
	MailPasskeyAdded   MailKind = "passkey-added"
	MailPasskeyRemoved MailKind = "passkey-removed"
	// MailPasskeyBlocked says that a passkey no longer works: its counter went back, so that
	// somebody may have a copy of it.
	MailPasskeyBlocked MailKind = "passkey-blocked"
	// MailNewBrowser says that somebody signed in with a browser not seen before.
	MailNewBrowser MailKind = "new-browser"
)

// Mail is one mail, as data: a Mailer turns it into text. Nothing in it was typed by a
// stranger except To, which is the address that it goes to (P23).
type Mail struct {
	// Kind says what it is about.
	Kind MailKind
	// To is the one address that it goes to, normalised.
	To string
	// AppName is what the application is called: Pages.AppName, or its host.
	AppName string
	// Home is the application's URL.
	Home string
	// URL is the link. A notice has a link that does nothing by itself: to the page on
	// which people ask for a new password; MailAddressChanged one to the page that undoes
	// the change.
	URL Secret
	// Code is what people can type in place of the link, such as "BCDF-GHJK"; "" if
	// there is none.
	Code Secret
	// Expires is when URL and Code stop working; zero for a notice.
	Expires time.Time
	// At is when it happened that a notice tells of; zero for others.
	At time.Time
	// Provider is the name of the provider that was linked or unlinked; else "".
	Provider string
}

// LogValue logs what the mail is about, without address, link and code.
func (m Mail) LogValue() slog.Value { return slog.StringValue(string(m.Kind)) }

// DevMailbox is a Mailer that keeps mails to be read in development, such as that of
// mail.Dev.
type DevMailbox interface {
	Mailer
	// Mails returns the mails that were sent last, the newest first. They hold live links
	// and codes: show them to nobody but the developer, on the same machine.
	Mails() []DevMail
}

// DevMail is a mail that a DevMailbox keeps.
type DevMail struct {
	// Mail is what the Mailer was given.
	Mail Mail
	// At is when it was sent.
	At time.Time
	// Subject is one line, without link and code.
	Subject string
	// Text and HTML are its words, with link and code.
	Text, HTML Secret
}

// LogValue logs what the mail is about, without address, link and code.
func (m DevMail) LogValue() slog.Value { return m.Mail.LogValue() }
