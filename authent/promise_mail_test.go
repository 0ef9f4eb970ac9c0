package authent_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestP01_CodesAreKeyed: the same code of the same address is stored as something else
// for each browser that waits for it, and nothing that was mailed is in the database.
func TestP01_CodesAreKeyed(t *testing.T) {
	if authent.StoredCode("one", "sign-in", ada, "BCDFGHJK") == authent.StoredCode("two", "sign-in", ada, "BCDFGHJK") {
		t.Error("the stored form of a code does not depend on its browser")
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b := w.registered()
		b.post("/auth/verify-email/send")
		b.post("/auth/email", "email", newAddress)
		b.post("/auth/forgot-password", "email", ada)
		b.askForLink(ada)
		mails := []authent.Mail{w.box.Next(t), w.box.Next(t), w.box.Next(t), w.box.Next(t)}
		dump := w.dumpOf(w.tables())
		for _, m := range mails {
			letters := strings.ReplaceAll(string(m.Code), "-", "")
			token := linkField(m, "token")
			if len(letters) != 8 || len(token) != 43 {
				t.Fatalf("%s has code %q and token %q", m.Kind, letters, token)
			}
			for _, secret := range []string{letters, token, authent.HashToken(letters), authent.HashToken(token)} {
				if strings.Contains(dump, secret) {
					t.Errorf("%s: the database holds %q", m.Kind, secret)
				}
			}
		}
	})
}

// linkField returns a parameter of a mail's link.
func linkField(m authent.Mail, name string) string {
	fields := linkFields(m)
	if i := slices.Index(fields, name); i >= 0 {
		return fields[i+1]
	}
	return ""
}

// TestP04_Reset: a reset ends all sessions, links and codes that could get somebody in.
func TestP04_Reset(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b, other := w.registered(), w.browser()
		b.post("/auth/verify-email/send")
		b.press(w.next(authent.MailVerify))
		other.askForLink(ada)
		link := w.next(authent.MailSignIn)
		b.post("/auth/email", "email", newAddress)
		change := w.next(authent.MailChange)
		other.post("/auth/forgot-password", "email", ada)
		first := w.next(authent.MailReset)
		other.post("/auth/forgot-password", "email", ada)
		second := w.next(authent.MailReset)
		w.browser().press(second, "password", newWord)
		if b.who() != "" || w.count("sessions") != 0 {
			t.Error("a session lives")
		}
		for name, m := range map[string]authent.Mail{"sign-in link": link, "change of address": change, "first reset": first} {
			if a := w.browser().press(m, "password", adasWord); a.errorCode() != "Verification" {
				t.Errorf("%s: %s", name, a.errorCode())
			}
		}
		if a := other.post("/auth/code", "code", string(second.Code)); a.errorCode() != "Verification" {
			t.Errorf("the code: %s", a.errorCode())
		}
	})
}

// TestP04_ChangeDiesWithItsSession: whoever signs a stranger out ends the change of
// address that the stranger began.
func TestP04_ChangeDiesWithItsSession(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		owner, stranger := w.registered(), w.signedIn()
		stranger.post("/auth/email", "email", newAddress)
		m := w.next(authent.MailChange)
		owner.post("/auth/sessions/revoke", "others", "true")
		if a := w.browser().press(m); a.errorCode() != "Verification" || w.user().Email != ada {
			t.Errorf("%s, the address is %s", a.errorCode(), w.user().Email)
		}
	})
}

// mailed are the ways to use what a mail brought. Each prepares and returns a request that
// must succeed once.
var mailed = map[string]func(w *world) func() answer{
	"sign-in link": func(w *world) func() answer {
		w.browser().askForLink(ada)
		m, b := w.next(authent.MailSignIn), w.browser()
		return b.sender(m)
	},
	"sign-in code": func(w *world) func() answer {
		b := w.browser()
		b.askForLink(ada)
		code, csrf := string(w.next(authent.MailSignIn).Code), b.csrf()
		return func() answer { return b.postWith(csrf, "/auth/code", "code", code) }
	},
	"reset": func(w *world) func() answer {
		w.browser().post("/auth/forgot-password", "email", ada)
		return w.browser().sender(w.next(authent.MailReset), "password", newWord)
	},
	"reset code": func(w *world) func() answer {
		b := w.browser()
		b.post("/auth/forgot-password", "email", ada)
		code, csrf := string(w.next(authent.MailReset).Code), b.csrf()
		return func() answer { return b.postWith(csrf, "/auth/code", "code", code) }
	},
	"verification": func(w *world) func() answer {
		b := w.signedIn()
		b.post("/auth/verify-email/send")
		return b.sender(w.next(authent.MailVerify))
	},
	"change": func(w *world) func() answer {
		b := w.signedIn()
		b.post("/auth/email", "email", newAddress)
		return b.sender(w.next(authent.MailChange))
	},
	"undo": func(w *world) func() answer {
		b := w.signedIn()
		b.post("/auth/email", "email", newAddress)
		b.press(w.next(authent.MailChange))
		return w.browser().sender(w.next(authent.MailAddressChanged))
	},
}

