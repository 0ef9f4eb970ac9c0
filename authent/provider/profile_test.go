package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
)

var update = flag.Bool("update", false, "write the goldens")

// canned answers each request with a text, by the URL's path; "" is for all else.
type canned map[string]string

// RoundTrip implements http.RoundTripper.
func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	text, ok := c[r.URL.Path]
	if !ok {
		text = c[""]
	}
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)),
	}, nil
}

// profileOf returns what the engine makes of a provider's answers.
func profileOf(t *testing.T, p authent.Provider, answers canned) authent.Profile {
	t.Helper()
	client := &http.Client{Transport: answers}
	var claims authent.Claims
	var err error
	if p.OAuth.UserInfo != nil {
		claims, err = p.OAuth.UserInfo(t.Context(), client)
	} else {
		claims, err = authent.FetchClaims(t.Context(), client, "https://provider.example/profile")
	}
	if err != nil {
		t.Fatal(err)
	}
	read := p.OAuth.Profile
	if read == nil {
		read = authent.StandardProfile
	}
	profile, err := read(claims)
	if err != nil {
		t.Fatal(err)
	}
	return profile
}

// appleName reads the name from the field "user" of Apple's form.
func appleName(t *testing.T, user string) string {
	t.Helper()
	var c authent.Claims
	if err := json.Unmarshal([]byte(user), &c); err != nil {
		t.Fatal(err)
	}
	return provider.Apple(appleConfig).OAuth.PostedName(c)
}

