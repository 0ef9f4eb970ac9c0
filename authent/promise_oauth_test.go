package authent_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestP13_ForgedAnswersAreRefused: whatever of state, iss, nonce, audience,
// authorized party, expiry, signature and issuer is not as it should be.
func TestP13_ForgedAnswersAreRefused(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		for name, tc := range map[string]struct {
			bad oauthserver.Misbehaviour
			log string
		}{
			"state of nobody":           {oauthserver.Misbehaviour{WrongState: true}, "state"},
			"empty state":               {oauthserver.Misbehaviour{NoState: true}, "no state"},
			"answer of another server":  {oauthserver.Misbehaviour{WrongIssParam: true}, "RFC 9207"},
			"answer of no server":       {oauthserver.Misbehaviour{NoIssParam: true}, "RFC 9207"},
			"issuer":                    {oauthserver.Misbehaviour{WrongIssuer: true}, "different provider"},
			"audience":                  {oauthserver.Misbehaviour{WrongAudience: true}, "audience"},
			"audience and another":      {oauthserver.Misbehaviour{ExtraAudience: true}, "azp"},
			"another authorized":        {oauthserver.Misbehaviour{ExtraAudience: true, AuthorizedParty: "another"}, "azp"},
			"another authorized, alone": {oauthserver.Misbehaviour{AuthorizedParty: "another"}, "azp"},
			"expired":                   {oauthserver.Misbehaviour{Expired: true}, "expired"},
			"nonce":                     {oauthserver.Misbehaviour{WrongNonce: true}, "nonce"},
			"no nonce":                  {oauthserver.Misbehaviour{NoNonce: true}, "nonce"},
			"signature":                 {oauthserver.Misbehaviour{BadSignature: true}, "signature"},
			"unsigned":                  {oauthserver.Misbehaviour{AlgNone: true}, "ID token is refused"},
			"signed with the secret":    {oauthserver.Misbehaviour{AlgHS256: true}, "ID token is refused"},
			"signed with no known key":  {oauthserver.Misbehaviour{UnknownKey: true}, "signature"},
			"signed under a known key":  {oauthserver.Misbehaviour{StolenKid: true}, "signature"},
			"no ID token":               {oauthserver.Misbehaviour{NoIDToken: true}, "without an ID token"},
			"no subject":                {oauthserver.Misbehaviour{MissingSubject: true}, "subject"},
			"empty subject":             {oauthserver.Misbehaviour{EmptySubject: true}, "subject"},
		} {
			w.idp.Misbehave(tc.bad)
			b := w.browser()
			lines := len(w.log.events("sign-in through a provider failed"))
			a := b.through("/auth/signin/dev")
			w.idp.Misbehave(oauthserver.Misbehaviour{})
			if a.errorCode() != "OAuthCallbackError" || b.token() != "" || w.count("users") != 0 {
				t.Errorf("%s: %d to %s, %d users", name, a.status, a.target(), w.count("users"))
			}
			events := w.log.events("sign-in through a provider failed")[lines:]
			if len(events) != 1 || !strings.Contains(events[0]["error"].(string), tc.log) {
				t.Errorf("%s: the log says %v, want %q", name, events, tc.log)
			}
		}
		b := w.browser()
		if a := b.through("/auth/signin/dev"); a.errorCode() != "" || b.who() != ada {
			t.Errorf("well-behaved: %s", a.target())
		}
	})
}

// TestP13_ExtraAudienceForUs is no forgery when we are the authorized party.
func TestP13_ExtraAudienceForUs(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	w.idp.Misbehave(oauthserver.Misbehaviour{ExtraAudience: true, AuthorizedParty: "client"})
	b := w.browser()
	if a := b.through("/auth/signin/dev"); b.who() != ada {
		t.Error(a.target())
	}
}

