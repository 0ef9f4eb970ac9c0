package main

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ariga.io/atlas/schemahcl"
	"entgo.io/ent/dialect"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

const root = "../.."

// envOf maps a dialect to the name of its environment in atlas.hcl.
var envOf = map[string]string{dialect.SQLite: "sqlite", dialect.Postgres: "postgres", dialect.MySQL: "mysql"}

// env is an environment of atlas.hcl.
type env struct {
	Name      string `spec:",name"`
	Src       string `spec:"src"`
	URL       string `spec:"url"`
	Dev       string `spec:"dev"`
	Migration *struct {
		Dir string `spec:"dir"`
	} `spec:"migration"`
}

// evalConfig reads atlas.hcl as Atlas does, with these environment variables.
func evalConfig(t *testing.T, variables map[string]string) map[string]env {
	t.Helper()
	getenv := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "name", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.StringVal(variables[args[0].AsString()]), nil
		},
	})
	var doc struct {
		Envs []*env `spec:"env"`
	}
	state := schemahcl.New(schemahcl.WithFunctions(map[string]function.Function{"getenv": getenv}))
	if err := state.EvalFiles([]string{filepath.Join(root, "atlas.hcl")}, &doc, nil); err != nil {
		t.Fatal(err)
	}
	all := map[string]env{}
	for _, e := range doc.Envs {
		all[e.Name] = *e
	}
	return all
}

// TestAtlasConfigURLs: atlas.hcl makes what Atlas understands of the forms of
// DATABASE_URL that authent understands.
func TestAtlasConfigURLs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ env, from, url, dev string }{
		{"sqlite", "file:./app.db", "sqlite://./app.db", "sqlite://dev?mode=memory"},
		{"sqlite", "file:/var/lib/app.db", "sqlite:///var/lib/app.db", "sqlite://dev?mode=memory"},
		{"sqlite", "sqlite:app.db", "sqlite://app.db", "sqlite://dev?mode=memory"},
		{"postgres", "postgresql://u:a%2Fb%40c@h:5432/app?sslmode=disable", "postgresql://u:a%2Fb%40c@h:5432/app?search_path=public&sslmode=disable", "postgresql://u:a%2Fb%40c@h:5432/app?search_path=public&sslmode=disable"},
		{"mysql", "mysql://u:a%2Fb%40c@h:3306/app", "mysql://u:a%2Fb%40c@h:3306/app", "mysql://u:a%2Fb%40c@h:3306/app"},
	} {
		e := evalConfig(t, map[string]string{"DATABASE_URL": c.from, "DEV_DATABASE_URL": c.from})[c.env]
		if e.URL != c.url || e.Dev != c.dev {
			t.Errorf("%s of %s: %s and %s", c.env, c.from, e.URL, e.Dev)
		}
	}
	for name, e := range evalConfig(t, nil) {
		if _, err := url.Parse(e.Dev); err != nil || name != "sqlite" && !strings.HasPrefix(e.Dev, "docker://") {
			t.Errorf("%s has the dev database %q by default: %v", name, e.Dev, err)
		}
	}
}

// TestAtlasConfigIsSynced: the folder and the schema file that atlas.hcl names
// are there, and both make the database that the graph wants.
func TestAtlasConfigIsSynced(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		e, ok := evalConfig(t, nil)[envOf[kind.Dialect]]
		if !ok {
			t.Fatalf("atlas.hcl has no environment for %s", kind.Name)
		}
		text, err := os.ReadFile(local(t, e.Src))
		if err != nil {
			t.Fatal(err)
		}
		bySource, byFiles := kind.URL(t), kind.URL(t)
		atlas{Kind: kind}.exec(t, kind.Connect(t, bySource), string(text))
		dir, err := migrate.OpenDir(local(t, e.Migration.Dir))
		if err != nil {
			t.Fatal(err)
		}
		db := kind.Connect(t, byFiles)
		m, err := migrate.New(migrate.Config{DB: db, Dialect: kind.Dialect, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if report, err := m.Apply(t.Context(), 0); err != nil || report.Files == 0 {
			t.Fatalf("%+v, %v", report, err)
		}
		for from, url := range map[string]string{"the schema file": bySource, "the migrations": byFiles} {
			m, err := migrate.New(migrate.Config{DB: kind.Connect(t, url), Dialect: kind.Dialect})
			if err != nil {
				t.Fatal(err)
			}
			if found, err := m.Drift(context.Background(), entmigrate.Tables); err != nil || len(found) > 0 {
				t.Errorf("%s: %v, %v", from, found, err)
			}
		}
		atlasAgrees(t, kind, byFiles)
	})
}

// atlasAgrees asks the Atlas of ATLAS_BIN, if there is one, about the database.
func atlasAgrees(t *testing.T, kind testdb.Kind, url string) {
	t.Helper()
	bin := os.Getenv("ATLAS_BIN")
	if bin == "" {
		return
	}
	dev := kind.URL(t)
	atlas := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), bin, args...)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "DATABASE_URL="+url, "DEV_DATABASE_URL="+dev)
		return theirs(t, cmd)
	}
	e := evalConfig(t, map[string]string{"DATABASE_URL": url, "DEV_DATABASE_URL": dev})[envOf[kind.Dialect]]
	if out := atlas("migrate", "status", "--env", e.Name); !strings.Contains(out, "Migration Status: OK\n") {
		t.Errorf("atlas migrate status --env %s:\n%s", e.Name, out)
	}
	if out := atlas("schema", "diff", "--env", e.Name, "--from", e.URL, "--to", e.Src, "--exclude", "atlas_schema_revisions"); !strings.Contains(out, "Schemas are synced") {
		t.Errorf("atlas schema diff --env %s:\n%s", e.Name, out)
	}
}

// local returns the path in a file:// URL of atlas.hcl.
func local(t *testing.T, location string) string {
	t.Helper()
	path, ok := strings.CutPrefix(location, "file://")
	if !ok {
		t.Fatalf("%q is not a file", location)
	}
	return filepath.Join(root, path)
}
