package recognize

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"

	"github.com/authent/authent/authent/mixin"
)

// Layout returns the layout of the database's tables.
func (d *Database) Layout() *mixin.Layout {
	l := &mixin.Layout{Name: d.Tables["User"].Live.Name + " and others"}
	for noun, to := range map[string]*mixin.Table{
		"User": &l.User, "Account": &l.Account, "Session": &l.Session, "VerificationToken": &l.VerificationToken,
	} {
		t := d.Tables[noun]
		to.Name, to.Columns, to.Indexes = t.Live.Name, map[string]mixin.Column{}, t.indexes()
		for _, n := range needs[noun] {
			if c := t.Columns[n.field]; c != nil {
				to.Columns[n.field] = d.column(n, c)
			}
		}
	}
	return l
}

// column returns what a layout says of a field's column.
func (d *Database) column(n need, c *schema.Column) mixin.Column {
	column := mixin.Column{Null: c.Type.Null && !n.notNull}
	if c.Name != n.field {
		column.Name = c.Name
	}
	column.Millis = slices.Equal(n.kinds, times) && KindOf(c) == Int
	isNumber, isTyped := column.Millis, KindOf(c) != Text && slices.Equal(n.kinds, ids) // by the mixins' ID and UserID
	if !isNumber && !isTyped {
		column.Types = map[string]string{d.Dialect: TypeText(d.Dialect, c)}
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
func (t *Table) indexes() (all []mixin.Index) {
	for _, fields := range keyed[t.Noun] {
		i := t.Key(fields...)
		if i == nil || len(fields) == 1 && t.Noun == "Session" && i == t.Live.PrimaryKey {
			continue
		}
		name := i.Name
		if name == "" || i == t.Live.PrimaryKey && strings.HasPrefix(name, "PRI") { // MySQL's
			name = t.Live.Name + "_pkey"
		}
		all = append(all, mixin.Index{Name: name, Fields: fields, Unique: true})
	}
	return all
}
