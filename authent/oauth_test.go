package authent_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestOAuth_SignUpAndReturn: the first sign-in makes a user and an account, the
// next one finds them, and the tokens are those of the last.
func TestOAuth_SignUpAndReturn(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, id := range []string{"dev", "hub", "posting"} {
			t.Run(id, func(t *testing.T) {
				var events []string
				note := func(name string) { events = append(events, name) }
				w := newOAuthWorld(t, kind, setup{config: func(c *authent.Config) {
					c.Pages.NewUser = "/welcome"
					c.Events = authent.Events{
						CreateUser:  func(context.Context, authent.UserEvent) error { note("createUser"); return nil },
						LinkAccount: func(context.Context, authent.LinkAccountEvent) error { note("linkAccount"); return nil },
						SignIn:      func(context.Context, authent.SignInEvent) error { note("signIn"); return nil },
					}
				}}, oauthserver.Config{Auto: adaThere()})
				b := w.browser()
				a := b.through("/auth/signin/"+id, "callbackUrl", "/dashboard")
				want := w.server.URL + "/welcome?" + url.Values{"callbackUrl": {w.server.URL + "/dashboard"}}.Encode()
				if a.status != http.StatusFound || a.target() != want || b.who() != ada {
					t.Fatalf("first sign-in: %d to %s, signed in: %q\n%s", a.status, a.target(), b.who(), w.log.text())
				}
				if u := w.user(); u.Name != "Ada Lovelace" || u.Image != "https://example.com/ada.png" || u.Password != "" || !u.EmailVerified.IsZero() {
					t.Errorf("the user is %q %q, verified %v", u.Name, u.Image, u.EmailVerified)
				}
				before := w.dump()
				again := w.browser()
				if a := again.through("/auth/signin/" + id); a.target() != w.server.URL || again.who() != ada {
					t.Errorf("second sign-in: %d to %s", a.status, a.target())
				}
				if got := w.accounts(); !slices.Equal(got, []string{id + "/ada-1"}) || w.count("users") != 1 {
					t.Errorf("accounts %v, users %d", got, w.count("users"))
				}
				if after := w.dump(); line(before, "accounts.access_token=") == line(after, "accounts.access_token=") {
					t.Error("the tokens are still those of the first sign-in")
				}
				if diff := cmp.Diff([]string{"createUser", "linkAccount", "signIn", "signIn"}, events); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
			})
		}
	})
}

// TestOAuth_AuthorizationRequest has the engine's parameters whatever a request
// asks for, and from it only those that do no harm.
func TestOAuth_AuthorizationRequest(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	evil := url.Values{
		"client_id": {"evil"}, "redirect_uri": {"https://evil.example"}, "response_type": {"token"}, "state": {"x"}, "nonce": {"x"}, "response_mode": {"fragment"},
		"code_challenge": {"x"}, "code_challenge_method": {"plain"}, "request_uri": {"https://evil.example"}, "unknown": {"x"},
		"login_hint": {"ada"}, "prompt": {"login"}, "scope": {"email"},
	}
	target := w.browser().toProvider("/auth/signin/dev?" + evil.Encode())
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for _, random := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Get(random)) != 43 {
			t.Errorf("%s is %q", random, q.Get(random))
		}
		q.Del(random)
	}
	want := url.Values{
		"client_id": {"client"}, "redirect_uri": {w.server.URL + "/auth/callback/dev"}, "response_type": {"code"}, "code_challenge_method": {"S256"},
		"login_hint": {"ada"}, "prompt": {"login"}, "scope": {"openid profile email"},
	}
	if diff := cmp.Diff(want, q); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(w.log.events("must know this callback URL")); n != 1 {
		t.Errorf("the callback URL was logged %d times at first use", n)
	}
	w.browser().toProvider("/auth/signin/dev")
	if n := len(w.log.events("must know this callback URL")); n != 1 {
		t.Errorf("the callback URL was logged %d times", n)
	}
}

// TestOAuth_TwoTabs both succeed; of more than five flows the oldest go.
func TestOAuth_TwoTabs(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	b := w.browser()
	var targets []string
	for range 7 {
		targets = append(targets, b.toProvider("/auth/signin/dev"))
		w.clock.advance(time.Second)
	}
	flows := 0
	for _, c := range b.client.Jar.Cookies(b.url()) {
		if strings.Contains(c.Name, "authent.flow.") {
			flows++
		}
	}
	if flows != 5 {
		t.Errorf("the browser keeps %d flows", flows)
	}
	for i, target := range targets {
		a := b.to(b.atProvider(target))
		if failed := a.errorCode() != ""; failed != (i < 2) {
			t.Errorf("flow %d: %d to %s", i, a.status, a.target())
		}
	}
}

