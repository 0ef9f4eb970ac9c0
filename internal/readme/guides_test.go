package readme

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// TestSchemaGuides does what the guides on schemas say, block by block, each in an
// application of its own.
func TestSchemaGuides(t *testing.T) {
	for _, name := range []string{"custom-schema.md", "beside-nextjs.md"} {
		t.Run(name, func(t *testing.T) {
			g := newGuide(t, testdb.SQLite, "")
			for _, section := range sections(t, "docs/"+name) {
				g.follow(section[0], section[1])
			}
			g.tidy()
		})
	}
}

// TestTestingGuide does what docs/testing.md says, the last part of it where there is a
// PostgreSQL server.
func TestTestingGuide(t *testing.T) {
	t.Run("memory", func(t *testing.T) { testTestingGuide(t, testdb.SQLite) })
	t.Run("postgres", func(t *testing.T) { testTestingGuide(t, testdb.Server(t, "postgres")) })
}

func testTestingGuide(t *testing.T, kind testdb.Kind) {
	url, hasServer := kind.URL(t), kind.Dialect == dialect.Postgres
	g := newGuide(t, kind, url)
	for _, section := range sections(t, "docs/testing.md") {
		if section[0] == "With a real PostgreSQL" {
			if !hasServer {
				continue
			}
			g.env["TEST_DATABASE_URL"] = url
		}
		g.follow(section[0], section[1])
	}
	// Tests that run on a server fail where nobody answers.
	elsewhere := g.command("TEST_DATABASE_URL=postgresql://127.0.0.1:1/none go test -count=1 ./...")
	if out, err := elsewhere.CombinedOutput(); (err != nil) != hasServer {
		t.Errorf("with TEST_DATABASE_URL of no server: %v\n%s", err, out)
	}
}

// TestLeavingGuide does what docs/leaving-authjs.md says with a database that Prisma
// made, on each kind of database. Backups are the reader's.
func TestLeavingGuide(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		name := map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"}[kind.Name]
		script, err := os.ReadFile(filepath.Join(root, "internal/layout/testdata/prisma."+name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		url := kind.PoolOf(t, testdb.Script(string(script)), nil).URL(t)
		g := newGuide(t, kind, url)
		db := kind.Connect(t, url)
		for _, statement := range []string{
			"INSERT INTO users (id, email, role, updated_at) VALUES ('ada', 'Ada@example.com', 'user', '2026-01-01 00:00:00')",
			"INSERT INTO sessions (id, session_token, user_id, expires) VALUES ('s', '0f8fad5b-d9cb-469f-a165-70867728950e', 'ada', '2030-01-01 00:00:00')",
			"INSERT INTO accounts (id, user_id, type, provider, provider_account_id, access_token) VALUES ('a', 'ada', 'oauth', 'github', '1', 'gho_token')",
		} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		for _, section := range sections(t, "docs/leaving-authjs.md") {
			g.follow(section[0], section[1])
		}
		var email, token, access string
		err = db.QueryRowContext(t.Context(), "SELECT email, session_token, access_token FROM users JOIN sessions ON sessions.user_id = users.id JOIN accounts ON accounts.user_id = users.id").Scan(&email, &token, &access)
		if err != nil || email != "ada@example.com" || len(token) != 64 || !strings.HasPrefix(access, "authent.v1.") {
			t.Errorf("afterwards: %q, a token of %d characters, %v", email, len(token), err)
		}
	})
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

// example wants a block to be a part of a file of the example application, word for word.
func (g *guide) example(heading, block string) {
	g.t.Helper()
	found := false
	for _, folder := range []string{"web", "web4"} {
		err := filepath.WalkDir(filepath.Join(root, "examples/nextjs-prisma", folder), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "generated" || entry.Name() == ".next"):
				return fs.SkipDir
			case strings.HasSuffix(path, ".ts") || strings.HasSuffix(path, ".tsx"):
				found = found || strings.Contains(g.read(path), block+"\n")
			}
			return nil
		})
		if err != nil {
			g.t.Fatal(err)
		}
	}
	if !found {
		g.t.Errorf("%s: the example has no such lines:\n%s", heading, block)
	}
}

// TestNextJSGuide: the files that docs/nextjs.md shows are those of the example, which the
// tests in interop build and use.
func TestNextJSGuide(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	for _, section := range sections(t, "docs/nextjs.md") {
		g.follow(section[0], section[1])
	}
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
