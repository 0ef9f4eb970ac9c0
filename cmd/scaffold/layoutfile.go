package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/mixin"
	"github.com/authent/authent/internal/recognize"
)

// layoutFile returns the source of a layout. name is the dialect that its types are of.
func layoutFile(name string, l *mixin.Layout) string {
	var b strings.Builder
	b.WriteString("package schema\n\nimport (\n\t\"entgo.io/ent/dialect\"\n\n\t\"github.com/authent/authent/authent/mixin\"\n)\n\n")
	b.WriteString("// layout is the tables as they were found. When they have changed, run\n// go tool scaffold --from again.\n")
	fmt.Fprintf(&b, "var layout = &mixin.Layout{\n\tName: %q,\n", l.Name)
	for _, part := range []struct {
		noun  string
		table mixin.Table
	}{{"User", l.User}, {"Account", l.Account}, {"Session", l.Session}, {"VerificationToken", l.VerificationToken}} {
		fmt.Fprintf(&b, "\t%s: mixin.Table{\n\t\tName: %q,\n\t\tColumns: map[string]mixin.Column{\n", part.noun, part.table.Name)
		for _, field := range recognize.Fields(part.noun) {
			if c, ok := part.table.Columns[field]; ok {
				fmt.Fprintf(&b, "\t\t\t%q: {%s},\n", field, columnSource(name, c))
			}
		}
		b.WriteString("\t\t},\n")
		indexSource(&b, part.table.Indexes)
		b.WriteString("\t},\n")
	}
	return b.String() + "}\n"
}

// constants are ent's names of the dialects, as Go has them.
var constants = map[string]string{dialect.SQLite: "dialect.SQLite", dialect.Postgres: "dialect.Postgres", dialect.MySQL: "dialect.MySQL"}

// columnSource returns the fields of a column that are not zero.
func columnSource(name string, c mixin.Column) string {
	var all []string
	if c.Name != "" {
		all = append(all, "Name: "+strconv.Quote(c.Name))
	}
	if text := c.Types[name]; text != "" {
		all = append(all, fmt.Sprintf("Types: map[string]string{%s: %q}", constants[name], text))
	}
	for field, set := range map[string]bool{"Null": c.Null, "Millis": c.Millis, "Touched": c.Touched} {
		if set {
			all = append(all, field+": true")
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func indexSource(b *strings.Builder, all []mixin.Index) {
	if len(all) == 0 {
		return
	}
	b.WriteString("\t\tIndexes: []mixin.Index{\n")
	for _, i := range all {
		fmt.Fprintf(b, "\t\t\t{Name: %q, Fields: %#v, Unique: true},\n", i.Name, i.Fields)
	}
	b.WriteString("\t\t},\n")
}
