// Package readme proves the README and the guides: whoever does what they say, in
// an empty folder at first, has what they promise.
package readme

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestReadme does what the README says, from go mod init on. Its programs compile,
// the first one runs, and the tools outlive go mod tidy.
func TestReadme(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	for _, section := range sections(t, "README.md") {
		g.follow(section[0], section[1])
	}
	for _, name := range []string{"app.db", "migrated.db", "quickstart.db", "ent/authent.go", "migrations/sqlite/atlas.sum"} {
		if _, err := os.Stat(filepath.Join(g.dir, name)); err != nil {
			t.Error(err)
		}
	}
	if g.programs < 4 {
		t.Errorf("the README has %d programs besides the first one", g.programs)
	}
	g.run("go list -export ./...") // compiles them all, and links nothing
	g.tidy()
}

// TestFirstScreen: the commands that begin an application come before everything
// else, and begin with an empty folder.
func TestFirstScreen(t *testing.T) {
	first := sections(t, "README.md")[0][1]
	_, block, _ := strings.Cut(first, "\n```sh\n")
	if !strings.HasPrefix(block, "go mod init ") {
		t.Errorf("the first block does not begin with go mod init: %.80q", block)
	}
	if program := strings.Index(first, "\n```go\n"); program < strings.Index(first, "\n```sh\n") {
		t.Error("the program comes before the commands that it needs")
	}
}

// runApp runs the reader's application. One that serves must ask who it is, and
// goes on until the next line of the guide.
func (g *guide) runApp(line string) {
	g.t.Helper()
	if !strings.Contains(g.read(filepath.Join(g.dir, "main.go")), "http.ListenAndServe(") {
		g.run(line)
		return
	}
	stop := g.start(line)
	defer stop()
	status, target := g.answer("/")
	if status != http.StatusFound || !strings.Contains(target, "/signin?") || !strings.HasPrefix(target, g.env["AUTH_URL"]) {
		g.t.Errorf("GET /: %d to %s", status, target)
	}
	page, _, _ := strings.Cut(strings.TrimPrefix(target, "http://localhost:"+g.port), "?")
	if status, _ := g.answer(strings.TrimSuffix(page, "signin") + "register"); status != http.StatusOK {
		g.t.Errorf("GET %s: the page to register at: %d", page, status)
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
