package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/entc/gen"
	"github.com/go-openapi/inflect"

	"github.com/authent/authent/internal/recognize"
)

// owned is a table of the application's own that refers to users.
type owned struct {
	table *recognize.Table
	// entity is the name of its type, such as Order.
	entity string
	id     *schema.Column
	edges  []userEdge
}

// userEdge is a reference to a user: an order has a buyer, and a user orders.
type userEdge struct {
	field, name, ref string
	required, unique bool
}

// owners returns the columns by which a table refers to users.
func (g graph) owners(t *schema.Table) (all []*schema.Column) {
	user := g.Tables["User"]
	for _, fk := range t.ForeignKeys {
		if fk.RefTable == user.Live && len(fk.Columns) == 1 && fk.RefColumns[0] == user.Columns["id"] && !slices.Contains(all, fk.Columns[0]) {
			all = append(all, fk.Columns[0])
		}
	}
	return all
}

// ours reports whether a table is that of an entity of authent's.
func (g graph) ours(t *schema.Table) bool {
	return slices.ContainsFunc(recognize.Entities, func(noun string) bool { return g.Tables[noun].Live == t })
}

// tellOthers prints which other tables refer to users, and what some of them are for, but
// for those that become entities.
func (g graph) tellOthers(out io.Writer, with []string) {
	for _, t := range g.Live.Tables {
		if g.ours(t) || len(g.owners(t)) == 0 || slices.Contains(with, t.Name) {
			continue
		}
		what := "refers to users"
		if noun := recognize.Factor(t); noun != "" {
			what += " and looks like " + noun + ", which authent does not use"
		}
		_, _ = fmt.Fprintf(out, "%s %s: --with %s makes an entity of it\n", t.Name, what, t.Name)
	}
}

// with finds the tables that become entities too, because somebody named them.
func (g graph) with(names []string) (all []owned, err error) {
	for _, name := range names {
		t, ok := g.Live.Table(name)
		if !ok {
			return nil, fmt.Errorf("--with %s: there is no such table", name)
		}
		o, err := g.own(t)
		if err != nil {
			return nil, fmt.Errorf("--with %s: %w", name, err)
		}
		if slices.ContainsFunc(all, func(other owned) bool { return other.entity == o.entity }) {
			return nil, fmt.Errorf("--with %s: another table is called %s in Go already: write this one's schema by hand", name, o.entity)
		}
		all = append(all, o)
	}
	return all, nil
}

// own returns what becomes of a table of the application's own.
func (g graph) own(t *schema.Table) (owned, error) {
	columns := g.owners(t)
	o := owned{table: &recognize.Table{Live: t}, entity: entityName(t.Name), id: idOf(t, columns)}
	switch {
	case g.ours(t):
		return o, errors.New("its entity is there anyway")
	case !recognize.IsPlainName(t.Name) || slices.ContainsFunc(t.Columns, func(c *schema.Column) bool { return !recognize.IsPlainName(c.Name) }):
		return o, errors.New("its name or that of a column has a quote or a control character: write its schema by hand")
	case len(columns) == 0:
		return o, fmt.Errorf("it does not refer to %s by a foreign key: write its schema by hand", g.Tables["User"].Live.Name)
	case o.id == nil:
		return o, errors.New("ent needs a key of one column, a number, a text or a UUID, and it has none: write its schema by hand")
	case gen.ValidSchemaName(o.entity) != nil || !identifier.MatchString(o.entity) || o.entity == "Layout" || slices.ContainsFunc(nouns, func(n noun) bool { return n.Name == o.entity }):
		return o, fmt.Errorf("its entity would be called %s, which is taken: write its schema by hand", o.entity)
	}
	fields := o.fields()
	for _, c := range columns {
		if c == o.id {
			continue // ent has no edge by the id itself
		}
		o.edges = append(o.edges, g.edge(o, fields, c, len(columns) > 1))
	}
	return o, nil
}

// edge names the two ends of a reference. several says that the table has others.
func (g graph) edge(o owned, fields map[*schema.Column]string, c *schema.Column, several bool) userEdge {
	e := userEdge{field: fields[c], required: !c.Type.Null}
	e.unique = slices.ContainsFunc(o.table.Live.Indexes, func(i *schema.Index) bool {
		return i.Unique && len(i.Parts) == 1 && i.Parts[0].C == c
	})
	e.name = strings.TrimSuffix(e.field, "_id")
	for slices.Contains(slices.Collect(maps.Values(fields)), e.name) || slices.Contains(reserved, e.name) {
		e.name += "_user"
	}
	e.ref = snake(o.entity)
	if !e.unique {
		e.ref = inflect.Pluralize(e.ref)
	}
	if several {
		e.ref += "_by_" + e.name
	}
	var used []string
	for _, c := range g.Tables["User"].Extra() {
		used = append(used, fieldName(g.Tables["User"], c, used))
	}
	for slices.Contains(edgesOf["User"], e.ref) || recognize.IsField("User", e.ref) || slices.Contains(used, e.ref) || slices.Contains(reserved, e.ref) {
		e.ref += "_rows"
	}
	return e
}

