package mail_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mail"
)

// here returns a mail of an application on this machine.
func here(kind authent.MailKind) authent.Mail {
	m := ofKind(kind)
	m.Home, m.URL = "http://localhost:3000", "http://localhost:3000/auth/callback/email?token=x9-_Zk3"
	return m
}

func TestDev(t *testing.T) {
	var out bytes.Buffer
	dev := mail.Dev(mail.DevConfig{Out: &out, Templates: newTemplates(t, nil), Now: func() time.Time { return now }})
	var mailer authent.Mailer = dev
	if _, ok := mailer.(authent.DevMailbox); !ok {
		t.Fatal("the engine will not find the mails")
	}
	for _, kind := range []authent.MailKind{authent.MailSignIn, authent.MailNewBrowser} {
		if err := mailer.Send(t.Context(), here(kind)); err != nil {
			t.Fatal(err)
		}
	}
	want := "mail: sign-in to ada@example.com: http://localhost:3000/auth/callback/email?token=x9-_Zk3 or code BCDF-GHJK\n" +
		"mail: new-browser to ada@example.com: http://localhost:3000/auth/callback/email?token=x9-_Zk3\n"
	if out.String() != want {
		t.Errorf("printed\n%swant\n%s", out.String(), want)
	}
	kept := dev.Mails()
	if len(kept) != 2 || kept[0].Mail != here(authent.MailNewBrowser) || kept[1].Mail != here(authent.MailSignIn) || !kept[0].At.Equal(now) {
		t.Fatalf("kept %+v", kept)
	}
	words, err := mail.Render(newTemplates(t, nil), here(authent.MailSignIn))
	if err != nil || kept[1].Subject != words.Subject || string(kept[1].Text) != words.Text || string(kept[1].HTML) != words.HTML {
		t.Errorf("kept as %+v, want %+v, %v", kept[1], words, err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("mail", "mail", kept[1], "data", kept[1].Mail)
	if text := log.String(); strings.Contains(text, "x9-_Zk3") || strings.Contains(text, "BCDF") || !strings.Contains(text, "mail=sign-in data=sign-in") {
		t.Errorf("the log says %s", text)
	}
}

// TestDevIsBounded: of many mails the last 50 are kept, also of many at once.
func TestDevIsBounded(t *testing.T) {
	dev := mail.Dev(mail.DevConfig{Out: new(bytes.Buffer)})
	var wg sync.WaitGroup
	send := func(i int) {
		m := here(authent.MailSignIn)
		m.To = fmt.Sprintf("p%d@example.com", i)
		if err := dev.Send(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
	for i := range 70 {
		wg.Go(func() { send(i) })
	}
	wg.Wait()
	for i := range 20 {
		send(100 + i)
	}
	kept := dev.Mails()
	if len(kept) != 50 {
		t.Fatalf("%d mails are kept, want 50", len(kept))
	}
	for i := range 20 {
		if want := fmt.Sprintf("p%d@example.com", 119-i); kept[i].Mail.To != want {
			t.Errorf("mail %d is to %s, want %s", i, kept[i].Mail.To, want)
		}
	}
	kept[0].Subject = "changed"
	for i, m := range dev.Mails() {
		if m.Subject == "changed" || m.Mail != kept[i].Mail {
			t.Errorf("a caller can change what is kept: mail %d is %+v", i, m)
		}
	}
}

// TestDevRefuses: a deployment that was left with it prints and keeps nothing.
func TestDevRefuses(t *testing.T) {
	for name, change := range map[string]func(*authent.Mail){
		"elsewhere":        func(m *authent.Mail) { m.URL = testLink },
		"looks like here":  func(m *authent.Mail) { m.URL = "http://localhost.example.com/?token=x9-_Zk3" },
		"user in the URL":  func(m *authent.Mail) { m.URL = "http://localhost:3000@shop.example.com/?token=x9-_Zk3" },
		"address":          func(m *authent.Mail) { m.To = "ada@example.com,eve@example.com" },
		"address in lines": func(m *authent.Mail) { m.To = "ada@example.com\nmail: x" },
		"unknown kind":     func(m *authent.Mail) { m.Kind = "advertising" },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			dev, m := mail.Dev(mail.DevConfig{Out: &out}), here(authent.MailSignIn)
			change(&m)
			err := dev.Send(t.Context(), m)
			if !errors.Is(err, authent.ErrMailRefused) || out.Len() != 0 || len(dev.Mails()) != 0 {
				t.Errorf("got %v, printed %q, kept %d", err, out.String(), len(dev.Mails()))
			}
			noSecret(t, err)
		})
	}
	for _, host := range []string{"127.0.0.1:3000", "[::1]:3000", "app.localhost"} {
		m := here(authent.MailSignIn)
		m.URL = authent.Secret("http://" + host + "/auth/x?token=a")
		if err := mail.Dev(mail.DevConfig{Out: new(bytes.Buffer)}).Send(t.Context(), m); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}
