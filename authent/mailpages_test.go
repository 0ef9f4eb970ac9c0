package authent_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// ownPages are an application's, to which the links of mails lead, and the verbs that they
// call.
func (w *world) ownPages() {
	mux := http.NewServeMux()
	mux.Handle("/", application(w.auth))
	say := func(path string, do func(rw http.ResponseWriter, r *http.Request) (string, error)) {
		mux.HandleFunc("POST "+path, func(rw http.ResponseWriter, r *http.Request) {
			done, err := do(rw, r)
			fmt.Fprintf(rw, "%s|%v", done, err)
		})
		mux.HandleFunc("GET "+path, func(rw http.ResponseWriter, r *http.Request) { fmt.Fprint(rw, "my own page") })
	}
	name := func(s *authent.Session) string {
		if s == nil {
			return "nobody"
		}
		return s.User.Email
	}
	say("/my/in", func(rw http.ResponseWriter, r *http.Request) (string, error) {
		s, err := w.auth.SignInByLink(rw, r, authent.EmailSignIn{Email: r.FormValue("email"), Token: r.FormValue("token")})
		return name(s), err
	})
	say("/my/verify", func(rw http.ResponseWriter, r *http.Request) (string, error) {
		s, err := w.auth.VerifyEmail(rw, r, authent.EmailProof{UserID: r.FormValue("user"), Token: r.FormValue("token"), Password: r.FormValue("password")})
		return name(s), err
	})
	say("/my/change", func(rw http.ResponseWriter, r *http.Request) (string, error) {
		u, err := w.auth.ConfirmEmail(rw, r, authent.EmailChange{UserID: r.FormValue("user"), Email: r.FormValue("email"), Token: r.FormValue("token")})
		if err != nil {
			return "", err
		}
		return u.Email, nil
	})
	say("/my/undo", func(rw http.ResponseWriter, r *http.Request) (string, error) {
		u, err := w.auth.UndoEmail(rw, r, authent.EmailUndo{UserID: r.FormValue("user"), Email: r.FormValue("email"), Mark: r.FormValue("mark"), Token: r.FormValue("token")})
		if err != nil {
			return "", err
		}
		return u.Email, nil
	})
	say("/my/code", func(rw http.ResponseWriter, r *http.Request) (string, error) {
		use, err := w.auth.UseCode(rw, r, r.FormValue("code"))
		if err != nil {
			return "", err
		}
		did := string(use.Kind) + " " + name(use.Session)
		if use.Kind == authent.MailReset {
			use.Reset.Password = newWord
			_, err = w.auth.ResetPassword(rw, r, use.Reset)
		}
		return did, err
	})
	w.server.Config.Handler = mux
}

// led opens a mail's link, must be led to the application's page, and sends its form.
func (b *browser) led(m authent.Mail, page string, fields ...string) string {
	b.w.t.Helper()
	if to := b.open(m).target(); !strings.HasPrefix(to, b.url().String()+page+"?") || !strings.Contains(to, linkField(m, "token")) {
		b.w.t.Errorf("%s leads to %s", m.Kind, to)
	}
	return b.post(page, append(fields, linkFields(m)...)...).body
}

