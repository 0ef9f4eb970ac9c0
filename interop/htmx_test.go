package interop

import (
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/internal/chromium"
)

// htmxPage has a part for people who are signed in, which is loaded at once where auto
// says so, and the forms of a sign-in page. htmx keeps no page of its history.
var htmxPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en">
<meta name="htmx-config" content='{"historyCacheSize":0}'>
<script src="/htmx.js"></script>
<body hx-boost="true"><h1 id="title">{{.Title}}</h1>
<p id="message">{{.Form.Message}}</p>
<button id="ask" hx-get="/part" hx-target="#part">Ask</button><div id="part"></div>
<div id="auto" {{if .Auto}}hx-get="/part" hx-trigger="load" hx-target="#part"{{end}}></div>
<a id="members" href="/members?a=1&amp;b=2">Members</a> <a id="public" href="/public">Public</a>
{{range .Form.Providers}}<form hx-boost="false" hx-post="{{.Action}}">
<input type="hidden" name="csrfToken" value="{{$.Form.CSRFToken}}"><input type="hidden" name="callbackUrl" value="{{$.Form.CallbackURL}}">
{{if .Password}}<input id="email" name="email" value="{{$.Form.Email}}"><input id="password" name="password" type="password">{{end}}
<button id="with-{{.ID}}">Sign in</button>
</form>{{end}}
</body></html>`))

// serveHTMX starts an application whose pages send everything by htmx, and in which
// ada is registered.
func serveHTMX(t *testing.T) (auth *authent.Auth, server *httptest.Server, ada string) {
	t.Helper()
	script := fromDeps(t, "node_modules/htmx.org/dist/htmx.min.js")
	server = httptest.NewUnstartedServer(nil)
	auth, ada = application(t, authent.Config{
		URL: "http://" + server.Listener.Addr().String(), Pages: authent.Pages{SignIn: "/login"},
	})
	page := func(title string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			data := map[string]any{"Title": title, "Auto": title == "login", "Form": authent.FormData{}}
			if title == "login" {
				form, err := auth.FormData(w, r)
				if err != nil {
					t.Error(err)
				}
				data["Form"] = form
			}
			if err := htmxPage.Execute(w, data); err != nil {
				t.Error(err)
			}
		})
	}
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.HandleFunc("GET /htmx.js", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(script) })
	mux.Handle("GET /login", page("login"))
	mux.Handle("GET /article", page("article"))
	mux.Handle("GET /public", page("public"))
	mux.Handle("GET /members", auth.RequireUser(page("members")))
	mux.Handle("GET /part", auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "For ", authent.SessionFrom(r.Context()).User.Email)
	})))
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	return auth, server, ada
}

// on waits until the page of that title is there, and htmx has taken hold of its links.
func (p *page) on(title string) {
	p.Helper()
	p.wait("title", title, func(s string) bool {
		return s == title && p.evaluate("!!document.getElementById('public')?.['htmx-internal-data']") == true
	})
}

// signIn signs ada in on the sign-in page.
func (p *page) signIn(password string) {
	p.Helper()
	p.on("login")
	p.fill("email", "ada@example.com")
	p.fill("password", password)
	p.click("with-credentials")
}

// TestHTMX: the real htmx, in a real browser, leads people to sign in and back.
func TestHTMX(t *testing.T) {
	auth, server, ada := serveHTMX(t)
	has := func(want string) func(string) bool { return func(s string) bool { return strings.Contains(s, want) } }
	p := newPage(t)

	p.open(server.URL + "/article?id=7")
	p.click("ask") // a part leads the page to sign in; the sign-in page's own part does not
	p.signIn("not the password")
	p.wait("message", "what was wrong", has("That did not work."))
	p.signIn("correct horse battery")
	p.on("article")
	p.click("ask")
	p.wait("part", "the part", has("For ada@example.com"))

	p.click("members") // boosted, and signed in
	p.on("members")
	p.click("public")
	p.on("public")
	// A page that the history has lost, and whose session has ended meanwhile.
	if _, err := auth.RevokeAllSessions(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	p.evaluate("history.back()")
	p.signIn("correct horse battery")
	p.on("members")
	if at := p.evaluate("location.pathname + location.search"); at != "/members?a=1&b=2" {
		t.Errorf("back at %v", at)
	}

	p = newPage(t)
	p.open(server.URL + "/public")
	p.click("members") // boosted, and signed out: on to the link
	p.signIn("correct horse battery")
	p.on("members")
	if at := p.evaluate("location.pathname + location.search"); at != "/members?a=1&b=2" {
		t.Errorf("on at %v", at)
	}

	p = newPage(t)
	p.open(server.URL + "/article")
	p.click("ask")
	p.on("login")
	p.click("with-oidc") // to another origin and back
	p.on("article")
	p.click("ask")
	p.wait("part", "the part", has("For grace@example.com"))
}

// evaluate returns what an expression is in the page.
func (p *page) evaluate(expression string) any {
	p.Helper()
	v, err := chromium.Evaluate[any](p.ctx, expression)
	if err != nil {
		p.Fatal(err)
	}
	return v
}
