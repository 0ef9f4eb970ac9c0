package authent_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestP16_MailedLinks: what a request says of the host is in no link.
func TestP16_MailedLinks(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, nil)
	home := w.server.URL
	w.registered()
	for name, value := range map[string]string{"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "gopher", "Referer": "https://evil.example/"} {
		for _, path := range []string{"/auth/signin/email", "/auth/forgot-password"} {
			b := w.browser()
			csrf := b.csrf()
			r := b.request(http.MethodPost, path, strings.NewReader(url.Values{"csrfToken": {csrf}, "email": {ada}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if r.Header.Set(name, value); name == "Host" {
				r.Host = value
				for _, c := range b.client.Jar.Cookies(b.url()) { // which the client sends by host
					r.AddCookie(c)
				}
			}
			if a := b.send(r); a.errorCode() != "" {
				t.Fatalf("%s: %d to %s", name, a.status, a.target())
			}
			if m := w.box.Next(t); !strings.HasPrefix(string(m.URL), home+"/auth/") || m.Home != home+"/" {
				t.Errorf("%s: %s", name, string(m.URL))
			}
		}
	}
}

// TestP19_Mails: an address is sent two mails in ten minutes, and one client asks for
// twenty in an hour, whatever they ask for.
func TestP19_Mails(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, func(c *authent.Config) {
			c.RateLimits = authent.RateLimits{}
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		})
		w.browser().register(ada, adasWord)
		doors := []func(b *browser, address string) answer{
			func(b *browser, address string) answer { return b.askForLink(address) },
			func(b *browser, address string) answer { return b.post("/auth/forgot-password", "email", address) },
		}
		for i := range 12 {
			a := doors[i%2](w.from("192.0.2."+strconv.Itoa(i+1)), "ADA@example.com")
			if limited := a.status == http.StatusTooManyRequests; limited != (i >= 2) {
				t.Errorf("mail %d to the address: %d", i+1, a.status)
			}
		}
		for i := range 21 {
			a := doors[i%2](w.from("198.51.100.1"), "p"+strconv.Itoa(i)+"@example.com")
			if limited := a.status == http.StatusTooManyRequests; limited != (i >= 20) {
				t.Errorf("mail %d of the client: %d", i+1, a.status)
			}
		}
	})
}

// TestP20_Flooded: somebody floods every flow from 64 addresses. The owner enters with a
// browser that signed in before, and with a mail that came before.
func TestP20_Flooded(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, func(c *authent.Config) {
			c.RateLimits = authent.RateLimits{}
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		})
		owner := w.from("198.51.100.7")
		owner.register(ada, adasWord)
		owner.post("/auth/signout")
		elsewhere := w.from("198.51.100.8")
		elsewhere.askForLink(ada)
		link := w.next(authent.MailSignIn)
		for i := range 64 {
			b := w.from("192.0.2." + strconv.Itoa(i+1))
			w.clock.advance(time.Second)
			b.askForLink(ada)
			b.signIn(ada, "a mistyped password")
			b.register(ada, adasWord)
			b.post("/auth/forgot-password", "email", ada)
			b.post("/auth/code", "code", "BBBB-BBBB")
		}
		if owner.signIn(ada, adasWord); owner.who() != ada {
			t.Error("the owner cannot sign in with a known browser")
		}
		owner.post("/auth/signout")
		if elsewhere.press(link); elsewhere.who() != ada {
			t.Error("the owner cannot sign in with the mail that came before")
		}
	})
}

