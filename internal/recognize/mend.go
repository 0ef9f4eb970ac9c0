package recognize

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// mending is what becomes of a table.
type mending struct {
	// to is the table as it will be.
	to      *schema.Table
	changes []schema.Change
	// first are statements that Atlas cannot write.
	first []string
	// unfolds says that a column is to lose its collation.
	unfolds bool
}

// mend returns the mending of a table.
func (d *Database) mend(t *Table) *mending {
	for _, m := range d.mendings {
		if m.to.Name == t.Live.Name {
			return m
		}
	}
	m := &mending{to: clone(t.Live)}
	d.mendings = append(d.mendings, m)
	return m
}

// column changes a column. What changes twice is one change.
func (m *mending) column(name string, kind schema.ChangeKind, change func(*schema.Column)) {
	c, _ := m.to.Column(name)
	for _, old := range m.changes {
		if old, ok := old.(*schema.ModifyColumn); ok && old.To == c {
			old.Change |= kind
			change(c)
			return
		}
	}
	from := *c
	kept := *c.Type
	from.Type = &kept
	change(c)
	m.changes = append(m.changes, &schema.ModifyColumn{From: &from, To: c, Change: kind})
}

// add adds a column that may be NULL.
func (m *mending) add(name string, kind schema.Type) {
	c := &schema.Column{Name: name, Type: &schema.ColumnType{Type: kind, Null: true}}
	m.to.AddColumns(c)
	m.changes = append(m.changes, &schema.AddColumn{C: c})
}

// unique adds a key over columns.
func (m *mending) unique(columns ...string) {
	m.index(schema.NewUniqueIndex(m.free(m.to.Name+"_"+strings.Join(columns, "_")+"_key")), columns...)
}

// free returns a name that no index has.
func (m *mending) free(name string) string {
	for slices.ContainsFunc(m.to.Indexes, func(i *schema.Index) bool { return strings.EqualFold(i.Name, name) }) {
		name += "_2"
	}
	return name
}

// index adds an index over columns.
func (m *mending) index(i *schema.Index, columns ...string) {
	for _, name := range columns {
		c, _ := m.to.Column(name)
		i.AddParts(schema.NewColumnPart(c))
	}
	m.to.AddIndexes(i)
	m.changes = append(m.changes, &schema.AddIndex{I: i})
}

// dropIndex drops an index by its name.
func (m *mending) dropIndex(name string) {
	for k, i := range m.to.Indexes {
		if i.Name == name {
			m.to.Indexes = slices.Delete(m.to.Indexes, k, k+1)
			if isConstraint(i) {
				m.anew(i.Parts[0].C.Name)
			} else {
				m.changes = append(m.changes, &schema.DropIndex{I: i})
			}
			return
		}
	}
}

// anew makes a table of SQLite's anew, without what is no longer in m.to.
func (m *mending) anew(column string) {
	m.column(column, schema.ChangeCollate, func(*schema.Column) {})
}

// rebuilds reports whether SQLite makes the table anew.
func (m *mending) rebuilds() bool {
	return slices.ContainsFunc(m.changes, func(c schema.Change) bool {
		switch c.(type) {
		case *schema.AddColumn, *schema.AddIndex:
			return false
		}
		return true
	})
}

// isConstraint reports whether an index of SQLite's is part of the table, so that it cannot
// be dropped.
func isConstraint(i *schema.Index) bool {
	return slices.ContainsFunc(i.Attrs, func(a schema.Attr) bool {
		origin, ok := a.(*sqlite.IndexOrigin)
		return ok && origin.O == "u"
	})
}

// cascade lets the rows go with the user's, by the column that refers to it.
func (m *mending) cascade(column string, user *Table) {
	c, _ := m.to.Column(column)
	for _, fk := range m.to.ForeignKeys {
		if len(fk.Columns) == 1 && fk.Columns[0] == c && fk.RefTable == user.Live {
			from := *fk
			fk.OnDelete = schema.Cascade
			m.changes = append(m.changes, &schema.ModifyForeignKey{From: &from, To: fk, Change: schema.ChangeDeleteAction})
			return
		}
	}
	fk := schema.NewForeignKey(m.to.Name + "_" + column + "_fkey").SetTable(m.to).AddColumns(c).
		SetRefTable(user.Live).AddRefColumns(user.Columns["id"]).SetOnDelete(schema.Cascade)
	m.to.AddForeignKeys(fk)
	m.changes = append(m.changes, &schema.AddForeignKey{F: fk})
}

