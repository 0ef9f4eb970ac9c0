package adopt

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
)

// faults lists why a database cannot be adopted.
type faults []string

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// err returns one error for all faults, nil if there are none.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return fmt.Errorf("adopt: %w:\n  %s", ErrRefused, strings.Join(f, "\n  "))
}

// look finds out what the database holds, and whether it can be adopted. It changes
// nothing.
func (a *adopter) look(ctx context.Context) error {
	if err := a.inspect(ctx); err != nil {
		return err
	}
	if a.Dialect == dialect.Postgres && !a.DryRun {
		if err := a.lockTables(ctx); err != nil {
			return err
		}
		// The tables may have changed before they were locked.
		if err := a.inspect(ctx); err != nil {
			return err
		}
	}
	var f faults
	if err := a.checkHistory(ctx, &f); err != nil {
		return err
	}
	columns := a.checkColumns(&f)
	a.checkGraph(&f)
	a.checkReferences(&f)
	a.checkBeside(&f)
	if err := a.checkObjects(ctx, &f); err != nil {
		return fmt.Errorf("adopt: look for triggers and views: %w", err)
	}
	hidden, err := a.checkSettings(ctx, &f)
	if err != nil {
		return fmt.Errorf("adopt: look at the tables' settings: %w", err)
	}
	if columns && !hidden {
		if err := a.checkRows(ctx, &f); err != nil {
			return fmt.Errorf("adopt: read the rows: %w", err)
		}
	}
	return f.err()
}

// inspect finds the tables and their layout.
func (a *adopter) inspect(ctx context.Context) (err error) {
	if a.live, err = a.Driver.InspectSchema(ctx, "", &schema.InspectOptions{
		Mode: schema.InspectSchemas | schema.InspectTables, Exclude: []string{migrate.RevisionsTable},
	}); err != nil {
		return fmt.Errorf("adopt: inspect the database: %w", err)
	}
	if a.layout, err = layoutOf(a.Dialect, a.live); err != nil {
		return faults{err.Error()}.err()
	}
	if a.layout.name == "Native" {
		return faults{"its tables are authent's own already, so there is nothing to do: go tool migrate drift and go tool migrate status tell how they are"}.err()
	}
	a.Layout = a.layout.name
	return nil
}

// checkHistory refuses a database that already has a history of migrations.
func (a *adopter) checkHistory(ctx context.Context, f *faults) error {
	version, err := a.Recorded(ctx)
	if version != "" {
		f.add("it has a history of migrations, up to %s: if these are not authent's, name another schema for the history with --revisions-schema (PostgreSQL), or drop the table %s", version, migrate.RevisionsTable)
	}
	return err
}

// table returns the live table that becomes the native table of that name.
func (a *adopter) table(native string) *schema.Table {
	t, _ := a.live.Table(a.layout.tables[native])
	return t
}

// checkColumns compares the four tables with the layout. It reports whether every
// column that will be read is there.
func (a *adopter) checkColumns(f *faults) bool {
	there := true
	for _, native := range nativeTables {
		t := a.table(native)
		known := map[string]bool{}
		before := len(*f)
		for _, want := range a.layout.columns(native) {
			name := a.layout.column(want.name)
			known[name] = true
			a.checkColumn(f, t, name, want)
		}
		there = there && len(*f) == before
		for _, c := range t.Columns {
			switch _, wanted := a.desiredUser(c.Name); {
			case known[c.Name]:
			case native != usersTable:
				f.add("column %s.%s is not one of Auth.js's, and its table is replaced: move the column to another table, or drop it", t.Name, c.Name)
			case slices.Contains(nativeUser, c.Name):
				f.add("column %s.%s has the name of one of authent's columns: rename it, or drop it", t.Name, c.Name)
			case !wanted:
				a.note("column %s.%s is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it", usersTable, c.Name)
			}
		}
		a.checkKey(f, t, native)
	}
	return there
}

// nativeUser lists authent's columns of users.
var nativeUser = []string{"id", "name", "email", "email_verified", "image", "password", "role", "disabled_at", "created_at", "updated_at"}

