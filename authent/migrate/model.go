package migrate

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// model is a schema that follows statements without a database to execute them. It
// reads what ent, Atlas and people write to change tables. What it does not understand
// changes nothing.
type model struct {
	dialect string
	schema  *schema.Schema
	// whole reports that the schema holds every table there is.
	whole bool
}

// newModel returns a model of a live schema, or of an unknown one if nil.
func newModel(name string, live *schema.Schema) *model {
	if live == nil {
		return &model{dialect: name, schema: schema.New("")}
	}
	return &model{dialect: name, schema: live, whole: true}
}

// follow changes the model as a statement would, and returns the changes.
func (m *model) follow(sql string) schema.Changes {
	c := reading(m.dialect, sql)
	if n := len(c.words); n > 0 && c.words[n-1].is(";") {
		c.words = c.words[:n-1]
	}
	switch {
	case c.take("CREATE"):
		return m.create(c)
	case c.take("ALTER", "TABLE"):
		c.take("IF", "EXISTS")
		c.take("ONLY")
		return m.alter(c)
	case c.take("RENAME", "TABLE"):
		var all schema.Changes
		for _, part := range c.parts() {
			from := part.name()
			part.take("TO")
			all = append(all, m.renameTable(from, part.name()))
		}
		return all
	case c.take("DROP"):
		return m.drop(c)
	}
	return nil
}

func (m *model) create(c *cursor) schema.Changes {
	switch {
	case c.take("UNIQUE", "INDEX"):
		return m.createIndex(c, &schema.Index{Unique: true})
	case c.take("INDEX"):
		return m.createIndex(c, &schema.Index{})
	case c.take("TABLE"), c.take("UNLOGGED", "TABLE"):
		return m.createTable(c)
	}
	return nil
}

func (m *model) drop(c *cursor) (all schema.Changes) {
	switch {
	case c.take("TABLE"):
		absent := c.take("IF", "EXISTS")
		for _, name := range c.names() {
			if _, ok := m.find(name); ok || !absent || !m.whole {
				t := m.table(name)
				all = append(all, &schema.DropTable{T: t})
				m.remove(t.Name)
			}
		}
	case c.take("INDEX"):
		c.take("CONCURRENTLY")
		c.take("IF", "EXISTS")
		name := c.name()
		if t, i := m.findIndex(name); i != nil {
			t = m.edit(t.Name)
			t.Indexes = slices.DeleteFunc(t.Indexes, func(x *schema.Index) bool { return x == i })
			all = append(all, &schema.ModifyTable{T: t, Changes: schema.Changes{&schema.DropIndex{I: i}}})
		}
	case c.takeAny("SCHEMA", "DATABASE"):
		c.take("IF", "EXISTS")
		dropped := schema.New(c.name())
		if dropped.Name == m.schema.Name {
			dropped = m.schema
		}
		all = append(all, &schema.DropSchema{S: dropped})
	}
	return all
}

// table returns the table of a name. It invents an empty one if the model does not know
// it.
func (m *model) table(name string) *schema.Table {
	if t, ok := m.find(name); ok {
		return t
	}
	t := &schema.Table{Name: name, Schema: m.schema}
	m.put(t)
	return t
}

// edit replaces a table with a copy, so that changes returned earlier stay as they are.
func (m *model) edit(name string) *schema.Table {
	t := *m.table(name)
	t.Columns, t.Indexes = slices.Clone(t.Columns), slices.Clone(t.Indexes)
	t.ForeignKeys, t.Attrs = slices.Clone(t.ForeignKeys), slices.Clone(t.Attrs)
	m.put(&t)
	return &t
}

// put adds a table, or replaces the one of the same name.
func (m *model) put(t *schema.Table) {
	m.remove(t.Name)
	m.schema.Tables = append(m.schema.Tables, t)
}

func (m *model) remove(name string) {
	m.schema.Tables = slices.DeleteFunc(m.schema.Tables, func(t *schema.Table) bool { return t.Name == name })
}

