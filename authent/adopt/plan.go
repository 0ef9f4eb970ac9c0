package adopt

import (
	"context"
	"fmt"
	"slices"

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
	a.makeRoom()
	users := a.usersInPlace
	if a.Dialect == dialect.SQLite {
		users = a.usersAnew
	}
	if err := users(ctx); err != nil {
		return err
	}
	for _, native := range nativeTables[1:] {
		if err := a.create(ctx, a.targets[native]); err != nil {
			return err
		}
		a.fill(native)
	}
	if err := a.exchange(ctx); err != nil {
		return err
	}
	added, err := a.addTables(ctx)
	if err != nil {
		return err
	}
	a.execs(added...)
	return a.grants(ctx)
}

// makeRoom plans that the other old tables give up the names that users get, before they
// are dropped.
func (a *adopter) makeRoom() {
	taken := []string{"users_pkey"}
	for _, i := range a.targets[usersTable].Indexes {
		taken = append(taken, i.Name)
	}
	for _, native := range nativeTables[1:] {
		t := a.table(native)
		if source := a.source(native); source != t.Name {
			a.execs("ALTER TABLE " + a.q(t.Name) + " RENAME TO " + a.q(source))
		}
		indexes := t.Indexes
		if t.PrimaryKey != nil {
			indexes = append([]*schema.Index{t.PrimaryKey}, indexes...)
		}
		for _, i := range indexes {
			switch {
			case !slices.Contains(taken, i.Name):
			case a.Dialect == dialect.Postgres:
				a.execs("ALTER INDEX " + a.q(i.Name) + " RENAME TO " + a.q(oldName(i.Name)))
			case i != t.PrimaryKey: // whose name SQLite does not keep
				a.execs("DROP INDEX " + a.q(i.Name))
			}
		}
	}
}

// onEmail reports whether an index is the one that keeps addresses unique.
func onEmail(i *schema.Index) bool {
	return i.Unique && len(i.Parts) == 1 && i.Parts[0].C != nil && i.Parts[0].C.Name == "email"
}

// dropBeside drops empty native tables beside Drizzle's, in an order that foreign keys
// allow.
func (a *adopter) dropBeside() {
	for _, name := range a.ofBeside() {
		a.execs("DROP TABLE " + a.q(name))
	}
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

// exchange plans the replacement of the other tables by the new ones. All the old ones go
// first, since one may have the name of another's successor.
func (a *adopter) exchange(ctx context.Context) error {
	for _, native := range slices.Backward(nativeTables[1:]) {
		a.execs("DROP TABLE " + a.q(a.source(native)))
	}
	for _, native := range nativeTables[1:] {
		a.execs("ALTER TABLE " + a.q(newName(native)) + " RENAME TO " + a.q(native))
		if a.Dialect == dialect.Postgres {
			a.execs("ALTER INDEX " + a.q(newName(native)+"_pkey") + " RENAME TO " + a.q(native+"_pkey"))
		}
	}
	for _, native := range nativeTables[1:] {
		if err := a.finish(ctx, a.targets[native]); err != nil {
			return err
		}
	}
	return nil
}

// usersInPlace plans users on PostgreSQL, where references to the table stay valid when
// it is renamed and altered.
func (a *adopter) usersInPlace(ctx context.Context) error {
	if live := a.layout.tables[usersTable]; live != usersTable {
		a.execs("ALTER TABLE " + a.q(live) + " RENAME TO " + a.q(usersTable))
	}
	table := "ALTER TABLE " + a.q(usersTable) + " "
	for _, c := range authJS[usersTable] {
		if live := a.layout.columns[usersTable][c.name]; live != "" && live != c.name {
			a.execs(table + "RENAME COLUMN " + a.q(live) + " TO " + a.q(c.name))
		}
	}
	if key := a.users.PrimaryKey.Name; key != "" && key != "users_pkey" {
		a.execs(table + "RENAME CONSTRAINT " + a.q(key) + " TO " + a.q("users_pkey"))
		a.users.PrimaryKey.Name = "users_pkey"
	}
	a.emailIndexes(table)
	if err := a.convertID(ctx, table); err != nil {
		return err
	}
	a.convertRole(table)
	a.convertTimes(table)
	a.lowerEmails(usersTable)
	rest, err := a.Driver.TableDiff(a.users, a.targets[usersTable])
	if err != nil {
		return fmt.Errorf("adopt: compare users: %w", err)
	}
	return a.changes(ctx, a.targets[usersTable], rest...)
}

// emailIndexes plans the unique index on addresses. Drizzle has a constraint instead.
func (a *adopter) emailIndexes(table string) {
	desired := slices.IndexFunc(a.targets[usersTable].Indexes, onEmail)
	a.users.Indexes = slices.DeleteFunc(a.users.Indexes, func(i *schema.Index) bool {
		if !onEmail(i) || desired >= 0 && i.Name == a.targets[usersTable].Indexes[desired].Name && !isConstraint(i) {
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
