package provider_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
)

var (
	appleKey    = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	appleConfig = provider.AppleClient{ID: "client", TeamID: "TEAM123456", KeyID: "KEY1234567", PrivateKey: pemOf(appleKey)}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func pemOf(key crypto.Signer) authent.Secret {
	return authent.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))}))
}

// checkAppleSecret checks a client secret as Apple says that it does.
func checkAppleSecret(secret string, now time.Time) error {
	token, err := jose.ParseSigned(secret, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return err
	}
	payload, err := token.Verify(appleKey.Public())
	if err != nil {
		return err
	}
	var c struct {
		Iss, Sub, Aud string
		Iat, Exp      int64
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return err
	}
	const sixMonths = 15777000 // seconds, Apple's number
	if token.Signatures[0].Header.KeyID != "KEY1234567" || c.Iss != "TEAM123456" || c.Sub != "client" || c.Aud != "https://appleid.apple.com" ||
		c.Iat > now.Unix() || c.Iat < now.Unix()-60 || c.Exp <= c.Iat || c.Exp > c.Iat+sixMonths {
		return errors.New("the secret is " + string(payload))
	}
	return nil
}

func TestAppleClientSecret(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	secret, err := provider.Apple(appleConfig).OAuth.NewClientSecret(now)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkAppleSecret(string(secret), now); err != nil {
		t.Error(err)
	}
}

// TestAppleKeysThatCannotBeUsed: the error says why and holds nothing of the key.
func TestAppleKeysThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	other := func(change func(*provider.AppleClient)) provider.AppleClient {
		c := appleConfig
		change(&c)
		return c
	}
	for name, tc := range map[string]struct {
		config provider.AppleClient
		want   string
	}{
		"no PEM": {other(func(c *provider.AppleClient) { c.PrivateKey = "c2VjcmV0" }), "not PEM"},
		"no key": {other(func(c *provider.AppleClient) {
			c.PrivateKey = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
		}), "PKCS #8"},
		"RSA": {other(func(c *provider.AppleClient) { c.PrivateKey = pemOf(must(rsa.GenerateKey(rand.Reader, 2048))) }), "ES256"},
		"P-384": {other(func(c *provider.AppleClient) {
			c.PrivateKey = pemOf(must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)))
		}), "ES256"},
		"no ID":     {other(func(c *provider.AppleClient) { c.ID = "" }), "set ID"},
		"no TeamID": {other(func(c *provider.AppleClient) { c.TeamID = "" }), "TeamID"},
		"no KeyID":  {other(func(c *provider.AppleClient) { c.KeyID = "" }), "KeyID"},
	} {
		secret, err := provider.Apple(tc.config).OAuth.NewClientSecret(time.Now())
		if err == nil || secret != "" || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "c2VjcmV0") {
			t.Errorf("%s: %q, %v", name, secret, err)
		}
	}
}

// appleGate stands before the token endpoint and takes Apple's kind of secret for
// the server's own.
type appleGate struct{ seen chan error }

// RoundTrip implements http.RoundTripper.
func (g appleGate) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/token" {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		g.seen <- checkAppleSecret(form.Get("client_secret"), time.Now())
		form.Set("client_secret", "secret")
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader([]byte(form.Encode()))), int64(len(form.Encode()))
	}
	return http.DefaultTransport.RoundTrip(r)
}