// columnOf returns the column of a name. It invents one, of unknown content, if the
// model does not know it.
func (m *model) columnOf(t *schema.Table, name string) *schema.Column {
	if c, ok := findColumn(t, name); ok {
		return c
	}
	return &schema.Column{Name: name, Type: &schema.ColumnType{Type: &schema.UnsupportedType{T: "unknown"}, Null: true}}
}

func (m *model) renameTable(from, to string) schema.Change {
	old := m.edit(from)
	renamed := m.edit(from)
	m.remove(renamed.Name)
	renamed.Name = to
	m.put(renamed)
	return &schema.RenameTable{From: old, To: renamed}
}

// alter reads ALTER TABLE, from the table's name on.
func (m *model) alter(c *cursor) (all schema.Changes) {
	name := c.name()
	changed := &schema.ModifyTable{}
	for _, part := range c.parts() {
		if part.take("RENAME", "TO") || part.take("RENAME", "AS") {
			to := part.name()
			all = append(all, m.renameTable(name, to))
			name = to
			continue
		}
		t := m.edit(name)
		changed.Changes = append(changed.Changes, m.clause(t, part)...)
		changed.T = t
	}
	if len(changed.Changes) > 0 {
		all = append(schema.Changes{changed}, all...)
	}
	return all
}

func (m *model) clause(t *schema.Table, c *cursor) schema.Changes {
	switch {
	case c.take("ADD"):
		return m.add(t, c)
	case c.take("DROP"):
		return m.dropFrom(t, c)
	case c.take("RENAME"):
		return m.renameIn(t, c)
	case c.take("ALTER"):
		c.take("COLUMN")
		return m.alterColumn(t, c)
	case c.take("MODIFY"):
		c.take("COLUMN")
		c.take("IF", "EXISTS")
		to := m.column(c)
		return m.replace(t, to.Name, to)
	case c.take("CHANGE"):
		c.take("COLUMN")
		c.take("IF", "EXISTS")
		from := c.name()
		return m.replace(t, from, m.column(c))
	}
	return nil
}

// add reads what follows ADD.
func (m *model) add(t *schema.Table, c *cursor) (all schema.Changes) {
	if !c.take("COLUMN") {
		if change := m.constraint(t, c); change != nil {
			attach(t, change)
			return schema.Changes{change}
		}
	}
	exists := c.take("IF", "NOT", "EXISTS")
	columns := []*cursor{c}
	if c.at("(") {
		columns = c.group().parts()
	}
	for _, definition := range columns {
		col := m.column(definition)
		if _, ok := findColumn(t, col.Name); ok && exists {
			continue
		}
		t.Columns = append(t.Columns, col)
		all = append(all, &schema.AddColumn{C: col})
	}
	return all
}

// dropFrom reads what follows DROP.
func (m *model) dropFrom(t *schema.Table, c *cursor) schema.Changes {
	kind := ""
	switch {
	case c.take("FOREIGN", "KEY"):
		kind = "foreign key"
	case c.take("PRIMARY", "KEY"), c.takeAny("CHECK", "PARTITION", "PERIOD"):
		return nil
	case c.takeAny("INDEX", "KEY"):
		kind = "index"
	case c.take("CONSTRAINT"):
		kind = "constraint"
	default:
		c.take("COLUMN")
	}
	absent := c.take("IF", "EXISTS")
	name := c.name()
	if kind == "" {
		if _, ok := findColumn(t, name); !ok && absent && m.whole {
			return nil
		}
		return m.dropColumn(t, name)
	}
	if i := slices.IndexFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool { return strings.EqualFold(f.Symbol, name) }); i >= 0 && kind != "index" {
		f := t.ForeignKeys[i]
		t.ForeignKeys = slices.Delete(t.ForeignKeys, i, i+1)
		return schema.Changes{&schema.DropForeignKey{F: f}}
	}
	if kind == "foreign key" && !m.whole {
		return schema.Changes{&schema.DropForeignKey{F: &schema.ForeignKey{Symbol: name, Table: t, RefTable: t}}}
	}
	if i := indexOf(t, name); i != nil && kind != "foreign key" {
		t.Indexes = slices.DeleteFunc(t.Indexes, func(x *schema.Index) bool { return x == i })
		return schema.Changes{&schema.DropIndex{I: i}}
	}
	return nil
}