// fields returns the names of the fields of the table's columns.
func (o owned) fields() map[*schema.Column]string {
	var used []string
	names := map[*schema.Column]string{}
	for _, c := range o.table.Live.Columns {
		name := "id"
		if c != o.id {
			name = fieldName(o.table, c, used)
		}
		names[c], used = name, append(used, name)
	}
	return names
}

// entityName returns a table's name as that of one row: orders is Order.
func entityName(table string) string {
	return inflect.Camelize(inflect.Singularize(snake(table)))
}

// idOf returns the column that identifies a row by itself, nil if there is none that ent
// could take. owners come last.
func idOf(t *schema.Table, owners []*schema.Column) (id *schema.Column) {
	keys := t.Indexes
	if t.PrimaryKey != nil {
		keys = append([]*schema.Index{t.PrimaryKey}, keys...)
	}
	for _, key := range keys {
		if key != t.PrimaryKey && !key.Unique || len(key.Parts) != 1 || key.Parts[0].C == nil {
			continue
		}
		c := key.Parts[0].C
		kind := recognize.KindOf(c)
		if (key == t.PrimaryKey || !c.Type.Null) && (kind == recognize.Int || kind == recognize.Text || kind == recognize.UUID) {
			if !slices.Contains(owners, c) {
				return c
			}
			id = c
		}
	}
	return id
}

// source returns the source of the table's schema.
func (o owned) source(g graph) string {
	names := o.fields()
	packages := []string{"entgo.io/ent", "entgo.io/ent/dialect/entsql", "entgo.io/ent/schema", "entgo.io/ent/schema/field", "github.com/authent/authent/authent/mixin"}
	var lines, edges []string
	for _, c := range o.table.Live.Columns {
		line, imports := g.fieldSource(o.table.Live, names[c], c)
		if c == o.id {
			line, imports = idSource(c)
		}
		lines, packages = append(lines, "\t\t"+line+",\n"), append(packages, imports...)
	}
	for _, e := range o.edges {
		packages = append(packages, "entgo.io/ent/schema/edge")
		line := fmt.Sprintf("edge.From(%q, User.Type).Ref(%q).Field(%q).Unique()", e.name, e.ref, e.field)
		if e.required {
			line += ".Required()"
		}
		edges = append(edges, "\t\t"+line+",\n")
	}
	var b strings.Builder
	b.WriteString("package schema\n\n" + importSource(packages))
	key := ""
	if len(edges) == 0 {
		key = " Its id is the user's, by which ent has no\n// edge."
	}
	fmt.Fprintf(&b, "\n// %[1]s is the table %[2]s.%[3]s\ntype %[1]s struct{ ent.Schema }\n", o.entity, o.table.Live.Name, key)
	fmt.Fprintf(&b, "\n// Annotations of %[1]s: its table is another program's.\nfunc (%[1]s) Annotations() []schema.Annotation {\n\treturn []schema.Annotation{entsql.Table(%[2]q), mixin.Foreign{Layout: layout.Name}}\n}\n", o.entity, o.table.Live.Name)
	fmt.Fprintf(&b, "\n// Fields of %[1]s: its columns.\nfunc (%[1]s) Fields() []ent.Field {\n\treturn []ent.Field{\n%[2]s\t}\n}\n", o.entity, strings.Join(lines, ""))
	if len(edges) == 0 { // The id is the user's.
		return b.String()
	}
	fmt.Fprintf(&b, "\n// Edges of %[1]s: the users that it refers to.\nfunc (%[1]s) Edges() []ent.Edge {\n\treturn []ent.Edge{\n%[2]s\t}\n}\n", o.entity, strings.Join(edges, ""))
	return b.String()
}

// idSource returns the line of ent's for the column that identifies a row.
func idSource(c *schema.Column) (line string, imports []string) {
	switch recognize.KindOf(c) {
	case recognize.UUID:
		line, imports = `field.UUID("id", uuid.UUID{}).Default(uuid.New)`, []string{"github.com/google/uuid"}
	case recognize.Int:
		line = `field.Int64("id")`
	default:
		line = `field.String("id")`
	}
	if c.Name != "id" {
		line += ".StorageKey(" + strconv.Quote(c.Name) + ")"
	}
	return line + ".Immutable()", imports
}

// edgeSource returns the edges of User to the tables, as source.
func edgeSource(all []owned) string {
	if !slices.ContainsFunc(all, func(o owned) bool { return len(o.edges) > 0 }) {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n// Edges of User: what refers to a user.\nfunc (User) Edges() []ent.Edge {\n\treturn []ent.Edge{\n")
	for _, o := range all {
		for _, e := range o.edges {
			unique := ""
			if e.unique {
				unique = ".Unique()"
			}
			fmt.Fprintf(&b, "\t\tedge.To(%q, %s.Type)%s,\n", e.ref, o.entity, unique)
		}
	}
	return b.String() + "\t}\n}\n"
}