var (
	formAction = regexp.MustCompile(`action="([^"]*)"`)
	formField  = regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`)
)

// post sends the provider's form as a browser does across sites: without cookies,
// taking those of the answer.
func (w *world) post(page string) (target string) {
	w.t.Helper()
	action := formAction.FindStringSubmatch(page)
	if action == nil {
		w.t.Fatalf("no form: %s", page)
	}
	form := url.Values{}
	for _, field := range formField.FindAllStringSubmatch(page, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, html.UnescapeString(action[1]), strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", "https://appleid.apple.com")
	}
	target, _, cookies := w.do(&http.Client{CheckRedirect: w.browser.CheckRedirect}, r, err)
	w.browser.Jar.SetCookies(r.URL, cookies)
	return target
}

// TestAppleNames: the discovery document, the ID tokens and the callback each have
// one of Apple's two names, and nobody else's.
func TestAppleNames(t *testing.T) {
	t.Parallel()
	const newName = "https://account.apple.com"
	for _, tc := range []struct {
		discovery, token, callback string
		refused                    bool
	}{
		{discovery: newName}, {token: newName}, {callback: newName}, {discovery: newName, token: newName, callback: newName},
		{token: newName + "/", refused: true}, {token: "https://apple.com", refused: true}, {callback: "https://apple.com", refused: true},
	} {
		who := &oauthserver.Person{Subject: "001234.abc", Email: "ada@example.com"}
		w := newWorld(t, who, func(url string) authent.Provider {
			p := provider.Apple(appleConfig)
			p.OAuth.Issuer = url
			return p
		}, appleGate{make(chan error, 1)})
		bad := oauthserver.Misbehaviour{IssParam: tc.callback}
		if tc.discovery != "" {
			bad.DiscoveryMembers = map[string]any{"issuer": tc.discovery}
		}
		if tc.token != "" {
			bad.Claims = map[string]any{"iss": tc.token}
		}
		w.idp.Misbehave(bad)
		_, page := w.get(w.start("apple"))
		target, _ := w.get(w.post(page))
		if refused := w.user() == nil; refused != tc.refused || refused != strings.Contains(target, "error=OAuthCallbackError") {
			t.Errorf("%+v: to %s", tc, target)
		}
	}
}

// TestAppleCancelled: whoever does not want to is told so.
func TestAppleCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(url string) authent.Provider {
		p := provider.Apple(appleConfig)
		p.OAuth.Issuer = url
		return p
	}, nil)
	w.idp.Misbehave(oauthserver.Misbehaviour{AuthorizeError: "user_cancelled_authorize"})
	_, page := w.get(w.start("apple"))
	if target, _ := w.get(w.post(page)); !strings.Contains(target, "code=cancelled") {
		t.Errorf("to %s", target)
	}
}

// TestApple: the whole way, with the form, the signed secret, and a name that is
// told once.
func TestApple(t *testing.T) {
	t.Parallel()
	who := &oauthserver.Person{
		Subject: "001234.abc", Email: "ada@example.com", Claims: map[string]any{"email_verified": "true"},
		FormUser: `{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"mallory@example.com"}`,
	}
	gate := appleGate{make(chan error, 2)}
	w := newWorld(t, who, func(url string) authent.Provider {
		p := provider.Apple(appleConfig)
		p.OAuth.Issuer = url
		return p
	}, gate)
	target := w.start("apple")
	if u, err := url.Parse(target); err != nil || u.Query().Get("response_mode") != "form_post" || u.Query().Get("scope") != "openid name email" {
		t.Errorf("authorization request %s, %v", target, err)
	}
	_, page := w.get(target)
	w.get(w.post(page))
	if err := <-gate.seen; err != nil {
		t.Error(err)
	}
	if got := w.user(); got["email"] != "ada@example.com" || got["name"] != "Ada Lovelace" {
		t.Errorf("signed in is %v", got)
	}
	if w.profile.ID != "001234.abc" || w.profile.EmailVerified != authent.VerifiedYes {
		t.Errorf("profile %q, %v", w.profile.ID, w.profile.EmailVerified)
	}
	who = &oauthserver.Person{Subject: "001234.abc", Email: "ada@example.com"}
	w.idp.SetAuto(who)
	_, page = w.get(w.start("apple"))
	w.get(w.post(page))
	if got := w.user(); got["name"] != "Ada Lovelace" {
		t.Errorf("the second time it is %v", got)
	}
}
