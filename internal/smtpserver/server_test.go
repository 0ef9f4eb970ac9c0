package smtpserver_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/smtpserver"
)

// message has what mails of authent have: two parts, a link that is longer than a line, a
// code, and letters outside ASCII.
var message = strings.ReplaceAll(`From: Shop <shop@example.com>
To: <ada@example.com>
Subject: =?utf-8?q?Hello_=E2=9C=93?=
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Caf=C3=A9:

https://shop.example.com/auth/callback/email?token=3Dabc=
def&email=3Dada%40example.com

    BCDF-GHJK
.
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>Hello</p>
--b--
`, "\n", "\r\n")

const link = "https://shop.example.com/auth/callback/email?token=abcdef&email=ada%40example.com"

// client is the standard library's.
func client(t *testing.T, s *smtpserver.Server, c smtpserver.Config) (*smtp.Client, error) {
	t.Helper()
	conn, err := s.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	config := &tls.Config{RootCAs: s.RootCAs(), ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	if c.Implicit {
		conn = tls.Client(conn, config)
	}
	cl, err := smtp.NewClient(conn, "127.0.0.1")
	if err != nil {
		return nil, err
	}
	if err := cl.Hello("client.test"); err != nil {
		return nil, err
	}
	if !c.Implicit && !c.NoTLS {
		if err := cl.StartTLS(config); err != nil {
			return nil, err
		}
	}
	if c.User != "" {
		if err := cl.Auth(smtp.PlainAuth("", c.User, c.Password, "127.0.0.1")); err != nil {
			return nil, err
		}
	}
	return cl, nil
}

// send sends the message once.
func send(t *testing.T, s *smtpserver.Server, c smtpserver.Config) error {
	t.Helper()
	cl, err := client(t, s, c)
	if err != nil {
		return err
	}
	if err := cl.Mail("shop@example.com"); err != nil {
		return err
	}
	if err := cl.Rcpt("ada@example.com"); err != nil {
		return err
	}
	w, err := cl.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, message); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return cl.Quit()
}

func TestMailsArrive(t *testing.T) {
	for name, c := range map[string]smtpserver.Config{
		"STARTTLS":     {},
		"implicit TLS": {Implicit: true},
		"no TLS":       {NoTLS: true},
		"user":         {User: "ada", Password: "a b%c"},
		"slow":         {Pause: time.Microsecond},
	} {
		t.Run(name, func(t *testing.T) {
			s := smtpserver.Start(t, c)
			if err := send(t, s, c); err != nil {
				t.Fatal(err)
			}
			m := s.Next(t)
			if m.From != "shop@example.com" || len(m.To) != 1 || m.To[0] != "ada@example.com" || m.Hello != "client.test" {
				t.Errorf("the envelope is %q to %q of %q", m.From, m.To, m.Hello)
			}
			if m.TLS != !c.NoTLS || m.User != c.User {
				t.Errorf("TLS is %v, the user %q", m.TLS, m.User)
			}
			if m.Subject != "Hello ✓" || m.HTML != "<p>Hello</p>" || !strings.HasPrefix(m.Text, "Café:\n") || !strings.HasSuffix(m.Text, "\n.") {
				t.Errorf("the mail reads %q, %q, %q", m.Subject, m.Text, m.HTML)
			}
			if m.Link() != link || len(m.Links()) != 1 || m.Code() != "BCDF-GHJK" {
				t.Errorf("link %q, code %q", m.Link(), m.Code())
			}
			if n := len(s.Mails()); n != 1 {
				t.Errorf("%d mails", n)
			}
		})
	}
}

func TestWrongPassword(t *testing.T) {
	c := smtpserver.Config{User: "ada", Password: "right"}
	s := smtpserver.Start(t, c)
	c.Password = "wrong"
	wantCode(t, send(t, s, c), 535)
	c.User = ""
	wantCode(t, send(t, s, c), 502)
	if len(s.Mails()) != 0 {
		t.Error("a mail was taken")
	}
}

// TestAnswers: a refusal stands at its stage, and for as often as it is to.
func TestAnswers(t *testing.T) {
	for _, stage := range []smtpserver.Stage{smtpserver.Hello, smtpserver.Mail, smtpserver.Rcpt, smtpserver.Half, smtpserver.End} {
		t.Run(string(stage), func(t *testing.T) {
			c := smtpserver.Config{NoTLS: true}
			s := smtpserver.Start(t, c)
			s.Set(stage, smtpserver.Refuses)
			wantCode(t, send(t, s, c), 550)
			wantCode(t, send(t, s, c), 550)
			s.Set(stage, smtpserver.Behaviour{Code: 451, Times: 1})
			if stage != smtpserver.Hello { // after EHLO the client tries HELO
				wantCode(t, send(t, s, c), 451)
			}
			if err := send(t, s, c); err != nil {
				t.Error(err)
			}
			if s.Reached(stage) < 3 || len(s.Wait(t, 1)) != 1 {
				t.Errorf("reached %d times, %d mails", s.Reached(stage), len(s.Mails()))
			}
		})
	}
}

