package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	source = "package m\n\nfunc Add(a, b int) int {\n\treturn a + b\n}\n"
	tests  = "package m\n\nimport \"testing\"\n\nfunc TestP01_Add(t *testing.T) {\n\tif Add(2, 2) != 4 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n\nfunc TestP02_Nothing(t *testing.T) {}\n"
)

// diff replaces the sum by what the mutant returns.
func diff(number, test, becomes string) string {
	return "# promise: " + number + " sums\n# test: . -run " + test + "\n--- a/m.go\n+++ b/m.go\n@@ -2,4 +2,4 @@\n \n func Add(a, b int) int {\n-\treturn a + b\n+\treturn " + becomes + "\n }\n"
}

func module(t *testing.T, patches map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{"go.mod": "module m\n\ngo 1.26\n", "m.go": source, "m_test.go": tests}
	for name, text := range patches {
		files["internal/mutant/patches/"+name+".patch"] = text
	}
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestRun(t *testing.T) {
	good := diff("P01, P02", "^TestP01_", "a - b")
	for name, tc := range map[string]struct {
		patches map[string]string
		want    string
	}{
		"killed":         {map[string]string{"P01": good}, ""},
		"survivor":       {map[string]string{"P01": good, "P02": diff("P02", "^TestP02_", "a - b")}, "the tests pass"},
		"no such test":   {map[string]string{"P01": diff("P01, P02", "^TestP09_", "a - b")}, "no test has that name"},
		"does not build": {map[string]string{"P01": diff("P01, P02", "^TestP01_", "undefined")}, "does not build"},
		"does not apply": {map[string]string{"P01": strings.Replace(good, "-\treturn a + b", "-\treturn b + a", 1)}, "no longer applies"},
		"panics":         {map[string]string{"P01": diff("P01, P02", "^TestP01_", "map[int]int{}[a] / (a - b)")}, ""},
		"no header":      {map[string]string{"P01": strings.Replace(good, "# test:", "#", 1)}, "needs the lines"},
		"no mutant":      {map[string]string{"P01": diff("P01", "^TestP01_", "a - b")}, "P02 has tests"},
		"no patches":     {nil, "there are no patches"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), module(t, tc.patches), "", false, io.Discard)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}
