package readme

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/chromium"
	"github.com/authent/authent/internal/testdb"
)

// TestSinglePageGuide does what docs/single-page.md says, and uses its front end in a
// browser, which judges by itself what one origin may do at another.
func TestSinglePageGuide(t *testing.T) {
	tab := chromium.Tab(t)
	g := newGuide(t, testdb.SQLite, "")
	stopWeb := func() {}
	defer func() { stopWeb() }()
	used := false
	g.starts = map[string]func(stop func()){"go run ./web": func(stop func()) { stopWeb = stop }}
	g.serves = func(string) { used = true; g.useFrontEnd(tab) }
	for _, section := range sections(t, "docs/single-page.md") {
		g.follow(section[0], section[1])
	}
	if !used {
		t.Error("nobody used the front end")
	}
}

// useFrontEnd registers a person, signs them out and in, and asks the API.
func (g *guide) useFrontEnd(tab context.Context) {
	g.t.Helper()
	g.answer("/auth/csrf")
	await.True(g.t, "the front end is served", func() bool { return g.reachable("http://localhost:" + g.webPort + "/") })
	text := func(id string) string {
		s, err := chromium.Evaluate[string](tab, fmt.Sprintf("document.getElementById(%q)?.textContent ?? ''", id))
		if err != nil {
			g.t.Fatal(err)
		}
		return s
	}
	shows := func(id, want string) {
		g.t.Helper()
		await.True(g.t, "#"+id+" shows "+want, func() bool { return strings.Contains(text(id), want) })
	}
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		g.t.Helper()
		if err := chromium.Do(tab, steps...); err != nil {
			g.t.Fatal(err)
		}
	}
	send := func(form, email, password string) {
		g.t.Helper()
		if _, err := chromium.Evaluate[any](tab, "document.getElementById('"+form+"').reset(), document.getElementById('message').textContent = document.getElementById('greeting').textContent = ''"); err != nil {
			g.t.Fatal(err)
		}
		if email != "" {
			field := func(name string) chromedp.CSS { return chromedp.CSS("#" + form + " [name=" + name + "]") }
			do(chromedp.SendKeys(field("email"), email), chromedp.SendKeys(field("password"), password))
		}
		do(chromedp.Click(chromedp.CSS("#" + form + " button")))
	}
	greet := func(want string) {
		g.t.Helper()
		do(chromedp.Click(chromedp.ID("greet")))
		shows("greeting", want)
	}
	do(chromedp.Navigate("http://localhost:" + g.webPort + "/"))
	shows("who", "nobody")
	greet("SessionRequired")
	send("register", person, "short")
	shows("message", "Use at least 8 characters.")
	send("register", person, word)
	shows("message", "Done.")
	shows("who", person)
	greet("Hello, " + person)
	send("signout", "", "")
	shows("who", "nobody")
	send("signin", person, "not the password")
	shows("message", "Check the address and the password.")
	send("signin", person, word)
	shows("who", person)
}
