package entauth

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func load(t *testing.T, name string) *gen.Graph {
	t.Helper()
	storage, err := gen.NewStorage("sql")
	if err != nil {
		t.Fatal(err)
	}
	g, err := entc.LoadGraph("./testdata/"+name, &gen.Config{Package: "example.com/app/ent", Storage: storage})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestFaults holds the one error that a graph with faults gets.
func TestFaults(t *testing.T) {
	for _, name := range []string{"missing", "wrong", "edges", "tables"} {
		t.Run(name, func(t *testing.T) {
			generated := false
			hook := Extension{}.Hooks()[0](gen.GenerateFunc(func(*gen.Graph) error {
				generated = true
				return nil
			}))
			err := hook.Generate(load(t, name))
			if err == nil || generated {
				t.Fatal("the graph was accepted")
			}
			golden(t, name+".txt", err.Error()+"\n")
		})
	}
}

// TestFormatsOneByOne: ent formats as many files together as GOMAXPROCS says, so
// it is one while it generates, and then as before.
func TestFormatsOneByOne(t *testing.T) {
	before, during := runtime.GOMAXPROCS(2), 0
	defer runtime.GOMAXPROCS(before)
	hook := Extension{}.Hooks()[0](gen.GenerateFunc(func(*gen.Graph) error {
		during = runtime.GOMAXPROCS(0)
		return nil
	}))
	if err := hook.Generate(load(t, "../../../ent/schema")); err != nil {
		t.Fatal(err)
	}
	if after := runtime.GOMAXPROCS(0); during != 1 || after != 2 {
		t.Errorf("%d together, and %d afterwards", during, after)
	}
}

// TestGraphs: the graphs of this repository are accepted.
func TestGraphs(t *testing.T) {
	for _, name := range []string{
		"../../../ent/schema", "policy", "../../../examples/customschema/ent/schema", "../../../examples/customschema/uuid/ent/schema",
		"../../../examples/nextjs-prisma/ent/schema", "../../../examples/nextjs-drizzle/ent/schema",
		"../../../internal/layout/drizzledefault/ent/schema", "../../../internal/layout/drizzlesqlite/ent/schema",
	} {
		if err := check(load(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInterceptorsKeepTheJoinAway: where the graph has interceptors the adapter
// must look sessions up through ent.
func TestInterceptorsKeepTheJoinAway(t *testing.T) {
	plain, guarded := render(t, load(t, "../../../ent/schema")), render(t, load(t, "policy"))
	if !strings.Contains(plain, "func authLookup(") || strings.Contains(guarded, "func authLookup(") {
		t.Error("the wrong graph has the JOIN")
	}
	if !strings.Contains(guarded, "WithUser().All(ctx)") {
		t.Error("the guarded graph does not look up through ent")
	}
	if want := `{Name: "User.username", Index: "users_username_key", Columns: "users.username"}`; !strings.Contains(guarded, want) {
		t.Errorf("the application's own unique field is not a key:\n%s", guarded)
	}
}

// render returns the adapter for a graph, formatted.
func render(t *testing.T, g *gen.Graph) string {
	t.Helper()
	target := t.TempDir()
	g.Config.Target, g.Config.Templates = target, Extension{}.Templates()
	g.Config.Package, g.Config.Features = "example.com/app/ent", []gen.Feature{gen.FeatureLock}
	if err := g.Gen(); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(target, "authent.go"))
	if err != nil {
		t.Fatal(err)
	}
	formatted, err := format.Source(source)
	if err != nil {
		t.Fatal(err)
	}
	if string(formatted) != string(source) {
		t.Error("the generated code is not as gofmt writes it")
	}
	return string(source)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestTaken: each name that the adapter has in a graph's package is refused as the name
// of a type, and no other.
func TestTaken(t *testing.T) {
	names := []string{"Authent"} // for its file
	for _, graph := range []string{"ent", "examples/nextjs-prisma/ent"} {
		file, err := parser.ParseFile(token.NewFileSet(), "../../"+graph+"/authent.go", nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name, object := range file.Scope.Objects {
			if ast.IsExported(name) && object.Kind != ast.Pkg {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(slices.Compact(names), slices.Sorted(slices.Values(taken))); diff != "" {
		t.Errorf("names of the adapter (-) and those that are refused (+):\n%s", diff)
	}
}

// TestCompilesWithALaterContract: a graph whose schema imports the generated code, as one
// with a policy does, compiles once authent.Adapter has another method. Otherwise it
// could not be generated anew.
func TestCompilesWithALaterContract(t *testing.T) {
	t.Parallel()
	const contract = "../adapter.go"
	source, err := os.ReadFile(contract)
	if err != nil {
		t.Fatal(err)
	}
	const method = "Columns() Columns\n"
	later := strings.Replace(string(source), method, method+"\tLater() error\n", 1) + "\nfunc (e engineAdapter) Later() error { return e.next.Later() }\n"
	file, overlay := filepath.Join(t.TempDir(), "adapter.go"), filepath.Join(t.TempDir(), "overlay.json")
	path, err := filepath.Abs(contract)
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {path: file}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{file: later, overlay: string(replace)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := func(name string) (string, error) {
		out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, name).CombinedOutput()
		return string(out), err
	}
	if out, err := build("../../examples/customschema/ent"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := build("../authenttest"); err == nil || !strings.Contains(out, "missing method Later") {
		t.Errorf("an adapter without the method compiles: %v\n%s", err, out)
	}
}
