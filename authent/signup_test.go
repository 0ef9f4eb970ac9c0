package authent_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mail"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestSignUp_Invited: an invitation lets the person with its address register, once, and
// proves the address; without one nobody gets in, whichever way they come.
func TestSignUp_Invited(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{config: func(c *authent.Config) {
			c.SignUp, c.EmailVerification = authent.SignUpInvited, authent.VerificationRequired
			c.Providers = append(c.Providers, provider.Email())
		}}, oauthserver.Config{Auto: adaThere()})
		if a := w.browser().register(ada, adasWord); a.errorCode() != "Register:invitation_needed" {
			t.Errorf("registered without: %s", a.errorCode())
		}
		if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "SignUpClosed" {
			t.Errorf("through a provider: %s", a.errorCode())
		}
		if strings.Contains(w.browser().get("/auth/signin").body, "Create an account") {
			t.Error("the sign-in page leads to a form that works for nobody")
		}
		if err := w.auth.Invite(t.Context(), "Ada@Example.com"); err != nil {
			t.Fatal(err)
		}
		m, b := w.next(authent.MailInvitation), w.browser()
		if a := b.open(m); a.status != http.StatusOK || !strings.Contains(a.body, ada) {
			t.Errorf("the invitation's page: %d", a.status)
		}
		token := linkField(m, "token")
		if a := b.post("/auth/register", "email", "eve@example.com", "password", adasWord, "invitation", token); a.errorCode() != "Register:invitation_needed" {
			t.Errorf("another address: %s", a.errorCode())
		}
		if a := b.post("/auth/register", "email", ada, "password", "short", "invitation", token); a.errorCode() != "Register:password_short" || !strings.Contains(a.target(), token) {
			t.Errorf("a short password: %s", a.target())
		}
		b.post("/auth/register", "email", ada, "password", adasWord, "invitation", token)
		if b.who() != ada || w.user().EmailVerified.IsZero() {
			t.Errorf("signed in as %q, verified %v", b.who(), w.user().EmailVerified)
		}
		if err := w.auth.Invite(t.Context(), ada); !errors.Is(err, authent.ErrConflict) {
			t.Errorf("an invitation of somebody who has an account: %v", err)
		}
		w.exec("DELETE FROM sessions")
		w.exec("DELETE FROM users")
		if a := w.browser().post("/auth/register", "email", ada, "password", adasWord, "invitation", token); a.errorCode() != "Register:invitation_needed" {
			t.Errorf("a second time: %s", a.errorCode())
		}
	})
}

// TestSignUp_InvitedByLink: whoever was invited may come in by a sign-in link too.
func TestSignUp_InvitedByLink(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.SignUp = authent.SignUpInvited })
	if err := w.auth.Invite(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	w.next(authent.MailInvitation)
	b := w.browser()
	b.askForLink("eve@example.com")
	b.askForLink(ada)
	if b.press(w.next(authent.MailSignIn)); b.who() != ada {
		t.Errorf("signed in as %q", b.who())
	}
	if n := w.count("verificationtokens WHERE identifier LIKE 'invitation%'"); n != 0 {
		t.Errorf("%d invitations are left", n)
	}
}

// TestSignUp_Closed: nobody makes an account, whichever way they come.
func TestSignUp_Closed(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.SignUp = authent.SignUpClosed
		c.Providers = append(c.Providers, provider.Email())
	}}, oauthserver.Config{Auto: adaThere()})
	if a := w.browser().register(ada, adasWord); a.errorCode() != "SignUpClosed" {
		t.Errorf("registered: %s", a.errorCode())
	}
	for _, id := range []string{"dev", "hub", "trusted"} {
		if a := w.browser().through("/auth/signin/" + id); a.errorCode() != "SignUpClosed" {
			t.Errorf("through %s: %s", id, a.errorCode())
		}
	}
	w.browser().askForLink(ada)
	if w.sent() != 0 || w.count("users") != 0 {
		t.Errorf("%d mails, %d users", w.sent(), w.count("users"))
	}
}

