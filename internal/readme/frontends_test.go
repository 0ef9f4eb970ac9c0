package readme

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestRoutersGuide does what docs/routers.md says, and uses each of its programs.
func TestRoutersGuide(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	var used []string
	g.serves = func(line string) {
		name := strings.TrimPrefix(line, "go run ./")
		used = append(used, name)
		g.useRouter(name + "@example.com")
	}
	for _, section := range sections(t, "docs/routers.md") {
		g.follow(section[0], section[1])
	}
	if want := []string{"nethttp", "chi", "gin", "echo", "fiber"}; !slices.Equal(used, want) {
		t.Errorf("programs %q, want %q", used, want)
	}
}

// useRouter registers a person in the running program, and asks for what a router may
// keep from the Handler.
func (g *guide) useRouter(email string) {
	g.t.Helper()
	v := g.visitor()
	const path = "/hello/ada?x=1%202"
	asked := v.get(path)
	if want := v.home + "/auth/signin?callbackUrl=" + url.QueryEscape(v.home+path); asked.status != http.StatusFound || asked.target != want {
		g.t.Errorf("%s: %d to %s, want %s", path, asked.status, asked.target, want)
	}
	done := v.submit(v.get("/auth/register?callbackUrl=/hello/ada"), "email", email, "password", "correct horse battery")
	if done.status != http.StatusFound || done.target != v.home+"/hello/ada" {
		g.t.Errorf("registering: %d to %s", done.status, done.target)
	}
	if page := v.get("/hello/ada"); page.body != "Hello, "+email {
		g.t.Errorf("/hello/ada: %d %s", page.status, page.body)
	}
	for _, ask := range []struct {
		method, path string
		status       int
		body         string
	}{
		{http.MethodGet, "/auth/nothing", http.StatusNotFound, "Page not found"},
		{http.MethodGet, "/auth/", http.StatusNotFound, "Page not found"},
		{http.MethodHead, "/auth/csrf", http.StatusOK, ""},
		{http.MethodDelete, "/auth/session", http.StatusBadRequest, "Bad request."},
		{http.MethodGet, "/auth/account", http.StatusOK, email},
	} {
		if a := v.ask(ask.method, ask.path, nil); a.status != ask.status || !strings.Contains(a.body, ask.body) {
			g.t.Errorf("%s %s: %d\n%s", ask.method, ask.path, a.status, a.body)
		}
	}
	if out := v.submit(v.get("/auth/signout")); out.status != http.StatusFound || v.get("/hello/ada").status != http.StatusFound {
		g.t.Errorf("signing out: %d to %s", out.status, out.target)
	}
}

// visitor is a browser without scripts, which follows no redirect.
type visitor struct {
	g      *guide
	home   string
	client *http.Client
	header http.Header
}

