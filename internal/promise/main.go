// Promise writes the table of promises in SECURITY.md, with the names of the
// tests in the tree that prove each:
//
//	go run ./internal/promise
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	file  = "SECURITY.md"
	begin = "<!-- promises: written by make security -->\n"
	end   = "<!-- end of promises -->\n"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "promise:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	name := filepath.Join(root, file)
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	fresh, err := rewrite(root, string(text))
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(fresh), 0o644)
}

// rewrite puts the table between its marks.
func rewrite(root, text string) (string, error) {
	before, rest, ok := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", errors.New(file + " lacks the marks between which the table stands")
	}
	t, err := table(root)
	return before + begin + t + end + after, err
}

func table(root string) (string, error) {
	tests, err := find(root)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("\n| # | promise | source | tests; those of `authent` and `ent` run on SQLite, PostgreSQL and MariaDB |\n|---|---|---|---|\n")
	for _, p := range promises {
		if len(tests[p.number]) == 0 {
			return "", fmt.Errorf("%s has no tests", p.number)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.number, p.text, p.source, strings.Join(tests[p.number], "<br>"))
		delete(tests, p.number)
	}
	for number := range tests {
		return "", fmt.Errorf("%s has tests and no row in internal/promise/promises.go", number)
	}
	b.WriteString("\n")
	return b.String(), nil
}

var function = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)(P\d\d)\w*)\(`)

// find lists the tests of each promise, with their packages.
func find(root string) (map[string][]string, error) {
	tests := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			tests[m[2]] = append(tests[m[2]], fmt.Sprintf("`%s` %s", filepath.ToSlash(folder), m[1]))
		}
		return nil
	})
	for _, names := range tests {
		slices.Sort(names)
	}
	return tests, err
}