// TestP13_AuthTimeIsChecked: where the request says how long ago people may have
// typed their password, a provider that did not ask them again is refused (OpenID
// Connect Core §3.1.2.1).
func TestP13_AuthTimeIsChecked(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	ago := func(d time.Duration) any { return w.clock.now().Add(-d).Unix() }
	for _, tc := range []struct {
		maxAge   string
		authTime any
		refused  bool
	}{
		{"", ago(time.Hour), false}, {"", nil, false}, {"x", ago(time.Hour), false}, {"-1", ago(time.Hour), false},
		{"0", ago(0), false}, {"0", ago(5 * time.Minute), true}, {"0", nil, true}, {"0", "soon", true}, {"0", ago(-time.Hour), true},
		{"3600", ago(time.Hour), false}, {"3600", ago(2 * time.Hour), true}, {"99999999999999999999", ago(2 * time.Hour), false},
	} {
		w.idp.Misbehave(oauthserver.Misbehaviour{Claims: map[string]any{"auth_time": tc.authTime}})
		b := w.browser()
		target := b.toProvider("/auth/signin/dev?max_age=" + tc.maxAge)
		a := b.to(b.atProvider(target))
		if refused := a.errorCode() == "OAuthCallbackError"; refused != tc.refused || (b.who() == ada) == tc.refused {
			t.Errorf("max_age %q, auth_time %v: %s", tc.maxAge, tc.authTime, a.target())
		}
		if sent := strings.Contains(target, "max_age="); sent != (tc.maxAge == "0" || tc.maxAge == "3600") {
			t.Errorf("max_age %q is sent: %v", tc.maxAge, sent)
		}
	}
}

// TestP13_CodeIsBoundToVerifier: a code that another browser's flow got is refused
// by the provider, since its PKCE challenge is another's (RFC 9700 §4.5).
func TestP13_CodeIsBoundToVerifier(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	victim, attacker := w.browser(), w.browser()
	stolen, err := url.Parse(attacker.atProvider(attacker.toProvider("/auth/signin/dev")))
	if err != nil {
		t.Fatal(err)
	}
	own, err := url.Parse(victim.atProvider(victim.toProvider("/auth/signin/dev")))
	if err != nil {
		t.Fatal(err)
	}
	q := own.Query()
	q.Set("code", stolen.Query().Get("code"))
	own.RawQuery = q.Encode()
	if a := victim.to(own.String()); a.errorCode() != "OAuthCallbackError" || victim.who() != "" {
		t.Errorf("an injected code: %s", a.target())
	}
	for _, r := range w.idp.RequestsTo("/token") {
		if len(r.Form.Get("code_verifier")) != 43 {
			t.Errorf("the verifier is %q", r.Form.Get("code_verifier"))
		}
	}
}

