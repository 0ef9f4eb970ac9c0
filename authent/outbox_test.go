package authent_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestOutbox_AtLeastOnce: a job that is delivered again mails the same link again, which
// works once all the same; one whose link was used is done.
func TestOutbox_AtLeastOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		kept := &outbox{}
		w := newMailWorld(t, kind, func(c *authent.Config) { c.Outbox = kept })
		b := w.browser()
		b.askForLink(ada)
		for range 2 {
			if err := w.auth.Deliver(t.Context(), kept.jobs[0]); err != nil {
				t.Fatal(err)
			}
		}
		mails := w.box.Mails()
		if len(mails) != 2 || mails[0].URL != mails[1].URL {
			t.Fatalf("%d mails", len(mails))
		}
		if b.press(mails[0]); b.who() != ada {
			t.Error("the link does not work")
		}
		if err := w.auth.Deliver(t.Context(), kept.jobs[0]); err != nil || len(w.box.Mails()) != 2 {
			t.Errorf("after the link was used: %v, %d mails", err, len(w.box.Mails()))
		}
		if a := w.browser().press(mails[1]); a.errorCode() != "Verification" {
			t.Errorf("the link of the second mail: %s", a.errorCode())
		}
		if strings.Contains(string(kept.jobs[0]), "ada") {
			t.Error("a job can be read")
		}
	})
}

// TestOutbox_Refuses: what was not made here, or is too old, is refused for good.
func TestOutbox_Refuses(t *testing.T) {
	kept := &outbox{}
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.Outbox = kept })
	w.browser().askForLink(ada)
	job := kept.jobs[0]
	w.clock.advance(10 * time.Minute)
	for name, job := range map[string][]byte{"expired": job, "empty": nil, "garbage": []byte("garbage"), "changed": append([]byte("A"), job...)} {
		if err := w.auth.Deliver(t.Context(), job); !errors.Is(err, authent.ErrMailRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(w.box.Mails()) != 0 {
		t.Error("a mail was sent")
	}
}

// TestOutbox_Full: an outbox that takes no more is told as 503, whoever's address it is.
func TestOutbox_Full(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.Outbox = &outbox{err: errors.New("full")} })
	w.people()
	for _, email := range []string{"wrong@example.com", "unknown@example.com", "disabled@example.com"} {
		for _, path := range []string{"/auth/signin/email", "/auth/forgot-password"} {
			if a := w.browser().post(path, "email", email); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
				t.Errorf("%s of %s: %d", path, email, a.status)
			}
		}
	}
}

// hangingMailer sends nothing until it is let.
type hangingMailer struct{ let chan struct{} }

// Send implements authent.Mailer.
func (m hangingMailer) Send(ctx context.Context, _ authent.Mail) error {
	select {
	case <-m.let:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestMailer_Hangs: no request waits for the mail server, and of a flood of requests a
// bounded number of mails waits.
func TestMailer_Hangs(t *testing.T) {
	mailer := hangingMailer{make(chan struct{})}
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.Mailer = mailer })
	b := w.browser()
	csrf, refused := b.csrf(), 0
	for i := range 1100 {
		switch a := b.postWith(csrf, "/auth/signin/email", "email", "p"+strconv.Itoa(i)+"@example.com"); {
		case a.status == http.StatusServiceUnavailable:
			refused++
		case a.errorCode() != "":
			t.Fatalf("request %d: %d %s", i, a.status, a.errorCode())
		}
	}
	if refused != 100 {
		t.Errorf("%d requests were refused, want 100: a thousand mails wait", refused)
	}
	close(mailer.let)
	if err := w.auth.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestOutbox_FailureIsLogged: an outbox that takes nothing is told to who runs the server.
func TestOutbox_FailureIsLogged(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.Outbox = &outbox{err: errors.New("the job table is gone")} })
	for range 3 {
		w.browser().post("/auth/forgot-password", "email", ada)
	}
	if n := strings.Count(w.log.text(), "the job table is gone"); n != 2 { // as text and as JSON
		t.Errorf("the log tells of it %d times, want once a minute", n)
	}
}

// TestOutbox_NoticesAreNotLost: what has happened is told by a mail although the outbox
// takes none, and is not called a failure.
func TestOutbox_NoticesAreNotLost(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		kept := &outbox{}
		w := newMailWorld(t, kind, func(c *authent.Config) { c.Outbox = kept })
		b := w.registered()
		b.post("/auth/email", "email", newAddress)
		if err := w.auth.Deliver(t.Context(), kept.jobs[0]); err != nil {
			t.Fatal(err)
		}
		kept.err = errors.New("full")
		if a := b.press(w.next(authent.MailChange)); !strings.Contains(a.target(), "notice=email_changed") {
			t.Errorf("changed: %d to %s", a.status, a.target())
		}
		undo := w.next(authent.MailAddressChanged)
		if a := w.browser().press(undo); !strings.Contains(a.target(), "notice=email_restored") || w.user().Email != ada {
			t.Errorf("undone: %d to %s", a.status, a.target())
		}
		if b.who() != "" || !strings.Contains(w.log.text(), "no link to set a password was mailed") {
			t.Error("the session lives, or nobody was told that the mail is missing")
		}
	})
}
