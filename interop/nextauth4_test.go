package interop

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestNextAuth4Wire: what the client of next-auth 4 is answered is the same at both sides,
// and each takes the other's CSRF cookie.
func TestNextAuth4Wire(t *testing.T) {
	p := pairOf(t, cells4()[1], false)
	csrf := map[string]string{}
	b := p.browser()
	for _, side := range []string{p.nodeURL, p.golang.URL, p.nodeURL} {
		b.open(side + "/api/auth/csrf")
		csrf[b.page] = side
	}
	if len(csrf) != 1 {
		t.Errorf("the sides do not take each other's CSRF cookies: %d tokens", len(csrf))
	}
	var token struct{ CSRFToken string }
	if err := json.Unmarshal([]byte(b.page), &token); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		method, path string
		fields       url.Values
		want         string
	}{
		"nobody":               {"GET", "session", nil, "200 {}"},
		"a forged update":      {"POST", "session", url.Values{"data": {"x"}}, "400 {}"},
		"a report":             {"POST", "_log", url.Values{"level": {"error"}, "code": {"CLIENT_FETCH_ERROR"}}, "200"},
		"a wrong password":     {"POST", "callback/credentials", url.Values{"csrfToken": {token.CSRFToken}, "email": {"ada@example.com"}, "password": {"wrong"}, "json": {"true"}}, "401 error=CredentialsSignin"},
		"a browser's":          {"POST", "callback/credentials", url.Values{"csrfToken": {token.CSRFToken}, "email": {"ada@example.com"}, "password": {"wrong"}}, "302 error=CredentialsSignin"},
		"sign-out":             {"POST", "signout", url.Values{"csrfToken": {token.CSRFToken}, "json": {"true"}}, "200 error="},
		"a link for no person": {"POST", "signin/email", url.Values{"csrfToken": {token.CSRFToken}, "email": {"nobody"}, "json": {"true"}}, "200 error=EmailSignin"},
	} {
		for _, side := range []string{p.nodeURL, p.golang.URL} {
			if got := p.told(b, tc.method, side+"/api/auth/"+tc.path, tc.fields); got != tc.want {
				t.Errorf("%s: %s answers %q, want %q", name, side, got, tc.want)
			}
		}
	}
}

// told is the status of an answer, with its body or, where that or Location is an address,
// the error that this names.
func (p *pair) told(b *browser, method, target string, fields url.Values) string {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), method, target, strings.NewReader(fields.Encode()))
	if err != nil {
		p.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{Jar: b.client.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.Fatal(err)
	}
	var to struct{ URL string }
	if json.Unmarshal(text, &to) != nil || to.URL == "" {
		to.URL = res.Header.Get("Location")
	}
	said := string(text)
	if to.URL != "" {
		u, err := url.Parse(to.URL)
		if err != nil {
			p.Fatal(err)
		}
		said = "error=" + u.Query().Get("error")
	}
	return strings.TrimSpace(res.Status[:3] + " " + said)
}
