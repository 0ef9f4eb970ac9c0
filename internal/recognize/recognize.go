package recognize

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
)

// Entities are the four that another program's database has.
var Entities = []string{"User", "Account", "Session", "VerificationToken"}

// Table is a table that was taken for an entity's.
type Table struct {
	Noun string
	Live *schema.Table
	// Columns are the columns by the fields of authent that they are for.
	Columns map[string]*schema.Column
}

// Extra returns the columns that are for none of authent's fields.
func (t *Table) Extra() (all []*schema.Column) {
	ours := slices.Collect(maps.Values(t.Columns))
	for _, c := range t.Live.Columns {
		if !slices.Contains(ours, c) {
			all = append(all, c)
		}
	}
	return all
}

// Database is what a database was taken for.
type Database struct {
	Dialect string
	// Live is all that was looked at.
	Live *schema.Schema
	// Tables are the tables by entity.
	Tables map[string]*Table
	// Faults are what must be mended first.
	Faults []string
	// Mend are the statements that mend the faults, as far as statements can.
	Mend []string

	mendings []*mending
	// worded are times in columns of words.
	worded []worded
}

// fault adds something to mend, once.
func (d *Database) fault(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(d.Faults, text) {
		d.Faults = append(d.Faults, text)
	}
}

// Hints say which tables and columns are which, where their names do not.
type Hints struct {
	// Tables are names of tables by entity, such as User.
	Tables map[string]string
	// Columns are names of columns by "Entity.field", such as Session.session_token.
	Columns map[string]string
}

// checked takes tables for those of the four Entities, as Match does, and adds to the faults
// what authent could not work with as it is.
func checked(name string, s *schema.Schema, h Hints) *Database {
	d := Match(name, s, h)
	if len(d.Faults) == 0 {
		d.check()
	}
	return d
}

// Match takes tables for those of the four Entities, by their columns and by what refers to
// what. It changes nothing, and guesses nothing: where two tables could be one entity's, that
// is a fault. Unless there is one, Tables holds all four; what their columns are like, and
// which are missing, is for the caller to look at.
func Match(name string, s *schema.Schema, h Hints) *Database {
	d := &Database{Dialect: name, Live: s, Tables: map[string]*Table{}}
	for _, noun := range []string{"Account", "Session", "VerificationToken", "User"} {
		if t := d.choose(noun, s, h); t != nil {
			d.Tables[noun] = &Table{Noun: noun, Live: t, Columns: d.assign(noun, t, h)}
		}
	}
	return d
}

// Found says of each entity which table and columns were taken for it, one line each.
func (d *Database) Found() (all []string) {
	for _, noun := range Entities {
		t := d.Tables[noun]
		var names []string
		for _, field := range Fields(noun) {
			if c := t.Columns[field]; c != nil && (c.Name != field || field == "password") {
				names = append(names, field+" is "+c.Name)
			}
		}
		text := "all columns by their names"
		if len(names) > 0 {
			text = strings.Join(names, ", ")
		}
		all = append(all, fmt.Sprintf("%s is the table %s, %s: %s", noun, t.Live.Name, d.why(t), text))
	}
	return all
}

// why says what a table was taken by.
func (d *Database) why(t *Table) string {
	if t.Noun == "User" {
		for _, fk := range slices.Concat(d.Tables["Account"].Live.ForeignKeys, d.Tables["Session"].Live.ForeignKeys) {
			if fk.RefTable == t.Live {
				return "to which accounts or sessions refer"
			}
		}
	}
	var names []string
	for _, field := range telling[t.Noun] {
		if c := t.Columns[field]; c != nil {
			names = append(names, c.Name)
		}
	}
	return "by its columns " + strings.Join(names, ", ")
}

