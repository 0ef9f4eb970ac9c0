package adopt

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// aim gives the live users the native names, and works out what the tables become: the
// graph's plus the columns, indexes, foreign keys and checks that the application added.
func (a *adopter) aim() {
	a.targets = map[string]*schema.Table{}
	for _, native := range nativeTables {
		desired, _ := a.desired.Table(native)
		target := *desired
		target.Schema = a.live
		target.Columns, target.Indexes, target.ForeignKeys, target.Attrs = slices.Clone(target.Columns), slices.Clone(target.Indexes), slices.Clone(target.ForeignKeys), slices.Clone(target.Attrs)
		a.targets[native] = &target
	}
	// What becomes of the others is found by their live names, of which users may take one.
	for _, native := range []string{accountsTable, sessionsTable} {
		a.aimBeside(native, a.table(native), a.targets[native])
	}
	a.users = a.table(usersTable)
	fields := map[*schema.Column]string{}
	for _, c := range a.users.Columns {
		if fields[c] = a.layout.field(usersTable, c.Name); fields[c] == "" {
			fields[c] = c.Name
		}
	}
	for c, name := range fields {
		c.Name = name
	}
	a.users.Name = usersTable
	a.aimUsers(a.targets[usersTable])
}

// aimUsers adds what the application added to users.
func (a *adopter) aimUsers(target *schema.Table) {
	for _, c := range a.users.Columns {
		if _, ok := target.Column(c.Name); !ok {
			target.Columns = append(target.Columns, c)
		}
	}
	for _, i := range a.users.Indexes {
		if _, ok := target.Index(i.Name); !ok && !onEmail(i) {
			target.Indexes = append(target.Indexes, i)
		}
	}
	for _, fk := range a.users.ForeignKeys {
		if _, ok := target.ForeignKey(fk.Symbol); !ok {
			target.ForeignKeys = append(target.ForeignKeys, fk)
		}
	}
	for _, attr := range a.users.Attrs {
		if check, ok := attr.(*schema.Check); ok {
			target.Attrs = append(target.Attrs, check)
		}
	}
}

// aimBeside adds the columns of accounts or sessions that the application added, and the
// indexes and foreign keys that these are part of.
func (a *adopter) aimBeside(native string, live, target *schema.Table) {
	for _, c := range a.extra[native] {
		if _, ok := target.Column(c.Name); ok {
			continue
		}
		own := *c
		if kind := *c.Type; !kind.Null && c.Default == nil {
			kind.Null = true
			own.Type = &kind
		}
		target.Columns = append(target.Columns, &own)
	}
	become := func(c *schema.Column) *schema.Column {
		name := c.Name
		if field := a.layout.field(native, name); field != "" {
			name = field
		}
		to, _ := target.Column(name)
		return to
	}
	for _, i := range live.Indexes {
		if own := a.ownIndex(native, i, become); own != nil {
			if _, ok := target.Index(own.Name); !ok {
				own.Table = target
				target.Indexes = append(target.Indexes, own)
			}
		}
	}
	for _, fk := range live.ForeignKeys {
		if !slices.Contains(a.extra[native], fk.Columns[0]) {
			continue
		}
		own := *fk
		own.Table, own.Columns = target, nil
		for _, c := range fk.Columns {
			own.Columns = append(own.Columns, become(c))
		}
		target.ForeignKeys = append(target.ForeignKeys, &own)
	}
}

// ownIndex returns an index of a live table as the new table has it, nil if it is over
// none of the columns that the application added.
func (a *adopter) ownIndex(native string, i *schema.Index, become func(*schema.Column) *schema.Column) *schema.Index {
	own := *i
	own.Parts, own.Attrs = nil, nil
	isOwn := false
	for _, part := range i.Parts {
		if part.C == nil || become(part.C) == nil {
			return nil
		}
		isOwn = isOwn || slices.Contains(a.extra[native], part.C)
		own.Parts = append(own.Parts, &schema.IndexPart{SeqNo: part.SeqNo, Desc: part.Desc, C: become(part.C), Attrs: part.Attrs})
	}
	if !isOwn {
		return nil
	}
	for _, attr := range i.Attrs {
		switch attr.(type) {
		case *postgres.Constraint, *sqlite.IndexOrigin, *sqlite.CreateStmt:
		default:
			own.Attrs = append(own.Attrs, attr)
		}
	}
	if strings.HasPrefix(own.Name, "sqlite_") {
		own.Name = native
		for _, part := range own.Parts {
			own.Name += "_" + part.C.Name
		}
		own.Name += "_key"
	}
	return &own
}