// TestOwnMailPages: links lead to the application's pages, whose verbs do what the built-in
// ones do, with links and with codes.
func TestOwnMailPages(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, func(c *authent.Config) {
			c.EmailVerification = authent.VerificationOptional
			c.Pages = authent.Pages{VerifyEmail: "/my/verify", ChangeEmail: "/my/change", UndoEmail: "/my/undo", ResetPassword: "/my/reset", ForgotPassword: "/my/forgot"}
		})
		w.ownPages()
		b, stranger := w.registered(), w.browser()
		is := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		proof := w.next(authent.MailVerify)
		is("a stranger proves", stranger.led(proof, "/my/verify"), "nobody|authent: verify e-mail: the password is needed: "+authent.ErrInvalidCredentials.Error())
		is("with a wrong password", strings.Split(stranger.led(proof, "/my/verify", "password", newWord), "|")[0], "nobody")
		is("with the password", stranger.led(proof, "/my/verify", "password", adasWord), ada+"|<nil>")
		is("signed in", stranger.who(), ada)
		is("once more", b.led(proof, "/my/verify"), "nobody|"+authent.ErrLinkInvalid.Error())

		stranger = w.browser()
		b.post("/auth/email", "email", newAddress)
		change := w.next(authent.MailChange)
		is("a stranger changes", stranger.led(change, "/my/change"), "|"+authent.ErrSignedOut.Error())
		is("changed", b.led(change, "/my/change"), newAddress+"|<nil>")
		undo := w.next(authent.MailAddressChanged)
		is("undone", stranger.led(undo, "/my/undo"), ada+"|<nil>")
		is("undone once more", stranger.led(undo, "/my/undo"), "|"+authent.ErrLinkInvalid.Error())

		reset := w.next(authent.MailReset)
		if to := stranger.open(reset).target(); !strings.Contains(to, "/my/reset?") {
			t.Errorf("a reset leads to %s", to)
		}
		if to := stranger.get("/auth/forgot-password").target(); !strings.HasSuffix(to, "/my/forgot") {
			t.Errorf("forgot-password leads to %s", to)
		}
		if to := stranger.post("/auth/forgot-password", "email", "nonsense").target(); !strings.Contains(to, "/my/forgot?") {
			t.Errorf("no address: %s", to)
		}
		w.ownCodes(is)
	})
}

// ownCodes types codes on the application's page.
func (w *world) ownCodes(is func(what, got, want string)) {
	b := w.browser()
	is("no code", b.post("/my/code", "code", "BCDF-GHJK").body, "|"+authent.ErrLinkInvalid.Error())
	b.askForLink(ada)
	m := w.next(authent.MailSignIn)
	wrong := "BCDF-GHJK"
	if string(m.Code) == wrong {
		wrong = "KJHG-FDCB"
	}
	is("a wrong code", b.post("/my/code", "code", wrong).body, "|"+authent.ErrCodeWrong.Error())
	is("a code", b.post("/my/code", "code", strings.ToLower(string(m.Code))).body, "sign-in "+ada+"|<nil>")
	is("its link", w.browser().post("/my/in", linkFields(m)...).body, "nobody|"+authent.ErrLinkInvalid.Error())
	b.askForLink(ada)
	is("a link", b.post("/my/in", linkFields(w.next(authent.MailSignIn))...).body, ada+"|<nil>")
	b.post("/auth/email", "email", newAddress)
	is("a change", b.post("/my/code", "code", string(w.next(authent.MailChange).Code)).body, "change-email nobody|<nil>")
	w.next(authent.MailAddressChanged)
	b.post("/auth/forgot-password", "email", newAddress)
	is("a reset", b.post("/my/code", "code", string(w.next(authent.MailReset).Code)).body, "reset nobody|<nil>")
	w.next(authent.MailPasswordChanged)
	is("signed out", b.who(), "")
	if b.signIn(newAddress, newWord); b.who() != newAddress {
		w.t.Error("the new password does not sign in")
	}
}

// TestVerbsWithoutTheirProvider say what the application lacks.
func TestVerbsWithoutTheirProvider(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.Providers = c.Providers[1:] })
	w.handle("/verb", func(rw http.ResponseWriter, r *http.Request) {
		if err := w.auth.SendReset(rw, r, ada); !errors.Is(err, authent.ErrUnsupported) {
			t.Errorf("a reset where nobody has a password: %v", err)
		}
	})
	w.browser().get("/verb")
	if a := w.browser().post("/auth/forgot-password", "email", ada); a.status != http.StatusNotFound {
		t.Errorf("forgot-password: %d", a.status)
	}
	w = newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.Mailer = nil }})
	w.handle("/verb", func(rw http.ResponseWriter, r *http.Request) {
		if err := w.auth.SendSignIn(rw, r, ada); !errors.Is(err, authent.ErrUnsupported) {
			t.Errorf("a link without a provider: %v", err)
		}
		if _, err := w.auth.SignInByLink(rw, r, authent.EmailSignIn{}); !errors.Is(err, authent.ErrUnsupported) {
			t.Errorf("by a link without a provider: %v", err)
		}
		if err := w.auth.SendReset(rw, r, ada); !errors.Is(err, authent.ErrUnsupported) {
			t.Errorf("a reset without a mailer: %v", err)
		}
	})
	w.browser().get("/verb")
}
