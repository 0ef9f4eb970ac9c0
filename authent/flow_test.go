package authent

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/seal"
)

// flowAuth is an engine that only opens flows.
func flowAuth() *Auth {
	return &Auth{
		cfg:     Config{Now: func() time.Time { return time.UnixMilli(1_800_000_000_000) }},
		keys:    seal.NewKeyring([]string{strings.Repeat("s", 32)}),
		cookies: new(Config).cookieNames(input.Site{}),
	}
}

// TestAccountOf: providers write the scope as a text or, as Twitch does, as a list.
func TestAccountOf(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_123)
	for want, scope := range map[string]any{"openid email": "openid email", "a b": []any{"a", 1, "b"}, "": nil} {
		token := (&oauth2.Token{AccessToken: "x", TokenType: "Bearer", ExpiresIn: 60}).WithExtra(map[string]any{"scope": scope})
		acc := accountOf(&Provider{ID: "twitch", Type: TypeOIDC}, "1", token, now)
		if acc.Scope != want || acc.TokenType != "bearer" || !acc.ExpiresAt.Equal(time.Unix(1_800_000_060, 0)) {
			t.Errorf("%v became %q, %s, %v", scope, acc.Scope, acc.TokenType, acc.ExpiresAt)
		}
	}
}

// FuzzP13_FlowCookie: a cookie that the engine did not seal, for this state and in
// this time, opens no flow.
func FuzzP13_FlowCookie(f *testing.F) {
	a := flowAuth()
	const state = "a-state-of-forty-three-characters-000000000"
	name := a.cookies.flowCookie(state)
	seal := func(under string, v any, expires time.Time) string {
		sealed, err := a.keys.SealJSON(strings.NewReader("a fixed nonce"), seal.Flow, under, v, expires)
		if err != nil {
			f.Fatal(err)
		}
		return sealed
	}
	soon := a.now().Add(time.Minute)
	valid := seal(name, flow{State: state, Provider: "dev"}, soon)
	for _, value := range []string{
		"", "x", "%", valid, valid + "A", valid[1:], strings.Repeat("A", 5000), "authent.v1.00000000.AAAA", `{"s":"` + state + `"}`,
		seal("authent.flow.0000000000000000", flow{State: state, Provider: "dev"}, soon), seal(name, flow{State: state, Provider: "dev"}, a.now()),
		seal(name, flow{State: "another", Provider: "dev"}, soon), seal(name, flow{State: state, Provider: "other"}, soon), seal(name, "text", soon), seal(name, []int{1}, soon),
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest(http.MethodGet, "/auth/callback/dev", nil)
		r.Header["Cookie"] = []string{name + "=" + value}
		e := &exchange{Auth: a, w: httptest.NewRecorder(), r: r, provider: &Provider{ID: "dev", OAuth: &OAuth{}}}
		got, _, err := e.takeFlow(url.Values{"state": {state}})
		if err == nil && (cookie(r, name) != valid || got.State != state || got.Provider != "dev") {
			t.Fatalf("%q opened a flow", value)
		}
	})
}

// FuzzP13_Callback: whatever a stranger sends to a callback, by its query or by a
// provider's form, is answered with the page that says what to do next.
func FuzzP13_Callback(f *testing.F) {
	a := flowAuth()
	for _, query := range []string{
		"", "state=", "code=x", "state=x&code=y", "error=access_denied", "state=" + strings.Repeat("s", 43), "state=" + strings.Repeat("s", 43) + "&code=c&iss=i",
		"state=%00", "state[]=x", "state=" + strings.Repeat("s", 300), "%zz", "state=a;b", "state=\xff&user=%7B%7D", "user=%7B%22name%22%3A1%7D",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/auth/callback/dev", nil)
		r.URL.RawQuery = query
		e := &exchange{Auth: a, w: httptest.NewRecorder(), r: r, provider: &Provider{ID: "dev", OAuth: &OAuth{}}}
		values := r.URL.Query()
		if _, _, err := e.takeFlow(values); failureOf(err).kind != "OAuthCallbackError" {
			t.Errorf("a query: %v", err)
		}
		e.form = values
		if err := e.keepPosted(); err != nil && failureOf(err).kind != "OAuthCallbackError" {
			t.Errorf("a form: %v", err)
		}
	})
}
