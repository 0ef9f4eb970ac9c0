package interop

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/chromium"
	"github.com/authent/authent/internal/testdb"
)

// TestNextJS: the example with Next.js, as people build and start it, with either version
// of Auth.js.
func TestNextJS(t *testing.T) {
	for name, version := range map[string]authent.AuthJSVersion{"5": authent.AuthJS5, "4": authent.AuthJS4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newNextApp(t, version)
			for _, part := range []struct {
				name string
				test func(a *nextApp)
			}{
				{"sign-in at Go", (*nextApp).testGo},
				{"sign-in at Auth.js", (*nextApp).testAuthJS},
				{"rolled on", (*nextApp).testRoll},
				{"prefetch", (*nextApp).testPrefetch},
				{"left over", (*nextApp).testLeftOver},
				{"away", (*nextApp).testAway},
				{"another host", (*nextApp).testOtherHost},
				{"forwarded", (*nextApp).testForwarded},
				{"sub-domains", (*nextApp).testSubDomains},
			} {
				t.Run(part.name, func(t *testing.T) {
					b := *a
					b.T = t
					testdb.Execute(t, b.db, "DELETE FROM sessions", "DELETE FROM accounts", "DELETE FROM users")
					part.test(&b)
				})
			}
		})
	}
}

// at waits until the page is at a path and query, or at one that begins so.
func (p *page) at(want string) {
	p.Helper()
	await.True(p, "the page is at "+want, func() bool {
		at, err := chromium.Evaluate[string](p.ctx, "location.pathname + location.search")
		if err != nil {
			p.Fatal(err)
		}
		path, isPart := strings.CutSuffix(want, "*")
		return at == want || isPart && strings.HasPrefix(at, path)
	})
}

// press clicks what a selector of CSS names, wherever it is on the page.
func (p *page) press(selector string) {
	p.Helper()
	await.True(p, "there is "+selector, func() bool {
		found, err := chromium.Evaluate[bool](p.ctx, fmt.Sprintf("(e => e ? (e.click(), true) : false)(document.querySelector(%q))", selector))
		if err != nil {
			p.Fatal(err)
		}
		return found
	})
}

const toSignIn = "/go/auth/signin?callbackUrl=%2Fprivate"

// testGo: who registers, and later signs in, at the Go service is known to Auth.js, and
// signed out at either.
func (a *nextApp) testGo() {
	p := newPage(a.T)
	p.open(a.url + "/private")
	p.at(toSignIn)
	p.press(`a[href*="/register"]`)
	p.at("/go/auth/register*")
	p.fill("password", "correct horse battery")
	p.fill("email", "ada@example.com")
	p.press("form button")
	p.at("/private")
	p.wait("who", "whom the Go service knows", is("The Go service knows ada@example.com, who is user."))
	p.open(a.url + "/")
	p.wait("who", "whom Auth.js knows", is("Signed in as ada@example.com."))

	a.signOutAtAuthJS(p)
	p.press(`a[href="/private"]`)
	p.at(toSignIn)
	p.fill("email", "ada@example.com")
	p.fill("password", "correct horse battery")
	p.press("form button")
	p.at("/private")
	p.wait("who", "whom the Go service knows", has("ada@example.com"))
	a.signOutAtGo(p)
	p.wait("who", "that nobody is signed in", is("Nobody is signed in."))
	a.nobody(p)
}

// testAuthJS: who comes through a provider at Auth.js is known to the Go service, and
// signed out at either.
func (a *nextApp) testAuthJS() {
	p := newPage(a.T)
	signIn := func() {
		p.open(a.url + "/")
		p.press("#sign-in")
		if a.version == authent.AuthJS4 {
			p.at("/api/auth/signin?callbackUrl=/")
			p.press("form button")
		}
		p.wait("who", "whom Auth.js knows", is("Signed in as grace@example.com."))
		p.press(`a[href="/private"]`)
		p.at("/private")
		p.wait("who", "whom the Go service knows", is("The Go service knows grace@example.com, who is user."))
	}
	signIn()
	p.open(a.url + "/")
	a.signOutAtAuthJS(p)
	a.nobody(p)
	signIn()
	a.signOutAtGo(p)
	a.nobody(p)
}

