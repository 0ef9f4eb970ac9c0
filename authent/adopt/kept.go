package adopt

import (
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// checkKept looks at the checks, keys and indexes of accounts and sessions, whose new
// tables have the graph's and those over columns of the application's own. It refuses what
// guards rows and would be lost, and tells of keys that are left out.
func (a *adopter) checkKept(f *faults) {
	a.checkNames(f)
	for _, native := range []string{accountsTable, sessionsTable} {
		t := a.table(native)
		for _, attr := range t.Attrs {
			if check, ok := attr.(*schema.Check); ok {
				f.add("the table %s has the check %s, which the new table would not have: drop it, and add it again to %s afterwards", t.Name, checkName(check), native)
			}
		}
		for _, i := range t.Indexes {
			a.checkIndex(f, native, i)
		}
		if t.PrimaryKey != nil && !a.hasKey(native, t.PrimaryKey) {
			a.note("the primary key of %s (%s) is left out: two rows of %s may have the same values there from now on", t.Name, strings.Join(namesOf(t.PrimaryKey), ", "), native)
		}
	}
}

// checkNames refuses indexes of users that have the name of another one of authent's.
func (a *adopter) checkNames(f *faults) {
	desired, _ := a.desired.Table(usersTable)
	for _, i := range a.table(usersTable).Indexes {
		if to, taken := desired.Index(i.Name); taken && !slices.Equal(namesOf(i), a.liveNames(usersTable, namesOf(to))) {
			f.add("the index %s of %s has the name of one of authent's: rename it, or drop it", i.Name, a.layout.tables[usersTable])
		}
	}
}

// checkIndex looks at an index of accounts or sessions.
func (a *adopter) checkIndex(f *faults, native string, i *schema.Index) {
	desired, _ := a.desired.Table(native)
	own := slices.ContainsFunc(i.Parts, func(p *schema.IndexPart) bool { return p.C != nil && slices.Contains(a.extra[native], p.C) })
	isWhole := !slices.ContainsFunc(i.Parts, func(p *schema.IndexPart) bool { return p.C == nil })
	_, taken := desired.Index(i.Name)
	live := a.layout.tables[native]
	switch {
	case own && taken:
		f.add("the index %s of %s has the name of one of authent's: rename it, or drop it", i.Name, live)
	case !i.Unique:
		if !isWhole {
			a.note("the index %s of %s is over an expression, and is left out: create it again for %s afterwards", i.Name, live, native)
		}
	case !isWhole, predicate(i) != "" && (!own || a.mentions(native, predicate(i)) != ""):
		f.add("the unique index %s of %s is over an expression or some of the rows, and the new table would not have it: drop it, and create it again for %s afterwards", i.Name, live, native)
	case !own && !a.hasKey(native, i):
		a.note("the unique key %s of %s (%s) is left out: two rows of %s may have the same values there from now on", i.Name, live, strings.Join(namesOf(i), ", "), native)
	}
}

// hasKey reports whether the new table has a key that keeps rows apart in the columns of
// a live one.
func (a *adopter) hasKey(native string, i *schema.Index) bool {
	names := namesOf(i)
	for _, key := range [][]string{{"id"}, unique[native]} {
		if !slices.ContainsFunc(key, func(name string) bool { return !slices.Contains(names, a.layout.columns[native][name]) }) {
			return true
		}
	}
	return false
}

// namesOf returns the live columns of an index.
func namesOf(i *schema.Index) (all []string) {
	for _, part := range i.Parts {
		if part.C != nil {
			all = append(all, part.C.Name)
		}
	}
	return all
}

// predicate returns the condition of an index over some of the rows, "" if it is over all.
func predicate(i *schema.Index) string {
	for _, attr := range i.Attrs {
		switch p := attr.(type) {
		case *postgres.IndexPredicate:
			return p.P
		case *sqlite.IndexPredicate:
			return p.P
		}
	}
	return ""
}

// checkName returns the name of a check, or its condition if it has none.
func checkName(c *schema.Check) string {
	if c.Name == "" {
		return c.Expr
	}
	return c.Name
}

// quotedText matches a text in an expression.
var quotedText = regexp.MustCompile(`'(?:[^']|'')*'`)

// mentions returns a column that an expression mentions and that gets another name, "" if
// there is none. Letters in the other case do not count: names mean the same then.
func (a *adopter) mentions(native, expression string) string {
	words := quotedText.ReplaceAllString(expression, "''")
	var all []string
	for name, live := range a.layout.columns[native] {
		if !strings.EqualFold(name, live) && regexp.MustCompile(`(?i)(^|\W)`+regexp.QuoteMeta(live)+`(\W|$)`).MatchString(words) {
			all = append(all, live)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return slices.Min(all)
}

// checkRenamed refuses expressions of users that mention a column whose name changes.
// Only PostgreSQL renames it there. SQLite takes a name in double quotes that it does not
// know for a text, so that the expression would be the same for every row.
func (a *adopter) checkRenamed(f *faults) {
	if a.Dialect == dialect.Postgres {
		return
	}
	t := a.table(usersTable)
	refuse := func(what, expression string) {
		if column := a.mentions(usersTable, expression); column != "" {
			f.add("the %s of %s mentions the column %s, which gets another name: drop it, and add it again to %s afterwards", what, t.Name, column, usersTable)
		}
	}
	for _, c := range t.Columns {
		for _, attr := range c.Attrs {
			switch attr := attr.(type) {
			case *schema.GeneratedExpr:
				refuse("generated column "+c.Name, attr.Expr)
			case *schema.Check:
				refuse("check "+checkName(attr), attr.Expr)
			}
		}
	}
	for _, attr := range t.Attrs {
		if check, ok := attr.(*schema.Check); ok {
			refuse("check "+checkName(check), check.Expr)
		}
	}
	for _, i := range t.Indexes {
		expression := predicate(i)
		for _, part := range i.Parts {
			if x, ok := part.X.(*schema.RawExpr); ok {
				expression += " " + x.X
			}
		}
		refuse("index "+i.Name, expression)
	}
}
