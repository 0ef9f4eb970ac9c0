package mail_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	authentmail "github.com/authent/authent/authent/mail"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/smtpserver"
)

// noSecret fails the test if an error tells what it must not.
func noSecret(t *testing.T, err error, secrets ...string) {
	t.Helper()
	m := ofKind(authent.MailSignIn)
	for _, secret := range append(secrets, "x9-_Zk3", "BCDF", "GHJK", m.To, "hunter22") {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells %s: %v", secret, err)
		}
	}
	if err != nil && strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("the error has several lines: %q", err)
	}
}

// TestBadServers: only what would come again is final.
func TestBadServers(t *testing.T) {
	answer := func(stage smtpserver.Stage, code int, text string) smtpserver.Config {
		return smtpserver.Config{Host: elsewhere, User: "ada", Password: "hunter22", At: map[smtpserver.Stage]smtpserver.Behaviour{stage: {Code: code, Text: text}}}
	}
	at := func(stage smtpserver.Stage, b smtpserver.Behaviour) smtpserver.Config {
		return smtpserver.Config{Host: elsewhere, At: map[smtpserver.Stage]smtpserver.Behaviour{stage: b}}
	}
	for name, tc := range map[string]struct {
		config  smtpserver.Config
		refused bool
		told    string
	}{
		"no such mailbox":         {at(smtpserver.Rcpt, smtpserver.Refuses), true, "550 5.1.1 No such mailbox"},
		"message refused":         {answer(smtpserver.End, 554, "5.7.1 Looks like spam"), true, "554 5.7.1 Looks like spam"},
		"message refused midway":  {answer(smtpserver.Half, 552, "5.3.4 Too large"), true, "552 5.3.4 Too large"},
		"greylisted":              {at(smtpserver.Rcpt, smtpserver.Greylists), false, "451 4.7.1 Greylisted"},
		"busy at the end":         {at(smtpserver.End, smtpserver.Busy), false, "421 4.3.2 Too busy"},
		"busy at the recipient":   {at(smtpserver.Rcpt, smtpserver.Busy), false, "421 4.3.2 Too busy"},
		"sender refused":          {answer(smtpserver.Mail, 550, "5.7.1 Not your domain"), false, "550 5.7.1 Not your domain"},
		"hello refused":           {answer(smtpserver.Hello, 554, "5.7.1 Blocked"), false, "554 5.7.1 Blocked"},
		"password wanted":         {answer(smtpserver.Rcpt, 530, "5.7.0 Authentication required"), false, "530 5.7.0 Authentication required"},
		"password refused":        {answer(smtpserver.Auth, 535, "5.7.8 hunter22 is wrong"), false, "535 5.7.8 […] is wrong"},
		"password quoted":         {answer(smtpserver.Auth, 535, base64.StdEncoding.EncodeToString([]byte("\x00ada\x00hunter22"))), false, "535 […]"},
		"link and code quoted":    {answer(smtpserver.End, 554, "found "+testLink+" and BCDF-GHJK"), true, "554 found […] and […]"},
		"address quoted":          {answer(smtpserver.Rcpt, 550, "<ada@example.com> unknown"), true, "550 […] unknown"},
		"no TLS":                  {smtpserver.Config{Host: elsewhere, NoTLS: true, User: "ada", Password: "hunter22"}, false, "STARTTLS"},
		"wrong certificate":       {smtpserver.Config{Host: "other.example.com"}, false, "SMTPConfig.RootCAs"},
		"wrong certificate, TLS":  {smtpserver.Config{Host: "other.example.com", Implicit: true}, false, "SMTPConfig.RootCAs"},
		"unknown mechanisms":      {smtpserver.Config{Host: elsewhere, User: "ada", Password: "hunter22", Mechanisms: []string{"GSSAPI"}}, false, "auth"},
		"closes at once":          {at(smtpserver.Connect, smtpserver.Closes), false, "EOF"},
		"closes at EHLO":          {at(smtpserver.Hello, smtpserver.Closes), false, ""},
		"closes in the handshake": {at(smtpserver.Handshake, smtpserver.Closes), false, ""},
		"closes at MAIL":          {at(smtpserver.Mail, smtpserver.Closes), false, ""},
		"closes at RCPT":          {at(smtpserver.Rcpt, smtpserver.Closes), false, ""},
		"closes half way":         {at(smtpserver.Half, smtpserver.Closes), false, ""},
		"closes at the end":       {at(smtpserver.End, smtpserver.Closes), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := smtpserver.Start(t, tc.config)
			err := mailerTo(t, s, fromElsewhere(s)).Send(t.Context(), ofKind(authent.MailSignIn))
			if err == nil || errors.Is(err, authent.ErrMailRefused) != tc.refused || !strings.Contains(strings.ReplaceAll(err.Error(), `"`, ""), tc.told) {
				t.Errorf("got %v, want refused %v: %s", err, tc.refused, tc.told)
			}
			noSecret(t, err)
			if len(s.Mails()) != 0 {
				t.Error("a mail was taken")
			}
			if s.Reached(smtpserver.Auth) != 0 && (tc.config.NoTLS || tc.config.Host != elsewhere) {
				t.Error("the password was sent to a server that nobody knows")
			}
		})
	}
}

