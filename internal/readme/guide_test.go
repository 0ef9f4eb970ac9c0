package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/freeport"
	"github.com/authent/authent/internal/testdb"
)

// guide is a reader who follows one, in an empty folder at first.
type guide struct {
	t    *testing.T
	kind testdb.Kind
	dir  string
	// port takes the place of 3000, and webPort of 5173.
	port, webPort string
	env           map[string]string
	// hasDatabase makes DATABASE_URL and DEV_DATABASE_URL the test's own.
	hasDatabase bool
	// ended is closed when the program that was started last has ended.
	ended <-chan struct{}
	// written is the migration whose name the guide has told last.
	written string
	// serves uses the program that a line "go run ./folder" has started.
	serves func(line string)
	// starts takes over programs that go on running, and are to be stopped later.
	starts map[string]func(stop func())
	// programs is how many Go blocks there were that name no file.
	programs int
	// onSQLite are lines that do the same whatever the database is, so that it is
	// enough to run them on one.
	onSQLite []string
	// nginx is the proxy of a guide that has one.
	nginx *nginx
	// probed says that an application was asked whether it is live and ready.
	probed bool
	// image is the root of the image that a guide builds.
	image string
	// administered are the commands of docker and kubectl.
	administered []string
}

// newGuide empties the folder. If database is not "", it is what DATABASE_URL
// says, whatever the guide says.
func newGuide(t *testing.T, kind testdb.Kind, database string) *guide {
	t.Helper()
	g := &guide{t: t, kind: kind, dir: filepath.Join(workspace, "app"), port: freeport.For(t), webPort: freeport.For(t), env: map[string]string{}, hasDatabase: database != ""}
	if database != "" {
		g.env["DATABASE_URL"] = database
	}
	if err := os.RemoveAll(g.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(g.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return g
}

// sections are the parts of a guide, by their headings, the first of which is "".
func sections(t *testing.T, name string) (all [][2]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "\n## ")
	all = append(all, [2]string{"", before})
	for section := range strings.SplitSeq(rest, "\n## ") {
		heading, body, _ := strings.Cut(section, "\n")
		all = append(all, [2]string{heading, body})
	}
	return all
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

var namedFile = regexp.MustCompile("`([a-z_/]+\\.(?:go|html|js))`")

// follow runs the shell blocks of a section and writes its Go blocks: each into
// the file that is named before it, or else as a program of its own.
func (g *guide) follow(heading, body string) {
	g.t.Helper()
	parts := strings.Split("\n"+body, "\n```")
	for i := 1; i < len(parts); i += 2 {
		language, block, _ := strings.Cut(parts[i], "\n")
		switch language {
		case "html", "js":
			names := namedFile.FindAllStringSubmatch(parts[i-1], -1)
			g.write(names[len(names)-1][1], g.own(block)+"\n")
		case "go":
			name := filepath.Join("program"+strconv.Itoa(g.programs), "main.go")
			if names := namedFile.FindAllStringSubmatch(parts[i-1], -1); len(names) > 0 {
				name = names[len(names)-1][1]
			} else {
				g.programs++
			}
			g.write(name, g.own(block)+"\n")
		case "sh":
			for line := range strings.Lines(block) {
				g.line(strings.TrimSpace(line))
			}
		case "sql":
			g.migration(parts[i-1], block)
		case "dockerfile":
			g.containerfile(block)
		case "dockerignore":
			g.write(".dockerignore", block)
		case "yaml":
			if strings.HasPrefix(block, "apiVersion: ") {
				g.manifests(block)
			}
			for line := range strings.Lines(block) {
				if command, ok := strings.CutPrefix(strings.TrimSpace(line), "- run: "); ok {
					g.line(command)
				}
			}
		case "text":
			g.quoted(heading, block)
		case "ts", "tsx":
			g.example(heading, block)
		case "nginx":
			g.nginx.configure(g.t, block)
		case "go-part", "ts-part":
		default:
			g.t.Fatalf("%s: a block in %q", heading, language)
		}
	}
}

var (
	sqlFile = regexp.MustCompile("`VERSION_([a-z_]+\\.sql)`")
	ofKind  = regexp.MustCompile(`^-- (SQLite|PostgreSQL|MySQL, MariaDB)\n`)
)

// migration writes statements into the migration that is named before them, unless
// they are for another kind of database.
func (g *guide) migration(before, block string) {
	g.t.Helper()
	if names := sqlFile.FindAllStringSubmatch(before, -1); len(names) > 0 {
		g.written = names[len(names)-1][1]
	}
	kind := map[string]string{dialect.SQLite: "SQLite", dialect.Postgres: "PostgreSQL", dialect.MySQL: "MySQL, MariaDB"}[g.kind.Dialect]
	if found := ofKind.FindStringSubmatch(block); found != nil && found[1] != kind {
		return
	}
	files, err := filepath.Glob(filepath.Join(g.dir, "migrations", "*", "*_"+g.written))
	if err != nil || len(files) != 1 {
		g.t.Fatalf("the migrations %s are %q: %v", g.written, files, err)
	}
	if err := os.WriteFile(files[0], []byte(g.read(files[0])+block+"\n"), 0o644); err != nil {
		g.t.Fatal(err)
	}
}

// own puts this reader's ports in the place of 3000 and 5173, which may be taken.
func (g *guide) own(text string) string {
	return strings.NewReplacer("localhost:3000", "localhost:"+g.port, "localhost:5173", "localhost:"+g.webPort).Replace(text)
}

// line runs a line of a shell block as it is. Backups are the reader's, and the
// Atlas command line runs where ATLAS_BIN names one.
func (g *guide) line(line string) {
	g.t.Helper()
	line = g.own(line)
	switch first, rest, _ := strings.Cut(line, " "); {
	case g.kind.Dialect != dialect.SQLite && slices.Contains(g.onSQLite, line):
	case first == "export":
		g.export(line)
	case g.starts[line] != nil:
		g.starts[line](g.start(strings.TrimSuffix(line, " &")))
	case line == "go run .":
		g.runApp(line)
	case strings.HasPrefix(line, "go run ./") && g.serves != nil:
		stop := g.start(line)
		defer stop()
		g.serves(line)
	case line == "make test":
		g.makeTest()
	case strings.HasPrefix(line, "go run "+modulePath+"/examples/quickstart"):
		g.quickstart(line)
	case first == "docker" || first == "kubectl":
		g.administer(line)
	case first == "sudo":
		g.nginx.do(g.t, line)
	case first == "pg_dump" || first == "mysqldump" || first == "sqlite3": // the reader's
	case first == "atlas":
		if atlas := os.Getenv("ATLAS_BIN"); atlas != "" && g.kind.Dialect == dialect.Postgres {
			g.write("atlas.hcl", g.read(filepath.Join(root, "atlas.hcl")))
			g.run(atlas + " " + rest)
		}
	default:
		g.run(line)
	}
}

var exported = regexp.MustCompile(`(?:^export|\s)\s*([A-Z][A-Z_0-9]*)=`)

// export sets what the line sets, but for the URL of a database that the test has
// made.
func (g *guide) export(line string) {
	g.t.Helper()
	names := exported.FindAllStringSubmatch(line, -1)
	if len(names) == 0 {
		g.t.Fatalf("%q exports nothing", line)
	}
	for _, found := range names {
		name := found[1]
		if g.hasDatabase && strings.HasSuffix(name, "DATABASE_URL") {
			continue
		}
		out, err := g.command(line + `; printf %s "$` + name + `"`).Output()
		if err != nil || len(out) == 0 {
			g.t.Fatalf("%s: %q, %v", line, out, err)
		}
		g.env[name] = string(out)
	}
}

// command is a shell that runs a line in the reader's folder.
func (g *guide) command(line string) *exec.Cmd {
	cmd := exec.CommandContext(g.t.Context(), "sh", "-c", line)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), published.environment()...)
	for name, value := range g.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

func (g *guide) run(line string) {
	g.t.Helper()
	if out, err := g.command(line).CombinedOutput(); err != nil {
		g.t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// tidy proves that the tools outlive go mod tidy, and go generate with them.
func (g *guide) tidy() {
	g.t.Helper()
	for _, line := range []string{
		"go mod tidy",
		"go tool scaffold tidied/ent",
		"go generate ./tidied/ent",
		"go tool migrate diff tidied --schema tidied/ent/schema --dir tidied/migrations --dev-url sqlite::memory:",
		"go mod tidy -diff", // nothing has changed again
	} {
		g.run(line)
	}
}