// desiredUser returns the graph's column of users.
func (a *adopter) desiredUser(name string) (*schema.Column, bool) {
	users, _ := a.desired.Table(usersTable)
	return users.Column(name)
}

func (a *adopter) checkColumn(f *faults, t *schema.Table, name string, want authColumn) {
	c, ok := t.Column(name)
	switch {
	case !ok && want.added:
		return
	case !ok:
		f.add("column %s.%s is missing: the %s layout has it (%s): add it", t.Name, name, a.layout.name, a.layout.wants(want))
	case kindOf(c) != a.layout.wants(want):
		f.add("column %s.%s is of type %s, the %s layout has %s: change its type first", t.Name, name, a.TypeName(c.Type.Type), a.layout.name, a.layout.wants(want))
	case c.Type.Null && !want.null:
		f.add("column %s.%s may be NULL, which the %s layout does not have: make it NOT NULL first", t.Name, name, a.layout.name)
	}
}

func (a *adopter) checkKey(f *faults, t *schema.Table, native string) {
	var want, got []string
	for _, name := range a.layout.keys[native] {
		want = append(want, a.layout.column(name))
	}
	if t.PrimaryKey != nil {
		for _, part := range t.PrimaryKey.Parts {
			if part.C != nil {
				got = append(got, part.C.Name)
			}
		}
	}
	if len(want) > 0 && !slices.Equal(want, got) {
		f.add("the primary key of %s is (%s), in the %s layout it is (%s): change it first", t.Name, strings.Join(got, ", "), a.layout.name, strings.Join(want, ", "))
	}
}

// checkGraph refuses what the graph wants and an adoption cannot make.
func (a *adopter) checkGraph(f *faults) {
	if id, ok := a.desiredUser("id"); !ok || kindOf(id) != kindText {
		f.add("the graph's users.id is not text, as Auth.js's are: take the ID out of mixin.User, and the UserID out of mixin.Account and mixin.Session")
	}
	users, _ := a.desired.Table(usersTable)
	for _, c := range users.Columns {
		if _, there := a.table(usersTable).Column(c.Name); !there && !slices.Contains(nativeUser, c.Name) && !c.Type.Null && c.Default == nil {
			f.add("column users.%s of the schema is not in the database, and has no default: leave it out of ent/schema until the database is adopted", c.Name)
		}
	}
	for _, want := range a.desired.Tables {
		if added, lacks := a.lacksRateLimits(); slices.Contains(nativeTables, want.Name) || lacks && want == added {
			continue
		}
		live, ok := a.live.Table(want.Name)
		if !ok {
			f.add("table %s of the schema is not in the database: leave it out of ent/schema until the database is adopted", want.Name)
			continue
		}
		for _, d := range a.CompareTable(live, want) {
			f.add("%s: leave the table out of ent/schema until the database is adopted, or make it so", d)
		}
	}
}

// checkReferences refuses foreign keys to the tables that would break.
func (a *adopter) checkReferences(f *faults) {
	for _, t := range a.live.Tables {
		if a.isOurs(t.Name) {
			a.checkOwn(f, t)
			continue
		}
		for _, fk := range t.ForeignKeys {
			switch to := fk.RefTable.Name; {
			case to == a.layout.tables[usersTable]:
				a.checkReference(f, fk)
			case a.isOurs(to):
				f.add("table %s refers to %s (foreign key %s), which is replaced: drop the foreign key first", t.Name, to, fk.Symbol)
			}
		}
	}
}

// checkOwn refuses foreign keys of users whose collation would change at one end only,
// on MySQL.
func (a *adopter) checkOwn(f *faults, t *schema.Table) {
	if a.Dialect != dialect.MySQL || t != a.table(usersTable) {
		return
	}
	for _, fk := range t.ForeignKeys {
		own := slices.ContainsFunc(fk.Columns, func(c *schema.Column) bool { return c.Name == "id" || c.Name == "email" })
		if fk.RefTable == t || own {
			f.add("table %s refers to %s by ids, which get a new collation (utf8mb4_bin): first run\n    %s\n  and afterwards give the column at the other end that collation, and run\n    %s", t.Name, fk.RefTable.Name, a.dropKey(fk), strings.Replace(a.addKey(fk), a.q(t.Name), a.q(usersTable), 1))
		}
	}
}

