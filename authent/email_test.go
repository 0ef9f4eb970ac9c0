package authent_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

const newAddress = "new@example.com"

// askForLink asks for a sign-in link.
func (b *browser) askForLink(email string, fields ...string) answer {
	return b.post("/auth/signin/email", append([]string{"email", email}, fields...)...)
}

// TestEmail_SignInByLink: a link signs in an account that is there, or makes one; once,
// in any browser; and takes the browser where its owner wanted to go.
func TestEmail_SignInByLink(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b := w.browser()
		a := b.askForLink(" Ada@Example.com ", "callbackUrl", "/private")
		if !strings.HasSuffix(a.target(), "/auth/verify-request?provider=email&type=email") {
			t.Fatalf("asked: %d to %s", a.status, a.target())
		}
		m := w.next(authent.MailSignIn)
		if m.To != ada || strings.Contains(string(m.URL), "private") {
			t.Errorf("to %s: %s", m.To, string(m.URL))
		}
		other := w.browser()
		for range 3 {
			if a := other.open(m); a.status != http.StatusOK || !strings.Contains(a.body, ada) || other.who() != "" {
				t.Fatalf("opening the link: %d %s", a.status, a.body)
			}
		}
		if a := other.press(m); a.target() != w.server.URL+"/private" || other.who() != ada {
			t.Errorf("pressed: %d to %s, signed in as %q", a.status, a.target(), other.who())
		}
		if u := w.user(); u.EmailVerified.IsZero() {
			t.Error("the address is not verified")
		}
		if a := w.browser().press(m); a.errorCode() != "Verification" {
			t.Errorf("a second time: %s", a.errorCode())
		}
	})
}

// TestEmail_LinkOfAuthJS: a link that says where to go as Auth.js's do leads there, if that
// is this application.
func TestEmail_LinkOfAuthJS(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, nil)
	for to, want := range map[string]string{"/private": "/private", "https://evil.example": "", "/auth/signin": ""} {
		w.browser().askForLink(to[len(to)-6:] + "@example.com")
		m := w.next(authent.MailSignIn)
		m.URL += authent.Secret("&callbackUrl=" + url.QueryEscape(to))
		b := w.browser()
		if page := b.open(m).body; !strings.Contains(page, `name="callbackUrl" value="`+to+`"`) {
			t.Errorf("%s: the form does not hold it: %s", to, page)
		}
		if a := b.press(m); a.target() != w.server.URL+want || b.who() == "" {
			t.Errorf("%s: to %s, signed in as %q", to, a.target(), b.who())
		}
	}
}

// TestEmail_SignInByCode: the code works in the browser that asked, and nowhere else.
func TestEmail_SignInByCode(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b := w.browser()
		b.askForLink(ada, "callbackUrl", "/private")
		m := w.next(authent.MailSignIn)
		if a := w.browser().post("/auth/code", "code", string(m.Code)); a.errorCode() != "Verification" {
			t.Errorf("in another browser: %s", a.errorCode())
		}
		if page := b.get("/auth/verify-request").body; !strings.Contains(page, "one-time-code") || !strings.Contains(page, ada) {
			t.Errorf("the page that waits: %s", page)
		}
		typed := " " + strings.ToLower(strings.ReplaceAll(string(m.Code), "-", " ")) + " "
		if a := b.post("/auth/code", "code", typed); a.target() != w.server.URL+"/private" || b.who() != ada {
			t.Fatalf("typed: %d to %s, signed in as %q", a.status, a.target(), b.who())
		}
		if a := w.browser().press(m); a.errorCode() != "Verification" {
			t.Errorf("the link after the code: %s", a.errorCode())
		}
	})
}

