package adopt

import (
	"context"
	"fmt"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// newName returns the name that a new table has while the old one keeps its own.
func newName(native string) string { return "authent_new_" + native }

// plan plans the steps for PostgreSQL and SQLite.
func (a *adopter) plan(ctx context.Context) error {
	a.aim()
	a.dropBeside()
	users := a.usersInPlace
	if a.Dialect == dialect.SQLite {
		users = a.usersAnew
	}
	if err := users(ctx); err != nil {
		return err
	}
	for _, native := range nativeTables[1:] {
		if err := a.exchange(ctx, native); err != nil {
			return err
		}
	}
	if err := a.addRateLimits(ctx); err != nil {
		return err
	}
	return a.grants(ctx)
}

// aim gives the live users the native names, and works out what they become: the
// graph's table plus the columns, indexes, foreign keys and checks that the application
// added.
func (a *adopter) aim() {
	a.users = a.table(usersTable)
	known := map[string]string{}
	for _, c := range a.layout.columns(usersTable) {
		known[a.layout.column(c.name)] = c.name
	}
	a.users.Name = usersTable
	for _, c := range a.users.Columns {
		if native, ok := known[c.Name]; ok {
			c.Name = native
		}
	}
	desired, _ := a.desired.Table(usersTable)
	target := *desired
	target.Schema = a.live
	target.Columns, target.Indexes, target.ForeignKeys, target.Attrs = slices.Clone(target.Columns), slices.Clone(target.Indexes), slices.Clone(target.ForeignKeys), slices.Clone(target.Attrs)
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
	a.target = &target
}

// onEmail reports whether an index is the one that keeps addresses unique.
func onEmail(i *schema.Index) bool {
	return i.Unique && len(i.Parts) == 1 && i.Parts[0].C != nil && i.Parts[0].C.Name == "email"
}

// dropBeside drops empty native tables beside Drizzle's, in an order that foreign keys
// allow.
func (a *adopter) dropBeside() {
	for _, native := range slices.Backward(nativeTables) {
		if slices.Contains(a.beside, native) {
			a.execs("DROP TABLE " + a.q(native))
		}
	}
}

// ddl returns the statements that make changes.
func (a *adopter) ddl(ctx context.Context, changes ...schema.Change) ([]string, error) {
	none := ""
	planned, err := a.Driver.PlanChanges(ctx, "adopt", changes, func(o *atlas.PlanOptions) { o.SchemaQualifier = &none })
	if err != nil {
		return nil, fmt.Errorf("adopt: plan: %w", err)
	}
	var all []string
	for _, c := range planned.Changes {
		all = append(all, c.Cmd)
	}
	return all, nil
}

// changes plans changes to a table.
func (a *adopter) changes(ctx context.Context, t *schema.Table, changes ...schema.Change) error {
	if len(changes) == 0 {
		return nil
	}
	statements, err := a.ddl(ctx, &schema.ModifyTable{T: t, Changes: changes})
	a.execs(statements...)
	return err
}

// create plans a table under its temporary name. It leaves out whatever has a name that
// the old table still holds: indexes (except on MySQL, where names are per table) and
// foreign keys (except on SQLite, where they must be there from the beginning).
func (a *adopter) create(ctx context.Context, t *schema.Table) error {
	fresh := *t
	fresh.Name = newName(t.Name)
	if a.Dialect != dialect.MySQL {
		fresh.Indexes = nil
	}
	if a.Dialect != dialect.SQLite {
		fresh.ForeignKeys = nil
	}
	statements, err := a.ddl(ctx, &schema.AddTable{T: &fresh})
	a.execs(statements...)
	return err
}

// finish plans the indexes and foreign keys that create left out.
func (a *adopter) finish(ctx context.Context, t *schema.Table) error {
	var changes []schema.Change
	for _, i := range t.Indexes {
		changes = append(changes, &schema.AddIndex{I: i})
	}
	if a.Dialect == dialect.Postgres {
		for _, fk := range t.ForeignKeys {
			changes = append(changes, &schema.AddForeignKey{F: fk})
		}
	}
	return a.changes(ctx, t, changes...)
}

// exchange plans the replacement of a native table: a new one is filled beside the old
// one, which is then dropped.
func (a *adopter) exchange(ctx context.Context, native string) error {
	t, _ := a.desired.Table(native)
	if err := a.create(ctx, t); err != nil {
		return err
	}
	a.fill(native)
	a.execs("DROP TABLE "+a.from(native), "ALTER TABLE "+a.q(newName(native))+" RENAME TO "+a.q(native))
	if a.Dialect == dialect.Postgres {
		a.execs("ALTER INDEX " + a.q(newName(native)+"_pkey") + " RENAME TO " + a.q(native+"_pkey"))
	}
	return a.finish(ctx, t)
}

// usersInPlace plans users on PostgreSQL, where references to the table stay valid when
// it is renamed and altered.
func (a *adopter) usersInPlace(ctx context.Context) error {
	if live := a.layout.tables[usersTable]; live != usersTable {
		a.execs("ALTER TABLE " + a.q(live) + " RENAME TO " + a.q(usersTable))
	}
	table := "ALTER TABLE " + a.q(usersTable) + " "
	for _, c := range a.layout.columns(usersTable) {
		if _, ok := a.users.Column(c.name); ok && a.layout.column(c.name) != c.name {
			a.execs(table + "RENAME COLUMN " + a.q(a.layout.column(c.name)) + " TO " + a.q(c.name))
		}
	}
	if key := a.users.PrimaryKey.Name; key != "" && key != "users_pkey" {
		a.execs(table + "RENAME CONSTRAINT " + a.q(key) + " TO " + a.q("users_pkey"))
		a.users.PrimaryKey.Name = "users_pkey"
	}
	a.emailIndexes(table)
	a.convertTimes(table)
	a.lowerEmails(usersTable)
	rest, err := a.Driver.TableDiff(a.users, a.target)
	if err != nil {
		return fmt.Errorf("adopt: compare users: %w", err)
	}
	return a.changes(ctx, a.target, rest...)
}

// emailIndexes plans the unique index on addresses. Drizzle has a constraint instead.
func (a *adopter) emailIndexes(table string) {
	desired := slices.IndexFunc(a.target.Indexes, onEmail)
	a.users.Indexes = slices.DeleteFunc(a.users.Indexes, func(i *schema.Index) bool {
		if !onEmail(i) || desired >= 0 && i.Name == a.target.Indexes[desired].Name && !isConstraint(i) {
			return false
		}
		if isConstraint(i) {
			a.execs(table + "DROP CONSTRAINT " + a.q(i.Name))
		} else {
			a.execs("DROP INDEX " + a.q(i.Name))
		}
		return true
	})
}

func isConstraint(i *schema.Index) bool {
	return slices.ContainsFunc(i.Attrs, func(attr schema.Attr) bool {
		c, ok := attr.(*postgres.Constraint)
		return ok && c.T == "u"
	})
}

// convertTimes plans the types of the times, which were in UTC, and fills the columns
// that must no longer be NULL.
func (a *adopter) convertTimes(table string) {
	var adds, alters []string
	fills := []string{}
	for _, c := range authJS[usersTable] {
		want, _ := a.target.Column(c.name)
		live, there := a.users.Column(c.name)
		if c.kind != kindTime {
			continue
		}
		name, kind := a.q(c.name), a.TypeName(want.Type.Type)
		if there {
			using := "date_trunc('milliseconds', " + name + ")"
			if !zoned(live) {
				using += " AT TIME ZONE 'UTC'"
			}
			alters = append(alters, "ALTER COLUMN "+name+" DROP DEFAULT", "ALTER COLUMN "+name+" TYPE "+kind+" USING "+using)
		} else {
			adds = append(adds, "ADD COLUMN "+name+" "+kind)
			live = &schema.Column{Name: c.name, Type: &schema.ColumnType{Null: true}}
			a.users.Columns = append(a.users.Columns, live)
		}
		live.Type = &schema.ColumnType{Type: want.Type.Type, Raw: want.Type.Raw, Null: live.Type.Null}
		live.Default = nil
		if !want.Type.Null && live.Type.Null {
			fills = append(fills, c.name+" = COALESCE("+c.name+", date_trunc('milliseconds', now()))")
		}
	}
	if role, ok := a.users.Column("role"); ok && role.Type.Null {
		fills = append(fills, "role = COALESCE(role, 'user')")
	}
	a.execs(table + strings.Join(append(adds, alters...), ", "))
	if len(fills) > 0 {
		a.execs("UPDATE " + a.q(usersTable) + " SET " + strings.Join(fills, ", "))
	}
}
