package authent_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// noAnswers are JSON that no endpoint of a provider may answer with, and what is
// no JSON.
var noAnswers = []string{
	"", " ", "null", " null ", "null{}", `""`, `"null"`, "[]", "[null]", "[{}]", "0", "true", "false", "{", "nul", `{"sub":null`, "\x00",
}

// hollowAnswers are objects without what matters in them, or with null, empty or
// wrong types in its place.
func hollowAnswers(names ...string) (all []string) {
	all = []string{"{}", `{"":null}`}
	for _, name := range names {
		for _, value := range []string{"null", `""`, "[]", "[null]", "{}", `{"x":null}`, "true"} {
			all = append(all, fmt.Sprintf(`{"%s":%s}`, name, value))
		}
	}
	return all
}

// answersWorld has the providers of oauthWorld, "merged", whose ID tokens lack a
// profile, and "github".
func answersWorld(t *testing.T) *oauthWorld {
	t.Helper()
	return newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		merged := *c.Providers[1].OAuth
		merged.MergeUserInfo = true
		github := provider.GitHubEnterprise(strings.TrimSuffix(merged.Issuer, "/"), provider.Client{ID: "client", Secret: idpSecret})
		c.Providers = append(c.Providers, authent.Provider{ID: "merged", Type: authent.TypeOIDC, OAuth: &merged}, github)
	}}, oauthserver.Config{Auto: adaThere()})
}

// refused signs in through a provider that answers so, and wants the error, in one
// line of the log that has these words, and nothing left behind.
func (w *oauthWorld) refused(id string, bad oauthserver.Misbehaviour, words string) {
	w.t.Helper()
	w.idp.Misbehave(bad)
	lines := len(w.log.events("sign-in through a provider failed"))
	b := w.browser()
	a := b.post("/auth/signin/" + id)
	if strings.HasPrefix(a.target(), w.idp.URL) {
		a = b.to(b.atProvider(a.target()))
	}
	name := fmt.Sprintf("%s, %q%q", id, bad.Answers, bad.Payload)
	if a.status != http.StatusFound || !strings.HasPrefix(a.errorCode(), "OAuthCallbackError") {
		w.t.Errorf("%s: %d to %s", name, a.status, a.target())
	}
	events := w.log.events("sign-in through a provider failed")[lines:]
	if len(events) != 1 || !strings.Contains(events[0]["error"].(string), words) {
		w.t.Errorf("%s: the log says %v, want %q", name, events, words)
	}
	if b.token() != "" || w.count("users")+w.count("accounts")+w.count("sessions") != 0 {
		w.t.Fatalf("%s: something was left behind", name)
	}
}

func answering(path, body string) oauthserver.Misbehaviour {
	return oauthserver.Misbehaviour{Answers: map[string]string{path: body}}
}

// TestOAuth_ProfilesThatAreNone are errors that name the endpoint, never a panic.
func TestOAuth_ProfilesThatAreNone(t *testing.T) {
	w := answersWorld(t)
	for _, tc := range []struct{ id, path string }{{"hub", "/userinfo"}, {"merged", "/userinfo"}, {"github", "/api/v3/user"}, {"github", "/api/v3/user/emails"}} {
		for _, body := range noAnswers {
			if strings.HasSuffix(tc.path, "/emails") && (body == "[]" || body == "[null]" || body == "[{}]") {
				continue // a list of no addresses
			}
			w.refused(tc.id, answering(tc.path, body), tc.path)
		}
	}
	for _, body := range hollowAnswers("sub") {
		w.refused("hub", answering("/userinfo", body), "no usable id")
		w.refused("merged", answering("/userinfo", body), "somebody other")
	}
	for _, body := range hollowAnswers("id") {
		w.refused("github", answering("/api/v3/user", body), "no usable id")
	}
	for _, body := range []string{"[]", "[null]", "[{}]", `[{"email":null,"primary":true,"verified":null}]`} {
		w.refused("github", answering("/api/v3/user/emails", body), "no address")
	}
}

// TestOAuth_NilProfile: an application's own UserInfo may return nothing.
func TestOAuth_NilProfile(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.Providers[4].OAuth.UserInfo = func(context.Context, *http.Client) (authent.Claims, error) { return nil, nil }
	}}, oauthserver.Config{Auto: adaThere()})
	w.refused("hub", oauthserver.Misbehaviour{}, "the profile is empty")
}

// TestOAuth_TokensThatAreNone: of the token endpoint's answer, and of the ID token
// in it.
func TestOAuth_TokensThatAreNone(t *testing.T) {
	w := answersWorld(t)
	for _, body := range append(hollowAnswers("access_token"), noAnswers...) {
		w.refused("dev", answering("/token", body), "the token endpoint")
		w.refused("hub", answering("/token", body), "the token endpoint")
	}
	for _, value := range []string{"null", `""`, "[]", "[null]", "{}", "0", "true"} {
		w.refused("dev", answering("/token", `{"access_token":"x","token_type":"Bearer","id_token":`+value+`}`), "the token endpoint answered without an ID token")
	}
	for _, id := range []string{"dev", "merged"} {
		for _, body := range append(hollowAnswers("sub", "iss", "aud"), noAnswers...) {
			if strings.TrimSpace(body) != "" { // to a JWT library that is an empty payload, and to our server none
				w.refused(id, oauthserver.Misbehaviour{Payload: body}, "the ID token is refused")
			}
		}
	}
}

// TestOAuth_SubjectUnderAnotherName: JSON's names are told apart by their case,
// which the library that checks ID tokens does not do.
func TestOAuth_SubjectUnderAnotherName(t *testing.T) {
	w := answersWorld(t)
	for _, id := range []string{"dev", "merged"} {
		claims := map[string]any{"sub": nil, "SUB": "ada-1"}
		for _, body := range []string{"null", "{}", `{"sub":null}`, `{"sub":""}`, `{"SUB":"ada-1"}`} {
			bad := answering("/userinfo", body)
			bad.Claims = claims
			w.refused(id, bad, "it has no subject")
		}
	}
}

