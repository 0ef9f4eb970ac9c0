package adopt

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/recognize"
)

// checkColumns looks whether the columns hold what authent's do. It reports whether every
// column that will be read is there.
func (a *adopter) checkColumns(f *faults) bool {
	before := len(*f)
	a.extra = map[string][]*schema.Column{}
	for _, native := range nativeTables {
		for _, want := range authJS[native] {
			a.checkColumn(f, native, want)
		}
	}
	if len(*f) == before {
		a.checkIDs(f)
	}
	there := len(*f) == before
	for _, native := range nativeTables[:3] {
		for _, c := range a.table(native).Columns {
			if a.layout.field(native, c.Name) == "" {
				a.checkExtra(f, native, c)
			}
		}
	}
	a.noteTokens()
	if t := a.table(usersTable); !isKey(t, a.layout.columns[usersTable]["id"]) {
		f.add("the primary key of %s is not %s alone, by which accounts and sessions refer to users: name the right table by --table User=NAME (Config.Tables), or change the key first", t.Name, a.layout.columns[usersTable]["id"])
	}
	return there
}

func isKey(t *schema.Table, column string) bool {
	return t.PrimaryKey != nil && len(t.PrimaryKey.Parts) == 1 && t.PrimaryKey.Parts[0].C != nil && t.PrimaryKey.Parts[0].C.Name == column
}

// checkColumn looks at the live column that becomes one of authent's.
func (a *adopter) checkColumn(f *faults, native string, want authColumn) {
	t, c := a.table(native), a.liveColumn(native, want.name)
	field := nouns[native] + "." + want.name
	switch {
	case c == nil && want.added:
	case c == nil && want.lacks:
		if want.name != "id" {
			a.note("the table %s has no column for %s: it is NULL for all; if it has another name there, give it by --column %s=NAME (Config.Columns)", t.Name, field, field)
		}
	case c == nil:
		f.add("the table %s has no column for %s: name it by --column %s=NAME (Config.Columns), or add it", t.Name, field, field)
	case !want.takes(a.Dialect, c):
		f.add("column %s.%s is of type %s, and %s is %s: change its type first, or name another by --column %s=NAME (Config.Columns)", t.Name, c.Name, a.TypeName(c.Type.Type), field, want.kinds[0], field)
	default:
		a.checkTaken(f, native, want.name, c.Name)
	}
}

// checkTaken refuses a column that is taken for two of authent's, or has the name of
// another.
func (a *adopter) checkTaken(f *faults, native, name, live string) {
	for other, column := range a.layout.columns[native] {
		if column == live && other > name {
			f.add("column %s.%s is taken for both %s and %s: name another by --column %s.%s=NAME, or say that there is none by --column %s.%s= (Config.Columns)",
				a.layout.tables[native], live, name, other, nouns[native], name, nouns[native], name)
		}
	}
	if native == usersTable && live != name && slices.Contains(nativeColumns[native], live) {
		f.add("column %s.%s is taken for %s, and has the name of another of authent's columns: rename it", a.layout.tables[native], live, name)
	}
}

// checkIDs refuses ids of users of another kind than the graph's.
func (a *adopter) checkIDs(f *faults) {
	live := a.liveColumn(usersTable, "id")
	for _, native := range []string{accountsTable, sessionsTable} {
		if c := a.liveColumn(native, "user_id"); recognize.KindOf(c) != recognize.KindOf(live) {
			f.add("column %s.%s is of type %s, and %s.%s, to which it refers, is of type %s: change it first", a.layout.tables[native], c.Name, a.TypeName(c.Type.Type), a.layout.tables[usersTable], live.Name, a.TypeName(live.Type.Type))
		}
	}
	const leave = "take the ID out of mixin.User, and the UserID out of mixin.Account and mixin.Session"
	advice := map[recognize.Kind]string{
		recognize.Text: leave,
		recognize.Int:  "write ID: field.TypeInt64 into mixin.User, and UserID: field.TypeInt64 into mixin.Account and mixin.Session",
		recognize.UUID: "write ID: field.TypeUUID into mixin.User, and UserID: field.TypeUUID into mixin.Account and mixin.Session",
	}
	if id, ok := a.wanted(usersTable, "id"); !ok || a.idKind(id) != recognize.KindOf(live) {
		f.add("the ids of users (%s.%s) are of type %s, and the graph's are not: %s", a.layout.tables[usersTable], live.Name, a.TypeName(live.Type.Type), advice[recognize.KindOf(live)])
	}
}