// visitor waits until the program answers.
func (g *guide) visitor() *visitor {
	g.t.Helper()
	g.answer("/")
	jar, err := cookiejar.New(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return &visitor{g, "http://localhost:" + g.port, &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, http.Header{"Accept": {"text/html"}}}
}

// seen is what a visitor is answered.
type seen struct {
	status int
	header http.Header
	target string
	body   string
}

func (v *visitor) get(path string) seen { return v.ask(http.MethodGet, path, nil) }

func (v *visitor) ask(method, path string, form url.Values) seen {
	v.g.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(v.g.t.Context(), method, v.home+strings.TrimPrefix(path, v.home), body)
	if err != nil {
		v.g.t.Fatal(err)
	}
	r.Header = v.header.Clone()
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(r)
	if err != nil {
		v.g.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.g.t.Fatal(err)
	}
	return seen{res.StatusCode, res.Header, res.Header.Get("Location"), string(text)}
}

var (
	formTag  = regexp.MustCompile(`(?s)<form[^>]*(?:action|hx-post)="([^"]*)"[^>]*>(.*?)</form>`)
	inputTag = regexp.MustCompile(`<input[^>]*>`)
	nameAttr = regexp.MustCompile(` name="([^"]*)"`)
	valAttr  = regexp.MustCompile(` value="([^"]*)"`)
)

// submit sends the first form of a page, with the fields filled in.
func (v *visitor) submit(page seen, fields ...string) seen {
	v.g.t.Helper()
	form := formTag.FindStringSubmatch(page.body)
	if form == nil {
		v.g.t.Fatalf("%d: the page has no form:\n%s", page.status, page.body)
	}
	values := url.Values{}
	for _, input := range inputTag.FindAllString(form[2], -1) {
		name, value := nameAttr.FindStringSubmatch(input), valAttr.FindStringSubmatch(input)
		if name != nil && value != nil {
			values.Set(name[1], html.UnescapeString(value[1]))
		}
	}
	for i := 0; i < len(fields); i += 2 {
		if !strings.Contains(form[2], ` name="`+fields[i]+`"`) {
			v.g.t.Errorf("the form has no field %s:\n%s", fields[i], form[0])
		}
		values.Set(fields[i], fields[i+1])
	}
	return v.ask(http.MethodPost, html.UnescapeString(form[1]), values)
}

// TestOwnPageGuide does what docs/own-sign-in-page.md says, and signs in on each of its
// pages.
func TestOwnPageGuide(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	used := 0
	g.serves = func(line string) {
		used++
		map[string]func(){"go run ./plain": g.usePlainPage, "go run ./htmx": g.useHTMXPage}[line]()
	}
	for _, section := range sections(t, "docs/own-sign-in-page.md") {
		g.follow(section[0], section[1])
	}
	if used != 2 {
		t.Errorf("%d programs", used)
	}
}

const person, word = "ada@example.com", "correct horse battery"

// usePlainPage registers a person, and signs them out and in again on the page, the
// first time with a wrong password.
func (g *guide) usePlainPage() {
	g.t.Helper()
	v := g.visitor()
	page := v.get(v.get("/").target)
	_, rest, _ := strings.Cut(page.body, `<a href="`)
	link, _, _ := strings.Cut(rest, `"`)
	if done := v.submit(v.get(html.UnescapeString(link)), "email", person, "password", word); done.target != v.home+"/" {
		g.t.Errorf("registering at %s: %d to %s", link, done.status, done.target)
	}
	home := v.get("/")
	if !strings.Contains(home.body, "Hello, "+person) {
		g.t.Errorf("home: %d\n%s", home.status, home.body)
	}
	v.submit(home)
	wrong := v.submit(v.get(v.get("/").target), "email", person, "password", "not the password")
	page = v.get(wrong.target)
	if !strings.Contains(page.body, `role="alert">That did not work.`) || !strings.Contains(page.body, `value="`+person+`"`) {
		g.t.Errorf("after a wrong password: %s\n%s", wrong.target, page.body)
	}
	if done := v.submit(page, "password", word); done.target != v.home+"/" || !strings.Contains(v.get("/").body, person) {
		g.t.Errorf("signing in: %d to %s", done.status, done.target)
	}
}

// useHTMXPage comments as htmx does, is led to sign in, and back.
func (g *guide) useHTMXPage() {
	g.t.Helper()
	v := g.visitor()
	htmx := func(page string) {
		v.header = http.Header{"Accept": {"*/*"}, "Hx-Request": {"true"}, "Hx-Current-Url": {v.home + page}}
	}
	article := v.get("/")
	htmx("/")
	led := v.submit(article, "text", "<b>First</b>").header.Get("HX-Redirect")
	if led != v.home+"/login?callbackUrl="+url.QueryEscape(v.home+"/") {
		g.t.Errorf("a comment by nobody leads to %q", led)
	}
	page := v.get(led)
	htmx(strings.TrimPrefix(led, v.home))
	wrong := v.submit(page, "email", person, "password", "not the password")
	if to := wrong.header.Get("HX-Redirect"); wrong.status != http.StatusOK || !strings.HasPrefix(to, v.home+"/login?code=credentials") {
		g.t.Errorf("a wrong password: %d to %s", wrong.status, to)
	}
	done := v.submit(page, "email", person, "password", word)
	if to := done.header.Get("HX-Redirect"); done.status != http.StatusOK || to != v.home+"/" {
		g.t.Errorf("signing in: %d to %s", done.status, to)
	}
	if a := v.submit(article, "text", "<b>First</b>"); a.body != "<li>"+person+": &lt;b&gt;First&lt;/b&gt;</li>" {
		g.t.Errorf("the comment: %d %s", a.status, a.body)
	}
}