// TestP20_TenThousandRequests: somebody asks for 10,000 resets of one address, from as many
// clients. Its owner gets two mails, the first of which works; nothing else is kept.
func TestP20_TenThousandRequests(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) {
		c.RateLimits = authent.RateLimits{}
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	w.browser().register(ada, adasWord)
	owner := w.from("198.51.100.7")
	owner.post("/auth/forgot-password", "email", ada)
	m := w.next(authent.MailReset)
	var limited atomic.Int64
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			b := w.browser()
			form := url.Values{"csrfToken": {b.csrf()}, "email": {ada}}.Encode()
			for i := range 1250 {
				r := b.request(http.MethodPost, "/auth/forgot-password", strings.NewReader(form))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("X-Forwarded-For", netip.AddrFrom4([4]byte{10, byte(worker), byte(i / 250), byte(i % 250)}).String())
				if a := b.send(r); a.status == http.StatusTooManyRequests {
					limited.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if n := limited.Load(); n != 9999 {
		t.Errorf("%d of 10,000 requests were refused, want all but the second for the address", n)
	}
	if owner.press(m, "password", newWord); w.sent() > 4 {
		t.Errorf("%d mails", len(w.box.Mails()))
	}
	if owner.signIn(ada, newWord); owner.who() != ada {
		t.Error("the owner's link does not work")
	}
	if n := w.count("verificationtokens WHERE identifier <> 'mail'"); n != 0 {
		t.Errorf("%d rows of links are kept", n)
	}
}

// TestP27_MailRowsGo: a deleted user leaves no link, no code and no reservation.
func TestP27_MailRowsGo(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b := w.registered()
		b.post("/auth/verify-email/send")
		w.next(authent.MailVerify)
		b.post("/auth/email", "email", newAddress)
		b.press(w.next(authent.MailChange))
		w.next(authent.MailAddressChanged)
		b.post("/auth/email", "email", "third@example.com")
		w.next(authent.MailChange)
		b.post("/auth/forgot-password", "email", newAddress)
		w.next(authent.MailReset)
		b.askForLink(newAddress)
		w.next(authent.MailSignIn)
		if n := w.count("verificationtokens WHERE identifier <> 'mail'"); n < 10 {
			t.Fatalf("only %d rows to be deleted", n)
		}
		if err := w.auth.DeleteUser(t.Context(), queryStrings(t, w.db, "SELECT id FROM users")[0]); err != nil {
			t.Fatal(err)
		}
		if left := queryStrings(t, w.db, "SELECT identifier FROM verificationtokens WHERE identifier <> 'mail'"); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
		if a := w.browser().register(ada, adasWord); a.errorCode() != "" {
			t.Errorf("the address stays reserved: %s", a.errorCode())
		}
	})
}

// TestP29_MailProves: an address that a stranger registered is its owner's with the first
// mail that the owner uses; what the stranger left goes.
func TestP29_MailProves(t *testing.T) {
	ways := map[string]func(w *world, owner *browser){
		"sign-in link": func(w *world, owner *browser) {
			owner.askForLink(ada)
			owner.press(w.next(authent.MailSignIn))
		},
		"sign-in code": func(w *world, owner *browser) {
			owner.askForLink(ada)
			owner.post("/auth/code", "code", string(w.next(authent.MailSignIn).Code))
		},
		"reset": func(w *world, owner *browser) {
			owner.post("/auth/forgot-password", "email", ada)
			owner.press(w.next(authent.MailReset), "password", newWord)
		},
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, way := range ways {
			t.Run(name, func(t *testing.T) {
				w := newOAuthWorld(t, kind, setup{config: func(c *authent.Config) { c.Providers = append(c.Providers, provider.Email()) }}, oauthserver.Config{Auto: adaThere()})
				stranger := w.registered()
				stranger.through("/auth/link/dev")
				w.next(authent.MailAccountLinked)
				way(w.world, w.browser())
				if u := w.user(); stranger.who() != "" || w.count("accounts") != 0 || u.EmailVerified.IsZero() {
					t.Errorf("the stranger is signed in as %q, %d accounts, verified %v", stranger.who(), w.count("accounts"), u.EmailVerified)
				}
				if again := w.browser(); again.signIn(ada, adasWord).errorCode() == "" || again.who() != "" {
					t.Error("the stranger's password works")
				}
			})
		}
		t.Run("verification", func(t *testing.T) {
			w := newMailWorld(t, kind, func(c *authent.Config) { c.EmailVerification = authent.VerificationRequired })
			w.browser().register(ada, adasWord)
			m, owner := w.next(authent.MailVerify), w.browser()
			if a := owner.press(m); a.errorCode() != "CurrentPassword" || !w.user().EmailVerified.IsZero() {
				t.Errorf("the owner proved the address for a stranger: %s", a.errorCode())
			}
		})
	})
}

