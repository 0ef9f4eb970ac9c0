package recognize

import (
	"maps"
	"slices"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// checkUserKey wants a key of one column.
func (d *Database) checkUserKey(t *Table) {
	if c := t.Columns["id"]; !isKey(t.Live, c) {
		d.fault("the primary key of %s is not %s alone, and accounts and sessions refer to users by it: name the right table by --table User=NAME", t.Live.Name, c.Name)
	}
}

// checkEmail wants a unique key over the address alone.
func (d *Database) checkEmail(t *Table) {
	c, i := t.Columns["email"], t.Key("email")
	if i == nil {
		d.fault("%s.%s is not unique, so that one address could be two users", t.Live.Name, c.Name)
		d.mend(t).unique(c.Name)
		return
	}
	for _, attr := range i.Attrs {
		if nulls, ok := attr.(*postgres.IndexNullsDistinct); ok && !nulls.V && c.Type.Null {
			d.fault("%s.%s is unique for NULL too (NULLS NOT DISTINCT), so that one user alone could be without an address: make that key anew without it", t.Live.Name, c.Name)
		}
	}
}

// checkUnique wants a key without which two rows could be mistaken for one.
func (d *Database) checkUnique(t *Table, fields ...string) {
	if t.Key(fields...) != nil {
		return
	}
	var names []string
	for _, f := range fields {
		names = append(names, t.Columns[f].Name)
	}
	d.fault("%s (%s) is not unique, so that one %s could be two", t.Live.Name, strings.Join(names, ", "), strings.ToLower(t.Noun))
	d.mend(t).unique(names...)
}

// checkOthers wants no further keys over columns that authent writes: two people may have
// one name, and one person two accounts.
func (d *Database) checkOthers(t *Table) {
	for _, i := range t.Live.Indexes {
		names := columnsOf(i)
		if !i.Unique || isPartial(i) || names == nil || !t.ours(names) {
			continue
		}
		known := slices.ContainsFunc(append(keyed[t.Noun], []string{"id"}), func(fields []string) bool {
			return !slices.ContainsFunc(fields, func(f string) bool { return t.Columns[f] == nil || !slices.Contains(names, t.Columns[f].Name) })
		})
		if known {
			continue
		}
		d.fault("%s (%s) is unique, and there may be two %ss with the same", t.Live.Name, strings.Join(names, ", "), strings.ToLower(t.Noun))
		m := d.mend(t)
		if d.Dialect == dialect.MySQL { // whose foreign keys need an index
			m.index(schema.NewIndex(m.free(t.Live.Name+"_"+strings.Join(names, "_")+"_idx")), names...)
		}
		m.dropIndex(i.Name)
	}
}

// ours reports whether all of the columns are for fields of authent's.
func (t *Table) ours(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(slices.Collect(maps.Values(t.Columns)), func(c *schema.Column) bool { return c.Name == name })
	})
}

// checkOwner wants a foreign key to the user by which rows of a deleted one go too, whoever
// deletes it.
func (d *Database) checkOwner(t, user *Table) {
	c, id := t.Columns["user_id"], user.Columns["id"]
	if KindOf(c) != KindOf(id) {
		d.fault("%s.%s is of type %s, and %s.%s is %s: give both one type", t.Live.Name, c.Name, TypeText(d.Dialect, c), user.Live.Name, id.Name, TypeText(d.Dialect, id))
		return
	}
	missing := "refers to no user"
	for _, fk := range t.Live.ForeignKeys {
		if len(fk.Columns) != 1 || fk.Columns[0] != c || fk.RefTable != user.Live {
			continue
		}
		if fk.RefColumns[0] != id {
			d.fault("%s.%s refers to %s.%s, and not to the user's %s: let it refer to that", t.Live.Name, c.Name, user.Live.Name, fk.RefColumns[0].Name, id.Name)
			return
		}
		if fk.OnDelete == schema.Cascade {
			return
		}
		missing = "does not go when its user is deleted"
	}
	d.fault("%s.%s %s", t.Live.Name, c.Name, missing)
	d.mend(t).cascade(c.Name, user)
}

// Key returns the index that is a key over the fields and nothing else, nil for none.
func (t *Table) Key(fields ...string) *schema.Index {
	var want []string
	for _, f := range fields {
		if t.Columns[f] == nil {
			return nil
		}
		want = append(want, t.Columns[f].Name)
	}
	slices.Sort(want)
	all := t.Live.Indexes
	if t.Live.PrimaryKey != nil {
		all = append([]*schema.Index{t.Live.PrimaryKey}, all...)
	}
	for _, i := range all {
		if !i.Unique && i != t.Live.PrimaryKey || isPartial(i) {
			continue
		}
		if got := columnsOf(i); slices.Equal(got, want) {
			return i
		}
	}
	return nil
}

// columnsOf returns the names of an index's columns, sorted; nil if one is an expression, or
// only the beginning of a column.
func columnsOf(i *schema.Index) (names []string) {
	for _, p := range i.Parts {
		if p.C == nil || slices.ContainsFunc(p.Attrs, func(a schema.Attr) bool { _, ok := a.(*mysql.SubPart); return ok }) {
			return nil
		}
		names = append(names, p.C.Name)
	}
	slices.Sort(names)
	return names
}