// choose returns the table of an entity, nil after a fault.
func (d *Database) choose(noun string, s *schema.Schema, h Hints) *schema.Table {
	if name, ok := h.Tables[noun]; ok {
		if t, ok := s.Table(name); ok {
			return t
		}
		d.fault("there is no table %q (views are none): name the one of %s by --table %s=NAME", name, noun, noun)
		return nil
	}
	var all []*schema.Table
	for _, t := range s.Tables {
		if d.could(noun, t, h) {
			all = append(all, t)
		}
	}
	if noun == "User" {
		all = d.referred(s, all)
	}
	switch len(all) {
	case 1:
		return all[0]
	case 0:
		if t := betterAuth(s); t != nil {
			d.fault("the table %s is Better Auth's, which authent does not work with: it reads tables of Auth.js's kind", t.Name)
			return nil
		}
		d.fault("no table that this role sees has the columns of %s (%s): name it by --table %s=NAME, and its columns by --column %s.FIELD=NAME", noun, strings.Join(telling[noun], ", "), noun, noun)
		return nil
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	slices.Sort(names)
	d.fault("the tables %s could each be that of %s: name the right one by --table %s=NAME", strings.Join(names, ", "), noun, noun)
	return nil
}

// betterAuth returns Better Auth's table of accounts, nil if there is none.
func betterAuth(s *schema.Schema) *schema.Table {
	for _, t := range s.Tables {
		names := map[string]bool{}
		for _, c := range t.Columns {
			names[plain(c.Name)] = true
		}
		if names["accountid"] && names["providerid"] && names["userid"] && names["password"] {
			return t
		}
	}
	return nil
}

// could reports whether a table has the columns that tell of an entity.
func (d *Database) could(noun string, t *schema.Table, h Hints) bool {
	for _, field := range telling[noun] {
		found := named(noun, field, t, h.Tables[noun] == t.Name)
		if field == "user_id" {
			found = referring(t, found)
		}
		if name, ok := h.Columns[noun+"."+field]; ok {
			found, _ = t.Column(name)
		}
		if found == nil {
			return false
		}
	}
	// A session has a token too, and a verification token belongs to no user's row.
	return noun != "VerificationToken" || named("Session", "user_id", t, false) == nil && named("Account", "provider", t, false) == nil
}

// referred leaves of tables those to which accounts or sessions refer, if there are any.
func (d *Database) referred(s *schema.Schema, all []*schema.Table) []*schema.Table {
	var to []*schema.Table
	for _, noun := range []string{"Account", "Session"} {
		t := d.Tables[noun]
		if t == nil || t.Columns["user_id"] == nil {
			continue
		}
		for _, fk := range t.Live.ForeignKeys {
			if !slices.Contains(fk.Columns, t.Columns["user_id"]) || slices.Contains(to, fk.RefTable) {
				continue
			}
			if !slices.Contains(s.Tables, fk.RefTable) {
				d.fault("%s refers to %s, which is in another schema: name that schema in the URL (search_path), or let it refer to a table of this one", t.Live.Name, fk.RefTable.Name)
				continue
			}
			to = append(to, fk.RefTable)
		}
	}
	if len(to) == 0 {
		return all
	}
	return to
}

// named returns the column that a field's name tells of, nil for none. In a table that
// somebody has named, words count that say little by themselves.
func named(noun, field string, t *schema.Table, hinted bool) *schema.Column {
	if all := candidates(noun, field, t, hinted); len(all) > 0 {
		return all[0]
	}
	return nil
}

// candidates lists the columns that a field's name tells of, the likeliest first.
func candidates(noun, field string, t *schema.Table, hinted bool) (all []*schema.Column) {
	for _, spelling := range spellings[noun][field] {
		if word := loose[noun][spelling]; word != "" && !hinted && !strings.Contains(plain(t.Name), word) {
			continue
		}
		for _, c := range t.Columns {
			if plain(c.Name) == spelling {
				all = append(all, c)
			}
		}
	}
	return all
}

// likeliest returns the column of a field, nil for none. Where two could be meant, and no
// column has the field's own name, that is a fault: always where one is a password.
func (d *Database) likeliest(noun, field string, t *schema.Table, h Hints) *schema.Column {
	all := candidates(noun, field, t, h.Tables[noun] == t.Name)
	switch {
	case len(all) == 0:
		return nil
	case len(all) > 1 && (field == "password" || plain(all[0].Name) != plain(field)):
		d.fault("the columns %s and %s of %s could each be %s.%s: name the right one by --column %s.%s=NAME", all[0].Name, all[1].Name, t.Name, noun, field, noun, field)
	}
	return all[0]
}

// assign finds the columns of an entity's fields.
func (d *Database) assign(noun string, t *schema.Table, h Hints) map[string]*schema.Column {
	columns := map[string]*schema.Column{}
	for _, field := range Fields(noun) {
		name, ok := h.Columns[noun+"."+field]
		if !ok {
			if c := d.likeliest(noun, field, t, h); c != nil {
				columns[field] = c
			}
			continue
		}
		if c, there := t.Column(name); there {
			columns[field] = c
		} else if name != "" {
			d.fault("the table %s has no column %q: name the one of %s.%s by --column %s.%s=NAME", t.Name, name, noun, field, noun, field)
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

// Check refuses hints for entities and fields that there are not. The names are those of
// the flags --table and --column.
func (h Hints) Check() error {
	for noun := range h.Tables {
		if !slices.Contains(Entities, noun) {
			return fmt.Errorf("--table %s: there are %s", noun, strings.Join(Entities, ", "))
		}
	}
	for name := range h.Columns {
		noun, field, _ := strings.Cut(name, ".")
		if !IsField(noun, field) {
			return fmt.Errorf("--column %s: write an entity and one of its fields, such as Session.session_token", name)
		}
	}
	return nil
}