// signOutAtAuthJS signs out on the first page.
func (a *nextApp) signOutAtAuthJS(p *page) {
	a.Helper()
	p.press("#sign-out")
	if a.version == authent.AuthJS4 {
		p.at("/api/auth/signout?callbackUrl=/")
		p.press("form button")
	}
	p.wait("who", "that nobody is signed in", is("Nobody is signed in."))
}

// signOutAtGo signs out at the Go service.
func (a *nextApp) signOutAtGo(p *page) {
	a.Helper()
	p.press(`a[href^="/go/auth/signout"]`)
	p.at("/go/auth/signout*")
	p.press("form button")
	p.at("/")
}

// nobody wants nobody to be signed in, at either.
func (a *nextApp) nobody(p *page) {
	a.Helper()
	p.open(a.url + "/")
	p.wait("who", "that nobody is signed in", is("Nobody is signed in."))
	p.open(a.url + "/private")
	p.at(toSignIn)
	if n := testdb.Number(a.T, a.db, "SELECT count(*) FROM sessions"); n != 0 {
		a.Errorf("%d sessions are left", n)
	}
}

// sessionCookies are the lines that set the session cookie or parts of it.
func (a *nextApp) sessionCookies(w answered) []string {
	return slices.DeleteFunc(w.header.Values("Set-Cookie"), func(line string) bool { return !strings.HasPrefix(line, a.cookie()) })
}

const month, day = 30 * 24 * time.Hour, 24 * time.Hour

// testRoll: a session that is due is rolled on by the proxy, which gives the browser the
// cookie anew.
func (a *nextApp) testRoll() {
	fresh := a.cookie() + "=" + a.session("ada@example.com", month)
	due := a.cookie() + "=" + a.session("grace@example.com", 5*day)
	for _, path := range []string{"/", "/private"} {
		if w := a.ask(path, fresh, nil); w.status != http.StatusOK || !strings.Contains(w.body, "ada@example.com") || len(a.sessionCookies(w)) != 0 {
			a.Errorf("%s with a fresh session: %d, %q", path, w.status, a.sessionCookies(w))
		}
		testdb.Execute(a.T, a.db, "UPDATE sessions SET expires = now() AT TIME ZONE 'UTC' + interval '5 days' WHERE user_id IN (SELECT id FROM users WHERE email = 'grace@example.com')")
		w := a.ask(path, due, nil)
		lines := a.sessionCookies(w)
		if w.status != http.StatusOK || !strings.Contains(w.body, "grace@example.com") || len(lines) != 1 {
			a.Fatalf("%s with a session that is due: %d, %q", path, w.status, lines)
		}
		c, err := http.ParseSetCookie(lines[0])
		a.must(err)
		if kept := w.header.Get("Cache-Control"); !strings.Contains(kept, "private") || !strings.Contains(kept, "no-store") {
			a.Errorf("%s: with a cookie the page may be kept on the way: %q", path, kept)
		}
		if left := time.Until(c.Expires); c.Name+"="+c.Value != due || left < month-day || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			a.Errorf("%s: the cookie is %s", path, lines[0])
		}
		if n := testdb.Number(a.T, a.db, "SELECT count(*) FROM sessions WHERE expires > now() AT TIME ZONE 'UTC' + interval '29 days'"); n != 2 {
			a.Errorf("%s: the session is not rolled on", path)
		}
	}
}