// TestEmail_FiveCodes: the fifth wrong code ends the code and the link of that mail.
func TestEmail_FiveCodes(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b := w.browser()
		b.askForLink(ada)
		m := w.next(authent.MailSignIn)
		b.post("/auth/code", "code", "no code at all") // costs no try
		for i := range 5 {
			want := "CodeWrong"
			if i == 4 {
				want = "Verification"
			}
			if a := b.post("/auth/code", "code", wrongCode(m)); a.errorCode() != want {
				t.Errorf("wrong code %d: %s, want %s", i+1, a.errorCode(), want)
			}
		}
		if a := b.post("/auth/code", "code", string(m.Code)); a.errorCode() != "Verification" {
			t.Errorf("the right code afterwards: %s", a.errorCode())
		}
		if a := b.press(m); a.errorCode() != "Verification" || b.who() != "" {
			t.Errorf("the link afterwards: %s", a.errorCode())
		}
	})
}

// wrongCode returns a code that is not m's.
func wrongCode(m authent.Mail) string {
	if m.Code == "BBBB-BBBB" {
		return "CCCC-CCCC"
	}
	return "BBBB-BBBB"
}

// TestEmail_Reset: a forgotten password is replaced by link or by code; every session
// ends, and none begins.
func TestEmail_Reset(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, how := range []string{"link", "code"} {
			t.Run(how, func(t *testing.T) {
				w := newMailWorld(t, kind, nil)
				signedIn := w.registered()
				b := w.browser()
				b.post("/auth/forgot-password", "email", ada)
				m := w.next(authent.MailReset)
				if how == "code" {
					a := b.post("/auth/code", "code", string(m.Code))
					m.URL = authent.Secret(a.target())
				}
				if a := b.open(m); a.status != http.StatusOK || !strings.Contains(a.body, "new-password") {
					t.Fatalf("the page: %d %s", a.status, a.body)
				}
				if a := b.submit(m, "password", "short"); a.errorCode() != "PasswordReset:password_short" || !strings.Contains(a.target(), "token=") {
					t.Errorf("a short password: %s", a.target())
				}
				if a := b.submit(m, "password", "Ada-password123"); a.errorCode() != "PasswordReset:password_common" {
					t.Errorf("a common password: %s", a.errorCode())
				}
				if a := b.submit(m, "password", newWord); a.errorCode() != "" || b.who() != "" {
					t.Errorf("reset: %s, signed in as %q", a.errorCode(), b.who())
				}
				if signedIn.who() != "" {
					t.Error("an old session lives")
				}
				w.next(authent.MailPasswordChanged)
				if a := b.submit(m, "password", "another new password"); a.errorCode() != "Verification" {
					t.Errorf("a second time: %s", a.errorCode())
				}
				if b.signIn(ada, adasWord); b.who() != "" {
					t.Error("the old password works")
				}
				if b.signIn(ada, newWord); b.who() != ada {
					t.Error("the new password does not work")
				}
			})
		}
	})
}

// TestEmail_VerificationRequired: nobody is signed in before the address is proved, and a
// taken address looks like a free one.
func TestEmail_VerificationRequired(t *testing.T) {
	required := func(c *authent.Config) { c.EmailVerification = authent.VerificationRequired }
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, how := range []string{"link", "code", "link elsewhere"} {
			t.Run(how, func(t *testing.T) {
				w := newMailWorld(t, kind, required)
				b := w.browser()
				first := b.register(ada, adasWord)
				if b.who() != "" || !strings.Contains(first.target(), "/auth/verify-request") {
					t.Fatalf("registered: to %s, signed in as %q", first.target(), b.who())
				}
				m := w.next(authent.MailVerify)
				if a := w.browser().signIn(ada, adasWord); a.errorCode() != "EmailUnverified" {
					t.Errorf("sign-in before: %s", a.errorCode())
				}
				w.next(authent.MailVerify)
				if a := w.browser().signIn(ada, "a mistyped password"); a.errorCode() != "CredentialsSignin:credentials" {
					t.Errorf("wrong password before: %s", a.errorCode())
				}
				switch how {
				case "link":
					b.press(m)
				case "code":
					b.post("/auth/code", "code", string(m.Code))
				default:
					b = w.browser()
					if a := b.press(m); a.errorCode() != "CurrentPassword" {
						t.Errorf("without password: %s", a.errorCode())
					}
					if a := b.press(m, "password", "a mistyped password"); a.errorCode() != "CurrentPassword" {
						t.Errorf("with a wrong password: %s", a.errorCode())
					}
					b.press(m, "password", adasWord)
				}
				if b.who() != ada || w.user().EmailVerified.IsZero() {
					t.Errorf("proved: signed in as %q, verified at %v", b.who(), w.user().EmailVerified)
				}
				other := w.browser()
				if again := other.register(ada, "some other password"); again.target() != first.target() || again.status != first.status || len(other.cookie("authent.code")) == 0 {
					t.Errorf("a taken address: %d to %s", again.status, again.target())
				}
				w.next(authent.MailExists)
			})
		}
	})
}

