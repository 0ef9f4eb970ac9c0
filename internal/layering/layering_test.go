// Package layering proves the arrows between packages, and the shape of the code.
package layering

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/authent/authent"

// deps are all packages outside the standard library that a package links.
func deps(t *testing.T, pkg string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", pkg)
	cmd.Dir = "../.."
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v\n%s", pkg, err, stderr.String())
	}
	return strings.Fields(string(out))
}

func under(pkg string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return pkg == root || strings.HasPrefix(pkg, root+"/")
	})
}

// TestEngineIsAlone: the engine knows no database, no graph and no provider. Of the libraries
// that it links, pquerna/otp has the arithmetic of one-time codes and boombuler/barcode,
// which that one imports anyway, the QR code.
func TestEngineIsAlone(t *testing.T) {
	for _, pkg := range deps(t, module+"/authent") {
		if pkg != module+"/authent" && !under(pkg, module+"/authent/secret", module+"/authent/internal", "golang.org/x/crypto", "golang.org/x/net/publicsuffix", "golang.org/x/oauth2", "golang.org/x/text", "golang.org/x/sys",
			"github.com/coreos/go-oidc", "github.com/go-jose/go-jose", "github.com/google/uuid", "github.com/hashicorp/golang-lru",
			"github.com/pquerna/otp", "github.com/boombuler/barcode") {
			t.Errorf("authent imports %s", pkg)
		}
	}
}

var drivers = []string{"modernc.org/sqlite", "github.com/lib/pq", "github.com/jackc/pgx", "github.com/go-sql-driver/mysql", "github.com/mattn/go-sqlite3"}

// TestNoDriverIsForced: an application chooses its driver.
func TestNoDriverIsForced(t *testing.T) {
	for _, pkg := range []string{"/authent/mixin", "/authent/entadapter", "/authent/provider", "/authent/migrate", "/authent/adopt", "/ent", "/ent/runtime"} {
		for _, dep := range deps(t, module+pkg) {
			if under(dep, drivers...) {
				t.Errorf("%s links %s", pkg, dep)
			}
		}
	}
}

// TestMailIsChosen: what sends mail is linked by who imports authent/mail.
func TestMailIsChosen(t *testing.T) {
	chosen(t, "github.com/wneessen/go-mail", "/authent/mail")
}

// TestRedisIsChosen: a client of Redis is linked by who imports authent/redislimit or
// authent/redisbroadcast, and neither of them by the other.
func TestRedisIsChosen(t *testing.T) {
	chosen(t, "github.com/redis/go-redis", "/authent/redislimit", "/authent/redisbroadcast")
}

// TestPasskeysAreProviders: what checks passkeys, and parses CBOR, is linked by who imports
// authent/provider.
func TestPasskeysAreProviders(t *testing.T) {
	for _, pkg := range []string{"/authent", "/authent/entadapter", "/authent/authenttest", "/authent/adopt", "/authent/mixin", "/authent/mail", "/ent", "/cmd/migrate"} {
		for _, dep := range deps(t, module+pkg) {
			if under(dep, "github.com/go-webauthn", "github.com/fxamacker/cbor") {
				t.Errorf("%s links %s", pkg, dep)
			}
		}
	}
	if !slices.Contains(deps(t, module+"/authent/provider"), "github.com/go-webauthn/webauthn/protocol") {
		t.Error("authent/provider does not link go-webauthn: this test looks at nothing")
	}
}

// chosen fails unless each of the packages links the library and nothing else does, nor one
// of them another, and unless they know the engine, and neither a database nor a graph.
func chosen(t *testing.T, library string, pkgs ...string) {
	t.Helper()
	for _, other := range []string{"/authent", "/authent/provider", "/authent/entadapter", "/authent/authenttest", "/authent/adopt", "/authent/database", "/authent/mail",
		"/authent/redislimit", "/authent/redisbroadcast", "/ent", "/examples/customadapter", "/cmd/migrate", "/internal/testdb"} {
		for _, dep := range deps(t, module+other) {
			if under(dep, library) && !slices.Contains(pkgs, other) {
				t.Errorf("%s links %s", other, dep)
			}
			for _, pkg := range pkgs {
				if under(dep, module+pkg) && other != pkg {
					t.Errorf("%s links %s", other, dep)
				}
			}
		}
	}
	for _, pkg := range pkgs {
		linked := false
		for _, dep := range deps(t, module+pkg) {
			linked = linked || under(dep, library)
			if under(dep, "entgo.io", "ariga.io", module+"/ent", module+"/internal") || under(dep, drivers...) {
				t.Errorf("%s links %s", pkg, dep)
			}
		}
		if !linked {
			t.Errorf("%s does not link %s: this test looks at nothing", pkg, library)
		}
	}
}

