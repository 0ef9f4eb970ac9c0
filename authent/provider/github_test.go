package provider_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
)

func gitHubAt(url string) authent.Provider {
	p := provider.GitHubEnterprise(url+"/", provider.Client{ID: "client", Secret: "secret"})
	p.OAuth.TrustEmail = true
	return p
}

// TestGitHubAPI: it is on a host of its own in the clouds that GitHub runs.
func TestGitHubAPI(t *testing.T) {
	t.Parallel()
	for base, api := range map[string]string{
		"https://octocorp.ghe.com": "https://api.octocorp.ghe.com", "https://octocorp.ghe.com/": "https://api.octocorp.ghe.com", "https://OctoCorp.GHE.com": "https://api.OctoCorp.GHE.com",
		"https://github.com": "https://api.github.com", "https://github.example.com": "https://github.example.com/api/v3", "https://example.com/github/": "https://example.com/github/api/v3",
		"https://notghe.com": "https://notghe.com/api/v3", "https://octocorp.ghe.com.example.com": "https://octocorp.ghe.com.example.com/api/v3", "http://127.0.0.1:8080": "http://127.0.0.1:8080/api/v3",
	} {
		o := provider.GitHubEnterprise(base, provider.Client{ID: "client", Secret: "secret"}).OAuth
		var asked []string
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.String())
			return canned{"": "{}", r.URL.Path: map[bool]string{true: "[]", false: "{}"}[strings.HasSuffix(r.URL.Path, "/emails")]}.RoundTrip(r)
		})}
		if _, err := o.UserInfo(t.Context(), client); err != nil || !slices.Equal(asked, []string{api + "/user", api + "/user/emails"}) {
			t.Errorf("%s: asked %v, %v", base, asked, err)
		}
		if base = strings.TrimSuffix(base, "/"); o.AuthURL != base+"/login/oauth/authorize" || o.TokenURL != base+"/login/oauth/access_token" {
			t.Errorf("%s: %s, %s", base, o.AuthURL, o.TokenURL)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestGitHub: the primary address counts, and is verified only if GitHub says so
// of it; the one of the profile is never verified.
func TestGitHub(t *testing.T) {
	t.Parallel()
	type emails = []oauthserver.Email
	for name, tc := range map[string]struct {
		emails emails
		status int
		email  string
		want   authent.Verified
	}{
		"verified":                         {emails{{Email: "ada@example.com", Primary: true, Verified: true}}, 0, "ada@example.com", authent.VerifiedYes},
		"unverified":                       {emails{{Email: "ada@example.com", Primary: true}}, 0, "ada@example.com", authent.VerifiedNo},
		"several, the primary verified":    {emails{{Email: "a@example.com"}, {Email: "ada@example.com", Primary: true, Verified: true}, {Email: "b@example.com"}}, 0, "ada@example.com", authent.VerifiedYes},
		"several, the primary unverified":  {emails{{Email: "a@example.com", Verified: true}, {Email: "ada@example.com", Primary: true}}, 0, "ada@example.com", authent.VerifiedNo},
		"none is primary":                  {emails{{Email: "a@example.com", Verified: true}}, 0, "public@example.com", authent.VerifiedUnknown},
		"none":                             {emails{}, 0, "public@example.com", authent.VerifiedUnknown},
		"the list is not for us (404)":     {nil, 404, "public@example.com", authent.VerifiedUnknown},
		"the list is not for us now (403)": {nil, 403, "public@example.com", authent.VerifiedUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who := &oauthserver.Person{Subject: "ada", Number: 583231, Login: "ada", Name: "Ada", PublicEmail: "public@example.com", Emails: tc.emails}
			w := newWorld(t, who, gitHubAt, nil)
			w.idp.Misbehave(oauthserver.Misbehaviour{EmailsStatus: tc.status})
			back, _ := w.get(w.start("github"))
			w.get(back)
			if got := w.user(); got["email"] != tc.email || got["name"] != "Ada" {
				t.Errorf("signed in is %v", got)
			}
			if w.profile.ID != "583231" || w.profile.Email != tc.email || w.profile.EmailVerified != tc.want {
				t.Errorf("profile %q, %q, %v", w.profile.ID, w.profile.Email, w.profile.EmailVerified)
			}
			user, err := w.store.UserByAccount(t.Context(), "github", "583231")
			if err != nil || user.EmailVerified.IsZero() == (tc.want == authent.VerifiedYes) {
				t.Errorf("user %v, %v", user, err)
			}
		})
	}
}

// TestGitHubAddressesOutOfOrder: when GitHub cannot say which address is verified,
// nobody signs in with another one.
func TestGitHubAddressesOutOfOrder(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 429, 500, 503} {
		who := &oauthserver.Person{Subject: "ada", Number: 583231, Login: "ada", PublicEmail: "public@example.com"}
		w := newWorld(t, who, gitHubAt, nil)
		w.idp.Misbehave(oauthserver.Misbehaviour{EmailsStatus: status})
		back, _ := w.get(w.start("github"))
		if target, _ := w.get(back); !strings.Contains(target, "error=OAuthCallbackError") || w.user() != nil {
			t.Errorf("%d: to %s, signed in is %v", status, target, w.user())
		}
	}
}

// TestGitHubAuthorizationURL: it has the parameters that GitHub documents, and
// response_type, which RFC 6749 §4.1.1 requires.
func TestGitHubAuthorizationURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &oauthserver.Person{Subject: "ada"}, gitHubAt, nil)
	u, err := url.Parse(w.start("github"))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	want := []string{"client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"}
	if got := slices.Sorted(maps.Keys(q)); !slices.Equal(got, want) {
		t.Errorf("parameters %v", got)
	}
	u.RawQuery = ""
	if u.String() != w.idp.URL+"/login/oauth/authorize" || q.Get("client_id") != "client" || q.Get("response_type") != "code" ||
		q.Get("redirect_uri") != w.url+"/auth/callback/github" || q.Get("scope") != "read:user user:email" || q.Get("code_challenge_method") != "S256" {
		t.Errorf("%s with %v", u, q)
	}
}