// sender returns what presses the button of a mail's page.
func (b *browser) sender(m authent.Mail, fields ...string) func() answer {
	csrf, path := b.csrf(), strings.TrimPrefix(string(m.URL), b.w.server.URL)
	path, _, _ = strings.Cut(path, "?")
	fields = append(fields, linkFields(m)...)
	return func() answer { return b.postWith(csrf, path, fields...) }
}

// TestP08_MailsWorkOnce: of many who use one link or code at once one wins.
func TestP08_MailsWorkOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, prepare := range mailed {
			t.Run(name, func(t *testing.T) {
				w := newMailWorld(t, kind, nil)
				w.registered()
				send := prepare(w)
				var won atomic.Int64
				var wait sync.WaitGroup
				for range 64 {
					wait.Go(func() {
						switch a := send(); {
						case a.errorCode() == "":
							won.Add(1)
						case a.errorCode() != "Verification" && a.errorCode() != "SessionRequired" && a.status != http.StatusServiceUnavailable:
							t.Errorf("a loser: %d %s", a.status, a.errorCode())
						}
					})
				}
				wait.Wait()
				if won.Load() != 1 {
					t.Errorf("%d won", won.Load())
				}
			})
		}
	})
}

// TestP10_MailRequestsLookAlike: whether somebody has the address shows neither in the
// answer nor in the statements that a request runs.
func TestP10_MailRequestsLookAlike(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, path := range []string{"/auth/signin/email", "/auth/forgot-password"} {
			kept := &outbox{}
			w := newMailWorld(t, kind, func(c *authent.Config) { c.Outbox = kept })
			w.people()
			var first string
			for _, email := range []string{"unknown@example.com", "wrong@example.com", "disabled@example.com", "passwordless@example.com"} {
				b := w.browser()
				csrf := b.csrf()
				var a answer
				statements := w.driver.during(func() { a = b.postWith(csrf, path, "email", email) })
				text := fmt.Sprintf("%s\n%d jobs\n%s", shape(a), kept.count(), strings.Join(statements, "\n"))
				if first == "" {
					first = text
				} else if text != first {
					t.Errorf("%s: %s:\n%s\nwant\n%s", path, email, text, first)
				}
				kept.forget()
			}
		}
	})
}

// outbox keeps jobs until a test takes them.
type outbox struct {
	mu   sync.Mutex
	jobs [][]byte
	err  error
}

// Put implements authent.Outbox.
func (o *outbox) Put(_ context.Context, job []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.jobs = append(o.jobs, job)
	}
	return o.err
}

func (o *outbox) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.jobs)
}

func (o *outbox) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.jobs = nil
}

// TestP10_RequiredVerification: when the address must be proved, a registration of a taken
// address is answered, and hashed, as one of a free one; its owner is mailed.
func TestP10_RequiredVerification(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, func(c *authent.Config) { c.EmailVerification = authent.VerificationRequired })
		var hashes atomic.Int64
		authent.OnHash(w.auth, func(string) { hashes.Add(1) })
		var first string
		for i, email := range []string{"ada@example.com", "bob@example.com", "ada@example.com"} {
			if i == 2 {
				w.browser().press(w.box.NextTo(t, ada), "password", adasWord) // verified by now
			}
			hashes.Store(0)
			b := w.browser()
			a := b.script("/auth/register", "email", email, "password", adasWord)
			text := fmt.Sprintf("%s\n%d hashes, %d bytes of cookie", shape(a), hashes.Load(), len(b.cookie("authent.code")))
			if first == "" {
				first = text
			} else if text != first {
				t.Errorf("%s: %s\nwant\n%s", email, text, first)
			}
		}
		if m := w.box.NextTo(t, ada); m.Kind != authent.MailExists {
			t.Errorf("the owner got a mail of kind %s", m.Kind)
		}
	})
}
