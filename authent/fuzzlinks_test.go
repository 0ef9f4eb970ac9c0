package authent_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// FuzzP08_Links: whatever stands in a link, opening it and sending its form changes
// nothing, is no fault of the server's, and signs nobody in.
func FuzzP08_Links(f *testing.F) {
	w := newMailWorld(f, testdb.SQLite, nil)
	b := w.registered()
	id := w.user().ID
	stranger := w.browser()
	csrf := stranger.csrf()
	token := strings.Repeat("A", 43)
	pages := []string{"callback/email", "reset-password", "verify-email", "change-email", "undo-email", "register"}
	for i := range pages {
		for _, query := range []string{
			"", "user=" + id + "&token=" + token, "user=" + id + "&email=ada@example.com&token=" + token + "&mark=x&next=y",
			"token=3D" + token, "user=%00&token=%ff", "email=" + strings.Repeat("a", 300) + "&token=" + token, "%zz&user[]=1", "token=" + token + "&token=B",
		} {
			f.Add(uint8(i), query)
		}
	}
	before := w.sortedDump()
	f.Fuzz(func(t *testing.T, page uint8, query string) {
		if strings.ContainsFunc(query, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
			t.Skip("no client sends it")
		}
		w.t = t
		path := "/auth/" + pages[int(page)%len(pages)]
		get := stranger.request(http.MethodGet, path, nil)
		get.URL.RawQuery = query
		post := stranger.request(http.MethodPost, path, strings.NewReader("csrfToken="+csrf+"&password=a+word+to+remember&"+query))
		post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, r := range []*http.Request{get, post} {
			if path == "/auth/register" && r == post {
				continue // which makes an account
			}
			if a := stranger.send(r); a.status >= 500 || a.errorCode() == "Configuration" {
				t.Errorf("%s %s?%q: %d %s", r.Method, path, query, a.status, a.errorCode())
			}
		}
		if stranger.who() != "" || b.who() != ada || w.sortedDump() != before {
			t.Errorf("%s?%q changed something", path, query)
		}
	})
}
