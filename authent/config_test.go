package authent_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// TestNew_ReportsEveryFault at once, and shows no secret.
func TestNew_ReportsEveryFault(t *testing.T) {
	for _, name := range []string{"AUTH_URL", "AUTH_SECRET", "AUTH_SECRET_1", "AUTH_SECRET_2", "AUTH_SECRET_3"} {
		t.Setenv(name, "")
	}
	_, err := authent.New(authent.Config{URL: "https://example.com"})
	for _, want := range []string{"no secret: set AUTH_SECRET", "no Adapter", "no Providers"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("an empty Config: %v lacks %q", err, want)
		}
	}
	_, err = authent.New(authent.Config{
		URL: "http://example.com/auth", Secrets: []string{testSecret, "short-secret"}, Adapter: lean{authenttest.NewMemoryAdapter()},
		Providers: []authent.Provider{provider.Password(), provider.Password(), provider.Credentials("Bad ID", "", nil), {ID: "x", Type: "oauth"}},
		Session:   authent.SessionConfig{MaxAge: time.Hour, UpdateAge: 2 * time.Hour, AbsoluteMaxAge: time.Hour},
		MaxHashes: -1, RecentSignIn: -1, AuthJS: authent.AuthJS{Mode: 7}, ProviderTimeout: -1, TrustedOrigins: []string{"https://a.example/"}, Pages: authent.Pages{SignIn: "login"},
	})
	for _, want := range []string{
		"use https", "secret 2 of 2 has 12 bytes", `two providers have the id "credentials"`, "more than one password provider", `provider id "Bad ID"`,
		"provider x: OAuth is for the types oauth and oidc", "UpdateAge is 2h0m0s", "MaxHashes is -1: use 2 or more", "RecentSignIn is negative", "AuthJSMode(7) is not known", "ProviderTimeout is negative", "TrustedOrigins",
		"Pages.SignIn", "User has no field password", "Session has no field created_at",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q", want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "short-secret") {
		t.Error("the error shows a secret")
	}
}

// lean has tables with no optional columns.
type lean struct{ authent.Adapter }

func (lean) Columns() authent.Columns { return authent.Columns{} }

func TestNew_URL(t *testing.T) {
	for url, want := range map[string]string{
		"https://example.com": "/auth/", "https://example.com/": "/auth/", "https://example.com/api/auth": "/api/auth/", "https://EXAMPLE.com:443/x/": "/x/",
		"http://localhost:3000": "/auth/", "http://[::1]:3000/a": "/a/", "http://127.0.0.1": "/auth/", "http://127.8.9.1:3000": "/auth/",
		"http://app.localhost:3000": "/auth/", "http://localhost.:3000": "/auth/", "http://a.b.LOCALHOST": "/auth/", "http://localhost.example.com": "",
		"https://example.com:99999": "",
		"example.com":               "", "ftp://example.com": "", "https://u:p@example.com": "", "https://example.com?x=1": "", "http://example.com": "", "https://exämple.com": "",
	} {
		auth, err := authent.New(authent.Config{
			URL: url, Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()},
		})
		if (err == nil) != (want != "") || err == nil && auth.Pattern() != want {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestSecretsRotate: a cookie under an older secret is good as long as the secret
// is there.
func TestSecretsRotate(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		const older, newer = "the older secret, of thirty-two bytes", "the newer secret, of thirty-two bytes"
		csrfUnder := func(single, numbered string, planted string) (value string, kept bool) {
			t.Setenv("AUTH_SECRET", single)
			t.Setenv("AUTH_SECRET_1", numbered)
			b := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Secrets = nil }}).browser()
			if planted != "" {
				b.plant("authjs.csrf-token", planted)
			}
			b.get("/auth/csrf")
			value = b.cookie("authjs.csrf-token")
			return value, value == planted
		}
		fromOlder, _ := csrfUnder(older, "", "")
		fromNewer, _ := csrfUnder(newer, "", "")
		for name, planted := range map[string]string{"older": fromOlder, "newer": fromNewer} {
			if _, kept := csrfUnder(older, newer, planted); !kept {
				t.Errorf("while secrets rotate, a cookie under the %s one is refused", name)
			}
		}
		if _, kept := csrfUnder(newer, "", fromOlder); kept {
			t.Error("a cookie under a secret that is gone is accepted")
		}
	})
}

