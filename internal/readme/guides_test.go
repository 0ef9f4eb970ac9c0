package readme

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestSchemaGuides does what the guides on schemas say, block by block, each in an
// application of its own.
func TestSchemaGuides(t *testing.T) {
	for _, name := range []string{"custom-schema.md", "beside-nextjs.md"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, "docs", name))
			if err != nil {
				t.Fatal(err)
			}
			g := &guide{t: t, kind: testdb.SQLite, dir: filepath.Join(t.TempDir(), "app"), env: map[string]string{}}
			g.newModule()
			for _, section := range strings.Split(string(text), "\n## ")[1:] {
				heading, body, _ := strings.Cut(section, "\n")
				if heading == "Migrations" {
					g.env["DATABASE_URL"] = g.kind.URL(t)
				}
				g.follow(heading, body)
			}
		})
	}
}

// quoted wants each line to be one that the generator really writes: those are in
// its golden files.
func (g *guide) quoted(heading, block string) {
	g.t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "authent/entauth/testdata/*.txt"))
	if err != nil || len(files) == 0 {
		g.t.Fatal(files, err)
	}
	var all strings.Builder
	for _, file := range files {
		all.WriteString(g.read(file))
	}
	for line := range strings.Lines(block) {
		if !strings.Contains(all.String(), strings.TrimSpace(line)+"\n") {
			g.t.Errorf("%s: nothing writes %q", heading, line)
		}
	}
}

// example wants a block to be a part of the example application, word for word.
func (g *guide) example(heading, block string) {
	g.t.Helper()
	for _, name := range []string{"auth.ts", "next.config.ts", "hashed-tokens.ts"} {
		if strings.Contains(g.read(filepath.Join(root, "examples/nextjs-prisma/web", name)), block) {
			return
		}
	}
	g.t.Errorf("%s: the example has no such lines:\n%s", heading, block)
}

// TestOneWrapper: both examples have the same file.
func TestOneWrapper(t *testing.T) {
	var texts []string
	for _, name := range []string{"nextjs-prisma", "nextjs-drizzle"} {
		text, err := os.ReadFile(filepath.Join(root, "examples", name, "web/hashed-tokens.ts"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] {
		t.Error("examples/nextjs-prisma and nextjs-drizzle differ in hashed-tokens.ts")
	}
}
