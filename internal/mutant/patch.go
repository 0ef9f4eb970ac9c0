package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// patch is one mutant.
type patch struct {
	name, file string
	// promises are the ones that it breaks, such as P02.
	promises []string
	// tests are arguments of go test, one list for each line.
	tests [][]string
	// servers is whether the tests want database servers.
	servers bool
	// changes are the files that it changes.
	changes []string
}

var promiseNumber = regexp.MustCompile(`P\d\d`)

func readPatches(root string) ([]patch, error) {
	files, err := filepath.Glob(filepath.Join(root, "internal/mutant/patches/*.patch"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("there are no patches in internal/mutant/patches: run it from the root of the repository")
	}
	var all []patch
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		p, err := parsePatch(file, string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func parsePatch(file, text string) (patch, error) {
	p := patch{name: strings.TrimSuffix(filepath.Base(file), ".patch"), file: file}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "# promise:"); ok {
			p.promises = promiseNumber.FindAllString(rest, -1)
		}
		if rest, ok := strings.CutPrefix(line, "# test:"); ok {
			p.tests = append(p.tests, strings.Fields(rest))
		}
		if strings.HasPrefix(line, "# servers:") {
			p.servers = true
		}
		if rest, ok := strings.CutPrefix(line, "+++ b/"); ok {
			p.changes = append(p.changes, rest)
		}
	}
	if len(p.promises) == 0 || len(p.tests) == 0 || len(p.changes) == 0 {
		return p, fmt.Errorf("%s: needs the lines \"# promise:\" and \"# test:\", and a diff", file)
	}
	return p, nil
}

var (
	failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)
	ranTest    = regexp.MustCompile(`(?m)^(ok|FAIL)\s`)
)

// try applies the patch and runs its tests, each of which must fail. It returns
// the first test that did, and all output.
func (p patch) try(ctx context.Context, root string) (by, output string, err error) {
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return "", "", err
	}
	defer os.RemoveAll(dir)
	overlay, err := p.apply(ctx, root, dir)
	if err != nil {
		return "", "", err
	}
	for _, test := range p.tests {
		// The real files are vetted elsewhere; the time-out only bounds a hang.
		args := slices.Concat([]string{"test", "-vet=off", "-ldflags=-w", "-overlay", overlay, "-count=1", "-timeout=20m"}, test)
		if p.servers {
			args = slices.Concat([]string{"run", "./internal/testserver", "--", "go"}, args)
		}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = root
		text, err := cmd.CombinedOutput()
		output += string(text)
		switch {
		case err == nil && strings.Contains(string(text), "no tests to run"):
			return "", output, fmt.Errorf("go test %s: no test has that name", strings.Join(test, " "))
		case err == nil:
			return "", output, fmt.Errorf("go test %s: the tests pass", strings.Join(test, " "))
		case strings.Contains(string(text), "[build failed]") || strings.Contains(string(text), "[setup failed]") || !ranTest.MatchString(string(text)):
			return "", output, errors.New("the mutant does not build")
		}
		if m := failedTest.FindStringSubmatch(string(text)); m != nil && by == "" {
			by = m[1]
		}
	}
	if by == "" {
		return "", output, errors.New("the tests did not end in a failure of their own (a panic or a time-out?)")
	}
	return by, output, nil
}

// apply writes the changed files into dir and returns the overlay that puts them
// in the place of the real ones.
func (p patch) apply(ctx context.Context, root, dir string) (overlay string, err error) {
	replace := map[string]string{}
	for _, name := range p.changes {
		source, err := filepath.Abs(filepath.Join(root, name))
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		target := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(target, text, 0o644); err != nil {
			return "", err
		}
		replace[source] = target
	}
	file, err := filepath.Abs(p.file)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "git", "apply", "--recount", file)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the patch no longer applies: %s", strings.TrimSpace(string(text)))
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, b, 0o644)
}

var promiseTest = regexp.MustCompile(`(?m)^func (?:Test|Fuzz)(P\d\d)_?`)

// missing lists the promises that have tests but no mutant.
func missing(root string, all []patch) []error {
	have := map[string]bool{}
	for _, p := range all {
		for _, number := range p.promises {
			have[number] = true
		}
	}
	var faults []error
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range promiseTest.FindAllStringSubmatch(string(text), -1) {
			if !have[m[1]] {
				have[m[1]] = true
				faults = append(faults, fmt.Errorf("%s has tests (%s) and no patch in internal/mutant", m[1], path))
			}
		}
		return nil
	})
	if err != nil {
		faults = append(faults, err)
	}
	return faults
}
