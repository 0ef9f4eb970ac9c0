package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
)

// own is what schemas say of the graph that they are in, as source text: the Layout and the
// type of a user's id. Each is "" for authent's own.
type own struct{ layout, id string }

// own returns what the schemas to write are to say. With --add it is what the graph's User
// says, so that nobody has to give flags anew.
func (c command) own() (own, error) {
	given := own{layouts[c.Layout], types[c.IDs]}
	if len(c.Add) == 0 {
		return given, nil
	}
	there, ok, err := readOwn(filepath.Join(c.Folder, "schema"))
	switch {
	case err != nil:
		return own{}, err
	case !ok: // its User has another mixin
		return given, nil
	case given.id != "" && given.id != there.id:
		return own{}, fmt.Errorf("--ids %s: users' ids are of another type in this graph: leave --ids away", c.IDs)
	case given.layout != "" && given.layout != there.layout:
		return own{}, fmt.Errorf("--layout %s: this graph has another layout: leave --layout away", c.Layout)
	}
	return there, nil
}

// readOwn reads the mixin.User in the schemas of a folder, and reports whether there is one.
func readOwn(folder string) (o own, ok bool, err error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, name := range names {
		files := token.NewFileSet()
		file, e := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if e != nil {
			return own{}, false, fmt.Errorf("--add: %w", e)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			user, is := n.(*ast.CompositeLit)
			if !is || source(files, user.Type) != "mixin.User" {
				return true
			}
			ok = true
			o = own{field(files, user, "Layout"), field(files, user, "ID")}
			err = errors.Join(err, o.check(name))
			return false
		})
	}
	return o, ok, err
}

// named matches what another file of the same package can say as well.
var named = regexp.MustCompile(`^((mixin|field)\.)?\w+$|^$`)

// check refuses what only the file of that name can say.
func (o own) check(name string) error {
	for field, text := range map[string]string{"Layout": o.layout, "ID": o.id} {
		if !named.MatchString(text) {
			return fmt.Errorf("--add: the %s of mixin.User in %s has no name that other schemas could use: make it a variable or constant of package schema", field, name)
		}
	}
	return nil
}

// field returns the source of a literal's field, "" if it is not set.
func field(files *token.FileSet, in *ast.CompositeLit, name string) string {
	for _, e := range in.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok && source(files, pair.Key) == name {
			return source(files, pair.Value)
		}
	}
	return ""
}

func source(files *token.FileSet, n ast.Node) string {
	var b bytes.Buffer
	if err := format.Node(&b, files, n); err != nil { // a literal whose type is left out has none
		return ""
	}
	return b.String()
}
