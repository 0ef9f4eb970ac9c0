package authent_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// propertiesWorld has the providers of oauthWorld and "odd", which is "dev" with
// what change says of it.
func propertiesWorld(t *testing.T, kind testdb.Kind, server oauthserver.Config, change func(o *authent.OAuth)) *oauthWorld {
	t.Helper()
	server.Auto = adaThere()
	return newOAuthWorld(t, kind, setup{config: func(c *authent.Config) {
		odd := *c.Providers[1].OAuth
		change(&odd)
		c.Providers = append(c.Providers, authent.Provider{ID: "odd", Type: authent.TypeOIDC, OAuth: &odd})
	}}, server)
}

// TestP13_IssuersOfAProvider: a server that has several names may use each of them in
// each place, and nobody else may; a provider without such names knows one.
func TestP13_IssuersOfAProvider(t *testing.T) {
	const second, third, strange = "https://second.example", "https://third.example", "https://strange.example"
	world := func() *oauthWorld {
		return propertiesWorld(t, testdb.SQLite, oauthserver.Config{}, func(o *authent.OAuth) { o.OtherIssuers = []string{second, third} })
	}
	in := func(discovery, token, callback string) oauthserver.Misbehaviour {
		bad := oauthserver.Misbehaviour{IssParam: callback}
		if discovery != "" {
			bad.DiscoveryMembers = map[string]any{"issuer": discovery}
		}
		if token != "" {
			bad.Claims = map[string]any{"iss": token}
		}
		return bad
	}
	for _, names := range [][3]string{{}, {second}, {"", second}, {"", "", second}, {second, third, ""}, {second, "", third}, {third, third, third}} {
		world().accepted("odd", in(names[0], names[1], names[2]))
	}
	for _, name := range []string{strange, second + "/", "HTTPS://second.example", "https://second.example.evil.example"} {
		world().refused("odd", in("", name, ""), "different provider")
		world().refused("odd", in("", "", name), "another server's (RFC 9207)")
		for id, name := range map[string]string{"odd": name, "dev": second} {
			w := world()
			w.idp.Misbehave(in(name, "", ""))
			if a := w.browser().post("/auth/signin/" + id); a.errorCode() != "Configuration" || !strings.Contains(w.log.text(), "set Issuer to what it says") {
				t.Errorf("%s: the discovered issuer %s: %s", id, name, a.target())
			}
		}
	}
	world().refused("dev", in("", second, ""), "different provider")
	world().refused("dev", in("", "", second), "another server's (RFC 9207)")
}

// TestOAuth_Declined: a provider's own words for it are told as access_denied is,
// without a warning, and those of another are not.
func TestOAuth_Declined(t *testing.T) {
	w := propertiesWorld(t, testdb.SQLite, oauthserver.Config{}, func(o *authent.OAuth) { o.Declined = []string{"user_cancelled_authorize", "user_cancelled_login"} })
	const cancelled, failed = "OAuthCallbackError:cancelled", "OAuthCallbackError"
	for _, tc := range []struct{ id, answer, want, level string }{
		{"odd", "access_denied", cancelled, "INFO"}, {"odd", "user_cancelled_authorize", cancelled, "INFO"}, {"odd", "user_cancelled_login", cancelled, "INFO"},
		{"odd", "USER_CANCELLED_LOGIN", failed, "WARN"}, {"odd", "user_cancelled", failed, "WARN"},
		{"dev", "access_denied", cancelled, "INFO"}, {"dev", "user_cancelled_authorize", failed, "WARN"},
	} {
		lines := len(w.log.events("sign-in through a provider failed"))
		w.idp.Misbehave(oauthserver.Misbehaviour{AuthorizeError: tc.answer})
		a := w.browser().through("/auth/signin/" + tc.id)
		events := w.log.events("sign-in through a provider failed")[lines:]
		if a.errorCode() != tc.want || len(events) != 1 || events[0]["level"] != tc.level || !strings.Contains(events[0]["error"].(string), "the provider answered "+tc.answer+": ") {
			t.Errorf("%s, %s: %s, %v", tc.id, tc.answer, a.target(), events)
		}
	}
}