// TestVerificationOptional: whoever registers is signed in, and sent a mail.
func TestVerificationOptional(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.EmailVerification = authent.VerificationOptional })
	b := w.registered()
	b.post("/auth/code", "code", string(w.next(authent.MailVerify).Code))
	if b.who() != ada || w.user().EmailVerified.IsZero() {
		t.Errorf("signed in as %q, verified %v", b.who(), w.user().EmailVerified)
	}
	if a := b.post("/auth/verify-email/send"); !strings.Contains(a.target(), "notice=email_verified") {
		t.Errorf("once more: %s", a.target())
	}
}

// TestMailVerbs: an application with pages of its own does what the built-in ones do.
func TestMailVerbs(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b := w.registered()
		for name, tc := range map[string]struct {
			do   func(rw http.ResponseWriter, r *http.Request) error
			want authent.MailKind
		}{
			"SendSignIn":       {func(rw http.ResponseWriter, r *http.Request) error { return w.auth.SendSignIn(rw, r, ada) }, authent.MailSignIn},
			"SendReset":        {func(rw http.ResponseWriter, r *http.Request) error { return w.auth.SendReset(rw, r, ada) }, authent.MailReset},
			"SendVerification": {w.auth.SendVerification, authent.MailVerify},
			"ChangeEmail":      {func(rw http.ResponseWriter, r *http.Request) error { return w.auth.ChangeEmail(rw, r, newAddress) }, authent.MailChange},
		} {
			w.handle("/verb", func(rw http.ResponseWriter, r *http.Request) {
				if err := tc.do(rw, r); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
			b.get("/verb")
			if m := w.next(tc.want); m.Code == "" || b.cookie("authent.code") == "" {
				t.Errorf("%s: the browser waits for no code", name)
			}
			if name == "SendReset" {
				continue
			}
			if stranger := w.browser(); name != "SendSignIn" {
				w.handle("/verb", func(rw http.ResponseWriter, r *http.Request) {
					if err := tc.do(rw, r); !errors.Is(err, authent.ErrSignedOut) {
						t.Errorf("%s of nobody: %v", name, err)
					}
				})
				stranger.get("/verb")
			}
		}
		w.browser().post("/auth/forgot-password", "email", ada)
		m := w.next(authent.MailReset)
		p := authent.PasswordReset{UserID: linkField(m, "user"), Token: linkField(m, "token"), Password: newWord}
		for i, want := range []error{nil, authent.ErrLinkInvalid} {
			w.handle("/verb", func(rw http.ResponseWriter, r *http.Request) {
				if u, err := w.auth.ResetPassword(rw, r, p); !errors.Is(err, want) || (err == nil) != (u != nil) {
					t.Errorf("reset %d: %v", i, err)
				}
			})
			w.browser().get("/verb")
		}
	})
}

// TestDevMail: the page of a development mailer is for this machine alone, and New refuses
// such a mailer where other machines are served.
func TestDevMail(t *testing.T) {
	box := mail.Dev(mail.DevConfig{Out: new(strings.Builder)})
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.Mailer = box })
	b := w.browser()
	b.askForLink(ada)
	w.sent()
	if page := b.get("/auth/dev/mail").body; !strings.Contains(page, "/auth/callback/email?") || !strings.Contains(page, ada) {
		t.Errorf("the page: %s", page)
	}
	for name, change := range map[string]func(r *http.Request){
		"another host":    func(r *http.Request) { r.Host = "evil.example" },
		"through a proxy": func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") },
	} {
		r := b.request(http.MethodGet, "/auth/dev/mail", nil)
		change(r)
		if a := b.send(r); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if a := newMailWorld(t, testdb.SQLite, nil).browser().get("/auth/dev/mail"); a.status != http.StatusNotFound {
		t.Errorf("with another mailer: %d", a.status)
	}
	config := authent.Config{URL: "https://example.com", Secrets: []string{testSecret}, Adapter: w.store, Providers: []authent.Provider{provider.Password()}, Mailer: box}
	if _, err := authent.New(config); err == nil || !strings.Contains(err.Error(), "set Mailer to mail.SMTP") {
		t.Errorf("New: %v", err)
	}
	config.URL, config.Mailer, config.Providers = "http://localhost/auth", nil, []authent.Provider{provider.Email()}
	config.EmailVerification, config.NoticeNewBrowser = authent.VerificationOptional, true
	if _, err := authent.New(config); err == nil || strings.Count(err.Error(), "no Mailer: set Mailer") != 3 {
		t.Errorf("New without a Mailer: %v", err)
	}
}
