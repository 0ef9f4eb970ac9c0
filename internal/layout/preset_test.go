package layout_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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
			cmd := exec.CommandContext(t.Context(), "go", "test", "-tags=generated", "-vet=off", "-ldflags=-w", "-count=1", "-overlay", generate(t), "./preset")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// generate writes the graph of the layout that the environment names, and returns the
// overlay that puts it beside package preset.
func generate(t *testing.T) (overlay string) {
	t.Helper()
	dir := t.TempDir()
	target := filepath.Join(dir, "ent")
	config := &gen.Config{Target: target, Package: "github.com/authent/authent/internal/layout/preset/ent"}
	if err := entc.Generate("./preset/schema", config, entc.Extensions(entauth.Extension{})); err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Abs("preset")
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
