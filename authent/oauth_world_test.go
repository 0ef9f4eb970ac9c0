package authent_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// oauthWorld is a world with a real authorization server on loopback, which three
// providers stand for: "dev" speaks OpenID Connect, "trusted" is the same and
// trusted with addresses, "hub" is plain OAuth 2.0.
type oauthWorld struct {
	*world
	idp *oauthserver.Server
}

// idpSecret is the client's at the provider.
const idpSecret = "the client secret of the tests"

func newOAuthWorld(t *testing.T, kind testdb.Kind, set setup, server oauthserver.Config) *oauthWorld {
	t.Helper()
	server.ClientSecret = idpSecret
	idp, err := oauthserver.Start(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	more := set.config
	set.config = func(c *authent.Config) {
		c.Providers = append([]authent.Provider{provider.Password()}, providersAt(idp.URL)...)
		c.ProviderTimeout = 5 * time.Minute // bounds a hang
		if more != nil {
			more(c)
		}
	}
	w := &oauthWorld{newWorld(t, kind, set), idp}
	w.log.secret(idpSecret)
	return w
}

func providersAt(url string) []authent.Provider {
	oidc := authent.OAuth{ClientID: "client", ClientSecret: idpSecret, Issuer: url}
	trusted, posting := oidc, oidc
	trusted.TrustEmail = true
	posting.FormPost = true
	hub := authent.OAuth{
		ClientID: "client", ClientSecret: idpSecret,
		AuthURL: url + "/authorize", TokenURL: url + "/token", UserInfoURL: url + "/userinfo", Scopes: []string{"openid", "profile", "email"},
	}
	return []authent.Provider{
		{ID: "dev", Name: "Dev", Type: authent.TypeOIDC, OAuth: &oidc},
		{ID: "trusted", Name: "Trusted", Type: authent.TypeOIDC, OAuth: &trusted},
		{ID: "posting", Name: "Posting", Type: authent.TypeOIDC, OAuth: &posting},
		{ID: "hub", Name: "Hub", Type: authent.TypeOAuth, OAuth: &hub},
	}
}

// adaThere is ada at the provider, with her address verified.
func adaThere() *oauthserver.Person {
	yes := true
	return &oauthserver.Person{Subject: "ada-1", Name: "Ada Lovelace", Email: ada, EmailVerified: &yes, Picture: "https://example.com/ada.png"}
}

// person is somebody at the provider; verified is nil where it does not say.
func person(subject, email string, verified *bool) *oauthserver.Person {
	return &oauthserver.Person{Subject: subject, Name: "Somebody", Email: email, EmailVerified: verified}
}

// secretParams are those in URLs that a log must not hold.
func (b *browser) noteSecrets(target string) {
	u, err := url.Parse(target)
	if err != nil {
		return
	}
	for _, name := range []string{"state", "code", "nonce"} {
		b.w.log.secret(u.Query().Get(name))
	}
}

// toProvider starts a flow and returns the authorization request.
func (b *browser) toProvider(path string, fields ...string) string {
	b.w.t.Helper()
	a := b.post(path, fields...)
	b.noteSecrets(a.target())
	return a.target()
}

// atProvider does what a browser does at the provider, which answers at once, and
// returns the callback.
func (b *browser) atProvider(target string) string { return b.atProviderWith(target, "") }

// atProviderWith is atProvider with more fields in the form that the provider
// shows for response_mode=form_post.
func (b *browser) atProviderWith(target, fields string) string {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodGet, target, nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	back := b.send(r)
	b.noteSecrets(back.target())
	if back.target() != "" {
		return back.target()
	}
	return b.postForm(back.body + fields)
}

var (
	formAction = regexp.MustCompile(`action="([^"]*)"`)
	formField  = regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`)
	unescape   = strings.NewReplacer("&amp;", "&", "&#34;", `"`, "&#43;", "+", "&#39;", "'")
)

// postForm sends the form that a provider shows for response_mode=form_post, as a
// browser does across sites: without cookies.
func (b *browser) postForm(page string) string {
	b.w.t.Helper()
	action := formAction.FindStringSubmatch(page)
	if action == nil {
		b.w.t.Fatalf("the provider's page has no form: %s", page)
	}
	form := url.Values{}
	for _, field := range formField.FindAllStringSubmatch(page, -1) {
		form.Set(field[1], unescape.Replace(field[2]))
	}
	b.noteSecrets("/?" + form.Encode())
	r, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodPost, unescape.Replace(action[1]), strings.NewReader(form.Encode()))
	if err != nil {
		b.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Origin", "http://provider.example")
	stranger := b.w.browser()
	a := stranger.send(r)
	for _, c := range stranger.client.Jar.Cookies(b.url()) {
		b.plant(c.Name, c.Value) // the answer's cookies are this browser's
	}
	if a.status != http.StatusSeeOther {
		b.w.t.Fatalf("the posted callback: %d %s", a.status, a.target())
	}
	return a.target()
}

// to gets an absolute URL.
func (b *browser) to(target string) answer {
	b.w.t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return b.get(u.RequestURI())
}

// through signs in, or links, through a provider and returns the callback's answer.
func (b *browser) through(path string, fields ...string) answer {
	b.w.t.Helper()
	return b.to(b.atProvider(b.toProvider(path, fields...)))
}

// declined starts a flow, and returns the callback with which a provider tells that
// the person did not want to.
func (b *browser) declined(path string) string {
	b.w.t.Helper()
	u, err := url.Parse(b.toProvider(path))
	if err != nil {
		b.w.t.Fatal(err)
	}
	answer := url.Values{"error": {"access_denied"}, "state": {u.Query().Get("state")}}
	return u.Query().Get("redirect_uri") + "?" + answer.Encode()
}

// events are the messages of the log at a level, from the JSON lines.
func (l *secretLog) events(message string) []map[string]any {
	var found []map[string]any
	for line := range strings.Lines(l.text()[l.seen:]) {
		var event map[string]any
		if json.Unmarshal([]byte(line), &event) == nil && strings.Contains(event["msg"].(string), message) {
			found = append(found, event)
		}
	}
	return found
}

// accounts are the linked accounts of all users as "provider/id".
func (w *world) accounts() []string {
	w.t.Helper()
	return queryStrings(w.t, w.db, `SELECT CONCAT(provider, '/', provider_account_id) FROM accounts ORDER BY provider, provider_account_id`)
}
