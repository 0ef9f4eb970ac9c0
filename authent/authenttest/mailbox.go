package authenttest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent"
)

// Mailbox is a Mailer that keeps the mails, for the tests of an application: what was
// sent is data, with the link and the code, so that no test has to read a text. Its zero
// value is empty and ready; do not copy one that has been used. It is safe for concurrent
// use.
//
//	box := new(authenttest.Mailbox)
//	… // have something send to it
//	link := string(box.Next(t).URL)
type Mailbox struct {
	mu    sync.Mutex
	mails []authent.Mail
	// taken are those that Next and NextTo have returned or passed over.
	taken int
	// came is closed when the next mail comes.
	came chan struct{}
}

var _ authent.Mailer = (*Mailbox)(nil)

// Send keeps the mail.
func (b *Mailbox) Send(_ context.Context, m authent.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, m)
	if b.came != nil {
		close(b.came)
		b.came = nil
	}
	return nil
}

// Mails returns all mails so far, in the order in which they came.
func (b *Mailbox) Mails() []authent.Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mails)
}

// patience bounds how long a test waits for a mail that does not come.
const patience = time.Minute

// Next waits for the next mail that neither Next nor NextTo has returned yet: mails are
// sent after the request that asks for them. If none comes within a minute, it fails the
// test.
func (b *Mailbox) Next(t testing.TB) authent.Mail {
	t.Helper()
	return b.next(t, "", patience)
}

// NextTo is Next for the mails to one address, and passes over all others before it.
func (b *Mailbox) NextTo(t testing.TB, address string) authent.Mail {
	t.Helper()
	return b.next(t, address, patience)
}

// next takes "" for any address.
func (b *Mailbox) next(t testing.TB, address string, limit time.Duration) authent.Mail {
	t.Helper()
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		m, came := b.take(address)
		if came == nil {
			return m
		}
		select {
		case <-came:
		case <-end.C:
			t.Fatalf("authenttest: no mail to %q came within %v; there were %d in all", address, limit, len(b.Mails()))
		}
	}
}

// take returns the next mail to the address, or a channel that is closed when another one
// comes.
func (b *Mailbox) take(address string) (authent.Mail, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.taken < len(b.mails) {
		m := b.mails[b.taken]
		b.taken++
		if address == "" || m.To == address {
			return m, nil
		}
	}
	if b.came == nil {
		b.came = make(chan struct{})
	}
	return authent.Mail{}, b.came
}
