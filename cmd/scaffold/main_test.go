package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/authent/authent/authent/entauth"
)

const module = "github.com/authent/authent"

// TestScaffold: each combination is a graph that authent takes. One after the
// other, since ent's loader shares the folder .entc with everything that loads a
// graph from the same working directory, and removes it when it is done.
func TestScaffold(t *testing.T) {
	all := []string{"native"}
	for name := range layouts {
		all = append(all, name)
	}
	for _, layout := range all {
		for _, ids := range []string{"string", "int64", "uuid"} {
			if layout != "native" && layout != "drizzle" && ids != "string" {
				continue // what ids are does not depend on whose tables they are
			}
			t.Run(layout+" "+ids, func(t *testing.T) {
				folder := temporary(t)
				var out bytes.Buffer
				c := command{Folder: filepath.Join(folder, "ent"), IDs: ids, Layout: layout}
				if err := c.run(&out); err != nil {
					t.Fatal(err)
				}
				wrote := "Wrote 7 files"
				if layout != "native" {
					wrote = "Wrote 6 files" // without RateLimit, whose table is not there yet
				}
				for _, says := range []string{wrote, "in ./" + c.Folder + "/schema now", "\n  go generate ./" + c.Folder + "\n", "\n  go get -tool " + module + "/cmd/scaffold " + module + "/cmd/migrate\n"} {
					if !strings.Contains(out.String(), says) {
						t.Errorf("it does not say %q:\n%s", says, &out)
					}
				}
				storage, err := gen.NewStorage("sql")
				if err != nil {
					t.Fatal(err)
				}
				g, err := entc.LoadGraph("./"+filepath.Join(c.Folder, "schema"), &gen.Config{Package: "example.com/app/ent", Storage: storage})
				if err != nil {
					t.Fatal(err)
				}
				accepted := false
				check := entauth.Extension{}.Hooks()[0](gen.GenerateFunc(func(*gen.Graph) error { accepted = true; return nil }))
				if err := check.Generate(g); err != nil || !accepted {
					t.Error(err)
				}
				if err := c.run(&out); err == nil || !strings.Contains(err.Error(), "exists already") {
					t.Errorf("a second run: %v", err)
				}
				checkAdd(t, c, storage)
			})
		}
	}
}

// checkAdd adds what the graph may do without, which is a graph that authent takes, too.
func checkAdd(t *testing.T, c command, storage *gen.Storage) {
	t.Helper()
	c.Add = []string{"TOTP", "authenticator", "AuditEvent"}
	if c.Layout != "native" {
		c.Add = append(c.Add, "RateLimit")
	}
	made := c
	c.IDs, c.Layout = "string", "native" // as without flags
	var out bytes.Buffer
	if err := c.run(&out); err != nil || !strings.Contains(out.String(), fmt.Sprintf("Wrote %d files", len(c.Add))) {
		t.Fatalf("add: %v\n%s", err, &out)
	}
	g, err := entc.LoadGraph("./"+filepath.Join(c.Folder, "schema"), &gen.Config{Package: "example.com/app/ent", Storage: storage})
	if err != nil {
		t.Fatal(err)
	}
	check := entauth.Extension{}.Hooks()[0](gen.GenerateFunc(func(*gen.Graph) error { return nil }))
	if err := check.Generate(g); err != nil || len(g.Nodes) != 8 {
		t.Errorf("with all: %d entities, %v", len(g.Nodes), err)
	}
	passkeys, err := os.ReadFile(filepath.Join(c.Folder, "schema", "authenticator.go"))
	for _, says := range []string{layouts[made.Layout], types[made.IDs]} {
		if err != nil || !strings.Contains(string(passkeys), says) {
			t.Errorf("Authenticator does not say %q: %v\n%s", says, err, passkeys)
		}
	}
	if err := c.run(&out); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("add again: %v", err)
	}
}

// TestAdd_Refusals: --add says what it can add, and where to.
func TestAdd_Refusals(t *testing.T) {
	for want, c := range map[string]command{
		"there is no graph in": {Folder: filepath.Join(t.TempDir(), "ent"), IDs: "string", Layout: "native", Add: []string{"TOTP"}},
		"--add Passkey: use":   {Folder: graphFolder(t), IDs: "string", Layout: "native", Add: []string{"Passkey"}},
	} {
		if err := c.run(io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func graphFolder(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "ent")
	if err := os.MkdirAll(filepath.Join(folder, "schema"), 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// temporary is a folder within the module, so that its dependencies are there,
// and within testdata, so that ./... does not name it.
func temporary(t *testing.T) string {
	t.Helper()
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("testdata", "scaffold-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.RemoveAll(folder)
		_ = os.Remove("testdata")
	})
	return folder
}

// TestScaffold_Names: a folder whose name no package can have is refused, before
// anything is written.
func TestScaffold_Names(t *testing.T) {
	for _, name := range []string{"my-graph", ".", "type", "1a", "main", "error", "string", "ent_test", "_", "graph.v2"} {
		folder := t.TempDir()
		t.Chdir(folder)
		err := command{Folder: name, IDs: "string", Layout: "native"}.run(io.Discard)
		if name == "." {
			name = filepath.Base(folder) // 001, as testing calls it
		}
		if err == nil || !strings.Contains(err.Error(), "the folder's name is that of its Go package") || !strings.Contains(err.Error(), "as in go tool scaffold authgraph") {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadDir(folder); len(left) > 0 {
			t.Errorf("%s: it wrote %v", name, left)
		}
	}
}
