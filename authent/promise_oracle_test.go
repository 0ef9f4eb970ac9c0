package authent_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestP10_CodesLookAlike: what the browser that waits is told of wrong codes does not show
// whether a mail was sent.
func TestP10_CodesLookAlike(t *testing.T) {
	doors := map[string]func(b *browser, email string){
		"/auth/signin/email":    func(b *browser, email string) { b.askForLink(email) },
		"/auth/forgot-password": func(b *browser, email string) { b.post("/auth/forgot-password", "email", email) },
		"/auth/register":        func(b *browser, email string) { b.register(email, newWord) },
		"/auth/email": func(b *browser, email string) {
			b.signIn("helper@example.com", adasWord)
			b.post("/auth/email", "email", email)
		},
	}
	for path, ask := range doors {
		t.Run(path, func(t *testing.T) {
			testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
				kept := &outbox{}
				w := newMailWorld(t, kind, func(c *authent.Config) {
					c.Outbox, c.EmailVerification = kept, authent.VerificationRequired
					if path == "/auth/signin/email" {
						c.SignUp = authent.SignUpClosed
					}
				})
				w.people()
				if _, err := w.auth.Register(t.Context(), authent.Registration{Email: "helper@example.com", Password: adasWord}); err != nil {
					t.Fatal(err)
				}
				w.exec("UPDATE users SET email_verified = ? WHERE email = 'helper@example.com'", w.clock.now())
				var first string
				for _, email := range []string{"unknown@example.com", "wrong@example.com", "disabled@example.com"} {
					b := w.browser()
					ask(b, email)
					kept.deliver(t, w)
					var told strings.Builder
					for range 6 {
						a := b.post("/auth/code", "code", "BBBB-BBBB")
						fmt.Fprintf(&told, "%d %s\n", a.status, a.errorCode())
					}
					if first == "" {
						first = told.String()
					} else if told.String() != first {
						t.Errorf("%s:\n%swant\n%s", email, told.String(), first)
					}
				}
			})
		})
	}
}

// deliver delivers all jobs, as an application's worker does.
func (o *outbox) deliver(t *testing.T, w *world) {
	t.Helper()
	o.mu.Lock()
	jobs := o.jobs
	o.jobs = nil
	o.mu.Unlock()
	for _, job := range jobs {
		if err := w.auth.Deliver(context.Background(), job); err != nil {
			t.Error(err)
		}
	}
}

// TestP10_InvitedLookAlike: where only the invited may sign up, and for who asks to change
// to an address, a request runs the same statements whether or not somebody has it.
func TestP10_InvitedLookAlike(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, path := range []string{"/auth/signin/email", "/auth/forgot-password", "/auth/email"} {
			kept := &outbox{}
			w := newMailWorld(t, kind, func(c *authent.Config) { c.Outbox, c.SignUp = kept, authent.SignUpInvited })
			w.people()
			if _, err := w.auth.Register(t.Context(), authent.Registration{Email: ada, Password: adasWord}); err != nil {
				t.Fatal(err)
			}
			var first string
			for _, email := range []string{"unknown@example.com", "wrong@example.com", "disabled@example.com"} {
				b := w.browser()
				if path == "/auth/email" {
					b.signIn(ada, adasWord)
				}
				csrf := b.csrf()
				var a answer
				statements := w.driver.during(func() { a = b.postWith(csrf, path, "email", email) })
				text := fmt.Sprintf("%s\n%s", shape(a), strings.Join(statements, "\n"))
				if first == "" {
					first = text
				} else if text != first {
					t.Errorf("%s: %s:\n%s\nwant\n%s", path, email, text, first)
				}
			}
		}
	})
}

// TestP10_WaitingPageShowsNoSpelling: the page that waits shows an address that another
// program stored in capitals as it shows one that nobody has.
func TestP10_WaitingPageShowsNoSpelling(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		w.registered()
		w.exec("UPDATE users SET email = 'Ada@Example.com'")
		for typed, want := range map[string]string{"Ada@Example.com": "ada@example.com", "Bob@Example.com": "bob@example.com"} {
			b := w.browser()
			b.post("/auth/forgot-password", "email", typed)
			if page := b.get("/auth/verify-request").body; !strings.Contains(page, want) || strings.Contains(page, typed) {
				t.Errorf("%s: the page does not show %s alone", typed, want)
			}
		}
	})
}
