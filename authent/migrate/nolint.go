package migrate

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/sqlcheck"
)

// rules says what a file's directives "-- atlas:nolint" leave out. A directive at the
// head of the file, before an empty line, is about the whole file; any other is about
// the statement after it. Without words it leaves out everything; its words are codes
// or names of analyzers.
type rules struct {
	file       []string
	whole      bool
	statements map[int][]string
}

func rulesOf(file *sqlcheck.File) rules {
	r := rules{statements: map[int][]string{}}
	if f, ok := file.File.(interface{ Directive(string) []string }); ok {
		r.file, r.whole = wordsOf(f.Directive("nolint"))
	}
	for _, c := range file.Changes {
		listed, all := wordsOf(c.Stmt.Directive("nolint"))
		if all {
			listed = []string{""}
		}
		if len(listed) > 0 {
			r.statements[c.Stmt.Pos] = listed
		}
	}
	return r
}

// wordsOf returns the words of directives, and whether one of them has no word.
func wordsOf(directives []string) (listed []string, all bool) {
	for _, d := range directives {
		fields := strings.Fields(d)
		all = all || len(fields) == 0
		listed = append(listed, fields...)
	}
	return listed, all
}

// skip reports whether a diagnostic of the statement at a byte is left out.
func (r rules) skip(pos int, code, analyzer string) bool {
	if r.whole {
		return true
	}
	for _, listed := range [][]string{r.file, r.statements[pos]} {
		if slices.Contains(listed, "") || slices.Contains(listed, code) || analyzer != "" && slices.Contains(listed, analyzer) {
			return true
		}
	}
	return false
}