// TestEmail_Change: a new address proves itself, the old one can undo the change.
func TestEmail_Change(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, how := range []string{"link", "code"} {
			t.Run(how, func(t *testing.T) {
				w := newMailWorld(t, kind, nil)
				b := w.registered()
				other := w.signedIn()
				b.post("/auth/email", "email", newAddress)
				m := w.next(authent.MailChange)
				if m.To != newAddress || b.who() != ada {
					t.Fatalf("to %s, now %s", m.To, b.who())
				}
				if how == "link" {
					b.press(m)
				} else {
					b.post("/auth/code", "code", string(m.Code))
				}
				if b.who() != newAddress || other.who() != "" {
					t.Errorf("now %q, elsewhere %q", b.who(), other.who())
				}
				undo := w.next(authent.MailAddressChanged)
				if undo.To != ada {
					t.Errorf("told %s", undo.To)
				}
				if a := w.browser().register(ada, adasWord); a.errorCode() != "Register:email_taken" {
					t.Errorf("somebody else registers the old address: %q", a.errorCode())
				}
				owner := w.browser()
				if a := owner.press(undo); a.errorCode() != "" || owner.who() != "" || b.who() != "" {
					t.Errorf("undone: %s, signed in %q and %q", a.errorCode(), owner.who(), b.who())
				}
				if u := w.user(); u.Email != ada || u.EmailVerified.IsZero() || u.Password != "" {
					t.Errorf("afterwards %s, verified %v, password %v", u.Email, u.EmailVerified, u.Password != "")
				}
				owner.submit(w.next(authent.MailReset), "password", newWord)
				if owner.signIn(ada, newWord); owner.who() != ada {
					t.Error("the owner cannot come in")
				}
				if a := owner.press(undo); a.errorCode() != "Verification" {
					t.Errorf("a second time: %s", a.errorCode())
				}
			})
		}
	})
}

// TestEmail_NothingForNobody: what is not to be mailed looks the same.
func TestEmail_NothingForNobody(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.SignUp = authent.SignUpClosed })
	if _, err := w.auth.Register(t.Context(), authent.Registration{Email: ada, Password: adasWord}); err != nil {
		t.Fatal(err)
	}
	known, unknown := w.browser(), w.browser()
	for _, path := range []string{"/auth/signin/email", "/auth/forgot-password"} {
		a, b := known.post(path, "email", ada), unknown.post(path, "email", "bob@example.com")
		if a.status != b.status || a.target() != b.target() {
			t.Errorf("%s: %d %s, and %d %s", path, a.status, a.target(), b.status, b.target())
		}
	}
	if n, m := len(known.cookie("authent.code")), len(unknown.cookie("authent.code")); n != m {
		t.Errorf("the cookies have %d and %d characters", n, m)
	}
	if n := w.sent(); n != 2 {
		t.Errorf("%d mails, want 2", n)
	}
}

// TestEmail_Expiry: a link works for ten minutes.
func TestEmail_Expiry(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, nil)
	b := w.browser()
	b.askForLink(ada)
	m := w.next(authent.MailSignIn)
	w.clock.advance(10 * time.Minute)
	if a := b.press(m); a.errorCode() != "Verification" {
		t.Errorf("after ten minutes: %s", a.errorCode())
	}
}