// TestP13_ChecksThatAProviderLacks are left out for the provider of which the
// application says so, and for no other, whatever a server answers. The state binds
// the answer to this browser all the same.
func TestP13_ChecksThatAProviderLacks(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := propertiesWorld(t, kind, oauthserver.Config{NoPKCE: true}, func(o *authent.OAuth) { o.NoPKCE, o.NoNonce = true, true })
		bare := oauthserver.Misbehaviour{NoNonce: true}
		w.idp.Misbehave(bare)
		if a := w.browser().through("/auth/signin/dev"); a.status != http.StatusInternalServerError || !strings.Contains(w.log.text(), "the token endpoint answered invalid_client") {
			t.Errorf("PKCE, which it does not take: %d\n%s", a.status, w.log.text())
		}
		w.refused("odd", oauthserver.Misbehaviour{WrongNonce: true}, "nonce")
		w.idp.Misbehave(bare)
		b := w.browser()
		back := b.atProvider(b.toProvider("/auth/signin/odd"))
		if a := w.browser().to(back); a.errorCode() != "OAuthCallbackError" {
			t.Errorf("in another browser: %s", a.target())
		}
		if a := b.to(strings.Replace(back, "state=", "state=x", 1)); a.errorCode() != "OAuthCallbackError" {
			t.Errorf("with another state: %s", a.target())
		}
		if a := b.to(back); a.errorCode() != "" || b.who() != ada {
			t.Errorf("%s, signed in as %q", a.target(), b.who())
		}
		if a := b.to(back); a.errorCode() != "OAuthCallbackError" {
			t.Errorf("a second time: %s", a.target())
		}
		w.accepted("odd", oauthserver.Misbehaviour{}) // the nonce is sent, and may come back
		sent := w.idp.RequestsTo("/token")
		if last := sent[len(sent)-1].Form; last.Has("code_verifier") || last.Get("client_secret") != "" || last.Get("code") == "" {
			t.Errorf("the token request has %v", last)
		}
		asked := w.idp.RequestsTo("/authorize")
		if last := asked[len(asked)-1].Query; last.Has("code_challenge") || last.Has("code_challenge_method") || len(last.Get("nonce")) != 43 || len(last.Get("state")) != 43 {
			t.Errorf("the authorization request has %v", last)
		}
	})
	for name, change := range map[string]func(o *authent.OAuth){
		"PKCE alone": func(o *authent.OAuth) { o.NoPKCE = true }, "nothing": func(*authent.OAuth) {},
	} {
		w := propertiesWorld(t, testdb.SQLite, oauthserver.Config{}, change)
		b := w.browser()
		u, err := url.Parse(b.post("/auth/signin/odd").target())
		if err != nil || u.Query().Has("code_challenge") != (name == "nothing") {
			t.Errorf("%s is left out: %v, %v", name, u, err)
		}
		w.refused("dev", oauthserver.Misbehaviour{NoNonce: true}, "nonce")
	}
}

// TestOAuth_Basic: the client's id and secret are encoded before they are sent (RFC
// 6749 §2.3.1).
func TestOAuth_Basic(t *testing.T) {
	const id, secret = "a:client %", "a secret+of:signs%"
	idp, err := oauthserver.Start(oauthserver.Config{Auto: adaThere(), ClientID: id, ClientSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	w := &oauthWorld{newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.Providers = []authent.Provider{{ID: "dev", Type: authent.TypeOIDC, OAuth: &authent.OAuth{Issuer: idp.URL, ClientID: id, ClientSecret: secret}}}
	}}), idp}
	w.log.secret(secret)
	w.accepted("dev", oauthserver.Misbehaviour{})
}