// TestRooms: the inner packages are machinery that knows neither Auth nor Adapter,
// and owns its errors.
func TestRooms(t *testing.T) {
	rooms, err := os.ReadDir("../../authent/internal")
	if err != nil || len(rooms) == 0 {
		t.Fatalf("no rooms: %v", err)
	}
	for _, room := range rooms {
		pkg := module + "/authent/internal/" + room.Name()
		for _, dep := range deps(t, pkg) {
			if under(dep, module) && !under(dep, module+"/authent/internal", module+"/authent/secret") {
				t.Errorf("%s imports %s", pkg, dep)
			}
		}
	}
}

// TestSchemaIsLight: a schema links the words of ent and what they need, not what
// signs people in. It is linked by every program that only has the graph.
func TestSchemaIsLight(t *testing.T) {
	var others []string
	for _, pkg := range deps(t, module+"/authent/mixin") {
		switch {
		case under(pkg, module+"/authent") && !under(pkg, module+"/authent/mixin", module+"/authent/secret"):
			t.Errorf("authent/mixin imports %s", pkg)
		case !under(pkg, module):
			others = append(others, pkg)
		}
	}
	if len(others) > 12 {
		t.Errorf("authent/mixin links %d packages that are not of this module, want at most 12: %v", len(others), others)
	}
}

// TestDatabaseIsLight: what opens a database knows ent's drivers, and of ent nothing else.
func TestDatabaseIsLight(t *testing.T) {
	for _, pkg := range []string{"", "/sqlite", "/postgres", "/mysql", "/stmtcache"} {
		for _, dep := range deps(t, module+"/authent/database"+pkg) {
			if under(dep, "entgo.io", "ariga.io") && dep != "entgo.io/ent/dialect" && dep != "entgo.io/ent/dialect/sql" ||
				under(dep, module) && !under(dep, module+"/authent/database") || pkg == "/stmtcache" && under(dep, "entgo.io") {
				t.Errorf("authent/database%s links %s", pkg, dep)
			}
		}
	}
}

// TestMigrateStandsAlone: migrate knows nothing of this module. An application that
// migrates its database does not link what moves other programs' databases over;
// adopt imports migrate, and never the other way.
func TestMigrateStandsAlone(t *testing.T) {
	for _, pkg := range deps(t, module+"/authent/migrate") {
		if under(pkg, module) && pkg != module+"/authent/migrate" {
			t.Errorf("authent/migrate imports %s", pkg)
		}
	}
	if !slices.Contains(deps(t, module+"/authent/adopt"), module+"/authent/migrate") {
		t.Error("authent/adopt does not import authent/migrate: which package has adopt now?")
	}
}

// TestGeneratorStaysOut: an application does not link the generator, nor what is
// for tests, nor adopt. The quickstart has the development provider, so that it needs
// no other.
func TestGeneratorStaysOut(t *testing.T) {
	all := deps(t, module+"/examples/quickstart")
	for _, dep := range all {
		if under(dep, "entgo.io/ent/entc", module+"/authent/entauth", module+"/authent/authenttest", module+"/authent/adopt", module+"/internal") && dep != module+"/internal/oauthserver" {
			t.Errorf("the quickstart links %s", dep)
		}
	}
	if !slices.Contains(all, module+"/authent") {
		t.Error("the quickstart does not link authent: this test looks at nothing")
	}
}

// source is a hand-written Go file.
type source struct {
	path string
	file *ast.File
	set  *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil || ast.IsGenerated(file) {
			return err
		}
		all = append(all, source{filepath.ToSlash(strings.TrimPrefix(path, "../../")), file, set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestShape: files of at most 400 lines, functions of at most 60, and no package
// that could hold anything.
func TestShape(t *testing.T) {
	for _, s := range sources(t) {
		if n := s.set.File(s.file.Pos()).LineCount(); n > 400 {
			t.Errorf("%s has %d lines: split it by meaning", s.path, n)
		}
		if slices.Contains([]string{"utils", "util", "common", "types", "models", "services", "helpers", "shared"}, s.file.Name.Name) {
			t.Errorf("%s: package %s could hold anything", s.path, s.file.Name.Name)
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				if n := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1; n > 60 {
					t.Errorf("%s: %s has %d lines", s.path, f.Name.Name, n)
				}
			}
		}
	}
}

// TestDocumented: what an importer sees has a comment.
func TestDocumented(t *testing.T) {
	packages := map[string]bool{}
	for _, s := range sources(t) {
		folder := filepath.Dir(s.path)
		if strings.HasSuffix(s.path, "_test.go") || s.file.Name.Name == "main" || strings.HasPrefix(folder, "internal") {
			continue
		}
		packages[folder] = packages[folder] || s.file.Doc != nil
		for _, d := range s.file.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no comment", s.path, name)
			}
		}
	}
	for folder, documented := range packages {
		if !documented && filepath.Base(folder) != "ent" {
			t.Errorf("package %s has no comment", folder)
		}
	}
}

func undocumented(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || exportedReceiver(d)) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && d.Doc == nil && s.Doc == nil {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

func exportedReceiver(d *ast.FuncDecl) bool {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	name, ok := t.(*ast.Ident)
	return ok && name.IsExported()
}
