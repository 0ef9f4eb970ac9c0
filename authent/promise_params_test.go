package authent_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// askedFor is what a request's query says of a parameter, and what is sent where the
// application set it and where it did not.
type askedFor struct {
	query     string
	set, open string
}

// policies are parameters of an authorization request: what an application sets
// for one, and what requests ask for. "" for what is sent is nothing.
var policies = []struct {
	name, value string
	requests    map[string]askedFor
}{
	{"max_age", "300", map[string]askedFor{
		"weaker": {"max_age=3600", "300", "3600"}, "stronger": {"max_age=60", "60", "60"}, "strongest": {"max_age=0", "0", "0"}, "equal": {"max_age=300", "300", "300"},
		"word": {"max_age=x", "300", ""}, "negative": {"max_age=-1", "300", ""}, "signed": {"max_age=%2B60", "300", ""}, "too large": {"max_age=99999999999999999999", "300", ""},
		"fraction": {"max_age=60.5", "300", ""}, "spaces": {"max_age=+60", "300", ""}, "empty": {"max_age=", "300", ""}, "zeros": {"max_age=0060", "60", "60"},
		"repeated, weaker first": {"max_age=3600&max_age=60", "300", ""}, "repeated, unreadable": {"max_age=60&max_age=x", "300", ""},
		"another case": {"MAX_AGE=3600&Max_Age=0", "300", ""}, "absent": {"x=y", "300", ""},
	}},
	{"acr_values", "high", map[string]askedFor{
		"weaker": {"acr_values=low", "high", "low"}, "stronger": {"acr_values=higher", "high", "higher"}, "unreadable": {"acr_values=%00", "high", "\x00"},
		"empty": {"acr_values=", "high", ""}, "repeated": {"acr_values=low&acr_values=high", "high", ""}, "another case": {"ACR_VALUES=low", "high", ""}, "absent": {"x=y", "high", ""},
	}},
	{"prompt", "login", map[string]askedFor{
		"weaker": {"prompt=none", "login", "none"}, "stronger": {"prompt=login+consent", "login", "login consent"}, "unreadable": {"prompt=%zz", "login", ""},
		"empty": {"prompt=", "login", ""}, "repeated": {"prompt=login&prompt=none", "login", ""}, "another case": {"Prompt=none", "login", ""}, "absent": {"x=y", "login", ""},
	}},
	{"scope", "openid email", map[string]askedFor{
		"weaker": {"scope=openid", "openid email", "openid"}, "stronger": {"scope=openid+email+admin", "openid email", "openid email admin"}, "unreadable": {"scope=%00", "openid email", "\x00"},
		"empty": {"scope=", "openid email", ""}, "repeated": {"scope=openid&scope=admin", "openid email", ""}, "another case": {"SCOPE=admin", "openid email", ""}, "absent": {"x=y", "openid email", ""},
	}},
	hint("login_hint"), hint("display"), hint("ui_locales"), hint("claims_locales"),
	{"hd", "example.com", map[string]askedFor{ // which RequestParams has
		"weaker": {"hd=evil.example", "example.com", "evil.example"}, "empty": {"hd=", "example.com", ""}, "repeated": {"hd=a&hd=b", "example.com", ""}, "another case": {"HD=evil.example", "example.com", ""},
	}},
	{"claims", "{}", map[string]askedFor{ // which nobody opened
		"weaker": {"claims=x", "{}", ""}, "empty": {"claims=", "{}", ""}, "repeated": {"claims=x&claims=y", "{}", ""}, "another case": {"Claims=x", "{}", ""},
	}},
}

func hint(name string) (row struct {
	name, value string
	requests    map[string]askedFor
}) {
	row.name, row.value = name, "ours"
	row.requests = map[string]askedFor{
		"another": {name + "=theirs", "ours", "theirs"}, "empty": {name + "=", "ours", ""}, "repeated": {name + "=a&" + name + "=b", "ours", ""}, "another case": {strings.ToUpper(name) + "=theirs", "ours", ""},
	}
	return row
}

// providersSetting are plain OAuth 2.0 providers: "open", and for each policy one
// that sets it by AuthParams (or Scopes) and one by its AuthURL.
func providersSetting(url string) []authent.Provider {
	plain := func(id string, change func(o *authent.OAuth)) authent.Provider {
		o := authent.OAuth{
			ClientID: "client", ClientSecret: idpSecret, AuthURL: url + "/authorize", TokenURL: url + "/token", UserInfoURL: url + "/userinfo",
			RequestParams: []string{"hd", "max_age", "prompt"},
		}
		change(&o)
		return authent.Provider{ID: id, Type: authent.TypeOAuth, OAuth: &o}
	}
	all := []authent.Provider{plain("open", func(*authent.OAuth) {})}
	for _, p := range policies {
		set := func(o *authent.OAuth) { o.AuthParams = map[string]string{p.name: p.value} }
		if p.name == "scope" {
			set = func(o *authent.OAuth) { o.Scopes = strings.Fields(p.value) }
		}
		all = append(all, plain("set_"+p.name, set), plain("url_"+p.name, func(o *authent.OAuth) { o.AuthURL += "?" + setQuery(p.name, p.value) }))
	}
	return all
}

