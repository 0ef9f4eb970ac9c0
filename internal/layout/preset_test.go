package layout_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/authent/authent/authent/entauth"
	"github.com/authent/authent/internal/layout/preset/schema"
)

// TestPresets generates a graph for each layout that has none here, and runs the tests of
// package preset with it, which are the whole suite on each kind of database that there is
// DDL for. Nothing of it is written into this folder.
func TestPresets(t *testing.T) {
	for _, l := range schema.Layouts {
		t.Run(l.Name, func(t *testing.T) {
			t.Setenv(schema.Variable, l.Name)
			testGraph(t, "./preset/schema", ddlOf(t, strings.ToLower(l.Name)))
		})
	}
}

// ddlOf lists the DDL of a layout.
func ddlOf(t *testing.T, name string) (all []string) {
	t.Helper()
	for kind, on := range map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"} {
		file, err := filepath.Abs(filepath.Join("testdata", name+"."+on+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); err == nil {
			all = append(all, kind+"="+file)
		}
	}
	if len(all) == 0 {
		t.Fatalf("there is no DDL for %s", name)
	}
	return all
}

// testGraph runs the tests of package preset with the graph of a schema.
func testGraph(t *testing.T, schemaFolder string, ddl []string) {
	t.Helper()
	t.Setenv(schema.DDL, strings.Join(ddl, ","))
	runGenerated(t, "preset", generate(t, "preset", schemaFolder))
}

// runGenerated runs the tests of a package with a graph that was generated.
func runGenerated(t *testing.T, name, overlay string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-tags=generated", "-vet=off", "-ldflags=-w", "-count=1", "-overlay", overlay, "./"+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// generate writes the graph of a schema, and returns the overlay that puts it beside the
// package with the name.
func generate(t *testing.T, name, schemaFolder string, features ...gen.Feature) (overlay string) {
	t.Helper()
	dir := t.TempDir()
	target := filepath.Join(dir, "ent")
	config := &gen.Config{Target: target, Package: "github.com/authent/authent/internal/layout/" + name + "/ent", Features: features}
	if err := entc.Generate(schemaFolder, config, entc.Extensions(entauth.Extension{})); err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			replace[filepath.Join(folder, file[len(dir):])] = file
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay = filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return overlay
}