// TestNew_ReportsEveryFaultOfAProvider, and where to set what is missing.
func TestNew_ReportsEveryFaultOfAProvider(t *testing.T) {
	for _, name := range []string{"AUTH_GITHUB_ID", "AUTH_GITHUB_SECRET", "GITHUB_ID", "GITHUB_SECRET", "AUTH_MY_SSO_ID", "AUTH_MY_SSO_SECRET", "AUTH_MY_SSO_ISSUER"} {
		t.Setenv(name, "")
	}
	_, err := authent.New(authent.Config{
		Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(),
		Providers: []authent.Provider{
			{ID: "my-sso", Type: authent.TypeOIDC, OAuth: &authent.OAuth{Scopes: []string{"email"}, AuthParams: map[string]string{"state": "x", "max_age": "5m", "Scope": "x", "Nonce": "x"}, RequestParams: []string{"redirect_uri", "Client_ID"}}},
			{ID: "asks", Type: authent.TypeOAuth, OAuth: &authent.OAuth{AuthURL: "https://example.com/authorize?max_age=5m"}},
			{ID: "github", Type: authent.TypeOAuth, OAuth: &authent.OAuth{AuthURL: "http://example.com", TokenURL: "not a URL", PostedName: func(authent.Claims) string { return "" }}},
			{ID: "bare", Type: authent.TypeOAuth, OAuth: &authent.OAuth{Public: true, NoPKCE: true, NoNonce: true, OtherIssuers: []string{""}, Declined: []string{"denied", ""}}},
			{ID: "judged", Type: authent.TypeOIDC, OAuth: &authent.OAuth{OtherIssuers: []string{"https://example.com"}, CheckIssuer: func(string, authent.Claims) error { return nil }}},
			{ID: "both", Type: authent.TypeCredentials, OAuth: &authent.OAuth{}, Credentials: &authent.Credentials{Password: true}},
		},
	})
	for _, want := range []string{
		"provider my-sso: no client id: set AUTH_MY_SSO_ID", "set AUTH_MY_SSO_SECRET", "set AUTH_MY_SSO_ISSUER", "the scope openid is missing",
		"AuthParams has state", "RequestParams has redirect_uri", "AuthParams has Nonce", "RequestParams has Client_ID", "AuthParams has Scope: write it into Scopes",
		`provider asks: AuthURL has the max_age "5m"`,
		`provider my-sso: AuthParams has the max_age "5m": write a number of seconds in digits, such as "300"`, "provider github: no client id: set AUTH_GITHUB_ID",
		"provider github: AuthURL is not an https URL", "TokenURL is not an https URL", "neither UserInfoURL nor UserInfo", "PostedName is set",
		"provider bare: NoPKCE and Public are both set: without a secret only PKCE protects the code", "provider bare: NoNonce is set, but only ID tokens have a nonce",
		"provider bare: OtherIssuers is set, but Issuer is not", "provider bare: OtherIssuers has an empty name",
		"provider bare: Declined has an empty error", "provider judged: OtherIssuers and CheckIssuer are both set", "provider both: OAuth is for",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
}

// TestNew_ProvidersFromEnvironment, with the names of Auth.js and of GitHub's.
func TestNew_ProvidersFromEnvironment(t *testing.T) {
	t.Setenv("AUTH_GITHUB_ID", "")
	t.Setenv("AUTH_GITHUB_SECRET", "")
	t.Setenv("GITHUB_ID", "an id")
	t.Setenv("GITHUB_SECRET", "a secret")
	t.Setenv("AUTH_MY_SSO_ID", "an id")
	t.Setenv("AUTH_MY_SSO_SECRET", "a secret")
	t.Setenv("AUTH_MY_SSO_ISSUER", "https://sso.example.com")
	hub := authent.OAuth{EnvPrefixes: []string{"GITHUB"}, AuthURL: "https://example.com/a", TokenURL: "https://example.com/t", UserInfoURL: "https://example.com/u"}
	_, err := authent.New(authent.Config{
		Secrets: []string{testSecret}, Adapter: authenttest.NewMemoryAdapter(),
		Providers: []authent.Provider{{ID: "my-sso", Type: authent.TypeOIDC, OAuth: &authent.OAuth{}}, {ID: "github", Type: authent.TypeOAuth, OAuth: &hub}},
	})
	if err != nil || hub.ClientID != "" {
		t.Errorf("%v; the application's own value was changed: %v", err, hub.ClientID != "")
	}
}

// TestNew_SameFaultsSameOrder: one configuration has one error, in the order of its
// fields.
func TestNew_SameFaultsSameOrder(t *testing.T) {
	faults := func() string {
		_, err := authent.New(authent.Config{
			Pages: authent.Pages{SignIn: "a", SignOut: "b", Error: "c", VerifyRequest: "d", Register: "e", Account: "f", NewUser: "g"},
			Providers: []authent.Provider{{ID: "x", Type: authent.TypeOAuth, OAuth: &authent.OAuth{
				Issuer: "http://a.example", AuthURL: "http://a.example", TokenURL: "http://a.example", UserInfoURL: "http://a.example",
				AuthParams: map[string]string{"state": "1", "nonce": "2", "scope": "3", "client_id": "4", "request": "5"},
			}}},
		})
		return err.Error()
	}
	first := faults()
	for range 20 {
		if again := faults(); again != first {
			t.Fatalf("an error of the same configuration is\n%s\nand then\n%s", first, again)
		}
	}
}

// TestPasswordError tells which rule a new password broke, by the sentinel too.
func TestPasswordError(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	w.registered()
	s, err := w.auth.SignIn(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil), w.user().ID)
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]error{"short": authent.ErrPasswordShort, strings.Repeat("x", 1025): authent.ErrPasswordLong} {
		err := w.auth.ChangePassword(t.Context(), s, adasWord, password)
		if _, ok := errors.AsType[*authent.PasswordError](err); !ok || !errors.Is(err, want) || strings.Contains(err.Error(), "registration") {
			t.Errorf("%d bytes: %v", len(password), err)
		}
		_, err = w.auth.Register(t.Context(), authent.Registration{Email: "other@example.com", Password: password})
		if !errors.Is(err, want) {
			t.Errorf("registration with %d bytes: %v", len(password), err)
		}
	}
}