// idKind returns what the graph's ids are. On MySQL a UUID is char(36).
func (a *adopter) idKind(id *schema.Column) recognize.Kind {
	if t, ok := id.Type.Type.(*schema.StringType); ok && a.Dialect == dialect.MySQL && t.T == "char" {
		return recognize.UUID
	}
	return recognize.KindOf(id)
}

// wanted returns a column of the graph's.
func (a *adopter) wanted(native, name string) (*schema.Column, bool) {
	t, _ := a.desired.Table(native)
	return t.Column(name)
}

// checkExtra looks at a column of the application's own, which stays. It may be NULL from
// now on if nobody fills it in.
func (a *adopter) checkExtra(f *faults, native string, c *schema.Column) {
	t := a.table(native)
	clashes := slices.ContainsFunc(nativeColumns[native], func(name string) bool {
		return name == c.Name || a.Dialect != dialect.Postgres && strings.EqualFold(name, c.Name)
	})
	_, wanted := a.wanted(native, c.Name)
	switch {
	case clashes && native == sessionsTable && strings.EqualFold(c.Name, "created_at"):
		a.note("column %s.%s is left out, and when these sessions began is not known: authent's column of that name says when a person signed in there", t.Name, c.Name)
		return
	case clashes:
		f.add("column %s.%s has the name of one of authent's columns: rename it, or drop it", t.Name, c.Name)
		return
	case native != usersTable && !a.copies(c):
		f.add("column %s.%s (%s) cannot be copied to a new table: move it to another table, or drop it", t.Name, c.Name, a.TypeName(c.Type.Type))
		return
	case native != usersTable && !wanted && !c.Type.Null && c.Default == nil:
		a.note("column %s.%s is not in the schema: it is kept, and may be NULL from now on; add it to ent/schema, or drift will keep reporting it", native, c.Name)
	case !wanted:
		a.note("column %s.%s is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it", native, c.Name)
	}
	if native != usersTable {
		a.extra[native] = append(a.extra[native], c)
	}
}

// copies reports whether the values of a column can be copied to a new table, which counts
// up and computes nothing by itself.
func (a *adopter) copies(c *schema.Column) bool {
	for _, attr := range c.Attrs {
		switch attr.(type) {
		case *schema.GeneratedExpr, *mysql.AutoIncrement, *sqlite.AutoIncrement, *postgres.Identity:
			return false
		}
	}
	switch c.Type.Type.(type) {
	case *postgres.SerialType:
		return false
	case *schema.BinaryType, *mysql.BitType, *schema.SpatialType:
		return a.Dialect != dialect.MySQL
	}
	return true
}

// rawOf returns the SQL that reads a column of the application's own such that writing
// what was read gives the same value.
func (a *adopter) rawOf(c *schema.Column) string {
	name := a.q(c.Name)
	_, isFloat := c.Type.Type.(*schema.FloatType)
	_, isBinary := c.Type.Type.(*schema.BinaryType)
	switch {
	case a.Dialect == dialect.SQLite:
		return "+" + name // without the driver's reading of the column's type
	case isBinary:
		return name
	case isFloat && a.Dialect == dialect.MySQL:
		return name + " + 0e0" // else it is rounded to six digits
	}
	return a.asWords(name)
}

// noteTokens tells of what goes with the rows of verification tokens.
func (a *adopter) noteTokens() {
	var all []string
	for _, c := range a.table(tokensTable).Columns {
		if a.layout.field(tokensTable, c.Name) == "" {
			all = append(all, c.Name)
		}
	}
	if len(all) > 0 {
		a.note("columns of %s that authent does not have go with its rows: %s", a.layout.tables[tokensTable], strings.Join(all, ", "))
	}
}

// keys returns the SQL by which the rows of a table are read in order.
func (a *adopter) keys(native string) (all []string) {
	for _, live := range a.layout.keys[native] {
		all = append(all, a.q(live))
	}
	if len(all) > 0 {
		return all
	}
	for _, name := range unique[native] {
		all = append(all, a.exact(a.col(native, name)))
	}
	return all
}
