package oauthserver_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/authent/authent/internal/oauthserver"
)

func TestAnIndependentClientSignsIn(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "ES256"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, oauthserver.Config{Auto: ada(), Algorithm: alg})
			start := time.Now()
			token, err := c.exchange()
			if err != nil {
				t.Fatal(err)
			}
			id, err := c.verify(token)
			if err != nil {
				t.Fatal(err)
			}
			got := claims(t, id)
			if id.Subject != "ada" || id.Nonce != "n-1" || got["email"] != "ada@example.com" || got["email_verified"] != true || got["name"] != "Ada" {
				t.Errorf("claims %v", got)
			}
			info, err := c.oidc.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
			if err != nil || info.Subject != "ada" || info.Email != "ada@example.com" {
				t.Errorf("UserInfo %v, %v", info, err)
			}
			if token.Expiry.Before(start.Add(time.Hour)) || token.Expiry.After(time.Now().Add(time.Hour)) {
				t.Errorf("the access token is good until %v", token.Expiry)
			}
		})
	}
}

func TestTheAuthorizationResponse(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada()})
	answer := c.authorize("v")
	if answer.Get("state") != "s-1" || answer.Get("iss") != c.server.URL || answer.Get("code") == "" {
		t.Errorf("got %v", answer)
	}
	for name, change := range map[string]struct {
		param, value, want string
	}{
		"no PKCE":            {"code_challenge", "", "invalid_request"},
		"plain PKCE":         {"code_challenge_method", "plain", "invalid_request"},
		"an implicit answer": {"response_type", "token", "unsupported_response_type"},
		"a fragment answer":  {"response_mode", "fragment", "invalid_request"},
	} {
		c.params = []oauth2.AuthCodeOption{oauth2.SetAuthURLParam(change.param, change.value)}
		if got := c.authorize("v").Get("error"); got != change.want {
			t.Errorf("%s: error %q, want %q", name, got, change.want)
		}
	}
}

func TestNobodyIsRedirectedToAStranger(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada()})
	registered := start(t, oauthserver.Config{Auto: ada(), RedirectURIs: []string{callback}})
	for name, test := range map[string]struct{ base, client, redirect string }{
		"another host":         {c.server.URL, "client", "https://evil.example/"},
		"a name in userinfo":   {c.server.URL, "client", "http://127.0.0.1@evil.example/"},
		"a script":             {c.server.URL, "client", "javascript:alert(1)"},
		"an unknown client":    {c.server.URL, "stranger", callback},
		"another path":         {registered.URL, "client", callback + "/"},
		"a query of their own": {registered.URL, "client", callback + "?x=1"},
	} {
		q := url.Values{"client_id": {test.client}, "redirect_uri": {test.redirect}, "response_type": {"code"}}
		res, err := c.http.Get(test.base + "/authorize?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("%s: %d to %q", name, res.StatusCode, res.Header.Get("Location"))
		}
	}
}

func TestTheTokenEndpointIsStrict(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*oauth2.Config, url.Values)
		want   string
	}{
		"a wrong secret":        {func(c *oauth2.Config, _ url.Values) { c.ClientSecret = "guess" }, "invalid_client"},
		"another redirect_uri":  {func(c *oauth2.Config, _ url.Values) { c.RedirectURL += "/" }, "invalid_grant"},
		"a wrong code":          {func(_ *oauth2.Config, v url.Values) { v.Set("code", "guess") }, "invalid_grant"},
		"a wrong code_verifier": {func(_ *oauth2.Config, v url.Values) { v.Set("verifier", "guess") }, "invalid_grant"},
		"no code_verifier":      {func(_ *oauth2.Config, v url.Values) { v.Set("verifier", "") }, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, oauthserver.Config{Auto: ada()})
			v := url.Values{"verifier": {"v"}, "code": {c.authorize("v").Get("code")}}
			test.change(&c.conf, v)
			_, err := c.conf.Exchange(t.Context(), v.Get("code"), oauth2.VerifierOption(v.Get("verifier")))
			wantError(t, err, test.want)
		})
	}
}

func wantError(t *testing.T, err error, code string) {
	t.Helper()
	refused, ok := err.(*oauth2.RetrieveError)
	if !ok || refused.ErrorCode != code {
		t.Errorf("got %v, want the error %s", err, code)
	}
}

func TestACodeIsGoodOnceAndForTenMinutes(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := newClient(t, oauthserver.Config{Auto: ada(), Now: func() time.Time { return now }})
	code := c.authorize("v").Get("code")
	if _, err := c.conf.Exchange(t.Context(), code, oauth2.VerifierOption("v")); err != nil {
		t.Fatal(err)
	}
	_, err := c.conf.Exchange(t.Context(), code, oauth2.VerifierOption("v"))
	wantError(t, err, "invalid_grant")
	code = c.authorize("v").Get("code")
	now = now.Add(11 * time.Minute)
	_, err = c.conf.Exchange(t.Context(), code, oauth2.VerifierOption("v"))
	wantError(t, err, "invalid_grant")
}

func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	const odd = "a b:%/+ü" // what Basic must encode (RFC 6749 §2.3.1)
	for name, test := range map[string]struct {
		server oauthserver.Config
		secret string
		style  oauth2.AuthStyle
		want   string
	}{
		"Basic":                         {oauthserver.Config{ClientSecret: odd}, odd, oauth2.AuthStyleInHeader, ""},
		"form":                          {oauthserver.Config{ClientSecret: odd}, odd, oauth2.AuthStyleInParams, ""},
		"public":                        {oauthserver.Config{Public: true}, "", oauth2.AuthStyleInParams, ""},
		"a secret of a public client":   {oauthserver.Config{Public: true}, "x", oauth2.AuthStyleInParams, "invalid_client"},
		"no secret of a private client": {oauthserver.Config{}, "", oauth2.AuthStyleInParams, "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.server.Auto = ada()
			c := newClient(t, test.server)
			c.conf.ClientSecret, c.conf.Endpoint.AuthStyle = test.secret, test.style
			_, err := c.exchange()
			if test.want != "" {
				wantError(t, err, test.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestItListensOnLoopbackAlone(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1"} {
		s, err := oauthserver.Start(oauthserver.Config{Addr: addr})
		if err == nil {
			_ = s.Close()
			t.Errorf("it listens on %s", addr)
		}
	}
	s := start(t, oauthserver.Config{Addr: "localhost:0"})
	if !strings.HasPrefix(s.URL, "http://localhost:") {
		t.Errorf("URL %s", s.URL)
	}
}

func TestRequestsAreRemembered(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{Auto: ada()})
	if _, err := c.exchange(); err != nil {
		t.Fatal(err)
	}
	asked, exchanged := c.server.RequestsTo("/authorize"), c.server.RequestsTo("/token")
	if len(asked) != 1 || asked[0].Query.Get("nonce") != "n-1" {
		t.Errorf("authorization requests %v", asked)
	}
	if len(exchanged) != 1 || exchanged[0].Form.Get("code_verifier") == "" || !strings.HasPrefix(exchanged[0].Header.Get("Authorization"), "Basic ") {
		t.Errorf("token requests %v", exchanged)
	}
	if got := exchanged[0].String(); got != "POST /token" {
		t.Errorf("a request prints as %q", got)
	}
}
