package readme

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// foreign are quotations in the guide that are not authent's words.
var foreign = map[string]bool{"no such table": true, `relation "users" does not exist`: true, "redirect_uri": true, "invalid_client": true}

// TestTroubleshootingGuide: each line and error that docs/troubleshooting.md quotes is
// one that authent writes.
func TestTroubleshootingGuide(t *testing.T) {
	words := literals(t)
	checked := 0
	for _, section := range sections(t, "docs/troubleshooting.md") {
		for line := range strings.Lines(section[1]) {
			cells := strings.Split(line, " | ")
			if len(cells) != 2 {
				continue
			}
			for _, quoted := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[0], -1) {
				if text := quoted[1]; !foreign[text] && strings.Contains(text, " ") {
					checked++
					if !strings.Contains(words, text) {
						t.Errorf("%s: nothing writes %q", section[0], text)
					}
				}
			}
		}
	}
	if checked < 10 {
		t.Errorf("%d quotations were checked", checked)
	}
}

var verb = regexp.MustCompile(`%[a-z]`)

// literals are the strings in the source of what applications link, one a line, with …
// where a value is put in.
func literals(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(filepath.Join(root, "authent"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					all.WriteString(verb.ReplaceAllString(s, "…") + "\n")
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