func wantCode(t *testing.T, err error, code int) {
	t.Helper()
	var answer *textproto.Error
	if !errors.As(err, &answer) || answer.Code != code {
		t.Errorf("got %v, want code %d", err, code)
	}
}

// TestHangsAndCloses: at each stage the client gets no answer, or loses the connection.
func TestHangsAndCloses(t *testing.T) {
	for _, stage := range []smtpserver.Stage{
		smtpserver.Connect, smtpserver.Hello, smtpserver.Handshake, smtpserver.Auth, smtpserver.Mail, smtpserver.Rcpt,
		smtpserver.Data, smtpserver.Half, smtpserver.End, smtpserver.After, smtpserver.Quit,
	} {
		c := smtpserver.Config{User: "ada", Password: "secret", NoTLS: stage == smtpserver.Data || stage == smtpserver.Quit}
		want := 0
		if stage == smtpserver.Quit || stage == smtpserver.After {
			want = 1
		}
		t.Run(string(stage)+" closes", func(t *testing.T) {
			s := smtpserver.Start(t, c)
			s.Set(stage, smtpserver.Closes)
			if err := send(t, s, c); err == nil {
				t.Error("the mail was sent")
			}
			if n := len(s.Mails()); n != want {
				t.Errorf("%d mails, want %d", n, want)
			}
		})
		t.Run(string(stage)+" hangs", func(t *testing.T) {
			s := smtpserver.Start(t, c)
			s.Set(stage, smtpserver.Hangs)
			done := make(chan error, 1)
			go func() { done <- send(t, s, c) }()
			await.True(t, "the stage", func() bool { return s.Reached(stage) > 0 })
			select {
			case err := <-done:
				t.Errorf("the server answered: %v", err)
			default:
			}
			if n := len(s.Mails()); n != want {
				t.Errorf("%d mails, want %d", n, want)
			}
		})
	}
}

func TestExtensions(t *testing.T) {
	for name, tc := range map[string]struct {
		config smtpserver.Config
		has    []string
		lacks  []string
	}{
		"none": {smtpserver.Config{NoTLS: true, No8BITMIME: true}, nil, []string{"8BITMIME", "SMTPUTF8", "STARTTLS", "AUTH"}},
		"all":  {smtpserver.Config{SMTPUTF8: true, User: "a", Password: "b"}, []string{"8BITMIME", "SMTPUTF8", "AUTH"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cl, err := client(t, smtpserver.Start(t, tc.config), tc.config)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range tc.has {
				if ok, _ := cl.Extension(name); !ok {
					t.Errorf("%s is not there", name)
				}
			}
			for _, name := range tc.lacks {
				if ok, _ := cl.Extension(name); ok {
					t.Errorf("%s is there", name)
				}
			}
		})
	}
}

func TestCertificate(t *testing.T) {
	s := smtpserver.Start(t, smtpserver.Config{Host: "mail.example.com"})
	_, err := client(t, s, smtpserver.Config{})
	var wrong *tls.CertificateVerificationError
	if !errors.As(err, &wrong) {
		t.Errorf("the certificate of another host is good: %v", err)
	}
}

func TestNextTo(t *testing.T) {
	c := smtpserver.Config{NoTLS: true}
	s := smtpserver.Start(t, c)
	go func() { _ = send(t, s, c) }()
	if m := s.NextTo(t, "Ada@example.com"); m.Link() != link {
		t.Errorf("got %+v", m)
	}
}

// TestParseRefuses: what is not as it should be is told.
func TestParseRefuses(t *testing.T) {
	for name, change := range map[string][2]string{
		"charset":     {"text/plain; charset=utf-8", "text/plain; charset=latin1"},
		"two texts":   {"text/html", "text/plain"},
		"boundary":    {"--b--", "--c--"},
		"no header":   {"Shop <shop@example.com>\r\n", "\r\n\r\n"},
		"header line": {"To: ", "To "},
	} {
		t.Run(name, func(t *testing.T) {
			raw := strings.Replace(message, change[0], change[1], 1)
			if raw == message {
				t.Fatal("nothing was changed")
			}
			if m, err := smtpserver.Parse([]byte(raw)); err == nil {
				t.Errorf("it was parsed: %q", m.Text)
			}
		})
	}
	if m, err := smtpserver.Parse([]byte(message)); err != nil || m.Link() != link {
		t.Errorf("%v: %q", err, m.Link())
	}
}

// TestStops: the port is free again after the test.
func TestStops(t *testing.T) {
	var addr string
	t.Run("server", func(t *testing.T) {
		addr = strings.TrimPrefix(smtpserver.Start(t, smtpserver.Config{}).URL(), "smtp://")
	})
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}
