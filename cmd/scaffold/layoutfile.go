package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/mixin"
)

// layout returns the layout of the database's tables.
func (r *recognized) layout() *mixin.Layout {
	l := &mixin.Layout{Name: r.tables["User"].table.Name + " and others"}
	for noun, to := range map[string]*mixin.Table{
		"User": &l.User, "Account": &l.Account, "Session": &l.Session, "VerificationToken": &l.VerificationToken,
	} {
		t := r.tables[noun]
		to.Name, to.Columns, to.Indexes = t.table.Name, map[string]mixin.Column{}, t.indexes()
		for _, n := range needs[noun] {
			if c := t.columns[n.field]; c != nil {
				to.Columns[n.field] = r.column(n, c)
			}
		}
	}
	return l
}

// column returns what a layout says of a field's column.
func (r *recognized) column(n need, c *schema.Column) mixin.Column {
	column := mixin.Column{Null: c.Type.Null && !n.notNull}
	if c.Name != n.field {
		column.Name = c.Name
	}
	column.Millis = slices.Equal(n.kinds, times) && kindOf(c) == isInt
	if !column.Millis && !slices.Contains(n.kinds, isUUID) || kindOf(c) == isText {
		column.Types = map[string]string{r.dialect: typeText(r.dialect, c)}
	}
	column.Touched = n.field == "updated_at" && !c.Type.Null
	return column
}

// keyed are the fields of the keys that authent's errors tell apart.
var keyed = map[string][][]string{
	"User": {{"email"}}, "Account": {{"provider", "provider_account_id"}},
	"Session": {{"session_token"}}, "VerificationToken": {{"token"}, {"identifier", "token"}},
}

// indexes returns the keys of a table, but for one that is the id.
func (t *taken) indexes() (all []mixin.Index) {
	for _, fields := range keyed[t.noun] {
		i := t.key(fields...)
		if i == nil || len(fields) == 1 && t.noun == "Session" && i == t.table.PrimaryKey {
			continue
		}
		name := i.Name
		if name == "" || i == t.table.PrimaryKey {
			name = t.table.Name + "_pkey"
		}
		all = append(all, mixin.Index{Name: name, Fields: fields, Unique: true})
	}
	return all
}

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
		for _, n := range needs[part.noun] {
			if c, ok := part.table.Columns[n.field]; ok {
				fmt.Fprintf(&b, "\t\t\t%q: {%s},\n", n.field, columnSource(name, c))
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

// presets are the layouts that have a name.
var presets = map[string]*mixin.Layout{
	"Prisma": mixin.Prisma, "PrismaAdapter": mixin.PrismaAdapter, "PrismaV4": mixin.PrismaV4, "PrismaV4Snake": mixin.PrismaV4Snake,
	"PrismaV5": mixin.PrismaV5, "PrismaV5IDs": mixin.PrismaV5IDs, "PrismaV5Snake": mixin.PrismaV5Snake,
	"Drizzle": mixin.Drizzle, "DrizzleDefault": mixin.DrizzleDefault, "DrizzleSQLite": mixin.DrizzleSQLite,
}

// presetOf returns the name of the layout that has the same tables on the dialect, "" for
// none.
func presetOf(name string, l *mixin.Layout) string {
	for _, known := range slices.Sorted(maps.Keys(presets)) {
		if len(differences(name, l, presets[known])) == 0 {
			return known
		}
	}
	return ""
}
