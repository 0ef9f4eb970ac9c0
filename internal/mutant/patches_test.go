package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPatchesFit: the mutants of this module apply to its code and still build, which the
// long run of all of them would only tell at its end.
func TestPatchesFit(t *testing.T) {
	root := filepath.Join("..", "..")
	all, err := readPatches(root)
	if err != nil {
		t.Fatal(err)
	}
	b := newBuilder(t, root, all)
	for _, p := range all {
		dir := t.TempDir()
		overlay, err := p.apply(t.Context(), root, dir)
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		for _, folder := range p.folders() {
			if err := b.build(folder, dir, overlay); err != nil {
				t.Errorf("%s does not build: %v", p.name, err)
			}
		}
	}
}

// TestBuilderNotices: what does not build is seen, in a package's own files and in its tests.
func TestBuilderNotices(t *testing.T) {
	root := filepath.Join("..", "..")
	b := newBuilder(t, root, []patch{{changes: []string{"internal/mutant/patch.go"}}})
	for _, text := range []string{"package main\n", "package main\n\ntype patch struct{}\n", "package main\n\nfunc"} {
		dir := t.TempDir()
		file := filepath.Join(dir, "internal/mutant/patch.go")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := b.build("internal/mutant", dir, ""); err == nil {
			t.Errorf("%q builds", text)
		}
	}
	if err := b.build("internal/mutant", t.TempDir(), ""); err != nil {
		t.Errorf("nothing replaced: %v", err)
	}
}

// folders returns those of the Go code that the patch changes.
func (p patch) folders() []string {
	var all []string
	for _, name := range p.changes {
		if strings.HasSuffix(name, ".go") && !slices.Contains(all, path.Dir(name)) {
			all = append(all, path.Dir(name))
		}
	}
	return all
}

// builder checks the types of a package some of whose files are replaced. Other packages
// come from the build cache, so that a check takes a fraction of a build.
type builder struct {
	root     string
	fset     *token.FileSet
	importer types.Importer
	packages map[string]listed // by their folder
}

type listed struct {
	ImportPath, Name, Dir, Export string
	GoFiles, TestGoFiles          []string
}

func newBuilder(t *testing.T, root string, all []patch) *builder {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-test", "-json=ImportPath,Name,Dir,Export,GoFiles,TestGoFiles"}
	for _, p := range all {
		for _, folder := range p.folders() {
			if arg := "./" + folder; !slices.Contains(args, arg) {
				args = append(args, arg)
			}
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	b := &builder{root: root, fset: token.NewFileSet(), packages: map[string]listed{}}
	exports := map[string]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(l.ImportPath, "]") || strings.HasSuffix(l.ImportPath, ".test") {
			continue // a package as its tests see it
		}
		b.packages[l.Dir], exports[l.ImportPath] = l, l.Export
	}
	b.importer = importer.ForCompiler(b.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return b
}

// build checks the package of a folder, with the files that dir has in the place of its
// own, and returns the first error. Where these change what the package exports, its tests
// of the outside are built too.
func (b *builder) build(folder, dir, overlay string) error {
	abs, err := filepath.Abs(filepath.Join(b.root, folder))
	if err != nil {
		return err
	}
	l := b.packages[abs]
	var files []*ast.File
	for _, name := range slices.Concat(l.GoFiles, l.TestGoFiles) {
		file := filepath.Join(dir, folder, name)
		if _, err := os.Stat(file); err != nil {
			file = filepath.Join(abs, name)
		}
		f, err := parser.ParseFile(b.fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: b.importer}
	changed, err := conf.Check(l.ImportPath, b.fset, files, nil)
	if err != nil || l.Name == "main" {
		return err
	}
	real, err := b.importer.Import(l.ImportPath)
	if err != nil || includes(exported(changed), exported(real)) {
		return err
	}
	cmd := exec.Command("go", "test", "-vet=off", "-c", "-o", filepath.Join(dir, "test"), "-overlay", overlay, "./"+folder)
	cmd.Dir = b.root
	if text, err := cmd.CombinedOutput(); err != nil {
		return errors.New(string(text))
	}
	return nil
}

// includes reports whether all of some are in all: the package's own tests add to it.
func includes(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// exported lists what others can use of a package.
func exported(pkg *types.Package) []string {
	var all []string
	for _, name := range pkg.Scope().Names() {
		o := pkg.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		all = append(all, o.String())
		t, ok := o.Type().(*types.Named)
		if !ok {
			continue
		}
		if f, ok := t.Underlying().(*types.Struct); ok {
			for v := range f.Fields() {
				if v.Exported() {
					all = append(all, name+": "+v.String())
				}
			}
		}
		for m := range types.NewMethodSet(types.NewPointer(t)).Methods() {
			if m.Obj().Exported() {
				all = append(all, m.String())
			}
		}
	}
	return all
}
