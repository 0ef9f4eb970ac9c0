package mail_test

import (
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authent/authent/authent"
	authentmail "github.com/authent/authent/authent/mail"
	"github.com/authent/authent/internal/smtpserver"
)

// elsewhere is a host that is not this machine; connections to it lead to the test's server.
const elsewhere = "mail.example.com"

// mailerTo returns a Mailer for the server; change may be nil.
func mailerTo(t testing.TB, s *smtpserver.Server, change func(*authentmail.SMTPConfig)) authent.Mailer {
	t.Helper()
	c := authentmail.SMTPConfig{URL: authent.Secret(s.URL()), From: "Ada & Co <no-reply@shop.example.com>", Templates: newTemplates(t, nil)}
	if change != nil {
		change(&c)
	}
	m, err := authentmail.SMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// fromElsewhere makes the server one that is not this machine.
func fromElsewhere(s *smtpserver.Server) func(*authentmail.SMTPConfig) {
	return func(c *authentmail.SMTPConfig) {
		scheme, rest, _ := strings.Cut(string(c.URL), "://")
		user, _, ok := strings.Cut(rest, "@")
		if ok {
			user += "@"
		} else {
			user = ""
		}
		c.URL = authent.Secret(scheme + "://" + user + elsewhere)
		c.Dial, c.RootCAs = s.Dial, s.RootCAs()
	}
}

// fromHere makes the server one with another address of this machine.
func fromHere(s *smtpserver.Server) func(*authentmail.SMTPConfig) {
	return func(c *authentmail.SMTPConfig) {
		c.URL = authent.Secret(strings.Replace(string(c.URL), "127.0.0.1", "127.0.0.2", 1))
		c.Dial = s.Dial
	}
}

// TestMailArrives: whatever the server offers, the mail that is parsed back there is the
// one that was to be sent, and has no header beside.
func TestMailArrives(t *testing.T) {
	for name, tc := range map[string]struct {
		config smtpserver.Config
		change func(*smtpserver.Server) func(*authentmail.SMTPConfig)
	}{
		"STARTTLS elsewhere":        {smtpserver.Config{Host: elsewhere}, fromElsewhere},
		"implicit TLS elsewhere":    {smtpserver.Config{Host: elsewhere, Implicit: true}, fromElsewhere},
		"AUTH PLAIN":                {smtpserver.Config{Host: elsewhere, User: "ada@shop", Password: "p:a@s%s /w?#", Mechanisms: []string{"PLAIN"}}, fromElsewhere},
		"AUTH LOGIN":                {smtpserver.Config{Host: elsewhere, User: "ada", Password: "secret", Mechanisms: []string{"LOGIN"}}, fromElsewhere},
		"AUTH implicit":             {smtpserver.Config{Host: elsewhere, Implicit: true, User: "ada", Password: "secret"}, fromElsewhere},
		"here, STARTTLS":            {smtpserver.Config{Host: "snakeoil"}, nil},
		"here, no TLS":              {smtpserver.Config{NoTLS: true}, nil},
		"here, no TLS, AUTH PLAIN":  {smtpserver.Config{NoTLS: true, User: "ada", Password: "secret", Mechanisms: []string{"PLAIN"}}, nil},
		"here, no TLS, AUTH LOGIN":  {smtpserver.Config{NoTLS: true, User: "ada", Password: "secret", Mechanisms: []string{"LOGIN"}}, nil},
		"here, another address":     {smtpserver.Config{NoTLS: true, User: "ada", Password: "secret"}, fromHere},
		"no 8BITMIME":               {smtpserver.Config{NoTLS: true, No8BITMIME: true}, nil},
		"SMTPUTF8 that is not used": {smtpserver.Config{SMTPUTF8: true}, nil},
		"byte by byte":              {smtpserver.Config{NoTLS: true, Pause: 1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := smtpserver.Start(t, tc.config)
			var change func(*authentmail.SMTPConfig)
			if tc.change != nil {
				change = tc.change(s)
			}
			m := ofKind(authent.MailSignIn)
			if err := mailerTo(t, s, change).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got := s.Next(t)
			checkArrived(t, got, m)
			if got.TLS == tc.config.NoTLS || got.User != tc.config.User || got.SMTPUTF8 {
				t.Errorf("TLS %v, user %q, SMTPUTF8 %v", got.TLS, got.User, got.SMTPUTF8)
			}
			if n := len(s.Mails()); n != 1 {
				t.Errorf("%d mails", n)
			}
		})
	}
}

func checkArrived(t *testing.T, got smtpserver.Message, m authent.Mail) {
	t.Helper()
	if got.From != "no-reply@shop.example.com" || !slices.Equal(got.To, []string{m.To}) || got.Hello != "shop.example.com" {
		t.Errorf("%s sent from %s to %q", got.Hello, got.From, got.To)
	}
	headers := []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "X-Auto-Response-Suppress"}
	if names := slices.Sorted(maps.Keys(got.Header)); !slices.Equal(names, headers) {
		t.Errorf("the headers are %q", names)
	}
	for name, values := range got.Header {
		if len(values) != 1 {
			t.Errorf("%s has %d values", name, len(values))
		}
	}
	if to := addresses(t, got.Header, "To"); !slices.Equal(to, []string{m.To}) {
		t.Errorf("To is %q", to)
	}
	if got.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(got.Header.Get("Message-Id"), "@shop.example.com>") {
		t.Errorf("the header is %v", got.Header)
	}
	if host, err := os.Hostname(); err == nil && len(host) > 3 && strings.Contains(string(got.Raw), host) {
		t.Errorf("the mail tells the name of this machine:\n%s", got.Raw)
	}
	if _, err := got.Header.Date(); err != nil {
		t.Error(err)
	}
	words, err := authentmail.Render(newTemplates(t, nil), m)
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != words.Subject || got.Text != words.Text || got.HTML != words.HTML {
		t.Errorf("sent %+v, arrived as %q, %q, %q", words, got.Subject, got.Text, got.HTML)
	}
	if got.Link() != string(m.URL) || got.Code() != string(m.Code) {
		t.Errorf("link %q, code %q", got.Link(), got.Code())
	}
	for line := range strings.SplitSeq(string(got.Raw), "\r\n") {
		if len(line) > 78 || strings.ContainsFunc(line, func(c rune) bool { return c > 126 || c < ' ' && c != '\t' }) {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
}

func addresses(t testing.TB, h mail.Header, name string) (all []string) {
	t.Helper()
	list, err := h.AddressList(name)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for _, a := range list {
		if name == "To" && a.Name != "" {
			t.Errorf("%s has the name %q", name, a.Name)
		}
		all = append(all, a.Address)
	}
	return all
}

// TestNames: what the operator writes in letters of all kinds arrives as it was.
func TestNames(t *testing.T) {
	s := smtpserver.Start(t, smtpserver.Config{NoTLS: true})
	mailer := mailerTo(t, s, func(c *authentmail.SMTPConfig) { c.From = `"Müller, Söhne & Cie." <post@xn--mller-kva.example>` })
	m := ofKind(authent.MailReset)
	m.AppName = "Müllers Läden für Straßenmöbel und Gartenzubehör aller Art, 日本語のお店 — " + strings.Repeat("ü", 30)
	if err := mailer.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := s.Next(t)
	from, err := got.Header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != "Müller, Söhne & Cie." || from[0].Address != "post@xn--mller-kva.example" {
		t.Errorf("From is %v, %v", from, err)
	}
	if want := "Set a new password for " + m.AppName; got.Subject != want || !strings.Contains(got.Text, m.AppName+":\n") {
		t.Errorf("the subject is %q, the text\n%s", got.Subject, got.Text)
	}
	if id := got.Header.Get("Message-Id"); !strings.HasSuffix(id, "@xn--mller-kva.example>") {
		t.Errorf("Message-ID is %s", id)
	}
}

// TestManyAtOnce: each mail goes once, to its own recipient, with its own link.
func TestManyAtOnce(t *testing.T) {
	const n = 16
	s := smtpserver.Start(t, smtpserver.Config{User: "ada", Password: "secret"})
	mailer := mailerTo(t, s, nil)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			m := ofKind(authent.MailSignIn)
			m.To, m.URL = fmt.Sprintf("p%d@example.com", i), authent.Secret(fmt.Sprintf("https://shop.example.com/l?token=t%d", i))
			if err := mailer.Send(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	links, ids := map[string]string{}, map[string]bool{}
	for _, m := range s.Wait(t, n) {
		links[strings.Join(m.To, ",")] = m.Link()
		ids[m.Header.Get("Message-Id")] = true
	}
	if len(links) != n || len(ids) != n || len(s.Mails()) != n {
		t.Errorf("%d mails to %d people with %d ids", len(s.Mails()), len(links), len(ids))
	}
	for to, link := range links {
		if i := strings.TrimSuffix(strings.TrimPrefix(to, "p"), "@example.com"); link != "https://shop.example.com/l?token=t"+i {
			t.Errorf("%s got %s", to, link)
		}
	}
}

// TestEnvironment: EMAIL_SERVER and EMAIL_FROM are what Auth.js has them for.
func TestEnvironment(t *testing.T) {
	s := smtpserver.Start(t, smtpserver.Config{User: "ada", Password: "s3cret/"})
	t.Setenv("EMAIL_SERVER", s.URL())
	t.Setenv("EMAIL_FROM", "shop@example.com")
	mailer, err := authentmail.SMTP(authentmail.SMTPConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := mailer.Send(t.Context(), ofKind(authent.MailSignIn)); err != nil {
		t.Fatal(err)
	}
	if got := s.Next(t); got.From != "shop@example.com" || got.User != "ada" {
		t.Errorf("sent from %s by %q", got.From, got.User)
	}
}

// TestUnrenderable: what could never be sent is refused before anybody is called.
func TestUnrenderable(t *testing.T) {
	s := smtpserver.Start(t, smtpserver.Config{})
	m := ofKind(authent.MailSignIn)
	m.Kind = "advertising"
	if err := mailerTo(t, s, nil).Send(t.Context(), m); !errors.Is(err, authent.ErrMailRefused) {
		t.Errorf("got %v, want ErrMailRefused", err)
	}
	if s.Reached(smtpserver.Connect) != 0 {
		t.Error("the server was called")
	}
}