var verifiedNames = map[authent.Verified]string{authent.VerifiedYes: "yes", authent.VerifiedNo: "no", authent.VerifiedUnknown: "unknown"}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestProfiles: the answers that the providers document become these profiles.
func TestProfiles(t *testing.T) {
	t.Parallel()
	sources := readFile(t, "SOURCES.md")
	for _, k := range known {
		answers := canned{"": readFile(t, k.id+".json"), "/user/emails": readFile(t, "github-emails.json"), "/2.0/user/emails": readFile(t, "bitbucket-emails.json")}
		p := profileOf(t, k.set(), answers)
		if k.id == "apple" {
			p.Name = appleName(t, readFile(t, "apple-user.json"))
		}
		got, err := json.MarshalIndent(map[string]string{
			"id": p.ID, "name": p.Name, "email": p.Email, "image": p.Image, "email_verified": verifiedNames[p.EmailVerified],
		}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden := k.id + ".golden.json"
		if *update {
			if err := os.WriteFile(filepath.Join("testdata", golden), append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want := readFile(t, golden); string(bytes.TrimSpace(got)) != strings.TrimSpace(want) {
			t.Errorf("%s:\n got %s\nwant %s", k.id, got, want)
		}
		if !strings.Contains(sources, "\n- "+k.id+": https://") {
			t.Errorf("SOURCES.md does not say where %s.json comes from", k.id)
		}
	}
}

// TestVerified: an address is verified where the provider says so in the way that
// it documents, and nowhere else.
func TestVerified(t *testing.T) {
	t.Parallel()
	standard := map[string]string{
		`{"email_verified": true}`: "yes", `{"email_verified": false}`: "no", `{}`: "unknown", `{"email_verified": null}`: "unknown", `{"email_verified": 1}`: "unknown",
	}
	cases := map[string]map[string]string{
		"bitbucket": {`{"email": "a@example.com", "email_verified": true}`: "unknown"},
		"discord":   {`{"verified": true}`: "yes", `{"verified": false}`: "no", `{}`: "unknown", `{"email_verified": true}`: "unknown"},
		"facebook":  {`{"verified": true, "email_verified": true}`: "unknown"},
		"gitlab":    {`{"confirmed_at": "2012-05-23T09:05:22Z", "email_verified": true}`: "unknown"},
		"spotify":   {`{"email_verified": true}`: "no"},
		"twitter":   {`{"data": {"verified": true}}`: "unknown", `{"data": {"email": "a@example.com"}}`: "unknown", `{"data": {"confirmed_email": "a@example.com"}}`: "yes", `{"data": {"confirmed_email": true}}`: "unknown"},
		"apple":     {`{"email_verified": "true"}`: "yes", `{"email_verified": true}`: "yes", `{"email_verified": "false"}`: "no", `{}`: "unknown", `{"user": {"email": "a@example.com", "email_verified": true}}`: "unknown"},
		"google": {
			`{"email": "a@gmail.com", "email_verified": true}`: "yes", `{"email": "A@Gmail.COM", "email_verified": true}`: "yes", `{"email": "a@gmail.com", "email_verified": false}`: "no",
			`{"email": "a@example.com", "email_verified": true, "hd": "example.com"}`: "yes", `{"email": "a@example.com", "email_verified": false, "hd": "example.com"}`: "no",
			`{"email": "a@example.com", "email_verified": true}`: "unknown", `{"email": "a@example.com", "email_verified": true, "hd": ""}`: "unknown", `{"email": "a@example.com", "email_verified": true, "hd": true}`: "unknown",
			`{"email": "a@notgmail.com", "email_verified": true}`: "unknown", `{"email": "a@gmail.com.example.com", "email_verified": true}`: "unknown", `{"email": "a@example.com", "email_verified": false}`: "no",
			`{"email": "a@gma\u0130l.com", "email_verified": true}`: "unknown", `{"email": "gmail.com", "email_verified": true}`: "unknown",
			`{"email_verified": true}`: "unknown", `{"email": "a@gmail.com"}`: "unknown", `{}`: "unknown",
		},
		"microsoft-entra-id": {
			`{"xms_edov": true}`: "yes", `{"xms_edov": 1}`: "yes", `{"xms_edov": "1"}`: "yes", `{"xms_edov": false}`: "no", `{"xms_edov": 0}`: "no", `{"xms_edov": "0"}`: "no",
			`{"email_verified": true}`: "unknown", `{"xms_edov": "yes"}`: "unknown", `{"xms_edov": 2}`: "unknown", `{"xms_edov": [true]}`: "unknown", `{}`: "unknown",
		},
	}
	for _, id := range []string{"auth0", "keycloak", "linkedin", "oidc", "okta", "slack", "twitch", "zitadel"} {
		cases[id] = standard
	}
	for _, k := range known {
		if len(cases[k.id]) == 0 && k.id != "github" { // TestGitHub has its cases
			t.Errorf("%s has no case", k.id)
		}
		for answer, want := range cases[k.id] {
			if got := verifiedNames[profileOf(t, k.set(), canned{"": answer}).EmailVerified]; got != want {
				t.Errorf("%s: %s: %s, want %s", k.id, answer, got, want)
			}
		}
	}
}

// TestOddProfiles: what is missing or of another type is empty, and never ends the
// process.
func TestOddProfiles(t *testing.T) {
	t.Parallel()
	for _, k := range known {
		for _, answer := range []string{
			`{}`, `{"data": null, "user": [], "picture": "x", "links": 1, "images": [1]}`, `{"data": [], "user": {"name": "x"}, "picture": {"data": 1}, "links": {"avatar": 1}, "images": {}}`,
		} {
			if p := profileOf(t, k.set(), canned{"": answer, "/user/emails": `[null]`, "/2.0/user/emails": `{"values": [null, [], {"is_primary": true, "is_confirmed": true, "email": []}]}`}); p.ID != "" || p.Email != "" || p.Name != "" {
				t.Errorf("%s: %s: %+v", k.id, answer, p)
			}
		}
	}
}

// TestGitHubAnswersThatAreNone: an answer that is not what GitHub documents is an error
// that names the endpoint.
func TestGitHubAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	userInfo := provider.GitHub(provider.Client{ID: "client", Secret: "secret"}).OAuth.UserInfo
	const primary = `[{"email":"ada@example.com","primary":true,"verified":true}]`
	for _, answer := range []string{"", "null", `""`, "0", "true", "[null]", "[[]]", `[1,{"email":"x","primary":"yes"},{"email":[],"primary":true}]`} {
		_, err := userInfo(t.Context(), &http.Client{Transport: canned{"/user": answer, "/user/emails": primary}})
		if err == nil || !strings.Contains(err.Error(), "api.github.com/user did not answer") {
			t.Errorf("/user is %q: %v", answer, err)
		}
		claims, err := userInfo(t.Context(), &http.Client{Transport: canned{"/user": "{}", "/user/emails": answer}})
		if none := strings.HasPrefix(answer, "["); (err == nil) != none || !none && !strings.Contains(err.Error(), "api.github.com/user/emails did not answer") || claims.String("email") != "" {
			t.Errorf("/user/emails is %q: %v, %v", answer, claims, err)
		}
	}
}

// TestBitbucketAddresses: the primary one counts if it is confirmed, and no other,
// whatever else is in the list.
func TestBitbucketAddresses(t *testing.T) {
	t.Parallel()
	p := provider.Bitbucket(provider.Client{ID: "client", Secret: "secret"})
	const user = `{"account_id":"557058:1","email":"public@example.com","email_verified":true}`
	entry := func(email string, primary, confirmed any) string {
		text, err := json.Marshal(map[string]any{"type": "email", "email": email, "is_primary": primary, "is_confirmed": confirmed})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	ours := entry("ada@example.com", true, true)
	for answer, want := range map[string]string{
		`{"values":[` + ours + `]}`: "ada@example.com",
		`{"values":[null,1,"x",[],` + entry("a@example.com", false, true) + "," + ours + "," + entry("b@example.com", "yes", true) + `],"pagelen":"x"}`:  "ada@example.com",
		`{"values":[` + entry("a@example.com", true, false) + "," + entry("b@example.com", true, nil) + "," + entry("c@example.com", false, true) + `]}`: "",
		`{"values":[]}`: "", `{"values":{}}`: "", `{}`: "",
	} {
		profile := profileOf(t, p, canned{"/2.0/user": user, "/2.0/user/emails": answer})
		if profile.ID != "557058:1" || profile.Email != want || (profile.EmailVerified == authent.VerifiedYes) != (want != "") {
			t.Errorf("%s: %q, %v", answer, profile.Email, profile.EmailVerified)
		}
	}
	for _, answer := range []string{"", "null", "[]", `"x"`} {
		_, err := p.OAuth.UserInfo(t.Context(), &http.Client{Transport: canned{"/2.0/user": user, "/2.0/user/emails": answer}})
		if err == nil || !strings.Contains(err.Error(), "api.bitbucket.org/2.0/user/emails did not answer") {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

// TestBitbucketPermissions: without the one for addresses there is none; an outage
// is told as one.
func TestBitbucketPermissions(t *testing.T) {
	t.Parallel()
	for status, fails := range map[int]bool{http.StatusForbidden: false, http.StatusNotFound: false, http.StatusUnauthorized: true, http.StatusBadGateway: true} {
		p := provider.Bitbucket(provider.Client{ID: "client", Secret: "secret"})
		claims, err := p.OAuth.UserInfo(t.Context(), &http.Client{Transport: withStatus{canned{"": `{"account_id":"1","email":"a@example.com","confirmed_email":"b@example.com"}`}, "/2.0/user/emails", status}})
		if (err != nil) != fails || claims.String("confirmed_email") != "" || !fails && claims.String("account_id") != "1" {
			t.Errorf("%d: %v, %v", status, claims, err)
		}
	}
}

// withStatus answers one path with a status of its own.
type withStatus struct {
	next   http.RoundTripper
	path   string
	status int
}

// RoundTrip implements http.RoundTripper.
func (s withStatus) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := s.next.RoundTrip(r)
	if err == nil && r.URL.Path == s.path {
		res.StatusCode = s.status
	}
	return res, err
}

// FuzzProfiles: whatever JSON a provider answers with, its profile is read without
// a panic, and an object without an id is nobody's.
func FuzzProfiles(f *testing.F) {
	for _, seed := range []string{
		"", "null", `""`, "[]", "0", "true", "{}", `{"sub":null,"id":null}`, `{"sub":"1","id":1,"email":"a@gmail.com","email_verified":"true"}`, `{"data":null,"links":{"avatar":null}}`,
		`{"data":{"id":"1","name":[]},"picture":{"data":{"url":1}}}`, `{"images":[null]}`, `{"images":[[]],"id":[1]}`, `{"id":"1","avatar":"a_1","discriminator":"0"}`,
		`{"xms_edov":{},"email":"@","hd":{}}`, `{"xms_edov":[1],"email":"a","hd":""}`, `{"id":184467440737095516160,"discriminator":-1}`, `{"name":{"firstName":null,"lastName":{}}}`,
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, answer, emails string) {
		client := &http.Client{Transport: canned{"": answer, "/user/emails": emails, "/2.0/user/emails": emails}}
		for _, k := range known {
			p := k.set()
			ask := p.OAuth.UserInfo
			if ask == nil {
				ask = func(ctx context.Context, c *http.Client) (authent.Claims, error) {
					return authent.FetchClaims(ctx, c, "https://provider.example/profile")
				}
			}
			claims, err := ask(t.Context(), client)
			if (claims == nil) != (err != nil) {
				t.Fatalf("%s: %v, %v", k.id, claims, err)
			}
			read := p.OAuth.Profile
			if read == nil {
				read = authent.StandardProfile
			}
			profile, err := read(claims)
			if err == nil && len(claims) == 0 && profile.ID != "" {
				t.Errorf("%s: %q from nothing", k.id, profile.ID)
			}
			if p.OAuth.PostedName != nil {
				p.OAuth.PostedName(claims)
			}
		}
	})
}

// TestOddAppleNames: a name that cannot be read is empty.
func TestOddAppleNames(t *testing.T) {
	t.Parallel()
	for _, user := range []string{`{}`, `{"name": "x"}`, `{"name": {"firstName": [1], "lastName": null}}`, `{"firstName": "x"}`} {
		if name := appleName(t, user); name != "" {
			t.Errorf("%s: %q", user, name)
		}
	}
}

func TestDiscordImages(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"id": "80351110224678912", "avatar": "83"}`:                          "https://cdn.discordapp.com/avatars/80351110224678912/83.png",
		`{"id": "80351110224678912", "avatar": "a_83"}`:                        "https://cdn.discordapp.com/avatars/80351110224678912/a_83.gif",
		`{"id": "80351110224678912", "avatar": null, "discriminator": "1337"}`: "https://cdn.discordapp.com/embed/avatars/2.png",
		`{"id": "80351110224678912", "avatar": null, "discriminator": "0"}`:    "https://cdn.discordapp.com/embed/avatars/5.png",
		`{"id": "x", "avatar": null}`:                                          "",
	} {
		if got := profileOf(t, provider.Discord(provider.Client{ID: "client", Secret: "secret"}), canned{"": answer}).Image; got != want {
			t.Errorf("%s: %s, want %s", answer, got, want)
		}
	}
}