func setQuery(name, value string) string { return url.Values{name: {value}}.Encode() }

// TestP39_RequestsWeakenNothing: what the application set for a provider stays,
// and a request may add what was left open, in each flow that starts at one.
func TestP39_RequestsWeakenNothing(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Providers = append(c.Providers, providersSetting(c.Providers[1].OAuth.Issuer)...)
		}}, oauthserver.Config{})
		b := w.registered()
		token := b.csrf()
		for _, flow := range []string{"signin", "link"} {
			for _, p := range policies {
				for name, request := range p.requests {
					for id, want := range map[string]string{"set_" + p.name: request.set, "url_" + p.name: request.set, "open": request.open} {
						r := b.request(http.MethodPost, "/auth/"+flow+"/"+id+"?"+request.query, strings.NewReader(url.Values{"csrfToken": {token}}.Encode()))
						r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
						a := b.send(r)
						b.noteSecrets(a.target())
						if sent := sentBesides(t, a.target(), p.name, want); sent != "" {
							t.Errorf("%s, %s, %s (%s): %s", flow, id, name, request.query, sent)
						}
					}
				}
			}
		}
	})
}

// sentBesides says how an authorization request differs from one in which a
// parameter has a value once and nothing else was set.
func sentBesides(t *testing.T, target, name, want string) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil || u.Path != "/authorize" {
		return "the browser is sent to " + target
	}
	q := u.Query()
	if got := q[name]; len(got) > 1 || q.Get(name) != want || q.Has(name) != (want != "") {
		return fmt.Sprintf("%s is %q, want %q", name, got, want)
	}
	engines := []string{"client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method", name}
	for other := range maps.Keys(q) {
		if !slices.Contains(engines, other) {
			return fmt.Sprintf("%s is sent too: %q", other, q[other])
		}
	}
	return ""
}

// TestP39_MaxAgeHolds: a sign-in at the provider that was too long ago for the
// application is refused, whatever the request asked for.
func TestP39_MaxAgeHolds(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Providers[1].OAuth.AuthParams = map[string]string{"max_age": "300"}
		}}, oauthserver.Config{Auto: adaThere()})
		w.idp.Misbehave(oauthserver.Misbehaviour{Claims: map[string]any{"auth_time": w.clock.now().Add(-10 * time.Minute).Unix()}})
		for _, query := range []string{"", "?max_age=3600", "?max_age=x", "?max_age=", "?max_age=3600&max_age=3600", "?max_age=60"} {
			if a := w.browser().through("/auth/signin/dev" + query); a.errorCode() != "OAuthCallbackError" || w.count("users") != 0 {
				t.Errorf("%q: %s", query, a.target())
			}
		}
		w.idp.Misbehave(oauthserver.Misbehaviour{})
		if a := w.browser().through("/auth/signin/dev?max_age=3600"); a.errorCode() != "" {
			t.Errorf("a fresh one: %s", a.target())
		}
	})
}

// TestP39_WhatIsOpened: RequestParams opens scope, and nothing that AuthParams
// has; an AuthParams of "" closes a name; openid stays.
func TestP39_WhatIsOpened(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		dev, hub := c.Providers[1].OAuth, c.Providers[4].OAuth
		dev.RequestParams, dev.AuthParams = []string{"scope", "prompt", "acr_values", "max_age"}, map[string]string{"prompt": "login", "acr_values": "", "max_age": ""}
		hub.RequestParams = []string{"scope"}
	}}, oauthserver.Config{})
	for path, want := range map[string]url.Values{
		"dev?scope=email&prompt=none&acr_values=low&max_age=60": {"scope": {"openid email"}, "prompt": {"login"}},
		"dev":             {"scope": {"openid profile email"}, "prompt": {"login"}},
		"hub?scope=x":     {"scope": {"x"}},
		"hub?scope=":      {"scope": {"openid profile email"}},
		"trusted?scope=x": {"scope": {"openid profile email"}},
	} {
		u, err := url.Parse(w.browser().toProvider("/auth/signin/" + path))
		if err != nil {
			t.Fatal(err)
		}
		got := url.Values{}
		for _, name := range []string{"scope", "prompt", "acr_values", "max_age"} {
			if v := u.Query()[name]; v != nil {
				got[name] = v
			}
		}
		if !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