// dropColumn drops a column, and its indexes and foreign keys.
func (m *model) dropColumn(t *schema.Table, name string) schema.Changes {
	dropped := m.columnOf(t, name)
	name = dropped.Name
	all := schema.Changes{&schema.DropColumn{C: dropped}}
	t.Columns = slices.DeleteFunc(t.Columns, func(c *schema.Column) bool { return c.Name == name })
	t.Indexes = slices.DeleteFunc(t.Indexes, func(i *schema.Index) bool {
		gone := slices.ContainsFunc(i.Parts, func(p *schema.IndexPart) bool { return p.C != nil && p.C.Name == name })
		// MySQL removes the column from an index and keeps the rest.
		if gone && m.dialect != dialect.MySQL {
			all = append(all, &schema.DropIndex{I: i})
		}
		return gone
	})
	t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool {
		gone := slices.ContainsFunc(f.Columns, func(c *schema.Column) bool { return c.Name == name })
		if gone {
			all = append(all, &schema.DropForeignKey{F: f})
		}
		return gone
	})
	return all
}

// renameIn reads what follows RENAME within a table.
func (m *model) renameIn(t *schema.Table, c *cursor) schema.Changes {
	if c.takeAny("INDEX", "KEY", "CONSTRAINT") {
		return nil
	}
	c.take("COLUMN")
	from := m.columnOf(t, c.name())
	c.take("TO")
	to := *from
	to.Name = c.name()
	m.exchange(t, from.Name, &to)
	return schema.Changes{&schema.RenameColumn{From: from, To: &to}}
}

// alterColumn reads what follows ALTER COLUMN.
func (m *model) alterColumn(t *schema.Table, c *cursor) schema.Changes {
	from := m.columnOf(t, c.name())
	to := *from
	typ := *from.Type
	to.Type = &typ
	switch {
	case c.take("SET", "NOT", "NULL"):
		to.Type.Null = false
	case c.take("DROP", "NOT", "NULL"):
		to.Type.Null = true
	case c.take("SET", "DEFAULT"):
		to.Default = &schema.RawExpr{X: c.text()}
	case c.take("DROP", "DEFAULT"):
		to.Default = nil
	case c.take("TYPE"), c.take("SET", "DATA", "TYPE"):
		null := to.Type.Null
		to.Type = m.columnType(c)
		to.Type.Null = null
	default:
		return nil
	}
	return m.replace(t, from.Name, &to)
}

// replace changes a column into another.
func (m *model) replace(t *schema.Table, name string, to *schema.Column) schema.Changes {
	from := m.columnOf(t, name)
	if strings.EqualFold(from.Name, to.Name) {
		to.Name = from.Name
	}
	name = from.Name
	m.exchange(t, name, to)
	change := &schema.ModifyColumn{From: from, To: to, Change: schema.NoChange}
	if formatType(m.dialect, from.Type.Type) != formatType(m.dialect, to.Type.Type) {
		change.Change |= schema.ChangeType
	}
	if from.Type.Null != to.Type.Null {
		change.Change |= schema.ChangeNull
	}
	if name == to.Name {
		return schema.Changes{change}
	}
	all := schema.Changes{&schema.RenameColumn{From: from, To: to}}
	if change.Change != schema.NoChange {
		renamed := *from
		renamed.Name = to.Name
		change.From = &renamed
		all = append(all, change)
	}
	return all
}

// exchange puts a column in the place of another.
func (m *model) exchange(t *schema.Table, name string, to *schema.Column) {
	if i := slices.IndexFunc(t.Columns, func(c *schema.Column) bool { return c.Name == name }); i >= 0 {
		t.Columns[i] = to
		return
	}
	t.Columns = append(t.Columns, to)
}