// TestP13_KeysAreFollowed: a key that the server withdraws is refused once the
// keys' lifetime is over, and one that it adds is taken at once.
func TestP13_KeysAreFollowed(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	for range 3 {
		if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "" {
			t.Fatal(a.target())
		}
	}
	if n := len(w.idp.RequestsTo("/.well-known/openid-configuration")) + len(w.idp.RequestsTo("/keys")); n != 2 {
		t.Errorf("discovery and keys were asked for %d times in three sign-ins", n)
	}
	if err := w.idp.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "" {
		t.Errorf("after the server changed its key: %s", a.target())
	}
	other, err := oauthserver.Start(oauthserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	w.idp.Misbehave(oauthserver.Misbehaviour{Answers: map[string]string{"/keys": keysOf(t, other.URL)}}) // its own are withdrawn
	if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "" {
		t.Errorf("within the keys' lifetime: %s", a.target())
	}
	w.clock.advance(time.Hour / 2)
	if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "OAuthCallbackError" || !strings.Contains(w.log.text(), "none of the server's keys made it") {
		t.Errorf("after it: %s\n%s", a.target(), w.log.text())
	}
	asked := func() int { return len(w.idp.RequestsTo("/.well-known/openid-configuration")) }
	await.True(t, "what was discovered is asked for anew, while people sign in by the old", func() bool { return asked() == 2 })
	w.clock.advance(26 * time.Hour) // no document is used longer, nor in the hour of grace after
	await.True(t, "what was discovered is asked for again when it has grown old", func() bool {
		w.browser().toProvider("/auth/signin/dev") // the first may wait for what was asked for before
		return asked() > 2
	})
	w.browser().toProvider("/auth/signin/dev")
	if n := asked(); n != 3 {
		t.Errorf("what was discovered is asked for %d times", n)
	}
}

// TestP08_StateIsUsedOnce: 64 requests bring the same answer at the same moment.
func TestP08_StateIsUsedOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		b := w.browser()
		u, err := url.Parse(b.atProvider(b.toProvider("/auth/signin/dev")))
		if err != nil {
			t.Fatal(err)
		}
		cookies := b.client.Jar.Cookies(b.url())
		var mu sync.Mutex
		won := 0
		var wg sync.WaitGroup
		for range 64 {
			one := w.browser()
			one.client.Jar.SetCookies(one.url(), cookies)
			r := one.request(http.MethodGet, u.RequestURI(), nil)
			wg.Go(func() {
				if a := one.send(r); a.errorCode() == "" {
					mu.Lock()
					defer mu.Unlock()
					won++
				}
			})
		}
		wg.Wait()
		if won != 1 || w.count("sessions") != 1 || len(w.idp.RequestsTo("/token")) != 1 {
			t.Errorf("%d won; %d sessions; the code was sent %d times", won, w.count("sessions"), len(w.idp.RequestsTo("/token")))
		}
	})
}

// TestP14_AccountsCompareByteForByte: ids that only look alike are different
// people, on every database.
func TestP14_AccountsCompareByteForByte(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{})
		ids := []string{"abc", "ABC", "äbc", "abc\u0308"}
		if kind.Dialect != dialect.MySQL {
			ids = append(ids, "abc ")
		}
		for i, id := range ids {
			address := string(rune('a'+i)) + "@example.com"
			w.idp.SetAuto(person(id, address, nil))
			for range 2 {
				b := w.browser()
				if a := b.through("/auth/signin/dev"); b.who() != address {
					t.Errorf("%q is %q, want %q: %s", id, b.who(), address, a.target())
				}
			}
		}
		if n := w.count("users"); n != len(ids) {
			t.Errorf("%d users", n)
		}
		refused := map[string]string{strings.Repeat("x", 256): "OAuthCallbackError", "a\x00b": "OAuthCallbackError"}
		if kind.Dialect == dialect.MySQL {
			refused["abc "] = "OAuthAccountNotLinked" // MySQL's unique keys ignore spaces at the end
		}
		for id, code := range refused {
			w.idp.SetAuto(person(id, "refused@example.com", nil))
			b := w.browser()
			if a := b.through("/auth/signin/dev"); a.errorCode() != code || b.who() != "" {
				t.Errorf("%q: %s, signed in as %q", id, a.target(), b.who())
			}
		}
	})
}

// TestP14_NumericIDs keep every digit.
func TestP14_NumericIDs(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.Providers[len(c.Providers)-1].OAuth.Profile = func(c authent.Claims) (authent.Profile, error) {
			p, err := authent.StandardProfile(c)
			p.ID = c.String("sub")
			return p, err
		}
	}}, oauthserver.Config{Auto: adaThere()})
	w.idp.Misbehave(oauthserver.Misbehaviour{NumericSubject: true})
	w.browser().through("/auth/signin/hub")
	if got := w.accounts(); !slices.Equal(got, []string{"hub/12345678901234567890"}) {
		t.Error(got)
	}
}

