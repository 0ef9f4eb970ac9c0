package readme

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/testdb"
)

// TestLimitsGuide does what docs/limits.md says: somebody guesses passwords, first where
// the database counts, then where Redis does.
func TestLimitsGuide(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	redis, err := dbserver.Redis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer redis.Close()
	runs := 0
	g.starts = map[string]func(stop func()){"go run .": func(stop func()) {
		defer stop()
		await.True(t, "the application answers", func() bool { return g.reachable("http://localhost:" + g.port + "/auth/csrf") })
		if runs++; runs == 1 {
			g.guesser().send("/auth/register", "/auth/register", "email", "ada@example.com", "password", "correct horse battery")
		}
		g.guess(runs == 2)
	}}
	for _, section := range sections(t, "docs/limits.md") {
		g.follow(section[0], strings.ReplaceAll(section[1], "redis://localhost:6379", redis.URL))
	}
	if runs != 2 {
		t.Errorf("the program ran %d times", runs)
	}
}

// guesser is a browser that nobody knows.
func (g *guide) guesser() *registrant {
	jar, err := cookiejar.New(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return &registrant{g: g, client: &http.Client{Jar: jar}}
}

// guess tries a password for as long as it is let. Where the store was changed, counting
// begins anew.
func (g *guide) guess(anew bool) {
	g.t.Helper()
	p := g.guesser()
	for i, tc := range []struct{ answer, want string }{
		{"", "That did not work"}, {"", "That did not work"}, {"green", "show that you are a person"},
		{"Blue", "That did not work"}, {"blue", "That did not work"}, {"blue", "Too many"},
	} {
		page := p.send("/auth/signin", "/auth/callback/credentials", "email", "ada@example.com", "password", "wrong horse battery", "colour-of-the-sky", tc.answer)
		if !strings.Contains(page, tc.want) {
			g.t.Errorf("try %d, in Redis %v: want %q in %s", i+1, anew, tc.want, page)
		}
	}
	form := url.Values{"csrfToken": {csrfField.FindStringSubmatch(p.page("/auth/signin"))[1]}, "email": {"ada@example.com"}, "password": {"correct horse battery"}}
	res, err := p.client.PostForm("http://localhost:"+g.port+"/auth/callback/credentials", form)
	if err != nil {
		g.t.Fatal(err)
	}
	if body(g.t, res); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		g.t.Errorf("the right password after too many tries: %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
}
