package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// guide is an application whose developer follows docs/migrations.md.
type guide struct {
	t    *testing.T
	kind testdb.Kind
	dir  string
	env  map[string]string
}

// TestMigrationsGuide does what docs/migrations.md says, block by block, in an
// application of its own, on each kind of database.
func TestMigrationsGuide(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/migrations.md"))
	if err != nil {
		t.Fatal(err)
	}
	// The same folder for each, so that what was compiled is not compiled again.
	dir := t.TempDir()
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := &guide{t: t, kind: kind, dir: filepath.Join(dir, "app"), env: map[string]string{}}
		g.newApp()
		for _, section := range strings.Split(string(text), "\n## ")[1:] {
			heading, body, _ := strings.Cut(section, "\n")
			g.prepare(heading)
			g.follow(heading, body)
		}
	})
}

// newApp makes a module that uses this one, with the schemas to start from.
func (g *guide) newApp() {
	g.t.Helper()
	g.newModule()
	for _, name := range []string{"ent/entc.go", "ent/generate.go", "ent/schema/user.go", "ent/schema/account.go", "ent/schema/session.go", "ent/schema/verificationtoken.go"} {
		g.write(name, g.read(filepath.Join(root, name)))
	}
}

// newModule makes an empty module that uses this one.
func (g *guide) newModule() {
	g.t.Helper()
	absolute, err := filepath.Abs(root)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := os.RemoveAll(g.dir); err != nil {
		g.t.Fatal(err)
	}
	g.write("go.sum", g.read(filepath.Join(root, "go.sum")))
	requires := regexp.MustCompile(`(?s)\nrequire \(.*?\n\)`).FindAllString(g.read(filepath.Join(root, "go.mod")), -1)
	g.write("go.mod", "module example.com/app\n\ngo 1.26.0\n\nrequire github.com/authent/authent v0.0.0\n\nreplace github.com/authent/authent => "+absolute+"\n"+strings.Join(requires, "\n")+"\n")
}

func (g *guide) read(name string) string {
	g.t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(text)
}

func (g *guide) write(name, text string) {
	g.t.Helper()
	file := filepath.Join(g.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		g.t.Fatal(err)
	}
}

// prepare makes the database that a section speaks of.
func (g *guide) prepare(heading string) {
	g.t.Helper()
	switch heading {
	case "From an empty database":
		g.env["DATABASE_URL"] = g.kind.URL(g.t)
		if g.kind.Dialect != dialect.SQLite {
			g.env["DEV_DATABASE_URL"] = g.kind.URL(g.t)
		}
	case "A database that already has these tables":
		g.env["kept"] = g.env["DATABASE_URL"]
		g.env["DATABASE_URL"] = g.kind.URL(g.t)
		g.run("go run github.com/authent/authent/cmd/migrate push")
	case "A database with tables of its own":
		g.env["DATABASE_URL"] = g.kind.URL(g.t)
		db := g.kind.Connect(g.t, g.env["DATABASE_URL"])
		if _, err := db.ExecContext(g.t.Context(), "CREATE TABLE invoices (x int)"); err != nil {
			g.t.Fatal(err)
		}
	case "Changing the schema":
		g.env["DATABASE_URL"] = g.env["kept"]
	}
}

var goFile = regexp.MustCompile("`([a-z/]+\\.go)`")

// follow runs the shell blocks of a section and writes its Go blocks.
func (g *guide) follow(heading, body string) {
	g.t.Helper()
	parts := strings.Split("\n"+body, "\n```")
	for i := 1; i < len(parts); i += 2 {
		language, block, _ := strings.Cut(parts[i], "\n")
		switch language {
		case "go":
			names := goFile.FindAllStringSubmatch(parts[i-1], -1)
			if len(names) == 0 {
				g.t.Fatalf("%s: a Go block does not say which file it is", heading)
			}
			g.write(names[len(names)-1][1], block+"\n")
		case "sh":
			for line := range strings.Lines(block) {
				g.line(strings.TrimSpace(line))
			}
		case "text":
			g.quoted(heading, block)
		case "ts":
			g.example(heading, block)
		case "go-part":
		default:
			g.t.Fatalf("%s: a block in %q", heading, language)
		}
	}
}

// line runs a line of a shell block. Those that say which database are about the
// reader's, and the Atlas command line runs where ATLAS_BIN names one.
func (g *guide) line(line string) {
	g.t.Helper()
	atlas := os.Getenv("ATLAS_BIN")
	switch {
	case strings.HasPrefix(line, "export AUTH_SECRET="):
		g.env["AUTH_SECRET"] = strings.Trim(strings.TrimPrefix(line, "export AUTH_SECRET="), `"`)
	case line == "export AUTH_URL=http://localhost:3000/api/auth":
	case line == "go run .": // it serves until somebody stops it
		g.run("go build .")
	case regexp.MustCompile("^(pg_dump|mysqldump|sqlite3) ").MatchString(line): // the reader's
	case strings.HasPrefix(line, "export "):
		if !regexp.MustCompile(`^export (DEV_)?DATABASE_URL=(file|postgresql|mysql):`).MatchString(line) {
			g.t.Fatalf("nobody tried %q: add it here", line)
		}
	case strings.HasPrefix(line, "atlas "):
		if atlas != "" && g.kind.Dialect == dialect.Postgres {
			g.write("atlas.hcl", g.read(filepath.Join(root, "atlas.hcl")))
			g.run(atlas + strings.TrimPrefix(line, "atlas"))
		}
	case strings.HasPrefix(line, "go get "): // this repository itself is used
	default:
		g.run(line)
	}
}

func (g *guide) run(line string) {
	g.t.Helper()
	// The guide cannot know when the reader wrote the first migration.
	const example = "20261124000000"
	if strings.Contains(line, example) {
		files, err := filepath.Glob(filepath.Join(g.dir, "migrations", "*", "*_initial.sql"))
		if err != nil || len(files) != 1 {
			g.t.Fatalf("the first migrations are %q: %v", files, err)
		}
		version, _, _ := strings.Cut(filepath.Base(files[0]), "_")
		line = strings.Replace(line, example, version, 1)
	}
	cmd := exec.CommandContext(g.t.Context(), "sh", "-c", line)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	for name, value := range g.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		g.t.Fatalf("%s: %v\n%s", line, err, out)
	}
}
