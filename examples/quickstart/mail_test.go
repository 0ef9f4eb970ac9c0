package main

import (
	"strings"
	"testing"

	"github.com/authent/authent/internal/freeport"
	"github.com/authent/authent/internal/smtpserver"
	"github.com/authent/authent/internal/testdb"
)

const (
	adasNew = "ada@new.example.com"
	grace   = "grace@example.com"
)

// TestBrowser_Mail is what people do with mails, on each kind of database, with a mail
// server whose received messages are parsed back: they prove an address, forget a
// password, change the address and undo that, and sign in by link and by code.
func TestBrowser_Mail(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		server := smtpserver.Start(t, smtpserver.Config{})
		a := startWith(t, map[string]string{
			"PORT": freeport.For(t), "DATABASE_URL": kind.URL(t), "AUTH_SECRET": testSecret,
			"EMAIL_SERVER": server.URL(), "EMAIL_FROM": "Quickstart <no-reply@quickstart.example.com>",
		})
		m := &mailReader{t, a, server}
		b := a.tab(t)
		m.proves(b)
		m.forgets(b)
		m.changesAndUndoes(b)
		m.signsInByMail()
	})
}

// mailReader reads the mails that the server got.
type mailReader struct {
	t      *testing.T
	app    *app
	server *smtpserver.Server
}

// follow opens the link of the next mail to an address.
func (m *mailReader) follow(b *tab, address string) {
	m.t.Helper()
	link := m.server.NextTo(m.t, address).Link()
	path, ok := strings.CutPrefix(link, m.app.url)
	if !ok {
		m.t.Fatalf("the link leads elsewhere: %s", link)
	}
	b.open(path)
}

func (m *mailReader) proves(b *tab) {
	b.register(ada)
	b.open("/auth/account")
	b.says("Your address is not confirmed yet")
	m.follow(b, ada)
	b.says("Confirm your address", ada)
	b.press("Confirm")
	b.says("Your address is confirmed")
}

func (m *mailReader) forgets(b *tab) {
	b.open("/auth/signout?callbackUrl=/")
	b.press("Sign out")
	b.open("/auth/signin?callbackUrl=/")
	b.press("Forgot password?")
	b.fill("email", ada)
	b.press("Mail me a link")
	b.says("Check your mail")
	m.follow(b, ada)
	b.says("Set a new password", ada)
	b.fill("password", newWord)
	b.press("Set password")
	b.says("Your password has been set")
	b.signIn(ada, newWord)
	b.says("Hello, Ada Lovelace")
	m.server.NextTo(m.t, ada) // tells of the new password
}

func (m *mailReader) changesAndUndoes(b *tab) {
	b.open("/auth/account")
	b.fill("new-email", adasNew)
	b.press("Change address")
	b.says("Check your mail")
	m.follow(b, adasNew)
	b.says("Change your address", adasNew)
	b.press("Change address")
	b.says("The address has been changed", adasNew)
	owner := m.app.tab(m.t)
	m.follow(owner, ada)
	owner.says("Undo the change of your address", ada)
	owner.press("Undo the change")
	owner.says("The account has its old address back")
	b.open("/")
	b.says("Create an account")
	m.follow(owner, ada)
	owner.fill("password", word)
	owner.press("Set password")
	owner.signIn(ada, word)
	owner.says("Hello, Ada Lovelace", ada)
}

func (m *mailReader) signsInByMail() {
	for _, how := range []string{"link", "code"} {
		b := m.app.tab(m.t)
		b.open("/auth/signin?callbackUrl=/")
		b.fill("email-email", grace)
		b.press("Mail me a link")
		b.says("Check your mail", grace)
		if how == "link" {
			m.follow(b, grace)
			b.says("Sign in", grace)
			b.press("Sign in")
		} else {
			b.fill("code", strings.ToLower(m.server.NextTo(m.t, grace).Code()))
			b.press("Continue")
		}
		b.says("Hello, " + grace)
	}
}
