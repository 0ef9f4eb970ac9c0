package authent_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

func TestSignInCallback(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		var answer struct {
			redirect string
			err      error
		}
		var asked []authent.SignInParams
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Callbacks.SignIn = func(_ context.Context, p authent.SignInParams) (string, error) {
				asked = append(asked, p)
				return answer.redirect, answer.err
			}
		}})
		w.registered()
		if p := asked[0]; !p.IsNewUser || p.User.Email != ada || p.User.ID != "" || p.Provider != "credentials" || p.Credentials.Has("password") {
			t.Errorf("at registration: %+v", p)
		}
		for name, tc := range map[string]struct {
			redirect string
			err      error
			want     string
		}{
			"allow":    {"", nil, w.server.URL},
			"redirect": {"/verify", nil, w.server.URL + "/verify"},
			"far away": {"https://evil.example", nil, w.server.URL},
			"deny":     {"", authent.ErrAccessDenied, w.server.URL + "/auth/error?error=AccessDenied"},
			"own code": {"", &authent.CredentialsError{Code: "unpaid"}, w.server.URL + "/auth/signin?code=unpaid&error=CredentialsSignin"},
			"other":    {"", errors.New("the billing service is down"), w.server.URL + "/auth/error?error=AccessDenied"},
		} {
			answer.redirect, answer.err = tc.redirect, tc.err
			b := w.browser()
			if a := b.signIn(ada, adasWord); a.target() != tc.want {
				t.Errorf("%s: to %s, want %s", name, a.target(), tc.want)
			}
			if signedIn := b.who() == ada; signedIn != (name == "allow") {
				t.Errorf("%s: signed in %v", name, signedIn)
			}
			before := w.count("users")
			if a := w.browser().register("new-"+strings.ReplaceAll(name, " ", "")+"@example.com", adasWord); (w.count("users") == before) == (name == "allow") {
				t.Errorf("%s: registration went to %s", name, a.target())
			}
		}
	})
}

func TestRedirectCallback(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Callbacks.Redirect = func(_ context.Context, p authent.RedirectParams) string {
				switch p.URL {
				case "https://app.example.com/x":
					return p.URL
				case "bad":
					return "javascript:alert(1)"
				}
				return "/home"
			}
		}})
		for asked, want := range map[string]string{
			"https://app.example.com/x": "https://app.example.com/x", "//evil.example": w.server.URL + "/home", "bad": w.server.URL,
		} {
			if a := w.browser().post("/auth/signout", "callbackUrl", asked); a.target() != want {
				t.Errorf("%s: to %s, want %s", asked, a.target(), want)
			}
		}
	})
}

func TestEvents(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		var fired []string
		note := func(name string) { fired = append(fired, name) }
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Events = authent.Events{
				SignIn: func(_ context.Context, e authent.SignInEvent) error {
					if e.IsNewUser {
						note("signIn new " + e.User.Email + " " + e.Provider)
					} else {
						note("signIn " + e.User.Email)
					}
					return errors.New("an event's error changes nothing")
				},
				SignOut: func(_ context.Context, e authent.SignOutEvent) error {
					note("signOut " + e.Session.User.Email)
					return nil
				},
				CreateUser: func(_ context.Context, e authent.UserEvent) error { note("createUser " + e.User.Email); return nil },
				UpdateUser: func(_ context.Context, e authent.UserEvent) error { note("updateUser " + e.User.Email); return nil },
			}
		}})
		b := w.registered()
		b.post("/auth/password", "currentPassword", adasWord, "password", newWord)
		b.post("/auth/signout")
		b.signIn(ada, newWord)
		b.signIn(ada, "wrong password")
		want := []string{"createUser " + ada, "signIn new " + ada + " credentials", "updateUser " + ada, "signOut " + ada, "signIn " + ada}
		if !slices.Equal(fired, want) {
			t.Errorf("fired %q, want %q", fired, want)
		}
		if !strings.Contains(w.log.text(), "an event's error changes nothing") {
			t.Error("an event's error is not in the log")
		}
	})
}

func TestOwnPages(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Pages = authent.Pages{
				SignIn: "/login", SignOut: "/logout", Error: "https://help.example.com/oops?from=auth", VerifyRequest: "/mail",
				Register: "/join", Account: "/me",
			}
		}})
		b := w.registered()
		for path, want := range map[string]string{
			"/auth/signin?callbackUrl=%2Fx&error=AccessDenied": "/login?callbackUrl=%2Fx&error=AccessDenied",
			"/auth/signout": "/logout", "/auth/verify-request?provider=email": "/mail?provider=email",
			"/auth/register": "/join", "/auth/account": "/me",
			"/auth/error?error=Verification": "https://help.example.com/oops?from=auth&error=Verification",
		} {
			if strings.HasPrefix(want, "/") {
				want = w.server.URL + want
			}
			if a := b.get(path); a.status != http.StatusFound || a.target() != want {
				t.Errorf("%s: %d to %s, want %s", path, a.status, a.target(), want)
			}
		}
		for name, tc := range map[string]struct{ got, want string }{
			"sign-in":  {b.signIn(ada, "wrong password").target(), "/login?code=credentials&error=CredentialsSignin"},
			"register": {b.register(ada, adasWord).target(), "/join?code=email_taken&error=Register"},
			"password": {b.post("/auth/password", "currentPassword", "x", "password", newWord).target(), "/me?error=CurrentPassword"},
			"revoke":   {b.post("/auth/sessions/revoke", "id", "x").target(), "/me?error=SessionNotFound"},
		} {
			if tc.got != w.server.URL+tc.want {
				t.Errorf("%s: to %s, want %s", name, tc.got, tc.want)
			}
		}
	})
}
