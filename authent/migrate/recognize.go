package migrate

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// ends are the keywords that end a column's type or default.
var ends = []string{
	"NOT", "NULL", "DEFAULT", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "COLLATE", "CONSTRAINT", "GENERATED", "AS", "COMMENT", "ON",
	"AFTER", "FIRST", "AUTO_INCREMENT", "AUTOINCREMENT", "CHARSET", "USING", "KEY", "INVISIBLE", "STORAGE", "COMPRESSION",
}

// column reads the definition of a column.
func (m *model) column(c *cursor) *schema.Column {
	col := &schema.Column{Name: c.name(), Type: m.columnType(c)}
	for !c.done() {
		switch {
		case c.take("NOT", "NULL"), c.take("PRIMARY", "KEY"):
			col.Type.Null = false
		case c.take("NULL"):
			col.Type.Null = true
		case c.take("DEFAULT"):
			if text := c.before(1, ends...).text(); !strings.EqualFold(text, "NULL") {
				col.Default = &schema.RawExpr{X: text}
			}
		case c.take("GENERATED", "ALWAYS", "AS", "IDENTITY"), c.take("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
			col.Attrs = append(col.Attrs, &postgres.Identity{})
		case c.take("GENERATED", "ALWAYS", "AS"), c.take("AS"):
			col.Attrs = append(col.Attrs, &schema.GeneratedExpr{Expr: c.group().text(), Type: generated(c)})
		case c.take("AUTO_INCREMENT"):
			col.Attrs = append(col.Attrs, &mysql.AutoIncrement{})
		case c.at("CHECK"):
			c.next()
			c.group()
		default:
			c.next()
		}
	}
	return col
}

// generated returns how the value of a generated column is kept.
func generated(c *cursor) string {
	if c.takeAny("STORED", "PERSISTENT") {
		return "STORED"
	}
	return "VIRTUAL"
}

// columnType reads the type of a column. It keeps an unknown one as it is written.
func (m *model) columnType(c *cursor) *schema.ColumnType {
	taken := c.before(0, ends...)
	if n := len(taken.words); n > 1 && taken.words[n-2].is("CHARACTER") && taken.words[n-1].is("SET") {
		taken.words = taken.words[:n-2]
	}
	for i := range len(taken.words) - 1 {
		if taken.words[i].is("CHARACTER") && taken.words[i+1].is("SET") {
			taken.words = taken.words[:i]
			break
		}
	}
	text := strings.ToLower(taken.text())
	return &schema.ColumnType{Type: parseType(m.dialect, text), Raw: text, Null: true}
}

// parseType reads a type as Atlas does. It keeps the text of one that Atlas does not
// know, or panics over, such as "(" for SQLite.
func parseType(name, text string) (t schema.Type) {
	asItStands := &postgres.UserDefinedType{T: text}
	defer func() {
		if recover() != nil {
			t = asItStands
		}
	}()
	parse := map[string]func(string) (schema.Type, error){
		dialect.SQLite: sqlite.ParseType, dialect.Postgres: postgres.ParseType, dialect.MySQL: mysql.ParseType,
	}[name]
	t, err := parse(text)
	if _, unsupported := t.(*schema.UnsupportedType); err != nil || unsupported {
		return asItStands
	}
	return t
}

func (m *model) createTable(c *cursor) schema.Changes {
	exists := c.take("IF", "NOT", "EXISTS")
	name := c.name()
	if _, ok := m.find(name); ok && exists {
		return nil
	}
	t := &schema.Table{Name: name, Schema: m.schema}
	for _, part := range c.group().parts() {
		if !part.done() {
			m.element(t, part)
		}
	}
	m.put(t)
	return schema.Changes{&schema.AddTable{T: t}}
}

// attach gives a table the constraint of a change.
func attach(t *schema.Table, change schema.Change) {
	switch change := change.(type) {
	case *schema.AddForeignKey:
		t.ForeignKeys = append(t.ForeignKeys, change.F)
	case *schema.AddIndex:
		t.Indexes = append(t.Indexes, change.I)
	case *schema.AddCheck:
		t.Attrs = append(t.Attrs, change.C)
	case *schema.AddPrimaryKey:
		t.PrimaryKey = change.P
	}
}

// element reads a column or a constraint of CREATE TABLE.
func (m *model) element(t *schema.Table, c *cursor) {
	if con := m.constraint(t, c); con != nil {
		attach(t, con)
		return
	}
	primary := len(c.words) > 1 && hasWords(c.words, "PRIMARY", "KEY")
	col := m.column(c)
	t.Columns = append(t.Columns, col)
	if primary {
		t.PrimaryKey = &schema.Index{Table: t, Parts: []*schema.IndexPart{{C: col}}}
	}
}

// hasWords reports whether these keywords occur one after the other.
func hasWords(all []word, keywords ...string) bool {
	for c := (&cursor{words: all}); !c.done(); c.next() {
		if c.at(keywords...) {
			return true
		}
	}
	return false
}

// constraint reads a constraint or an index, as CREATE TABLE and ALTER TABLE have them.
// It returns nil if there is none.
func (m *model) constraint(t *schema.Table, c *cursor) schema.Change {
	name := ""
	if c.take("CONSTRAINT") {
		if !c.at("FOREIGN") && !c.at("UNIQUE") && !c.at("CHECK") && !c.at("PRIMARY") {
			name = c.name()
		}
	}
	switch {
	case c.take("FOREIGN", "KEY"):
		return &schema.AddForeignKey{F: m.foreignKey(t, name, c)}
	case c.take("PRIMARY", "KEY"):
		i := m.index(t, &schema.Index{Name: name, Unique: true}, c)
		for _, part := range i.Parts {
			part.C.Type.Null = false
		}
		return &schema.AddPrimaryKey{P: i}
	case c.take("CHECK"):
		return &schema.AddCheck{C: &schema.Check{Name: name, Expr: c.group().text()}}
	case c.at("UNIQUE"), c.at("INDEX"), c.at("KEY"), c.at("FULLTEXT"), c.at("SPATIAL"):
		unique := c.take("UNIQUE")
		c.takeAny("FULLTEXT", "SPATIAL")
		c.takeAny("INDEX", "KEY")
		c.take("IF", "NOT", "EXISTS")
		if !c.at("(") {
			name = c.name()
		}
		return &schema.AddIndex{I: m.index(t, &schema.Index{Name: name, Unique: unique}, c)}
	}
	return nil
}

// foreignKey reads what follows FOREIGN KEY.
func (m *model) foreignKey(t *schema.Table, name string, c *cursor) *schema.ForeignKey {
	c.take("IF", "NOT", "EXISTS")
	if !c.at("(") {
		name = c.name()
	}
	f := &schema.ForeignKey{Symbol: name, Table: t, OnUpdate: schema.NoAction, OnDelete: schema.NoAction}
	for _, column := range c.group().names() {
		f.Columns = append(f.Columns, m.columnOf(t, column))
	}
	c.take("REFERENCES")
	if referred := c.name(); referred == t.Name {
		f.RefTable = t
	} else {
		f.RefTable = m.table(referred)
	}
	for _, column := range c.group().names() {
		f.RefColumns = append(f.RefColumns, m.columnOf(f.RefTable, column))
	}
	for !c.done() {
		switch {
		case c.take("ON", "DELETE"):
			f.OnDelete = action(c)
		case c.take("ON", "UPDATE"):
			f.OnUpdate = action(c)
		default:
			c.next()
		}
	}
	return f
}

func action(c *cursor) schema.ReferenceOption {
	first := strings.ToUpper(c.next().text)
	if first == "SET" || first == "NO" {
		first += " " + strings.ToUpper(c.next().text)
	}
	return schema.ReferenceOption(first)
}

// createIndex reads CREATE INDEX, from the name on, into i.
func (m *model) createIndex(c *cursor, i *schema.Index) schema.Changes {
	c.take("CONCURRENTLY")
	c.take("IF", "NOT", "EXISTS")
	if !c.at("ON") {
		i.Name = c.name()
	}
	c.take("ON")
	c.take("ONLY")
	t := m.edit(c.name())
	m.index(t, i, c)
	t.Indexes = append(t.Indexes, i)
	return schema.Changes{&schema.ModifyTable{T: t, Changes: schema.Changes{&schema.AddIndex{I: i}}}}
}

// index reads the parts of an index into i, which it returns.
func (m *model) index(t *schema.Table, i *schema.Index, c *cursor) *schema.Index {
	i.Table = t
	if c.take("USING") {
		c.next()
	}
	for n, part := range c.group().parts() {
		if part.done() {
			continue
		}
		p := &schema.IndexPart{SeqNo: n}
		if first := part.words[0]; first.is("(") || len(part.words) > 1 && part.words[1].is("(") && !isLength(part.words) {
			p.X = &schema.RawExpr{X: part.text()}
		} else {
			p.C = m.columnOf(t, first.text)
		}
		i.Parts = append(i.Parts, p)
	}
	return i
}

// isLength reports whether the words are a column with the length that MySQL indexes,
// as in name(10), and not a function call.
func isLength(all []word) bool {
	return len(all) > 3 && all[3].is(")") && strings.Trim(all[2].text, "0123456789") == ""
}

// find finds a table by its name, ignoring case if need be, as most databases do.
func (m *model) find(name string) (*schema.Table, bool) {
	if t, ok := m.schema.Table(name); ok {
		return t, true
	}
	i := slices.IndexFunc(m.schema.Tables, func(t *schema.Table) bool { return strings.EqualFold(t.Name, name) })
	if i < 0 {
		return nil, false
	}
	return m.schema.Tables[i], true
}

func indexOf(t *schema.Table, name string) *schema.Index {
	for _, i := range t.Indexes {
		if strings.EqualFold(i.Name, name) {
			return i
		}
	}
	return nil
}

// findColumn finds a column by its name in the same way.
func findColumn(t *schema.Table, name string) (*schema.Column, bool) {
	if c, ok := t.Column(name); ok {
		return c, true
	}
	i := slices.IndexFunc(t.Columns, func(c *schema.Column) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return nil, false
	}
	return t.Columns[i], true
}

func (m *model) findIndex(name string) (*schema.Table, *schema.Index) {
	for _, t := range m.schema.Tables {
		if i := indexOf(t, name); i != nil {
			return t, i
		}
	}
	return nil, nil
}