// TestOAuth_OptionalFieldsOfTokens: what is null, or of another type, counts as
// absent and is not stored as text.
func TestOAuth_OptionalFieldsOfTokens(t *testing.T) {
	for _, value := range []string{"null", "[]", "[null]", "[1,{}]", "{}", "0", "true"} {
		w := answersWorld(t)
		w.idp.Misbehave(oauthserver.Misbehaviour{Answers: map[string]string{
			"/token":    `{"access_token":"x","token_type":"Bearer","scope":` + value + `,"session_state":` + value + `,"id_token":` + value + `}`,
			"/userinfo": `{"sub":"ada-1","email":"` + ada + `"}`,
		}})
		if a := w.browser().through("/auth/signin/hub"); a.errorCode() != "" {
			t.Fatalf("%s: %s", value, a.target())
		}
		stored, err := w.store.Account(t.Context(), "hub", "ada-1")
		if err != nil || stored.Scope != "" || stored.SessionState != "" || stored.IDToken != "" {
			t.Errorf("%s: scope %q, session state %q, an ID token: %v, %v", value, stored.Scope, stored.SessionState, stored.IDToken != "", err)
		}
	}
}

// TestOAuth_DocumentsThatAreNone: of discovery.
func TestOAuth_DocumentsThatAreNone(t *testing.T) {
	const document = "/.well-known/openid-configuration"
	for _, body := range append(hollowAnswers("issuer"), noAnswers...) {
		answersWorld(t).refused("dev", answering(document, body), document)
	}
	whole := []string{"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"}
	for _, spoiled := range whole {
		for _, value := range []string{"null", `""`, `"/relative"`} {
			w := answersWorld(t)
			var fields []string
			for _, name := range whole {
				fields = append(fields, fmt.Sprintf("%q:%q", name, w.idp.URL))
				if name == spoiled {
					fields[len(fields)-1] = fmt.Sprintf("%q:%s", name, value)
				}
			}
			if spoiled != "issuer" || value != `"/relative"` { // which is for the operator to mend
				w.refused("dev", answering(document, "{"+strings.Join(fields, ",")+"}"), spoiled)
			}
		}
	}
}

// TestOAuth_KeysThatAreNone are errors that name the endpoint; a key that is not
// understood is not there (RFC 7517 §5), and does not keep the others away.
func TestOAuth_KeysThatAreNone(t *testing.T) {
	for _, body := range append(hollowAnswers("keys"), noAnswers...) {
		answersWorld(t).refused("dev", answering("/keys", body), "/keys")
	}
	answersWorld(t).refused("dev", oauthserver.Misbehaviour{KeysStatus: http.StatusInternalServerError}, "/keys answered 500")
	for _, odd := range []string{
		"null", "0", "[]", "{}", `{"kty":null,"kid":null}`, `{"kty":"RSA","kid":"key-1","n":null,"e":[]}`, `{"kty":"oct","k":""}`, `{"kty":"OKP","crv":"X448","x":"AA"}`,
		`{"kty":"EC","crv":"secp256k1","use":"sig","kid":"x","x":"AA","y":"AA"}`, `{"kty":"EC","crv":"P-256","kid":"key-1","x":"!","y":"!"}`, `{"kty":"RSA","x5c":["!"],"n":"AQAB","e":"AQAB"}`,
	} {
		w := answersWorld(t)
		published := keysOf(t, w.idp.URL)
		w.idp.Misbehave(answering("/keys", strings.Replace(published, "[", "["+odd+",", 1)))
		b := w.browser()
		if a := b.through("/auth/signin/dev"); b.who() != ada {
			t.Errorf("beside %s: %s\n%s", odd, a.target(), w.log.text())
		}
	}
	w := answersWorld(t)
	w.refused("dev", answering("/keys", strings.Replace(keysOf(t, w.idp.URL), `"use":"sig"`, `"use":"enc"`, 1)), "/keys has no key")
}

func keysOf(t *testing.T, server string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/keys", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestBodiesThatAreNone: a script's JSON, of whatever kind, is a form without
// fields or a bad request.
func TestBodiesThatAreNone(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	b := w.registered()
	for _, e := range authent.Endpoints() {
		if e.Method != http.MethodPost {
			continue
		}
		path := "/auth/" + e.Action
		if e.Provider {
			path += "/credentials"
		}
		for _, body := range append(hollowAnswers("csrfToken", "email", "password", "data", "callbackUrl"), noAnswers...) {
			r := b.request(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			if a := b.send(r); a.status >= 500 || b.who() != ada {
				t.Fatalf("POST %s, %q: %d, signed in: %q", path, body, a.status, b.who())
			}
		}
	}
}

// TestOAuth_PostedUserIsNone: the field "user" of a provider's form.
func TestOAuth_PostedUserIsNone(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.Providers[3].OAuth.PostedName = provider.Apple(provider.AppleClient{}).OAuth.PostedName
	}}, oauthserver.Config{})
	for _, user := range append(hollowAnswers("name", "firstName"), append(noAnswers, `{"name":{"firstName":null,"lastName":[]}}`)...) {
		who := adaThere()
		who.FormUser = strings.ReplaceAll(user, "\x00", "")
		w.idp.SetAuto(who)
		b := w.browser()
		if a := b.through("/auth/signin/posting"); a.errorCode() != "" || b.who() != ada || w.user().Name != "Ada Lovelace" {
			t.Errorf("%q: %s, signed in as %q", user, a.target(), b.who())
		}
	}
}