// TestOAuth_Callbacks: the application may refuse, and redirect.
func TestOAuth_Callbacks(t *testing.T) {
	var answer struct {
		redirect string
		err      error
	}
	var asked authent.SignInParams
	w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.Callbacks.SignIn = func(_ context.Context, p authent.SignInParams) (string, error) {
			asked = p
			return answer.redirect, answer.err
		}
	}}, oauthserver.Config{Auto: adaThere()})
	answer.err = authent.ErrAccessDenied
	if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "AccessDenied" || w.count("users") != 0 {
		t.Errorf("refused: %s", a.target())
	}
	if !asked.IsNewUser || asked.Provider != "dev" || asked.ProviderType != authent.TypeOIDC || asked.Profile.ID != "ada-1" || asked.User.Email != ada {
		t.Errorf("asked about %+v", asked)
	}
	answer.redirect, answer.err = "/waiting-list", nil
	if a := w.browser().through("/auth/signin/dev"); a.target() != w.server.URL+"/waiting-list" || w.count("users") != 0 {
		t.Errorf("redirected: %s", a.target())
	}
}

// hasty is a transport whose caller is gone before the token endpoint answers, if
// so told.
type hasty struct{ gone atomic.Bool }

func (h *hasty) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.gone.Load() && r.URL.Path == "/token" {
		ctx, cancel := context.WithTimeout(r.Context(), 50*time.Millisecond)
		defer cancel()
		r = r.WithContext(ctx)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestOAuth_BadAnswers end on a page that says what to do next, and in one line
// for the operator, and leave nothing behind.
func TestOAuth_BadAnswers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		client := &hasty{}
		w := newOAuthWorld(t, kind, setup{config: func(c *authent.Config) { c.Transport = client }}, oauthserver.Config{Auto: adaThere()})
		for name, tc := range map[string]struct {
			bad  oauthserver.Misbehaviour
			id   string
			code string
			log  string
		}{
			"access denied":      {oauthserver.Misbehaviour{AuthorizeError: "access_denied"}, "dev", "OAuthCallbackError:cancelled", "access_denied"},
			"server error":       {oauthserver.Misbehaviour{AuthorizeError: "server_error"}, "dev", "OAuthCallbackError", "server_error"},
			"no code":            {oauthserver.Misbehaviour{NoCode: true}, "dev", "OAuthCallbackError", "no code"},
			"no state":           {oauthserver.Misbehaviour{NoState: true}, "dev", "OAuthCallbackError", "no state"},
			"token 500":          {oauthserver.Misbehaviour{TokenStatus: 500}, "dev", "OAuthCallbackError", "500"},
			"token HTML":         {oauthserver.Misbehaviour{TokenHTML: true}, "dev", "OAuthCallbackError", "did not answer with tokens"},
			"token 10 MB":        {oauthserver.Misbehaviour{TokenHuge: true}, "dev", "OAuthCallbackError", "token"},
			"token hangs":        {oauthserver.Misbehaviour{TokenHang: true}, "dev", "OAuthCallbackError", "call the token endpoint"},
			"error with 200":     {oauthserver.Misbehaviour{TokenErrorWith200: true}, "hub", "OAuthCallbackError", "bad_verification_code"},
			"no access token":    {oauthserver.Misbehaviour{NoAccessToken: true}, "dev", "OAuthCallbackError", "token"},
			"not a bearer token": {oauthserver.Misbehaviour{TokenType: "mac"}, "dev", "OAuthCallbackError", "not a bearer token"},
			"userinfo 500":       {oauthserver.Misbehaviour{UserInfoStatus: 500}, "hub", "OAuthCallbackError", "500"},
			"userinfo 10 MB":     {oauthserver.Misbehaviour{UserInfoHuge: true}, "hub", "OAuthCallbackError", "too large"},
			"userinfo HTML":      {oauthserver.Misbehaviour{UserInfoHTML: true}, "hub", "OAuthCallbackError", "JSON"},
			"no e-mail":          {oauthserver.Misbehaviour{NoEmail: true}, "dev", "OAuthCallbackError:email_missing", "no address"},
			"no e-mail, plain":   {oauthserver.Misbehaviour{NoEmail: true}, "hub", "OAuthCallbackError:email_missing", "no address"},
			"empty subject":      {oauthserver.Misbehaviour{EmptySubject: true}, "hub", "OAuthCallbackError", "no usable id"},
			"missing subject":    {oauthserver.Misbehaviour{MissingSubject: true}, "hub", "OAuthCallbackError", "no usable id"},
		} {
			w.idp.Misbehave(tc.bad)
			client.gone.Store(tc.bad.TokenHang)
			lines := len(w.log.events("sign-in through a provider failed"))
			b := w.browser()
			a := b.through("/auth/signin/" + tc.id)
			w.idp.Misbehave(oauthserver.Misbehaviour{})
			page := b.to(a.target())
			if a.status != http.StatusFound || a.errorCode() != tc.code || !strings.HasPrefix(a.target(), w.server.URL+"/auth/signin?") {
				t.Errorf("%s: %d to %s, want %s", name, a.status, a.target(), tc.code)
			}
			if page.status != http.StatusOK || !strings.Contains(page.body, `role="alert"`) || strings.Contains(page.body, "Something went wrong") {
				t.Errorf("%s: the page says nothing of use", name)
			}
			events := w.log.events("sign-in through a provider failed")[lines:]
			if len(events) != 1 || !strings.Contains(events[0]["error"].(string), tc.log) {
				t.Errorf("%s: the log says %v, want %q", name, events, tc.log)
			}
			if b.token() != "" || w.count("users")+w.count("accounts")+w.count("sessions") != 0 {
				t.Fatalf("%s: something was left behind", name)
			}
		}
	})
}

