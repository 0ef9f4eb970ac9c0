package main

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestDeps: no function of deps.sh is called as a program for which it looks. A shell takes
// such a function for the program, which is then never installed.
func TestDeps(t *testing.T) {
	script, err := os.ReadFile("deps.sh")
	if err != nil {
		t.Fatal(err)
	}
	names := func(pattern string) (all []string) {
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(script), -1) {
			all = append(all, found[1])
		}
		return all
	}
	functions, programs := names(`(?m)^([a-z_]+)\(\) \{`), names(`command -v "?([a-z-]+)`)
	if len(functions) < 6 || len(programs) < 6 {
		t.Fatalf("functions %q, programs %q: this test looks at nothing", functions, programs)
	}
	for _, name := range functions {
		if slices.Contains(programs, name) {
			t.Errorf("the function %s is taken for the program", name)
		}
	}
}