// TestP34_CodesAtOnce: of a hundred guesses at once five are looked at, and the right one
// among them may win once.
func TestP34_CodesAtOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b := w.browser()
		b.askForLink(ada)
		m, csrf := w.next(authent.MailSignIn), b.csrf()
		var looked atomic.Int64
		var wait sync.WaitGroup
		for range 64 {
			wait.Go(func() {
				switch a := b.postWith(csrf, "/auth/code", "code", wrongCode(m)); {
				case a.errorCode() == "CodeWrong":
					looked.Add(1)
				case a.errorCode() != "Verification" && a.status != http.StatusServiceUnavailable:
					t.Errorf("%d %s", a.status, a.errorCode())
				}
			})
		}
		wait.Wait()
		if looked.Load() > 4 {
			t.Errorf("%d guesses were answered as wrong, want at most 4 before the fifth ends the code", looked.Load())
		}
		for range 5 {
			b.post("/auth/code", "code", wrongCode(m))
		}
		if b.post("/auth/code", "code", string(m.Code)); b.who() != "" {
			t.Error("the code works after five guesses")
		}
	})
}

// TestP37_Told: the owner's address is told of each change of what guards the account.
func TestP37_Told(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, tc := range map[string]struct {
			do   func(w *oauthWorld, b *browser)
			want authent.MailKind
		}{
			"password": {func(_ *oauthWorld, b *browser) {
				b.post("/auth/password", "currentPassword", adasWord, "password", newWord)
			}, authent.MailPasswordChanged},
			"reset": {func(w *oauthWorld, b *browser) {
				b.post("/auth/forgot-password", "email", ada)
				b.press(w.next(authent.MailReset), "password", newWord)
			}, authent.MailPasswordChanged},
			"address": {func(w *oauthWorld, b *browser) {
				b.post("/auth/email", "email", newAddress)
				b.press(w.next(authent.MailChange))
			}, authent.MailAddressChanged},
			"linked": {func(_ *oauthWorld, b *browser) { b.through("/auth/link/dev") }, authent.MailAccountLinked},
			"unlinked": {func(w *oauthWorld, b *browser) {
				b.through("/auth/link/hub")
				b.post("/auth/unlink", "provider", "hub", "providerAccountId", "ada-1")
			}, authent.MailAccountUnlinked},
			"new browser": {func(w *oauthWorld, _ *browser) { w.signedIn() }, authent.MailNewBrowser},
		} {
			t.Run(name, func(t *testing.T) {
				w := newOAuthWorld(t, kind, setup{config: func(c *authent.Config) { c.NoticeNewBrowser = true }}, oauthserver.Config{Auto: adaThere()})
				b := w.registered()
				tc.do(w, b)
				if err := w.auth.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				mails := w.box.Mails()
				i := slices.IndexFunc(mails, func(m authent.Mail) bool { return m.Kind == tc.want })
				if i < 0 {
					t.Fatalf("the owner was not told: %v", mails)
				}
				m := mails[i]
				if m.To != ada || m.At.IsZero() || m.Code != "" || m.URL == "" {
					t.Errorf("to %s, at %v, code %v, link %v", m.To, m.At, m.Code != "", m.URL != "")
				}
				// A link that acts would be opened by programs that look at mails.
				before := w.dump()
				if w.browser().open(m); w.dump() != before {
					t.Error("opening the notice's link changed something")
				}
			})
		}
	})
}