// TestOAuth_OurFault: what the operator has to mend is Configuration.
func TestOAuth_OurFault(t *testing.T) {
	for name, change := range map[string]func(o *authent.OAuth, idp string){
		"wrong secret":   func(o *authent.OAuth, _ string) { o.ClientSecret = "another secret" },
		"wrong issuer":   func(o *authent.OAuth, idp string) { o.Issuer = idp + "/" },
		"failing secret": func(o *authent.OAuth, _ string) { o.NewClientSecret = failingSecret },
	} {
		t.Run(name, func(t *testing.T) {
			w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
				for i := range c.Providers {
					if c.Providers[i].ID == "dev" {
						change(c.Providers[i].OAuth, strings.TrimSuffix(c.Providers[i].OAuth.Issuer, "/"))
					}
				}
			}}, oauthserver.Config{Auto: adaThere()})
			b := w.browser()
			a := b.post("/auth/signin/dev")
			if strings.HasPrefix(a.target(), w.idp.URL) {
				a = b.to(b.atProvider(a.target()))
			}
			if a.errorCode() != "Configuration" || len(w.log.events("request failed")) != 1 {
				t.Errorf("%d to %s\n%s", a.status, a.target(), w.log.text())
			}
		})
	}
}

// TestOAuth_LateAndTwice: a callback that comes late, again, or to another
// browser or provider.
func TestOAuth_LateAndTwice(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	b := w.browser()
	late := b.atProvider(b.toProvider("/auth/signin/dev"))
	w.clock.advance(20 * time.Minute)
	back := b.atProvider(b.toProvider("/auth/signin/dev"))
	for name, a := range map[string]answer{
		"late":             b.to(late),
		"another browser":  w.browser().to(back),
		"another provider": b.to(strings.Replace(back, "/callback/dev", "/callback/trusted", 1)),
	} {
		if a.errorCode() != "OAuthCallbackError" {
			t.Errorf("%s: %d to %s", name, a.status, a.target())
		}
	}
	again := b.atProvider(b.toProvider("/auth/signin/dev"))
	if a := b.to(again); a.errorCode() != "" || b.who() != ada {
		t.Fatalf("sign-in: %s", a.target())
	}
	if a := b.to(again); a.errorCode() != "OAuthCallbackError" || b.who() != ada {
		t.Errorf("the back button: %d to %s, signed in: %q", a.status, a.target(), b.who())
	}
}

// TestOAuth_AddressInAnotherCase is the same address.
func TestOAuth_AddressInAnotherCase(t *testing.T) {
	yes := true
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: person("1", "ADA@Example.com", &yes)})
	b := w.browser()
	b.through("/auth/signin/dev")
	if b.who() != ada {
		t.Errorf("signed in as %q", b.who())
	}
	w.idp.SetAuto(person("2", "ada@EXAMPLE.com", &yes))
	if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "OAuthAccountNotLinked" {
		t.Errorf("%s", a.target())
	}
}

// TestOAuth_UnknownCallbacks: a provider without a flow, and a form where none is
// wanted.
func TestOAuth_UnknownCallbacks(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	b := w.browser()
	if a := b.get("/auth/callback/credentials"); a.status != http.StatusNotFound {
		t.Errorf("GET callback/credentials: %d", a.status)
	}
	if a := b.post("/auth/callback/dev", "code", "x", "state", "y"); a.status != http.StatusNotFound {
		t.Errorf("POST callback/dev: %d", a.status)
	}
	for name, fields := range map[string][]string{"no state": {"code", "x"}, "large": {"state", strings.Repeat("s", 43), "code", strings.Repeat("x", 5000)}} {
		if a := b.post("/auth/callback/posting", fields...); a.errorCode() != "OAuthCallbackError" {
			t.Errorf("%s: %d %s", name, a.status, a.target())
		}
	}
	if a := b.get("/auth/callback/posting?state=" + strings.Repeat("s", 43)); a.errorCode() != "OAuthCallbackError" {
		t.Errorf("without the form: %d %s", a.status, a.target())
	}
}

func failingSecret(time.Time) (authent.Secret, error) { return "", errInjected }

// line is the line of a text that begins with prefix.
func line(text, prefix string) string {
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, prefix) {
			return l
		}
	}
	return ""
}
