package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/authent/authent/authent/migrate"
)

type lintCommand struct {
	replay
	format
	Latest  latest `placeholder:"N" help:"How many files to look at, from the last one back. If absent, one." xor:"files"`
	GitBase string `placeholder:"BRANCH" help:"Look at the files that this branch or commit does not have, such as origin/main." xor:"files"`
}

// Help returns what lint --help says besides its flags.
func (c *lintCommand) Help() string {
	return "The codes are Atlas's (https://atlasgo.io/lint/analyzers); AU101 is a type that holds less, AU102 a foreign key and AU103 a check on existing rows.\n" +
		"Exits with 1 when data would be lost (DS101 to DS103, AU101) or a statement fails on any row (MF103), else with 0.\n" +
		"To accept a finding, write a line before the statement: -- atlas:nolint DS103"
}

// latest is how many files to analyze. Zero is one.
type latest int

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *latest) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a number of 1 or more", text)
	}
	*l = latest(n)
	return nil
}

// errGrave makes lint exit with 1, without a further message.
var errGrave = errors.New("a statement loses data")

// Run analyzes files.
func (c *lintCommand) Run(ctx context.Context, out io.Writer) error {
	report := &lintReport{Files: []lintedFile{}}
	linted, err := c.lint(ctx, report)
	if err == nil && slices.ContainsFunc(linted, migrate.LintedFile.Grave) {
		err = errGrave
	}
	if c.isJSON() {
		report.fill(linted)
		return &document{report, err}
	}
	if err == nil || errors.Is(err, errGrave) {
		printLint(out, report.Env.Dir, linted)
	}
	return err
}

// lint analyzes files, and notes where.
func (c *lintCommand) lint(ctx context.Context, report *lintReport) ([]migrate.LintedFile, error) {
	name, dev, err := c.dev()
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	folder := c.folder(name)
	report.Env.Driver, report.Env.Dir = name, filepath.ToSlash(folder)
	dir, err := openFolder(folder)
	if err != nil {
		return nil, err
	}
	files, err := c.files(ctx, folder, dir)
	if err != nil {
		return nil, err
	}
	return migrate.Lint(ctx, migrate.LintConfig{Dev: dev, Dialect: name, Dir: dir, Files: files})
}

// files returns the names of the files to analyze.
func (c *lintCommand) files(ctx context.Context, folder string, dir migrate.Dir) ([]string, error) {
	found, err := dir.Files()
	if err != nil {
		return nil, err
	}
	names := []string{} // Not nil, which would mean all.
	for _, f := range found {
		names = append(names, f.Name())
	}
	if c.GitBase == "" {
		return names[max(len(names)-max(int(c.Latest), 1), 0):], nil
	}
	old, err := filesAt(ctx, folder, c.GitBase)
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(old, name) }), err
}

// filesAt returns the names of the files that a branch has in a folder.
func filesAt(ctx context.Context, folder, branch string) ([]string, error) {
	if strings.HasPrefix(branch, "-") {
		return nil, fmt.Errorf("migrate: lint: --git-base is %q: name a branch or a commit", branch)
	}
	var errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", "ls-tree", "-z", "--name-only", branch, "./") // Without -z, git quotes names.
	cmd.Dir, cmd.Stderr = folder, &errs
	out, err := cmd.Output()
	if err != nil {
		said := strings.TrimSpace(errs.String())
		if said == "" {
			said = err.Error()
		}
		return nil, fmt.Errorf("migrate: lint: git cannot list what %s has in %s: %s", branch, folder, said)
	}
	var names []string
	for name := range strings.SplitSeq(string(out), "\x00") {
		names = append(names, path.Base(name))
	}
	return names, nil
}

// printLint prints all risks, and how many there are.
func printLint(out io.Writer, folder string, files []migrate.LintedFile) {
	grave, others := printRisks(out, folder, files)
	if grave+others == 0 {
		fmt.Fprintf(out, "%s: %s analyzed: nothing found.\n", folder, count(len(files), "file"))
		return
	}
	fmt.Fprintf(out, "%s: %s analyzed: %s, %s.\n", folder, count(len(files), "file"), count(grave, "error"), count(others, "warning"))
}

