package layering

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// httpFiles are those of package authent in which requests are answered. They stand
// strictly above the engine.
var httpFiles = []string{"handler*.go", "exchange.go", "refusal.go", "cookie.go", "flowcookie.go", "formcookie.go", "middleware.go", "request.go", "frontend.go"}

// wiring is where New puts the parts together: it may name all of them.
const wiring = "auth.go"

func isHTTP(file string) bool {
	return slices.ContainsFunc(httpFiles, func(pattern string) bool {
		ok, err := path.Match(pattern, file)
		return ok && err == nil
	})
}

// TestHTTPAboveEngine: no file of the engine names anything of the files in which
// requests are answered: it takes no exchange, sets no cookie, redirects nowhere.
func TestHTTPAboveEngine(t *testing.T) {
	below, above := 0, 0
	for _, arrow := range arrows(t, "../../authent") {
		switch {
		case isHTTP(arrow.from):
			below++
		case isHTTP(arrow.to) && arrow.from != wiring:
			t.Errorf("%s names %s of %s: the engine knows nothing of HTTP, return an outcome and let the handler act on it", arrow.from, arrow.name, arrow.to)
		case isHTTP(arrow.to):
			above++
		}
	}
	if below == 0 || above == 0 {
		t.Errorf("%d references from HTTP, %d from the wiring to it: this test looks at nothing", below, above)
	}
}

// arrow is a name in one file that another one of its package declares.
type arrow struct{ from, to, name string }

// arrows returns the references between the files of a package.
func arrows(t *testing.T, folder string) []arrow {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set, info := token.NewFileSet(), &types.Info{Uses: map[*ast.Ident]types.Object{}}
	var files []*ast.File
	for _, name := range all {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	// What other packages declare is of no interest here, and so are the errors that
	// come of not knowing it.
	pkg, _ := (&types.Config{Importer: nothing{}, Error: func(error) {}}).Check(folder, set, files, info)
	fileOf := func(at token.Pos) string { return filepath.Base(set.Position(at).Filename) }
	var found []arrow
	for ident, object := range info.Uses {
		if object.Pkg() == pkg && object.Pos().IsValid() && fileOf(ident.Pos()) != fileOf(object.Pos()) {
			found = append(found, arrow{fileOf(ident.Pos()), fileOf(object.Pos()), ident.Name})
		}
	}
	return found
}

// nothing imports packages without what is in them.
type nothing struct{}

// Import implements types.Importer.
func (nothing) Import(name string) (*types.Package, error) {
	pkg := types.NewPackage(name, path.Base(name))
	pkg.MarkComplete()
	return pkg, nil
}