// testPrefetch: to say that a request is a prefetch, or one of Next.js's own, gets nobody
// past the proxy, and ends nothing.
func (a *nextApp) testPrefetch() {
	token := a.cookie() + "=" + a.session("ada@example.com", month)
	for name, header := range map[string]http.Header{
		"prefetch":  {"Rsc": {"1"}, "Next-Router-Prefetch": {"1"}, "Next-Url": {"/"}, "Purpose": {"prefetch"}},
		"segment":   {"Rsc": {"1"}, "Next-Router-Prefetch": {"1"}, "Next-Router-Segment-Prefetch": {"/_tree"}},
		"data":      {"Rsc": {"1"}},
		"a script":  {"Rsc": {"1"}, "Next-Router-Prefetch": {"1"}, "Sec-Fetch-Dest": {"empty"}},
		"Next's":    {"X-Middleware-Subrequest": {"proxy:proxy:proxy:proxy:proxy"}, "X-Middleware-Prefetch": {"1"}},
		"a browser": {"Sec-Purpose": {"prefetch;prerender"}, "Accept": {"text/html"}},
	} {
		dead := a.cookie() + "=0f8fad5b-d9cb-469f-a165-70867728950e"
		for what, cookies := range map[string]string{"nobody": "", "a dead session": dead} {
			w := a.ask("/private?_rsc=1", cookies, header)
			if name == "a script" { // as Next.js's is, in a browser
				if w.status != http.StatusUnauthorized || w.body != "" {
					a.Errorf("%s by %s: %d %s", name, what, w.status, w.body)
				}
			} else if w.status/100 != 3 || !strings.HasSuffix(strings.TrimPrefix(w.location, a.url), toSignIn) || strings.Contains(w.body, "The Go service knows") {
				a.Errorf("%s by %s: %d to %s", name, what, w.status, w.location)
			}
			if lines := w.header.Values("Set-Cookie"); len(lines) != 0 {
				a.Errorf("%s by %s sets %q", name, what, lines)
			}
		}
		w := a.ask("/private", token, header)
		if at, _ := strings.CutPrefix(w.location, a.url); strings.HasPrefix(at, "/private?_rsc") { // how Next.js asks its own client to say it
			w = a.ask(at, token, header)
		}
		if w.status != http.StatusOK || len(w.header.Values("Set-Cookie")) != 0 {
			a.Errorf("%s by ada: %d to %s, %q", name, w.status, w.location, w.header.Values("Set-Cookie"))
		}
	}
	if n := testdb.Number(a.T, a.db, "SELECT count(*) FROM sessions"); n != 1 {
		a.Errorf("%d sessions are left", n)
	}
}

// testLeftOver: beside parts of a JWT that are left over Auth.js knows no session. The Go
// service does, and takes them away.
func (a *nextApp) testLeftOver() {
	token := a.cookie() + "=" + a.session("ada@example.com", month)
	left := "; " + a.cookie() + ".0=eyJhbGciOiJkaXIi; " + a.cookie() + ".1=left"
	w := a.ask("/", token+left, nil)
	if strings.Contains(w.body, "ada@example.com") {
		a.Error("Auth.js does without our help")
	}
	lines := a.sessionCookies(w)
	for _, part := range []string{".0=;", ".1=;"} {
		if !slices.ContainsFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, a.cookie()+part) && strings.Contains(line, "Max-Age=0")
		}) {
			a.Errorf("%s is not cleared: %q", part, lines)
		}
	}
	if w := a.ask("/private", token+left, nil); w.status != http.StatusOK || !strings.Contains(w.body, "ada@example.com") {
		a.Errorf("the Go service does not know who has %s: %d", token+left, w.status)
	}
}

// testAway: while nobody can say who is signed in, nobody is signed out, nor let in.
func (a *nextApp) testAway() {
	token := a.cookie() + "=" + a.session("ada@example.com", month)
	known := func() bool {
		w := a.ask("/private", token, nil)
		return w.status == http.StatusOK && strings.Contains(w.body, "ada@example.com")
	}
	unknown := func(what string) {
		a.Helper()
		for _, cookies := range []string{token, ""} {
			w := a.ask("/private", cookies, nil)
			if w.status != http.StatusServiceUnavailable && cookies != "" || w.status == http.StatusOK || len(w.header.Values("Set-Cookie")) != 0 {
				a.Errorf("%s: %d, %q", what, w.status, w.header.Values("Set-Cookie"))
			}
		}
		if w := a.ask("/", token, nil); len(w.header.Values("Set-Cookie")) != 0 {
			a.Errorf("%s: the first page sets %q", what, w.header.Values("Set-Cookie"))
		}
	}
	if !known() {
		a.Fatal("ada is not known")
	}
	a.way.Cut()
	unknown("without the database")
	a.way.Open()
	await.True(a.T, "ada is known again", known)
	a.golang.stop()
	unknown("without the Go service")
	a.golang.start(a.golang.answers)
	await.True(a.T, "ada is known again", known)
	await.True(a.T, "Auth.js knows ada", func() bool { return strings.Contains(a.ask("/", token, nil).body, "ada@example.com") })
}
