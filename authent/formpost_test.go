package authent_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// posted are the cookies in which forms of providers wait, and how long they are.
func (b *browser) posted() (n, size int) {
	for _, c := range b.client.Jar.Cookies(b.url()) {
		if strings.Contains(c.Name, "authent.post.") {
			n++
			size += len(c.Name) + len(c.Value)
		}
	}
	return n, size
}

// TestFormPost_FormsDoNotPileUp: any site may send forms, with states of its own
// making. They share one cookie, which stays within what browsers and servers
// take: with more, the person could not use the site.
func TestFormPost_FormsDoNotPileUp(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	b := w.browser()
	for _, text := range []string{"x", "<", `"`, "ü", "\x00"} {
		for _, length := range []int{0, 100, 500, 1000, 1500, 2000, 2500, 3000} {
			state := strings.Repeat(string(rune('a'+length/100)), 43)
			b.post("/auth/callback/posting", "state", state, "code", "nobody's", "user", strings.Repeat(text, length/len(text)))
		}
	}
	if n, size := b.posted(); n != 1 || size > 3600 {
		t.Errorf("%d cookies, %d bytes", n, size)
	}
}

// TestFormPost_FormIsForItsState: what one flow's form brought does not end
// another's.
func TestFormPost_FormIsForItsState(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	b := w.browser()
	first, second := b.toProvider("/auth/signin/posting"), b.toProvider("/auth/signin/posting")
	u, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	b.atProvider(second)
	if a := b.get("/auth/callback/posting?state=" + u.Query().Get("state")); a.errorCode() != "OAuthCallbackError" || b.who() != "" || len(w.idp.RequestsTo("/token")) != 0 {
		t.Errorf("another's form: %s, the code was sent %d times", a.target(), len(w.idp.RequestsTo("/token")))
	}
	if a := b.through("/auth/signin/posting"); a.errorCode() != "" || b.who() != ada {
		t.Errorf("afterwards: %s", a.target())
	}
}
