package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"

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
	switch g.kindOf(c) {
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

// kindOf returns what a field for a column holds. The times of day and years of MySQL are
// none of Go's times, and an enum has only values that are different names in Go.
func (g graph) kindOf(c *schema.Column) recognize.Kind {
	switch kind := c.Type.Type.(type) {
	case *schema.TimeType:
		if g.Dialect == dialect.MySQL && (kind.T == "time" || kind.T == "year") {
			return recognize.Other
		}
	case *schema.EnumType:
		names := map[string]bool{}
		for _, v := range kind.Values {
			names[strings.ToLower(strings.ReplaceAll(v, "_", ""))] = true
			if !identifier.MatchString(v) {
				return recognize.Other
			}
		}
		if len(names) < len(kind.Values) {
			return recognize.Other
		}
	}
	return recognize.KindOf(c)
}

// identifier matches a word that can be part of a name in Go.
var identifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// reserved are names of fields that what ent generates has for something else.
var reserved = []string{
	"and", "or", "not", "table", "label", "columns", "foreign_keys", "valid_column", "hooks", "interceptors", "policy", "order_option",
	"edges", "unwrap", "string", "value", "update",
}

// edgesOf are the edges that the mixins have.
var edgesOf = map[string][]string{"User": {"accounts", "sessions"}, "Account": {"user"}, "Session": {"user"}}

// fieldName returns the name of a column's field, which is none of used. The fields of
// authent come first.
func fieldName(t *recognize.Table, c *schema.Column, used []string) string {
	name := snake(c.Name)
	if name == "" || unicode.IsDigit([]rune(name)[0]) {
		name = "column_" + name
	}
	if recognize.IsField(t.Noun, name) || name == "id" || slices.Contains(reserved, name) || slices.Contains(edgesOf[t.Noun], name) {
		name += "_field"
	}
	for slices.Contains(used, name) {
		name += "_field"
	}
	return name
}

// snake returns a name as one of a field of ent's.
func snake(name string) string {
	var b strings.Builder
	last := rune('_')
	for _, c := range name {
		switch {
		case c > unicode.MaxASCII: // ent's code would have no name for it
			if last != '_' {
				b.WriteByte('_')
			}
			c = '_'
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