// TestP14_CallbackSaysNobodysIdentity: what a browser adds to a callback, or to a
// provider's form, changes nobody's id and address, also for a Profile that reads
// a claim of that name. A form may say what its sender is called.
func TestP14_CallbackSaysNobodysIdentity(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		var got authent.Profile
		w := newOAuthWorld(t, kind, setup{config: func(c *authent.Config) {
			for _, p := range c.Providers[1:] {
				p.OAuth.Profile = userClaimProfile
				if p.OAuth.FormPost {
					p.OAuth.PostedName = func(user authent.Claims) string { return user.String("name") }
				}
			}
			c.Callbacks.SignIn = func(_ context.Context, p authent.SignInParams) (string, error) {
				got = *p.Profile
				return "", nil
			}
		}}, oauthserver.Config{})
		for _, id := range []string{"dev", "trusted", "posting", "hub"} {
			theirs := "victim-" + id + "@example.com"
			w.idp.SetAuto(person("victim", theirs, new(true)))
			if a := w.browser().through("/auth/signin/" + id); a.errorCode() != "" {
				t.Fatal(a.target())
			}
			w.idp.SetAuto(person("mallory", id+"@example.com", new(true)))
			more, fields := forged(theirs)
			b := w.browser()
			a := b.to(b.atProviderWith(b.toProvider("/auth/signin/"+id), fields) + "&" + more)
			if a.errorCode() != "" || b.who() != id+"@example.com" || got.ID != "mallory" || got.Email != id+"@example.com" {
				t.Errorf("%s: %s, signed in as %q, profile %q %q", id, a.target(), b.who(), got.ID, got.Email)
			}
			if name := map[bool]string{true: "Posted", false: "Somebody"}[id == "posting"]; got.Name != name || got.Claims["user"] != nil {
				t.Errorf("%s: the name is %q, a claim user: %v", id, got.Name, got.Claims["user"])
			}
		}
	})
}

// forged are parameters, as a query and as fields of a form, that call their
// sender the one with the address.
func forged(address string) (query, fields string) {
	values := url.Values{
		"user": {`{"id":"victim","sub":"victim","email":"` + address + `","email_verified":true,"name":"Posted"}`}, "id": {"victim"},
		"sub": {"victim"}, "email": {address}, "email_verified": {"true"}, "name": {"Posted"}, "claims": {`{"sub":"victim"}`},
	}
	for name := range values {
		fields += fmt.Sprintf(`<input name="%s" value="%s">`, name, html.EscapeString(values.Get(name)))
	}
	return values.Encode(), fields
}

// userClaimProfile is a provider's whose people are in an object "user".
func userClaimProfile(c authent.Claims) (authent.Profile, error) {
	p, err := authent.StandardProfile(c)
	if user := c.Object("user"); user != nil {
		p.ID, p.Email, p.EmailVerified = user.String("id"), user.String("email"), user.Verified("email_verified")
	}
	return p, err
}

// TestP16_RedirectURIIsConfigured: no header of a request decides where a
// provider sends people.
func TestP16_RedirectURIIsConfigured(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		for _, header := range []http.Header{
			{"X-Forwarded-Host": {"evil.example"}}, {"X-Forwarded-Proto": {"https"}}, {"Forwarded": {"host=evil.example;proto=https"}},
			{"X-Forwarded-Server": {"evil.example"}, "X-Original-Host": {"evil.example"}, "X-Host": {"evil.example"}}, {"X-Forwarded-Port": {"1"}, "X-Forwarded-Prefix": {"/evil"}},
		} {
			b := w.browser()
			for name, values := range header {
				b.header[name] = values
			}
			u, err := url.Parse(b.toProvider("/auth/signin/dev"))
			if err != nil {
				t.Fatal(err)
			}
			if got := u.Query().Get("redirect_uri"); got != w.server.URL+"/auth/callback/dev" {
				t.Errorf("%v: redirect_uri is %q", header, got)
			}
		}
		b := w.browser()
		r := b.request(http.MethodPost, "/auth/signin/dev", strings.NewReader(url.Values{"csrfToken": {b.csrf()}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range b.client.Jar.Cookies(b.url()) {
			r.AddCookie(c)
		}
		r.Host = "evil.example"
		if target := b.send(r).target(); !strings.HasPrefix(target, w.idp.URL) || strings.Contains(target, "evil") {
			t.Errorf("Host: the browser is sent to %s", target)
		}
	})
}