// TestTriedAgain: after what passes, the same Mailer sends the same mail.
func TestTriedAgain(t *testing.T) {
	for stage, b := range map[smtpserver.Stage]smtpserver.Behaviour{
		smtpserver.Rcpt: smtpserver.Greylists, smtpserver.End: {Code: 451, Text: "4.3.0 Try later", Times: 1},
		smtpserver.Connect: {Close: true, Times: 1}, smtpserver.Half: {Close: true, Times: 1},
	} {
		t.Run(string(stage), func(t *testing.T) {
			s := smtpserver.Start(t, smtpserver.Config{At: map[smtpserver.Stage]smtpserver.Behaviour{stage: b}})
			mailer, m := mailerTo(t, s, nil), ofKind(authent.MailSignIn)
			if err := mailer.Send(t.Context(), m); err == nil || errors.Is(err, authent.ErrMailRefused) {
				t.Errorf("the first time: %v", err)
			}
			if err := mailer.Send(t.Context(), m); err != nil {
				t.Errorf("the second time: %v", err)
			}
			if got := s.Next(t); got.Link() != string(m.URL) || len(s.Mails()) != 1 {
				t.Errorf("%d mails, the link %q", len(s.Mails()), got.Link())
			}
		})
	}
}

// TestHungServers: at whatever stage a server hangs, the context ends the call.
func TestHungServers(t *testing.T) {
	for name, tc := range map[string]struct {
		stage    smtpserver.Stage
		noTLS    bool
		implicit bool
	}{
		"connect":         {stage: smtpserver.Connect},
		"EHLO":            {stage: smtpserver.Hello},
		"STARTTLS":        {stage: smtpserver.Handshake},
		"implicit TLS":    {stage: smtpserver.Handshake, implicit: true},
		"AUTH":            {stage: smtpserver.Auth},
		"MAIL":            {stage: smtpserver.Mail},
		"RCPT":            {stage: smtpserver.Rcpt},
		"DATA":            {stage: smtpserver.Data, noTLS: true},
		"half way":        {stage: smtpserver.Half},
		"after the data":  {stage: smtpserver.End},
		"slow for ever":   {stage: smtpserver.Connect},
		"slow handshakes": {stage: smtpserver.Connect, implicit: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := smtpserver.Config{NoTLS: tc.noTLS, Implicit: tc.implicit, User: "ada", Password: "hunter22"}
			if strings.HasPrefix(name, "slow") {
				c.Pause = time.Hour
			} else {
				c.At = map[smtpserver.Stage]smtpserver.Behaviour{tc.stage: smtpserver.Hangs}
			}
			s := smtpserver.Start(t, c)
			mailer := mailerTo(t, s, func(c *authentmail.SMTPConfig) { c.RootCAs = s.RootCAs(); c.Timeout = time.Hour })
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- mailer.Send(ctx, ofKind(authent.MailSignIn)) }()
			await.True(t, "the stage", func() bool { return s.Reached(tc.stage) > 0 })
			cancel()
			err := <-done
			if !errors.Is(err, context.Canceled) || errors.Is(err, authent.ErrMailRefused) {
				t.Errorf("got %v, want that of the context", err)
			}
			noSecret(t, err)
			if len(s.Mails()) != 0 {
				t.Error("a mail was taken")
			}
		})
	}
}

// TestTimeout: a mail has SMTPConfig.Timeout even if the caller waits for ever, also to
// connect.
func TestTimeout(t *testing.T) {
	s := smtpserver.Start(t, smtpserver.Config{At: map[smtpserver.Stage]smtpserver.Behaviour{smtpserver.Mail: smtpserver.Hangs}})
	short := func(c *authentmail.SMTPConfig) { c.Timeout = time.Millisecond }
	if err := mailerTo(t, s, short).Send(t.Context(), ofKind(authent.MailSignIn)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
	never := func(c *authentmail.SMTPConfig) {
		short(c)
		c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	if err := mailerTo(t, s, never).Send(t.Context(), ofKind(authent.MailSignIn)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
}

// TestSentIsSent: what a server does after it has taken the mail fails nothing: the mail
// would come twice.
func TestSentIsSent(t *testing.T) {
	for _, stage := range []smtpserver.Stage{smtpserver.After, smtpserver.Quit} {
		for name, b := range map[string]smtpserver.Behaviour{"closes": smtpserver.Closes, "hangs": smtpserver.Hangs} {
			t.Run(string(stage)+" "+name, func(t *testing.T) {
				s := smtpserver.Start(t, smtpserver.Config{NoTLS: true, At: map[smtpserver.Stage]smtpserver.Behaviour{stage: b}})
				if err := mailerTo(t, s, nil).Send(t.Context(), ofKind(authent.MailSignIn)); err != nil {
					t.Error(err)
				}
				if s.Reached(stage) != 1 || len(s.Mails()) != 1 {
					t.Errorf("reached %d times, %d mails", s.Reached(stage), len(s.Mails()))
				}
			})
		}
	}
}

// TestNobodyListens: a server that is away is one to try again.
func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	mailer, err := authentmail.SMTP(authentmail.SMTPConfig{URL: authent.Secret("smtp://ada:hunter22@" + addr), From: "shop@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	err = mailer.Send(t.Context(), ofKind(authent.MailSignIn))
	if err == nil || errors.Is(err, authent.ErrMailRefused) || !strings.Contains(err.Error(), addr) {
		t.Errorf("got %v", err)
	}
	noSecret(t, err)
}
