package entauth

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	entload "entgo.io/ent/entc/load"
)

// Explain adds to an error of entc.Generate or entc.LoadGraph what to do, where ent's
// own message does not say: for an import of code that has not been generated yet, a
// field that a mixin already has, or an edge to a type under another name. path is the
// schema's folder. Any other error is returned unchanged.
func Explain(path string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, e := range explanations {
		if found := e.re.FindStringSubmatch(text); found != nil {
			if do := e.do(path, found); do != "" {
				return fmt.Errorf("%w: %s", err, do)
			}
		}
	}
	return err
}

// explanations are tried in turn. One that returns "" does not apply.
var explanations = []struct {
	re *regexp.Regexp
	do func(path string, found []string) string
}{
	{regexp.MustCompile(`could not import (\S+)`), explainImport},
	{regexp.MustCompile(`no required module provides package ([^\s;]+)`), explainImport},
	{regexp.MustCompile(`field "([^"]+)" redeclared for type "([^"]+)"`), explainField},
	{regexp.MustCompile(`type "([^"]+)" does not exist for edge`), explainEdge},
}

// explainImport explains a schema that imports the code generated from it.
func explainImport(path string, found []string) string {
	folder, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	graph := filepath.Base(filepath.Dir(folder))
	if !slices.Contains(strings.Split(found[1], "/"), graph) {
		return "go get it, or run go mod tidy"
	}
	return fmt.Sprintf("that package is generated from the schema itself, and is not there: bring the generated code back from version control, as in git checkout -- %[1]s; "+
		"without it, take the import and what uses it out of the schema, run go generate ./%[1]s, put both back, and run it again", graph)
}

// explainField explains a field that a mixin has too.
func explainField(_ string, found []string) string {
	name, kind := found[1], found[2]
	if slices.ContainsFunc(graph[kind], func(w wanted) bool { return w.name == name }) || kind == "RateLimit" {
		return fmt.Sprintf("mixin.%[1]s has a field %[2]s already: take yours out of the Fields of %[1]s, or give it another name", kind, name)
	}
	return fmt.Sprintf("it is in the Fields of %s and in one of its mixins, or twice in one of them: take one out", kind)
}

// explainEdge lists the edges that lead to a type that does not exist.
func explainEdge(path string, found []string) string {
	missing := found[1]
	spec, err := (&entload.Config{Path: path}).Load()
	if err != nil {
		return ""
	}
	var edges []string
	mixed := false
	for _, s := range spec.Schemas {
		for _, e := range s.Edges {
			if e.Type != missing {
				continue
			}
			edges = append(edges, e.Name+" of "+s.Name)
			mixed = mixed || e.Name == "user" && slices.Contains([]string{"Account", "Session", totp, authenticator}, s.Name)
		}
	}
	if len(edges) == 0 {
		return ""
	}
	do := fmt.Sprintf("edges that lead to it: %s", strings.Join(edges, ", "))
	if mixed && missing == "User" {
		return do + ". Those of the mixins need a type that is called User: keep the name, and name its table as you like with entsql.Annotation{Table: \"people\"}"
	}
	return do + ": name a type there that is in the schema"
}
