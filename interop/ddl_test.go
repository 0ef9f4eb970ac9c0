package interop

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

var writeDDL = flag.Bool("ddl", false, "write what the generators make into internal/layout/testdata")

// TestDDL: the tables on which the layouts are tried are, statement by statement, what the
// generators of Prisma and Drizzle make today of Auth.js's schemas. Prisma's for MySQL, whose
// engine is no npm package, are made by rules from those for PostgreSQL.
func TestDDL(t *testing.T) {
	made := prismaDDL(t)
	for name, schema := range map[string][2]string{
		"drizzle.postgres":          {"postgresql", "../examples/nextjs-drizzle/web/schema.ts"},
		"drizzle-defaults.postgres": {"postgresql", "ddl/drizzle.postgres.mjs"},
		"drizzle.mysql":             {"mysql", "ddl/drizzle.mysql.mjs"},
		"drizzle.sqlite":            {"sqlite", "ddl/drizzle.sqlite.mjs"},
	} {
		printed := fromNode(t, nil, "node_modules/drizzle-kit/bin.cjs", "export", "--dialect", schema[0], "--schema", schema[1])
		_, script, _ := strings.Cut(printed, "CREATE ") // before it, which files were read
		made[name] = "CREATE " + script
	}
	files, err := filepath.Glob("../internal/layout/testdata/*.sql")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		script, ok := made[name]
		if !ok {
			t.Errorf("%s: no generator makes it", file)
			continue
		}
		wantStatements(t, file, script)
	}
}

// wantStatements wants a file to have a script's statements, whatever their order and white
// space are, or writes them.
func wantStatements(t *testing.T, file, made string) {
	t.Helper()
	committed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, want := statements(string(committed)), statements(made)
	if *writeDDL && !slices.Equal(got, want) {
		if err := os.WriteFile(file, []byte(strings.TrimSpace(made)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, s := range got {
		if !slices.Contains(want, s) {
			t.Errorf("%s has, and no generator makes:\n%s", file, s)
		}
	}
	for _, s := range want {
		if !slices.Contains(got, s) {
			t.Errorf("%s lacks:\n%s", file, s)
		}
	}
}

// statements are those of a script, sorted.
func statements(script string) []string {
	all := testdb.Script(script)
	for i, s := range all {
		all[i] = strings.Join(strings.Fields(s), " ")
	}
	slices.Sort(all)
	return all
}

// prismaDDL is what Prisma makes, by the names of internal/layout/testdata.
func prismaDDL(t *testing.T) map[string]string {
	t.Helper()
	url := testdb.Server(t, "postgres").URL(t)
	var made map[string]string
	if err := json.Unmarshal([]byte(fromNode(t, []string{"DATABASE_URL=" + url}, "ddl/prisma.mjs")), &made); err != nil {
		t.Fatal(err)
	}
	return made
}

// fromNode runs a program to its end and returns what it prints.
func fromNode(t *testing.T, env []string, script string, args ...string) string {
	t.Helper()
	fromDeps(t, "node_modules/.generated")
	cmd := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	var faults strings.Builder
	cmd.Stderr = &faults
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", script, err, out, faults.String())
	}
	return string(out)
}