// lockTables keeps others from reading and writing on PostgreSQL. On SQLite the
// transaction does that; on MySQL the tables are compared after the exchange.
func (a *adopter) lockTables(ctx context.Context) error {
	var all []string
	for _, native := range nativeTables {
		all = append(all, a.layout.tables[native])
	}
	for _, statement := range []string{
		fmt.Sprintf("SET LOCAL lock_timeout = %d", a.LockTimeout.Milliseconds()),
		"LOCK TABLE " + a.qs(all) + " IN ACCESS EXCLUSIVE MODE",
	} {
		if _, err := a.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("adopt: lock the tables: %w: if they are in use, stop the Node application", err)
		}
	}
	return nil
}

// isOurs reports whether a live table is one of the four.
func (a *adopter) isOurs(name string) bool {
	for _, t := range a.layout.tables {
		if t == name {
			return true
		}
	}
	return false
}

// checkReference refuses a foreign key to users that could not be kept.
func (a *adopter) checkReference(f *faults, fk *schema.ForeignKey) {
	if len(fk.RefColumns) != 1 || fk.RefColumns[0].Name != "id" || len(fk.Columns) != 1 {
		f.add("table %s refers to %s by columns other than id (foreign key %s): drop the foreign key first", fk.Table.Name, fk.RefTable.Name, fk.Symbol)
		return
	}
	if a.Dialect != dialect.MySQL {
		return
	}
	// The key gets another collation, and so must this column. Where more depends on
	// the column, the operator has to decide.
	c := fk.Columns[0]
	for _, t := range a.live.Tables {
		for _, other := range t.ForeignKeys {
			if other != fk && (slices.Contains(other.RefColumns, c) || slices.Contains(other.Columns, c)) {
				f.add("column %s.%s gets the new collation of the users' ids (utf8mb4_bin), and is part of the foreign key %s of %s too: first run\n    %s\n  and afterwards give the columns at both ends that collation, and run\n    %s",
					fk.Table.Name, c.Name, other.Symbol, t.Name, a.dropKey(other), a.addKey(other))
				return
			}
		}
	}
}

func (a *adopter) dropKey(fk *schema.ForeignKey) string {
	return fmt.Sprintf("ALTER TABLE %s DROP FOREIGN KEY %s", a.q(fk.Table.Name), a.q(fk.Symbol))
}

func (a *adopter) addKey(fk *schema.ForeignKey) string {
	var from, to []string
	for i := range fk.Columns {
		from, to = append(from, fk.Columns[i].Name), append(to, fk.RefColumns[i].Name)
	}
	sql := fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s)", a.q(fk.Table.Name), a.q(fk.Symbol), a.qs(from), a.q(a.becomes(fk.RefTable.Name)), a.qs(to))
	if fk.OnUpdate != "" {
		sql += " ON UPDATE " + string(fk.OnUpdate)
	}
	if fk.OnDelete != "" {
		sql += " ON DELETE " + string(fk.OnDelete)
	}
	return sql
}

// becomes returns the name that a live table has afterwards.
func (a *adopter) becomes(live string) string {
	for native, name := range a.layout.tables {
		if name == live {
			return native
		}
	}
	return live
}

// checkBeside refuses tables that have the native names beside Drizzle's tables. Empty
// tables of authent's own are dropped instead.
func (a *adopter) checkBeside(f *faults) {
	for _, native := range nativeTables {
		t, ok := a.live.Table(native)
		if !ok || a.isOurs(native) {
			continue
		}
		want, _ := a.desired.Table(native)
		if diff := a.CompareTable(t, want); len(diff) > 0 {
			f.add("there is a table %s that is not authent's: rename it, or drop it", native)
			continue
		}
		a.beside = append(a.beside, native)
	}
}
