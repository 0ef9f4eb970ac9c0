package authent_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestForms_Which: where the sign-in page has several forms, an error says which of them
// was sent; where it has one, the address stays as Auth.js has it.
func TestForms_Which(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.Providers = append(c.Providers, badge("no-badge")) })
	b := w.browser()
	for path, want := range map[string]string{
		"/auth/callback/credentials": "code=credentials&error=CredentialsSignin&form=credentials",
		"/auth/callback/badge":       "code=credentials&error=CredentialsSignin&form=badge",
		"/auth/signin/email":         "code=email_invalid&error=EmailSignin&form=email",
	} {
		a := b.post(path, "email", "no address", "password", "a mistyped password")
		if a.target() != w.server.URL+"/auth/signin?"+want {
			t.Errorf("%s: to %s, want %s", path, a.target(), want)
			continue
		}
		action := `action="` + path + `"`
		page := b.get(strings.TrimPrefix(a.target(), w.server.URL)).body
		_, form, ok := strings.Cut(page, action)
		form, _, _ = strings.Cut(form, "</form>")
		if !ok || !strings.Contains(form, `id="error"`) || strings.Count(page, " autofocus") != 1 || !strings.Contains(form, " autofocus") {
			t.Errorf("%s: the page: %s", path, page)
		}
	}
}

// TestForms_Challenge: whoever is to show that they are a person is told so at the form
// that they sent, whichever it is.
func TestForms_Challenge(t *testing.T) {
	refuse := false
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) {
		c.RateLimits = authent.RateLimits{
			SignIn: authent.Limit{Tries: 1, Window: time.Second}, Mail: authent.Limit{Tries: 1, Window: time.Second},
		}
		c.Callbacks.Challenge = func(context.Context, authent.ChallengeParams) error {
			if refuse {
				return errors.New("no captcha")
			}
			return nil
		}
	})
	b := w.registered()
	refuse = true
	for _, tc := range []struct{ path, want string }{
		{"/auth/callback/credentials", "signin?error=Challenge&form=credentials"},
		{"/auth/signin/email", "signin?error=Challenge&form=email"},
		{"/auth/register", "register?error=Challenge"},
		{"/auth/forgot-password", "forgot-password?error=Challenge"},
		{"/auth/reauthenticate", "account?error=Challenge&form=confirm"},
		{"/auth/password", "account?error=Challenge&form=password"},
		{"/auth/email", "account?error=Challenge&form=email"},
		{"/auth/delete", "account?error=Challenge&form=delete"},
		{"/auth/verify-email/send", "account?error=Challenge"},
	} {
		w.clock.advance(2 * time.Second) // else the limit itself would refuse it
		a := b.post(tc.path, "email", "grace@example.com", "password", "a sentence of her own", "currentPassword", adasWord)
		if a.target() != w.server.URL+"/auth/"+tc.want {
			t.Errorf("%s: to %s, want %s", tc.path, a.target(), tc.want)
		}
		if page := b.get(strings.TrimPrefix(a.target(), w.server.URL)); page.status != http.StatusOK || strings.Count(page.body, "show that you are a person") != 1 {
			t.Errorf("%s: %d %s", tc.path, page.status, page.body)
		}
	}
}

// TestForms_DeleteAsks: the form of deletion does not delete without the password that it
// asks for, however recent the sign-in is; a script that sends no such field may.
func TestForms_DeleteAsks(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	b := w.registered()
	if a := b.post("/auth/delete", "password", ""); a.errorCode() != "DeletePassword" || w.count("users") != 1 {
		t.Errorf("an empty password: to %s, %d users", a.target(), w.count("users"))
	}
	if a := b.post("/auth/delete", "password", adasWord, "callbackUrl", "/farewell"); a.target() != w.server.URL+"/farewell" || w.count("users") != 0 {
		t.Errorf("with a callbackUrl: to %s, %d users", a.target(), w.count("users"))
	}
	b = w.registered()
	if a := b.script("/auth/delete"); a.status != http.StatusOK || !strings.HasSuffix(a.target(), "/auth/goodbye") || w.count("users") != 0 {
		t.Errorf("a script: %d to %s, %d users", a.status, a.target(), w.count("users"))
	}
}

// TestForms_DeleteWithoutPassword: whoever has no password is not asked for one; a recent
// sign-in is needed, whatever is typed.
func TestForms_DeleteWithoutPassword(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, nil)
	b := w.browser()
	b.post("/auth/signin/email", "email", ada)
	b.press(w.next(authent.MailSignIn))
	if b.who() != ada {
		t.Fatal("not signed in")
	}
	page := b.get("/auth/account").body
	if !strings.Contains(page, `action="/auth/delete"`) || strings.Contains(page, "delete-password") {
		t.Errorf("the page: %s", page)
	}
	w.clock.advance(time.Hour)
	if page := b.get("/auth/account").body; strings.Contains(page, `action="/auth/delete"`) {
		t.Errorf("an old session: %s", page)
	}
	for _, typed := range []string{"", "a guess of theirs"} {
		if a := b.post("/auth/delete", "password", typed); a.status == http.StatusOK || w.count("users") != 1 {
			t.Errorf("%q in an old session: %d to %s, %d users", typed, a.status, a.target(), w.count("users"))
		}
	}
}

// TestForms_GoodbyeHasNoState: anybody may see the page, and a query changes nothing.
func TestForms_GoodbyeHasNoState(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	plain := w.browser().get("/auth/goodbye")
	asked := w.browser().get("/auth/goodbye?error=AccessDenied&notice=password_reset&" + url.Values{"callbackUrl": {"/elsewhere"}}.Encode())
	if plain.status != http.StatusOK || asked.body != plain.body || !strings.Contains(plain.body, `href="`+w.server.URL+`/"`) {
		t.Errorf("%d: %s", plain.status, asked.body)
	}
}

// TestForms_OwnPages: a page of the application's own is told the form too, and where
// that of a provider of mails posts.
func TestForms_OwnPages(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, func(c *authent.Config) { c.Pages.SignIn = "/login" })
	b := w.browser()
	a := b.post("/auth/signin/email", "email", "no address")
	r := b.request(http.MethodGet, strings.TrimPrefix(a.target(), w.server.URL), nil)
	d, _ := formDataOf(t, w.auth, r)
	if d.Error != "EmailSignin" || d.Form != "email" || d.Email != "" {
		t.Errorf("form %q, error %q", d.Form, d.Error)
	}
	for _, p := range d.Providers {
		if p.ID == "email" && (p.Action != "/auth/signin/email" || !p.Email || p.Password) {
			t.Errorf("the form for mails: %+v", p)
		}
		if p.ID == "email" {
			b.post(p.Action, "email", ada)
			w.next(authent.MailSignIn)
		}
	}
	r = b.request(http.MethodGet, "/login?error=EmailSignin&form=nobody", nil)
	if d, _ := formDataOf(t, w.auth, r); d.Form != "" {
		t.Errorf("a form that there is not: %q", d.Form)
	}
}
