package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ariga.io/atlas/sql/schema"
)

// fieldSource returns the line of ent's for a column of the application's own, and the
// packages that it needs.
func (r *recognized) fieldSource(name string, c *schema.Column) (line string, imports []string) {
	types := fmt.Sprintf(".SchemaType(map[string]string{%q: %q})", r.dialect, typeText(r.dialect, c))
	nillable := ".Optional()"
	if c.Type.Null {
		nillable = ".Optional().Nillable()"
	}
	switch kindOf(c) {
	case isInt:
		line = fmt.Sprintf("field.Int64(%q)%s", name, nillable)
	case isTime:
		line = fmt.Sprintf("field.Time(%q)%s%s", name, nillable, types)
	case isBool:
		line = fmt.Sprintf("field.Bool(%q)%s", name, nillable)
	case isFloat:
		line = fmt.Sprintf("field.Float(%q)%s", name, nillable)
	case isBytes:
		line = fmt.Sprintf("field.Bytes(%q).Optional()%s", name, types)
	case isJSON:
		line, imports = fmt.Sprintf("field.JSON(%q, json.RawMessage{}).Optional()", name), []string{"encoding/json"}
	case isUUID:
		line, imports = fmt.Sprintf("field.UUID(%q, uuid.UUID{})%s", name, nillable), []string{"github.com/google/uuid"}
	case isEnum:
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
	if !c.Type.Null {
		line += `.Comment("The database fills it in where it is left out.")`
	}
	return line, imports
}

// fieldName returns the name of a column's field, which is none of used. The fields of
// authent come first.
func (t *taken) fieldName(c *schema.Column, used []string) string {
	name := snake(c.Name)
	if name == "" || unicode.IsDigit([]rune(name)[0]) {
		name = "column_" + name
	}
	if _, ours := spellings[t.noun][name]; ours || name == "id" {
		name += "_column"
	}
	for slices.Contains(used, name) {
		name += "_column"
	}
	return name
}
