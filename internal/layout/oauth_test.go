package layout_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// signInThrough presses the button of the provider "hub" and goes where the browser
// is sent. It returns the last address.
func signInThrough(t *testing.T, server string) *url.URL {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	res, err := browser.Get(server + "/auth/csrf")
	if err != nil {
		t.Fatal(err)
	}
	var csrf struct{ CSRFToken string }
	err = json.NewDecoder(res.Body).Decode(&csrf)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if res, err = browser.PostForm(server+"/auth/signin/hub", url.Values{"csrfToken": {csrf.CSRFToken}}); err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.Request.URL
}

// TestSignInWithLateExpiry: in the year 2028 a token of twenty years signs people
// in, whatever the column holds, the second time too.
func TestSignInWithLateExpiry(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		adapter := c.adapter(*entsql.OpenDB(kind.Dialect, c.open(t, kind)))
		now := func() time.Time { return time.Date(2028, 1, 22, 0, 0, 0, 0, time.UTC) }
		idp, err := oauthserver.Start(oauthserver.Config{Auto: &oauthserver.Person{Subject: "1", Email: "a@example.com"}, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		defer idp.Close()
		idp.Misbehave(oauthserver.Misbehaviour{TokenFields: map[string]any{"expires_in": 631_138_518}})
		server := httptest.NewUnstartedServer(nil)
		origin := "http://" + server.Listener.Addr().String()
		auth, err := authent.New(authent.Config{
			URL: origin + "/auth", Secrets: []string{"a secret of more than thirty-two bytes for tests"}, Adapter: adapter, Now: now,
			Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
			Providers: []authent.Provider{{ID: "hub", Type: authent.TypeOAuth, OAuth: &authent.OAuth{
				ClientID: "client", ClientSecret: "secret", Scopes: []string{"openid", "profile", "email"},
				AuthURL: idp.URL + "/authorize", TokenURL: idp.URL + "/token", UserInfoURL: idp.URL + "/userinfo",
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		server.Config.Handler = auth.Handler()
		server.Start()
		defer server.Close()
		for range 2 {
			if last := signInThrough(t, origin); last.Query().Has("error") || last.Host != server.Listener.Addr().String() {
				t.Fatalf("the sign-in ends at %s", last)
			}
		}
		stored, err := adapter.Account(t.Context(), "hub", "1")
		if err != nil || !stored.ExpiresAt.After(now()) {
			t.Errorf("%v, %v", stored, err)
		}
	})
}
