package interop

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/freeport"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// nextApp is examples/nextjs-prisma: its Next.js application, built and started as people
// do it, and its Go service, on one database.
type nextApp struct {
	*testing.T
	version authent.AuthJSVersion
	url     string // where browsers find Next.js
	subPort string // where it is on a sub-domain
	db      *sql.DB
	store   authent.Adapter
	way     *testdb.Gate // of both programs to the database
	golang  *program
	next    program
	who     oauthserver.Person // whom the provider knows
}

// newNextApp builds and starts both.
func newNextApp(t *testing.T, version authent.AuthJSVersion) *nextApp {
	t.Helper()
	fromDeps(t, "node_modules/next/package.json")
	fromDeps(t, "node_modules/.generated")
	kind := testdb.Server(t, "postgres")
	script, err := os.ReadFile("../internal/layout/testdata/prisma.postgres.sql")
	if err != nil {
		t.Fatal(err)
	}
	database := kind.PoolOf(t, testdb.Script(string(script)), nil).URL(t)
	verified := true
	a := &nextApp{T: t, version: version, db: kind.Connect(t, database), who: oauthserver.Person{Subject: "1", Name: "Grace Hopper", Email: "grace@example.com", EmailVerified: &verified}}
	a.store = onPrisma(entsql.OpenDB(kind.Dialect, a.db))
	gated, way := kind.Gate(t, database)
	a.way = way
	port, goPort := freeport.For(t), freeport.For(t)
	a.url = "http://localhost:" + port // Next.js takes 127.0.0.1 for another name of that
	a.subPort = freeport.For(t)
	const callback = "/api/auth/callback/github"
	idp, err := oauthserver.Start(oauthserver.Config{Auto: &a.who, RedirectURIs: []string{a.url + callback, a.subURL() + callback}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	shared := []string{"DATABASE_URL=" + gated, "AUTH_SECRET=" + sharedSecret}
	a.golang = &program{t: t, path: "go", args: []string{"build", "-o", filepath.Join(t.TempDir(), "service"), "../examples/nextjs-prisma"}}
	a.golang.run()
	a.golang.path, a.golang.args = a.golang.args[2], nil
	a.golang.env = append([]string{"ADDR=127.0.0.1:" + goPort, "AUTH_URL=" + a.url + "/go/auth"}, shared...)
	env := append([]string{
		"GO_URL=http://127.0.0.1:" + goPort, "OIDC_ISSUER=" + idp.URL, "AUTH_URL=" + a.url, "TZ=America/New_York", "NEXT_TELEMETRY_DISABLED=1",
	}, shared...)
	if version == authent.AuthJS4 {
		a.golang.env = append(a.golang.env, "AUTHJS_VERSION=4")
		env = append(env, "NEXTAUTH_URL="+a.url, "NEXTAUTH_SECRET="+sharedSecret)
	}
	a.next = program{t: t, dir: a.folder(), path: "node", args: []string{nextBin, "build", "--webpack"}, env: env}
	a.next.run()
	a.golang.start("http://127.0.0.1:" + goPort + "/go/me")
	a.startNext(port)
	return a
}

// subURL is where browsers find Next.js on a sub-domain, which they take for this machine.
func (a *nextApp) subURL() string { return "http://app.example.localhost:" + a.subPort }

var nextBin = filepath.Join("node_modules", "next", "dist", "bin", "next")

// startNext starts what was built, with other settings where there are some.
func (a *nextApp) startNext(port string, env ...string) {
	a.Helper()
	next := a.next
	next.t, next.args, next.env = a.T, []string{nextBin, "start", "--hostname", "127.0.0.1", "--port", port}, slices.Concat(next.env, env)
	next.start("http://127.0.0.1:" + port + "/")
}

// folder is the application's, as the example has it. For GitHub stands the tests' own
// provider; its packages are those of this folder.
func (a *nextApp) folder() string {
	a.Helper()
	dir, example, provider := a.TempDir(), "../examples/nextjs-prisma/", "nextjs/provider5.ts"
	copies := []string{example + "web"}
	packages := map[string]string{}
	if a.version == authent.AuthJS4 {
		copies, provider = append(copies, example+"web4"), "nextjs/provider4.ts"
		packages["next-auth"] = "next-auth-v4"
	}
	for _, from := range copies { // the later ones' files count
		entries, err := os.ReadDir(from)
		a.must(err)
		for _, e := range entries {
			if e.Name() != "node_modules" && e.Name() != ".next" { // of somebody who has tried it there
				a.must(exec.CommandContext(a.Context(), "cp", "-R", filepath.Join(from, e.Name()), dir).Run())
			}
		}
	}
	name := filepath.Join(dir, "auth.ts")
	text, err := os.ReadFile(name)
	a.must(err)
	for old, changed := range map[string]string{
		`import GitHub from "next-auth/providers/github";`: `import GitHub, { cookies } from "./provider";`,
		`session: { strategy: "database" },`:               `session: { strategy: "database" }, cookies,`,
	} {
		if strings.Count(string(text), old) != 1 {
			a.Fatalf("%s does not have once: %s", name, old)
		}
		text = []byte(strings.Replace(string(text), old, changed, 1))
	}
	a.must(os.WriteFile(name, text, 0o644))
	text, err = os.ReadFile(provider)
	a.must(err)
	a.must(os.WriteFile(filepath.Join(dir, "provider.ts"), text, 0o644))

	here, err := filepath.Abs("node_modules")
	a.must(err)
	a.must(os.Mkdir(filepath.Join(dir, "node_modules"), 0o755))
	entries, err := os.ReadDir(here)
	a.must(err)
	for _, e := range entries {
		target := e.Name()
		if other := packages[target]; other != "" {
			target = other
		}
		a.must(os.Symlink(filepath.Join(here, target), filepath.Join(dir, "node_modules", e.Name())))
	}
	return dir
}

func (a *nextApp) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

// program is one that a test runs, with all that it starts.
type program struct {
	t         *testing.T
	dir, path string
	args, env []string
	answers   string // where, once it is started
	stop      func()
}

func (p *program) command(out io.Writer) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(p.t.Context()), p.path, p.args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, append(os.Environ(), p.env...), out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// run runs it to its end.
func (p *program) run() {
	p.t.Helper()
	var out strings.Builder
	if err := p.command(&out).Run(); err != nil {
		p.t.Fatalf("%s %s: %v\n%s", p.path, strings.Join(p.args, " "), err, out.String())
	}
}

// start runs it until stop is called or the test ends, and waits until it answers at url.
func (p *program) start(url string) {
	p.t.Helper()
	p.answers = url
	var out strings.Builder
	cmd := p.command(&out)
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	p.stop = func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	}
	p.t.Cleanup(func() {
		p.stop()
		if p.t.Failed() {
			p.t.Logf("%s %s:\n%s", p.path, strings.Join(p.args, " "), out.String())
		}
	})
	await.True(p.t, url+" answers", func() bool {
		select {
		case <-ended:
			p.t.Fatalf("%s %s ended:\n%s", p.path, strings.Join(p.args, " "), out.String())
		default:
		}
		r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, url, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	})
}

// cookie is the name of the session cookie.
func (a *nextApp) cookie() string {
	if a.version == authent.AuthJS4 {
		return "next-auth.session-token"
	}
	return "authjs.session-token"
}

// session makes a person and a session that ends in that time, and returns its token.
func (a *nextApp) session(email string, left time.Duration) (token string) {
	a.Helper()
	user, err := a.store.CreateUser(a.Context(), authent.User{Email: email})
	a.must(err)
	name, _, _ := strings.Cut(email, "@")
	token = "0f8fad5b-d9cb-469f-a165-" + name
	p := pair{}
	_, err = a.store.CreateSession(a.Context(), authent.Session{Token: p.stored(token, true), UserID: user.ID, Expires: time.Now().Add(left)})
	a.must(err)
	return token
}

// answered is what a request without a browser is answered.
type answered struct {
	status   int
	location string
	header   http.Header
	body     string
}

// ask asks Next.js as a browser with those cookies would.
func (a *nextApp) ask(path, cookies string, header http.Header) answered {
	a.Helper()
	r, err := http.NewRequestWithContext(a.Context(), http.MethodGet, a.url+path, nil)
	a.must(err)
	if header != nil {
		r.Header = header.Clone()
	}
	r.Header.Set("Cookie", cookies)
	return a.send(r)
}

// askAt asks it as a browser does that knows it as another host, from a page of that.
func (a *nextApp) askAt(host, method, path, cookies string, form url.Values) answered {
	a.Helper()
	r, err := http.NewRequestWithContext(a.Context(), method, a.url+path, strings.NewReader(form.Encode()))
	a.must(err)
	r.Host = host
	r.Header = http.Header{
		"Origin": {"https://" + host}, "Sec-Fetch-Site": {"same-origin"}, "Cookie": {cookies}, "Content-Type": {"application/x-www-form-urlencoded"},
	}
	return a.send(r)
}

func (a *nextApp) send(r *http.Request) answered {
	a.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	a.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	a.must(err)
	return answered{res.StatusCode, res.Header.Get("Location"), res.Header, string(body)}
}