// printRisks prints the risks. It counts those that are grave, and the others.
func printRisks(out io.Writer, folder string, files []migrate.LintedFile) (grave, others int) {
	for _, f := range files {
		for _, s := range f.Statements {
			for i, r := range s.Risks {
				kind := "warning"
				if r.Grave {
					kind = "error"
					grave++
				} else {
					others++
				}
				fmt.Fprintf(out, "%s:%d: %s %s: %s\n", filepath.ToSlash(filepath.Join(folder, f.Name)), s.Line, kind, r.Code, r.Text)
				if i == 0 {
					fmt.Fprint(out, indented("    in: ", s.SQL))
				}
				fmt.Fprint(out, indented("    ", r.Do))
			}
		}
		for _, asked := range f.Renamed {
			fmt.Fprint(out, indented("    ", asked))
		}
	}
	return grave, others
}

// indented puts something before the first line of a text, and as many spaces before
// the others.
func indented(before, text string) string {
	return before + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+strings.Repeat(" ", len(before))) + "\n"
}

// printNew prints the risks of files that were just written. dir is the value of --dir.
func printNew(out io.Writer, folder, dir string, files []migrate.LintedFile) {
	grave, others := printRisks(out, folder, files)
	if slices.ContainsFunc(files, renamed) {
		fmt.Fprintln(out, withDir(dir, "If something was renamed, replace the whole file with that statement, run go tool migrate hash, and diff again for what else has changed."))
	} else if grave+others > 0 {
		fmt.Fprintln(out, withDir(dir, "After an edit run go tool migrate hash, and go tool migrate lint."))
	}
}

// renamed reports whether a file may drop and add what was a renaming.
func renamed(f migrate.LintedFile) bool {
	return len(f.Renamed) > 0 || slices.ContainsFunc(f.Statements, func(s migrate.Statement) bool {
		return slices.ContainsFunc(s.Risks, func(r migrate.Risk) bool { return len(r.Renames) > 0 })
	})
}

// lintReport is the output of lint --format json, with the names of Atlas's migrate
// lint where that has them.
type lintReport struct {
	Env struct {
		Driver string
		Dir    string
	}
	Files []lintedFile
	outcome
}

type lintedFile struct {
	Name    string
	Error   string         `json:",omitempty"`
	Reports []lintedReport `json:",omitempty"`
}

// lintedReport holds the diagnostics of one class.
type lintedReport struct {
	Text        string
	Diagnostics []diagnostic
}

type diagnostic struct {
	Pos            int
	Text           string
	Code           string
	SuggestedFixes []suggestedFix
	// Atlas does not have this.
	Line  int
	SQL   string
	Error bool
}

type suggestedFix struct{ Message string }

// fill adds what was found.
func (r *lintReport) fill(files []migrate.LintedFile) {
	for _, f := range files {
		file := lintedFile{Name: f.Name, Reports: reportsOf(f)}
		var failed []string
		for _, report := range file.Reports {
			if slices.ContainsFunc(report.Diagnostics, func(d diagnostic) bool { return d.Error }) {
				failed = append(failed, report.Text)
			}
		}
		file.Error = strings.Join(failed, "; ")
		r.Files = append(r.Files, file)
	}
}

// reportsOf returns the risks of a file by their classes.
func reportsOf(f migrate.LintedFile) (reports []lintedReport) {
	for _, s := range f.Statements {
		for _, r := range s.Risks {
			i := slices.IndexFunc(reports, func(x lintedReport) bool { return x.Text == r.Class })
			if i < 0 {
				i, reports = len(reports), append(reports, lintedReport{Text: r.Class})
			}
			reports[i].Diagnostics = append(reports[i].Diagnostics, diagnostic{
				Pos: s.Pos, Text: r.Text, Code: r.Code, SuggestedFixes: []suggestedFix{{r.Do}}, Line: s.Line, SQL: s.SQL, Error: r.Grave,
			})
		}
	}
	return reports
}