// unfold lets a column tell capital letters apart. Addresses are stored in lower case.
func (d *Database) unfold(t *Table, c *schema.Column) {
	m := d.mend(t)
	switch d.Dialect {
	case dialect.SQLite:
		m.unfolds = true
		m.anew(c.Name) // Atlas writes no collation
	case dialect.Postgres:
		m.first = append(m.first, fmt.Sprintf(`ALTER TABLE %s ALTER COLUMN %s TYPE text COLLATE "default"`, d.Quote(t.Live.Name), d.Quote(c.Name)))
	}
	if c == t.Columns["email"] {
		m.first = append(m.first, fmt.Sprintf("UPDATE %s SET %s = lower(%s)", d.Quote(t.Live.Name), d.Quote(c.Name), d.Quote(c.Name)))
	}
}

// plan writes the statements that mend the faults, as far as statements can.
func (d *Database) plan(ctx context.Context, db *sql.DB) error {
	driver, err := driverOf(d.Dialect, db)
	if err != nil {
		return err
	}
	var changes []schema.Change
	for _, m := range d.mendings {
		d.Mend = append(d.Mend, m.first...)
		if d.Dialect == dialect.SQLite && m.rebuilds() {
			lost, err := d.lost(ctx, db, m)
			if err != nil {
				return err
			}
			if lost != "" {
				d.fault("SQLite changes no table, so that %s is to be made anew, and that by hand, since it has %s", m.to.Name, lost)
				continue
			}
		}
		if len(m.changes) > 0 {
			changes = append(changes, &schema.ModifyTable{T: m.to, Changes: m.changes})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	plan, err := driver.PlanChanges(ctx, "mend", changes, func(o *migrate.PlanOptions) { o.SchemaQualifier = new(string) })
	if err != nil {
		return fmt.Errorf("write the statements that mend the tables: %w", err)
	}
	for _, c := range plan.Changes {
		d.Mend = append(d.Mend, c.Cmd)
	}
	return nil
}

// random returns what a database calls a value that is nobody else's, as a default.
func random(name string) schema.Expr {
	switch name {
	case dialect.SQLite:
		return &schema.RawExpr{X: "(lower(hex(randomblob(16))))"}
	case dialect.MySQL:
		return &schema.RawExpr{X: "(uuid())"}
	}
	return &schema.RawExpr{X: "gen_random_uuid()"}
}

// clone copies a table, so that the copy can be changed.
func clone(t *schema.Table) *schema.Table {
	to := &schema.Table{Name: t.Name, Schema: t.Schema, Attrs: t.Attrs}
	of := map[*schema.Column]*schema.Column{}
	for _, c := range t.Columns {
		copied, kind := *c, *c.Type
		copied.Type, copied.Indexes, copied.ForeignKeys = &kind, nil, nil
		of[c] = &copied
		to.AddColumns(&copied)
	}
	index := func(i *schema.Index) *schema.Index {
		copied := &schema.Index{Name: i.Name, Unique: i.Unique, Attrs: i.Attrs, Table: to}
		for _, p := range i.Parts {
			part := *p
			part.C = of[p.C]
			copied.AddParts(&part)
		}
		return copied
	}
	if t.PrimaryKey != nil {
		to.SetPrimaryKey(index(t.PrimaryKey))
	}
	for _, i := range t.Indexes {
		to.AddIndexes(index(i))
	}
	for _, fk := range t.ForeignKeys {
		copied := *fk
		copied.Table, copied.Columns = to, nil
		for _, c := range fk.Columns {
			copied.Columns = append(copied.Columns, of[c])
		}
		to.AddForeignKeys(&copied)
	}
	return to
}
