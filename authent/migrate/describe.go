package migrate

import (
	"fmt"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// describe puts a change to a table into words, as differences of the live database
// from the schema.
func describe(name string, change schema.Change) []Difference {
	switch c := change.(type) {
	case *schema.AddTable:
		return []Difference{{Table: c.T.Name, Text: "is missing"}}
	case *schema.DropTable:
		return []Difference{{Table: c.T.Name, Text: "is not in the schema", Destroys: true}}
	case *schema.ModifyTable:
		var all []Difference
		for _, sub := range c.Changes {
			text, destroys := describeTable(name, sub)
			all = append(all, Difference{Table: c.T.Name, Text: text, Destroys: destroys})
		}
		return all
	case *schema.AddObject, *schema.DropObject, *schema.ModifyObject:
		return []Difference{{Text: fmt.Sprintf("%T", change)}}
	}
	return []Difference{{Text: fmt.Sprintf("differs (%T)", change)}}
}

// describeTable puts a change within a table into words.
func describeTable(name string, change schema.Change) (text string, destroys bool) {
	if c, ok := change.(*schema.ModifyColumn); ok {
		return "column " + c.To.Name + " " + describeColumn(name, c), narrows(name, c)
	}
	if what := missing(change); what != "" {
		return what + " is missing", false
	}
	if what := surplus(change); what != "" {
		_, destroys = change.(*schema.DropColumn)
		return what + " is not in the schema", destroys
	}
	if is, says := modified(change); is != "" {
		return is + ", the schema says " + says, false
	}
	return fmt.Sprintf("differs (%T)", change), false
}

// missing names what a change would add to a table, "" if it adds nothing.
func missing(change schema.Change) string {
	switch c := change.(type) {
	case *schema.AddColumn:
		return "column " + c.C.Name
	case *schema.AddIndex:
		return "index " + describeIndex(c.I)
	case *schema.AddForeignKey:
		return "foreign key " + describeForeignKey(c.F)
	case *schema.AddPrimaryKey:
		return "the primary key"
	case *schema.AddCheck:
		return describeCheck(c.C)
	case *schema.AddAttr:
		return describeAttr(c.A)
	}
	return ""
}

// surplus names what a change would drop from a table, "" if it drops nothing.
func surplus(change schema.Change) string {
	switch c := change.(type) {
	case *schema.DropColumn:
		return "column " + c.C.Name
	case *schema.DropIndex:
		return "index " + describeIndex(c.I)
	case *schema.DropForeignKey:
		return "foreign key " + describeForeignKey(c.F)
	case *schema.DropPrimaryKey:
		return "the primary key"
	case *schema.DropCheck:
		return describeCheck(c.C)
	case *schema.DropAttr:
		return describeAttr(c.A)
	}
	return ""
}

// modified returns what is there and what the schema says instead, "" if a change
// modifies neither a key nor an attribute.
func modified(change schema.Change) (is, says string) {
	switch c := change.(type) {
	case *schema.ModifyIndex:
		return "index " + describeIndex(c.From), describeIndex(c.To)
	case *schema.ModifyForeignKey:
		return "foreign key " + describeForeignKey(c.From), describeForeignKey(c.To)
	case *schema.ModifyPrimaryKey:
		return "the primary key is " + describeIndex(c.From), describeIndex(c.To)
	case *schema.ModifyAttr:
		return "is " + describeAttr(c.From), describeAttr(c.To)
	}
	return "", ""
}

func describeCheck(c *schema.Check) string { return "check " + c.Name + " (" + c.Expr + ")" }

// describeColumn lists all that differs in a column.
func describeColumn(name string, c *schema.ModifyColumn) string {
	var is, says []string
	note := func(kind schema.ChangeKind, live, wanted string) {
		if c.Change.Is(kind) {
			is, says = append(is, live), append(says, wanted)
		}
	}
	note(schema.ChangeType, formatType(name, c.From.Type.Type), formatType(name, c.To.Type.Type))
	note(schema.ChangeNull, null(c.From), null(c.To))
	note(schema.ChangeDefault, defaultOf(c.From), defaultOf(c.To))
	note(schema.ChangeCollate, "COLLATE "+collation(c.From), "COLLATE "+collation(c.To))
	note(schema.ChangeCharset, "CHARSET "+charset(c.From), "CHARSET "+charset(c.To))
	if len(is) == 0 {
		return "differs (" + c.Change.String() + ")"
	}
	return "is " + strings.Join(is, " ") + ", the schema says " + strings.Join(says, " ")
}

func formatType(name string, t schema.Type) string {
	format := map[string]func(schema.Type) (string, error){
		dialect.SQLite: sqlite.FormatType, dialect.Postgres: postgres.FormatType, dialect.MySQL: mysql.FormatType,
	}[name]
	text, err := format(t)
	if err != nil {
		return fmt.Sprintf("%T", t)
	}
	return text
}

func null(c *schema.Column) string {
	if c.Type.Null {
		return "NULL"
	}
	return "NOT NULL"
}

func defaultOf(c *schema.Column) string {
	switch d := c.Default.(type) {
	case *schema.Literal:
		return "DEFAULT " + d.V
	case *schema.RawExpr:
		return "DEFAULT " + d.X
	}
	return "without default"
}

func collation(c *schema.Column) string {
	for _, a := range c.Attrs {
		if collate, ok := a.(*schema.Collation); ok {
			return collate.V
		}
	}
	return "default"
}

func charset(c *schema.Column) string {
	for _, a := range c.Attrs {
		if set, ok := a.(*schema.Charset); ok {
			return set.V
		}
	}
	return "default"
}

func describeAttr(a schema.Attr) string {
	switch a := a.(type) {
	case *schema.Collation:
		return "COLLATE " + a.V
	case *schema.Charset:
		return "CHARSET " + a.V
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", a), "*")
}

func describeIndex(i *schema.Index) string {
	columns := make([]string, len(i.Parts))
	for n, part := range i.Parts {
		if part.C != nil {
			columns[n] = part.C.Name
		} else if raw, ok := part.X.(*schema.RawExpr); ok {
			columns[n] = raw.X
		}
	}
	text := i.Name + " (" + strings.Join(columns, ", ") + ")"
	if i.Unique {
		text += " unique"
	}
	return strings.TrimSpace(text)
}

func describeForeignKey(f *schema.ForeignKey) string {
	columns := func(all []*schema.Column) string {
		names := make([]string, len(all))
		for i, c := range all {
			names[i] = c.Name
		}
		return strings.Join(names, ", ")
	}
	text := fmt.Sprintf("%s (%s) to %s (%s)", f.Symbol, columns(f.Columns), f.RefTable.Name, columns(f.RefColumns))
	if f.OnDelete != "" {
		text += " ON DELETE " + string(f.OnDelete)
	}
	if f.OnUpdate != "" && f.OnUpdate != schema.NoAction {
		text += " ON UPDATE " + string(f.OnUpdate)
	}
	return text
}
