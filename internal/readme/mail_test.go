package readme

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/smtpserver"
	"github.com/authent/authent/internal/testdb"
)

// TestMailGuide does what docs/mail.md says: somebody registers and confirms the address
// with the mail of the development page, and somebody else with one that a real mail
// server got.
func TestMailGuide(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	server := smtpserver.Start(t, smtpserver.Config{})
	runs := 0
	g.starts = map[string]func(stop func()){"go run .": func(stop func()) {
		defer stop()
		if runs++; runs == 1 {
			p := g.reader("ada@example.com")
			p.confirm(p.devLink())
			return
		}
		p := g.reader("grace@example.com")
		p.confirm(server.Next(t).Link())
	}}
	for _, section := range sections(t, "docs/mail.md") {
		g.follow(section[0], strings.ReplaceAll(section[1], "smtp://localhost:1025", server.URL()))
	}
	if runs != 2 {
		t.Errorf("the program ran %d times", runs)
	}
}

// registrant is somebody with a browser.
type registrant struct {
	g      *guide
	client *http.Client
	email  string
	// ahead is how far their authenticator app is ahead of the clock.
	ahead time.Duration
}

// reader registers somebody.
func (g *guide) reader(email string) *registrant {
	g.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	p := &registrant{g: g, client: &http.Client{Jar: jar}, email: email}
	await.True(g.t, "the application answers", func() bool { return g.reachable("http://localhost:" + g.port + "/auth/csrf") })
	page := p.send("/auth/register", "/auth/register", "email", email, "password", "correct horse battery")
	if !strings.Contains(page, "Check your mail") {
		g.t.Fatalf("registered: %s", page)
	}
	return p
}

// send sends the form of a page.
func (p *registrant) send(page, action string, fields ...string) string {
	p.g.t.Helper()
	token := csrfField.FindStringSubmatch(p.page(page))
	if token == nil {
		p.g.t.Fatalf("%s has no form", page)
	}
	form := url.Values{"csrfToken": {token[1]}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	res, err := p.client.PostForm("http://localhost:"+p.g.port+action, form)
	if err != nil {
		p.g.t.Fatal(err)
	}
	return body(p.g.t, res)
}

func (p *registrant) page(path string) string {
	p.g.t.Helper()
	r, err := http.NewRequestWithContext(p.g.t.Context(), http.MethodGet, "http://localhost:"+p.g.port+path, nil)
	if err != nil {
		p.g.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html") // as browsers do
	res, err := p.client.Do(r)
	if err != nil {
		p.g.t.Fatal(err)
	}
	return body(p.g.t, res)
}

// devLink waits for the mail on the page of the development mailer.
func (p *registrant) devLink() (link string) {
	p.g.t.Helper()
	await.True(p.g.t, "the mail is on the page", func() bool {
		found := regexp.MustCompile(`href="([^"]+/verify-email\?[^"]+)"`).FindStringSubmatch(p.page("/auth/dev/mail"))
		if found != nil {
			link = html.UnescapeString(found[1])
		}
		return found != nil
	})
	return link
}

// confirm opens the link and presses its button, which signs in.
func (p *registrant) confirm(link string) {
	p.g.t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		p.g.t.Fatal(err)
	}
	var fields []string
	for name, values := range u.Query() {
		fields = append(fields, name, values[0])
	}
	if home := p.send(u.RequestURI(), u.Path, fields...); !strings.Contains(home, "Hello, "+p.email) {
		p.g.t.Errorf("confirmed: %s", home)
	}
}

// body returns what an answer says.
func body(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
