package authent_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/softauthenticator"
	"github.com/authent/authent/internal/testdb"
)

// newPasskeyWorld makes a world in which people may use passkeys too.
func newPasskeyWorld(t *testing.T, kind testdb.Kind, change func(*authent.Config)) *oauthWorld {
	t.Helper()
	return newFactorWorld(t, kind, func(c *authent.Config) {
		c.Providers = append(c.Providers, provider.Passkey())
		if change != nil {
			change(c)
		}
	})
}

// options is what a browser is to ask for a passkey with, as far as tests look at it.
type options struct {
	Challenge string
	RPID      string `json:"rpId"`
	RP        struct{ ID string }
	User      struct{ ID string }
	Allow     []struct{ ID string } `json:"allowCredentials"`
	Exclude   []struct{ ID string } `json:"excludeCredentials"`
}

// options asks for those of an action.
func (b *browser) options(query string) (o options) {
	b.w.t.Helper()
	a := b.get("/auth/webauthn-options/passkey" + query)
	var v struct{ Options options }
	if err := json.Unmarshal([]byte(a.body), &v); err != nil || a.status != http.StatusOK {
		b.w.t.Fatalf("options: %d %s %v", a.status, a.body, err)
	}
	return v.Options
}

// at returns the ceremony that the browser's page asks for.
func (b *browser) at(challenge string) softauthenticator.Ceremony {
	return softauthenticator.Ceremony{Challenge: challenge, Origin: b.w.server.URL}
}

// newKey makes a passkey of ada's on this world's host.
func (w *oauthWorld) newKey(algorithm int64) *softauthenticator.Credential {
	w.t.Helper()
	key, err := softauthenticator.New(algorithm, "127.0.0.1", authent.UserHandle(w.user().ID))
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

// add registers a passkey for whoever b is signed in as.
func (b *browser) add(key *softauthenticator.Credential) answer {
	b.w.t.Helper()
	return b.answerWith("register", b.options("?action=register").Challenge, key.Create)
}

// use signs in with a passkey.
func (b *browser) use(key *softauthenticator.Credential) answer {
	b.w.t.Helper()
	return b.answerWith("authenticate", b.options("?action=authenticate").Challenge, key.Get)
}

// answerWith answers a challenge, as change leaves the ceremony.
func (b *browser) answerWith(action, challenge string, make func(softauthenticator.Ceremony) ([]byte, error), change ...func(*softauthenticator.Ceremony)) answer {
	b.w.t.Helper()
	at := b.at(challenge)
	for _, f := range change {
		f(&at)
	}
	data, err := make(at)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return b.post("/auth/callback/passkey", "action", action, "data", string(data))
}

// withKey is a world in which ada has a passkey.
func withKey(t *testing.T, kind testdb.Kind, change func(*authent.Config)) (*oauthWorld, *browser, *softauthenticator.Credential) {
	t.Helper()
	w := newPasskeyWorld(t, kind, change)
	b := w.registered()
	key := w.newKey(softauthenticator.ES256)
	if a := b.add(key); a.errorCode() != "" || w.count("authenticators") != 1 {
		t.Fatalf("add: %d to %s", a.status, a.target())
	}
	if b.use(key); w.level(b) != 2 { // so that b may change it
		t.Fatalf("level %d", w.level(b))
	}
	return w, b, key
}
