package migrate

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/sqlcheck"
)

// rules are what a file's directives "-- atlas:nolint" leave out: of the whole
// file, when one stands at its head before an empty line, and of the statement
// that one stands before. A directive without a word leaves out all; else its
// words are codes or names of analyzers.
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

// wordsOf are the words of directives, and whether one of them has none.
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
