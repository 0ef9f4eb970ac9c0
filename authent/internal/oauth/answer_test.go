package oauth

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzP13_Answer: whatever a stranger sends to a callback, an answer is accepted only
// with a code, without an error, and from the server that was asked.
func FuzzP13_Answer(f *testing.F) {
	for _, query := range []string{
		"", "state=", "code=x", "state=x&code=y", "error=access_denied", "state=" + strings.Repeat("s", 43), "state=s&code=c&iss=i",
		"code=c&iss=https://example.com", "code=c&iss=https://example.com&error=x", "code=c&iss=https://example.com/", "iss=https://example.com",
		"state=%00", "state[]=x", "%zz", "state=a;b", "state=\xff&user=%7B%7D", "user=%7B%22name%22%3A1%7D",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query)
		c := &Client{Config: Config{Issuer: "https://example.com"}}
		c.PostedName = func(user Claims) string { return user.String("name") }
		if name := c.postedName(values); name != "" {
			t.Errorf("a name without a form: %q", name)
		}
		if err := c.checkAnswer(&metadata{announcesIssuer: true}, values); err == nil && (values.Get("iss") != c.Issuer || values.Get("code") == "" || values.Get("error") != "") {
			t.Errorf("an answer was accepted: %q", query)
		}
	})
}
