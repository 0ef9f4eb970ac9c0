package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ariga.io/atlas/sql/schema"

	"github.com/authent/authent/internal/recognize"
)

// fieldSource returns the line of ent's for a column of the application's own, and the
// packages that it needs.
func (g graph) fieldSource(t *schema.Table, name string, c *schema.Column) (line string, imports []string) {
	types := fmt.Sprintf(".SchemaType(map[string]string{%q: %q})", g.Dialect, recognize.TypeText(g.Dialect, c))
	optional, nillable := ".Optional()", ".Optional()"
	switch {
	case c.Type.Null:
		nillable = ".Optional().Nillable()"
	case !g.Filled(t, c):
		optional, nillable = "", ""
	}
	switch recognize.KindOf(c) {
	case recognize.Int:
		line = fmt.Sprintf("field.Int64(%q)%s", name, nillable)
	case recognize.Time:
		line = fmt.Sprintf("field.Time(%q)%s%s", name, nillable, types)
	case recognize.Bool:
		line = fmt.Sprintf("field.Bool(%q)%s", name, nillable)
	case recognize.Float:
		line = fmt.Sprintf("field.Float(%q)%s", name, nillable)
	case recognize.Bytes:
		line = fmt.Sprintf("field.Bytes(%q)%s%s", name, optional, types)
	case recognize.JSON:
		line, imports = fmt.Sprintf("field.JSON(%q, json.RawMessage{})%s", name, optional), []string{"encoding/json"}
	case recognize.UUID:
		line, imports = fmt.Sprintf("field.UUID(%q, uuid.UUID{})%s", name, nillable), []string{"github.com/google/uuid"}
	case recognize.Enum:
		values := c.Type.Type.(*schema.EnumType).Values
		quoted := make([]string, len(values))
		for i, v := range values {
			quoted[i] = strconv.Quote(v)
		}
		if slices.Contains(values, "") {
			line = fmt.Sprintf("field.String(%q)%s", name, nillable)
			break
		}
		line = fmt.Sprintf("field.Enum(%q).Values(%s)%s%s", name, strings.Join(quoted, ", "), nillable, types)
	default:
		line = fmt.Sprintf("field.String(%q)%s%s", name, nillable, types)
	}
	if name != c.Name {
		line += fmt.Sprintf(".StorageKey(%q)", c.Name)
	}
	if optional != "" && !c.Type.Null {
		line += `.Comment("The database fills it in where it is left out.")`
	}
	return line, imports
}

// fieldName returns the name of a column's field, which is none of used. The fields of
// authent come first.
func fieldName(t *recognize.Table, c *schema.Column, used []string) string {
	name := snake(c.Name)
	if name == "" || unicode.IsDigit([]rune(name)[0]) {
		name = "column_" + name
	}
	if recognize.IsField(t.Noun, name) || name == "id" {
		name += "_column"
	}
	for slices.Contains(used, name) {
		name += "_column"
	}
	return name
}

// snake returns a name as one of a field of ent's.
func snake(name string) string {
	var b strings.Builder
	last := rune('_')
	for _, c := range name {
		switch {
		case unicode.IsUpper(c):
			if last != '_' && !unicode.IsUpper(last) {
				b.WriteByte('_')
			}
			b.WriteRune(unicode.ToLower(c))
		case unicode.IsLetter(c), unicode.IsDigit(c):
			b.WriteRune(c)
		case last != '_':
			b.WriteByte('_')
		}
		if last = c; !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			last = '_'
		}
	}
	return strings.Trim(b.String(), "_")
}
