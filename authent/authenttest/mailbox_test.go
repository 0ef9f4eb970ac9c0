package authenttest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/await"
)

// letter returns a mail to an address.
func letter(to string) authent.Mail {
	return authent.Mail{Kind: authent.MailReset, To: to, URL: "https://example.com/auth/reset-password?token=a", Code: "BCDF-GHJK"}
}

// deliver sends mails to addresses.
func deliver(t *testing.T, b *Mailbox, to ...string) {
	t.Helper()
	for _, address := range to {
		if err := b.Send(t.Context(), letter(address)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMailboxInOrder(t *testing.T) {
	var b Mailbox
	if len(b.Mails()) != 0 {
		t.Error("it is not empty")
	}
	deliver(t, &b, "ada@example.com", "bob@example.com", "ada@example.com", "eve@example.com")
	if got := b.Next(t); got != letter("ada@example.com") {
		t.Errorf("first %+v", got)
	}
	if got := b.NextTo(t, "ada@example.com"); got != letter("ada@example.com") {
		t.Errorf("to ada %+v", got)
	}
	if got := b.Next(t).To; got != "eve@example.com" {
		t.Errorf("the mail to bob was not passed over: %s", got)
	}
	all := b.Mails()
	if len(all) != 4 || all[1].To != "bob@example.com" {
		t.Errorf("all are %+v", all)
	}
	all[0].To = "changed"
	if b.Mails()[0].To == "changed" {
		t.Error("a caller can change what is kept")
	}
}

// TestMailboxWaits: whoever waits gets the mails that come later, each once.
func TestMailboxWaits(t *testing.T) {
	const n = 20
	var b Mailbox
	got := make(chan string, n)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { got <- b.Next(t).To })
	}
	await.True(t, "somebody waits", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.came != nil
	})
	for i := range n {
		deliver(t, &b, fmt.Sprintf("p%d@example.com", i))
	}
	wg.Wait()
	seen := map[string]bool{}
	for range n {
		seen[<-got] = true
	}
	if len(seen) != n {
		t.Errorf("%d different mails of %d", len(seen), n)
	}
}

// failing is a test that fails, without ending this one.
type failing struct {
	testing.TB
	told string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.told = fmt.Sprintf(format, args...)
	panic(f)
}

// TestMailboxGivesUp: a mail that does not come fails the test, and not the whole run.
func TestMailboxGivesUp(t *testing.T) {
	var b Mailbox
	deliver(t, &b, "bob@example.com")
	f := &failing{TB: t}
	func() {
		defer func() {
			if recover() != f {
				t.Error("the test did not fail")
			}
		}()
		b.next(f, "ada@example.com", time.Millisecond)
	}()
	if want := `authenttest: no mail to "ada@example.com" came within 1ms; there were 1 in all`; f.told != want {
		t.Errorf("told %q, want %q", f.told, want)
	}
}
