// Package readme proves the README and the guides: whoever does what they say, in
// an empty folder at first, has what they promise.
package readme

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestReadme does what the README says, from go mod init on: its program runs without
// any setting, with a database and a secret that it makes.
func TestReadme(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	for _, name := range []string{"AUTH_URL", "AUTH_SECRET", "AUTH_SECRET_1", "AUTH_SECRET_2", "AUTH_SECRET_3"} {
		t.Setenv(name, "")
	}
	for _, section := range sections(t, "README.md") {
		g.follow(section[0], section[1])
	}
	for _, name := range []string{"app.db", ".authent/secret", "quickstart.db"} {
		if _, err := os.Stat(filepath.Join(g.dir, name)); err != nil {
			t.Error(err)
		}
	}
	if g.programs > 0 {
		t.Errorf("the README has %d programs besides the first one", g.programs)
	}
}

// TestGettingStarted does what docs/getting-started.md says. Its programs compile, the
// first one runs, and the tools outlive go mod tidy.
func TestGettingStarted(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	for _, section := range sections(t, "docs/getting-started.md") {
		g.follow(section[0], section[1])
	}
	for _, name := range []string{"app.db", "migrated.db", "ent/authent.go", "migrations/sqlite/atlas.sum"} {
		if _, err := os.Stat(filepath.Join(g.dir, name)); err != nil {
			t.Error(err)
		}
	}
	if g.programs < 4 {
		t.Errorf("the guide has %d programs besides the first one", g.programs)
	}
	g.run("go list -export ./...") // compiles them all, and links nothing
	g.tidy()
}

// TestFirstScreen: first what begins an application in an empty folder, then a program
// that one reads at a glance, then two commands that run it.
func TestFirstScreen(t *testing.T) {
	first := sections(t, "README.md")[0][1]
	blocks := strings.Split(first, "\n```")
	if len(blocks) < 6 || !strings.HasPrefix(blocks[1], "sh\ngo mod init ") || !strings.HasPrefix(blocks[3], "go\n") || !strings.HasPrefix(blocks[5], "sh\n") {
		t.Fatal("the README does not begin with commands, a program, and commands")
	}
	_, program, _ := strings.Cut(blocks[3], "\n)\n\n") // what is imported says nothing
	if n := strings.Count(program, "\n") + 1; n > 25 {
		t.Errorf("the program has %d lines", n)
	}
	if n := strings.Count(blocks[5], "\n"); n != 2 {
		t.Errorf("it takes %d commands to run it", n)
	}
}

// TestLinks: what the README and the guides point to is there.
func TestLinks(t *testing.T) {
	guides, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	if err != nil || len(guides) == 0 {
		t.Fatal(guides, err)
	}
	for _, name := range append(guides, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md"), filepath.Join(root, "SECURITY.md")) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(text), ""), -1) {
			target, _, _ := strings.Cut(found[1]+found[2], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), target)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// fence matches a block of code: what its lines link to is the reader's own.
var fence = regexp.MustCompile("(?s)```.*?```")

var link = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)

// runApp runs the reader's application. One that serves must ask who it is, and
// goes on until the next line of the guide.
func (g *guide) runApp(line string) {
	g.t.Helper()
	program := g.read(filepath.Join(g.dir, "main.go"))
	if !strings.Contains(program, "ListenAndServe(") {
		g.run(line)
		return
	}
	stop := g.start(line)
	defer stop()
	status, target := g.answer("/")
	if status != http.StatusFound || !strings.Contains(target, "/signin?") || !strings.HasPrefix(target, g.env["AUTH_URL"]) {
		g.t.Errorf("GET /: %d to %s", status, target)
	}
	u, err := url.Parse(target)
	if err != nil {
		g.t.Fatal(err)
	}
	if status, _ := g.answer(strings.TrimSuffix(u.Path, "signin") + "register"); status != http.StatusOK {
		g.t.Errorf("GET %sregister: %d", strings.TrimSuffix(u.Path, "signin"), status)
	}
	if strings.Contains(program, "/readyz") {
		g.probe()
	}
}

// quickstart runs the example application.
func (g *guide) quickstart(line string) {
	g.t.Helper()
	stop := g.start("PORT=" + g.port + " " + line)
	defer stop()
	if status, _ := g.answer("/"); status != http.StatusOK {
		g.t.Errorf("the quickstart answers %d", status)
	}
}

// makeTest: this test was started by it, or by what it runs.
func (g *guide) makeTest() {
	g.t.Helper()
	if !strings.Contains(g.read(filepath.Join(root, "Makefile")), "\ntest: ") {
		g.t.Error("the Makefile has no target test")
	}
}
