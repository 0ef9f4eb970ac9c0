package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/authent/authent/internal/recognize"
)

// writeFrom writes the graph of the tables that were recognized.
func (c command) writeFrom(g graph, out io.Writer) error {
	if err := c.checkFolder(); err != nil {
		return err
	}
	with, err := g.with(c.With)
	if err != nil {
		return err
	}
	sources := map[string]string{filepath.Join("schema", "layout.go"): layoutFile(g.Dialect, g.Layout())}
	for _, noun := range recognize.Entities {
		sources[filepath.Join("schema", strings.ToLower(noun)+".go")] = g.schemaFile(noun, with)
	}
	for _, o := range with {
		sources[filepath.Join("schema", strings.ToLower(o.entity)+".go")] = o.source(g)
	}
	for name, data := range map[string]any{"generate.go": packageName(c.Folder), "entc.go": nil} {
		var b bytes.Buffer
		if err := templates.ExecuteTemplate(&b, name+".tmpl", data); err != nil {
			return err
		}
		sources[name] = b.String()
	}
	wanted := map[string][]byte{}
	for name, source := range sources {
		text, err := format.Source([]byte(source))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		wanted[filepath.Join(c.Folder, name)] = text
	}
	if err := errors.Join(c.spare(wanted), c.left(wanted)); err != nil {
		return err
	}
	if err := writeAll(wanted); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, next, len(sources), goPath(c.Folder), goPath(filepath.Join(c.Folder, "schema")))
	return err
}

// spare refuses to write over files that differ, unless it is forced to.
func (c command) spare(wanted map[string][]byte) error {
	var differ []string
	for name, text := range wanted {
		old, err := os.ReadFile(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !bytes.Equal(old, text) && !c.Force:
			differ = append(differ, name)
		}
	}
	if len(differ) == 0 {
		return nil
	}
	slices.Sort(differ)
	return fmt.Errorf("%s differ from what would be written: nothing was written; look at them, or write them anew by --force", strings.Join(differ, ", "))
}

// left refuses to leave a schema with an edge from a User that has it no more: one that
// --with has written before.
func (c command) left(wanted map[string][]byte) error {
	files, err := filepath.Glob(filepath.Join(c.Folder, "schema", "*.go"))
	if err != nil || !c.Force {
		return err
	}
	user := wanted[filepath.Join(c.Folder, "schema", "user.go")]
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if _, again := wanted[file]; again {
			continue
		}
		for _, ref := range inverse.FindAllSubmatch(text, -1) {
			if !bytes.Contains(user, ref[1]) {
				return fmt.Errorf("%s has an edge from User, which user.go would no longer have: nothing was written; give --with for its table again, or remove the file", file)
			}
		}
	}
	return nil
}

// inverse matches an edge of a table of the application's own from User.
var inverse = regexp.MustCompile(`User\.Type\)\.Ref\(("\w+")\)`)

// schemaFile returns the source of an entity's schema.
func (g graph) schemaFile(noun string, with []owned) string {
	t := g.Tables[noun]
	var lines, used []string
	packages := []string{"entgo.io/ent", "github.com/authent/authent/authent/mixin"}
	for _, c := range t.Extra() {
		used = append(used, fieldName(t, c, used))
		line, imports := g.fieldSource(t.Live, used[len(used)-1], c)
		lines, packages = append(lines, "\t\t"+line+",\n"), append(packages, imports...)
	}
	arguments := "Layout: layout"
	if id := g.userID(); id != "" && noun != "VerificationToken" {
		arguments += ", " + map[string]string{"User": "ID"}[noun]
		if noun != "User" {
			arguments += "UserID"
		}
		arguments += ": " + id
		packages = append(packages, "entgo.io/ent/schema/field")
	}
	if len(lines) > 0 {
		packages = append(packages, "entgo.io/ent/schema/field")
	}
	edges := ""
	if noun == "User" {
		edges = edgeSource(with)
	}
	if edges != "" {
		packages = append(packages, "entgo.io/ent/schema/edge")
	}
	var b strings.Builder
	if noun == "User" {
		b.WriteString("// Package schema is another program's tables, from which go generate makes the typed\n// client and the adapter that signs people in.\n")
	}
	b.WriteString("package schema\n\n" + importSource(packages))
	fmt.Fprintf(&b, "\n// %s is the table %s.\ntype %s struct{ ent.Schema }\n\n", noun, t.Live.Name, noun)
	fmt.Fprintf(&b, "// Mixin of %s: the columns that authent uses.\nfunc (%s) Mixin() []ent.Mixin {\n\treturn []ent.Mixin{mixin.%s{%s}}\n}\n", noun, noun, noun, arguments)
	if len(lines) > 0 {
		fmt.Fprintf(&b, "\n// Fields of %s: the other columns.\nfunc (%s) Fields() []ent.Field {\n\treturn []ent.Field{\n%s\t}\n}\n", noun, noun, strings.Join(lines, ""))
	}
	return b.String() + edges
}

// importSource returns the import of packages: the standard library's, others, authent's.
func importSource(packages []string) string {
	slices.Sort(packages)
	groups := [3]string{}
	for _, path := range slices.Compact(packages) {
		group := 1
		if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
			group = 0
		} else if strings.HasPrefix(path, "github.com/authent/") {
			group = 2
		}
		groups[group] += "\t" + strconv.Quote(path) + "\n"
	}
	return "import (\n" + strings.TrimPrefix(strings.Join(groups[:], "\n"), "\n") + ")\n"
}

// userID returns the type of users' ids as the mixins name it, "" for a string.
func (g graph) userID() string {
	switch recognize.KindOf(g.Tables["User"].Columns["id"]) {
	case recognize.Int:
		return "field.TypeInt64"
	case recognize.UUID:
		return "field.TypeUUID"
	}
	return ""
}

// writeAll writes files, and makes their folders.
func writeAll(files map[string][]byte) error {
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
