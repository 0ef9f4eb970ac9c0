package layout_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
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

// withHub serves a sign-in through the provider "hub", which says that it is person,
// and returns the server's address.
func withHub(t *testing.T, adapter authent.Adapter, person oauthserver.Person, now func() time.Time, wrong oauthserver.Misbehaviour) string {
	t.Helper()
	idp, err := oauthserver.Start(oauthserver.Config{Auto: &person, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	idp.Misbehave(wrong)
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
	t.Cleanup(server.Close)
	return origin
}

// TestSignInWithLateExpiry: in the year 2028 a token of twenty years signs people
// in, whatever the column holds, the second time too.
func TestSignInWithLateExpiry(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		adapter := c.adapter(*entsql.OpenDB(kind.Dialect, c.open(t, kind)))
		now := func() time.Time { return time.Date(2028, 1, 22, 0, 0, 0, 0, time.UTC) }
		origin := withHub(t, adapter, oauthserver.Person{Subject: "1", Email: "a@example.com"}, now,
			oauthserver.Misbehaviour{TokenFields: map[string]any{"expires_in": 631_138_518}})
		for range 2 {
			if last := signInThrough(t, origin); last.Query().Has("error") || "http://"+last.Host != origin {
				t.Fatalf("the sign-in ends at %s", last)
			}
		}
		stored, err := adapter.Account(t.Context(), "hub", "1")
		if err != nil || !stored.ExpiresAt.After(now()) {
			t.Errorf("%v, %v", stored, err)
		}
	})
}

// TestSignInWithLongKeys: an address, or an id at the provider, that the column does not
// hold is one that cannot be used, and no fault of the server's.
func TestSignInWithLongKeys(t *testing.T) {
	long := strings.Repeat("a", 60) + "@" + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60) + "." + strings.Repeat("d", 60) + ".example"
	for refused, person := range map[string]oauthserver.Person{
		"/auth/signin?code=email_missing&error=OAuthCallbackError": {Subject: "1", Email: long},
		"/auth/signin?error=OAuthCallbackError":                    {Subject: strings.Repeat("1", 255), Email: "a@example.com"},
	} {
		each(t, func(t *testing.T, c cell, kind testdb.Kind) {
			adapter := c.adapter(*entsql.OpenDB(kind.Dialect, c.open(t, kind)))
			last := signInThrough(t, withHub(t, adapter, person, time.Now, oauthserver.Misbehaviour{}))
			want := "/"
			if c.letters != 0 && max(len(person.Email), len(person.Subject)) > c.letters {
				want = refused
			}
			if got := last.RequestURI(); got != want {
				t.Errorf("%s ends at %s, want %s", person.Email, got, want)
			}
		})
	}
}
