package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
)

// entities are the four that another program's database has.
var entities = []string{"User", "Account", "Session", "VerificationToken"}

// taken is a table that was taken for an entity's.
type taken struct {
	noun  string
	table *schema.Table
	// columns are the columns by the fields of authent that they are for.
	columns map[string]*schema.Column
}

// extra returns the columns that are for none of authent's fields.
func (t *taken) extra() (all []*schema.Column) {
	ours := slices.Collect(maps.Values(t.columns))
	for _, c := range t.table.Columns {
		if !slices.Contains(ours, c) {
			all = append(all, c)
		}
	}
	return all
}

// recognized is what a database was taken for.
type recognized struct {
	dialect string
	tables  map[string]*taken
	// faults are what must be mended first, each with the line that does so.
	faults []string
}

// fault adds something to mend, once.
func (r *recognized) fault(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(r.faults, text) {
		r.faults = append(r.faults, text)
	}
}

// hints say which tables and columns are which, where their names do not.
type hints struct {
	// tables are names of tables by entity, such as User.
	tables map[string]string
	// columns are names of columns by "Entity.field".
	columns map[string]string
}

// recognize takes tables for those of the four entities, by their columns and by what
// refers to what. It changes nothing, and guesses nothing: where two tables could be one
// entity's, that is a fault.
func recognize(name string, s *schema.Schema, h hints) *recognized {
	r := &recognized{dialect: name, tables: map[string]*taken{}}
	for _, noun := range []string{"Account", "Session", "VerificationToken", "User"} {
		if t := r.choose(noun, s, h); t != nil {
			r.tables[noun] = &taken{noun: noun, table: t, columns: r.assign(noun, t, h)}
		}
	}
	if len(r.faults) == 0 {
		r.check()
	}
	return r
}

// choose returns the table of an entity, nil after a fault.
func (r *recognized) choose(noun string, s *schema.Schema, h hints) *schema.Table {
	if name, ok := h.tables[noun]; ok {
		if t, ok := s.Table(name); ok {
			return t
		}
		r.fault("there is no table %q: name the one of %s by --table %s=NAME", name, noun, noun)
		return nil
	}
	var all []*schema.Table
	for _, t := range s.Tables {
		if r.could(noun, t, h) {
			all = append(all, t)
		}
	}
	if noun == "User" {
		all = r.referred(all)
	}
	switch len(all) {
	case 1:
		return all[0]
	case 0:
		r.fault("no table has the columns of %s (%s): name it by --table %s=NAME, and its columns by --column %s.FIELD=NAME", noun, strings.Join(telling[noun], ", "), noun, noun)
		return nil
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	slices.Sort(names)
	r.fault("the tables %s could each be that of %s: name the right one by --table %s=NAME", strings.Join(names, ", "), noun, noun)
	return nil
}

// could reports whether a table has the columns that tell of an entity.
func (r *recognized) could(noun string, t *schema.Table, h hints) bool {
	for _, field := range telling[noun] {
		found := named(noun, field, t)
		if field == "user_id" {
			found = referring(t, found)
		}
		if name, ok := h.columns[noun+"."+field]; ok {
			found, _ = t.Column(name)
		}
		if found == nil {
			return false
		}
	}
	// A session has a token too, and a verification token belongs to no user's row.
	return noun != "VerificationToken" || named("Session", "user_id", t) == nil && named("Account", "provider", t) == nil
}

// referred leaves of tables those to which accounts or sessions refer, if there are any.
func (r *recognized) referred(all []*schema.Table) []*schema.Table {
	var to []*schema.Table
	for _, noun := range []string{"Account", "Session"} {
		t := r.tables[noun]
		if t == nil || t.columns["user_id"] == nil {
			continue
		}
		for _, fk := range t.table.ForeignKeys {
			if slices.Contains(fk.Columns, t.columns["user_id"]) && !slices.Contains(to, fk.RefTable) {
				to = append(to, fk.RefTable)
			}
		}
	}
	if len(to) == 0 {
		return all
	}
	return to
}

// named returns the column that a field's name tells of, nil for none.
func named(noun, field string, t *schema.Table) *schema.Column {
	for _, spelling := range spellings[noun][field] {
		for _, c := range t.Columns {
			if plain(c.Name) == spelling {
				return c
			}
		}
	}
	return nil
}

// assign finds the columns of an entity's fields.
func (r *recognized) assign(noun string, t *schema.Table, h hints) map[string]*schema.Column {
	columns := map[string]*schema.Column{}
	for field := range spellings[noun] {
		name, ok := h.columns[noun+"."+field]
		if !ok {
			if c := named(noun, field, t); c != nil {
				columns[field] = c
			}
			continue
		}
		if c, there := t.Column(name); there {
			columns[field] = c
		} else if name != "" {
			r.fault("the table %s has no column %q: name the one of %s.%s by --column %s.%s=NAME", t.Name, name, noun, field, noun, field)
		}
	}
	if c := referring(t, columns["user_id"]); (noun == "Account" || noun == "Session") && c != nil {
		columns["user_id"] = c
	}
	if c := columns["id"]; c != nil && noun != "User" && !isKey(t, c) {
		delete(columns, "id")
	}
	return columns
}

// referring returns the column by which a table refers to another with a key of one
// column, if it is the only one; else the column that is taken for it by its name.
func referring(t *schema.Table, byName *schema.Column) *schema.Column {
	var all []*schema.Column
	for _, fk := range t.ForeignKeys {
		if len(fk.Columns) == 1 && !slices.Contains(all, fk.Columns[0]) {
			all = append(all, fk.Columns[0])
		}
	}
	if byName == nil && len(all) == 1 {
		return all[0]
	}
	return byName
}

// isKey reports whether a column is the primary key by itself.
func isKey(t *schema.Table, c *schema.Column) bool {
	return t.PrimaryKey != nil && len(t.PrimaryKey.Parts) == 1 && t.PrimaryKey.Parts[0].C == c
}
