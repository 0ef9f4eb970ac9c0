package adopt

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
	"github.com/authent/authent/internal/recognize"
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
	if columns {
		a.checkReferences(&f)
		a.checkKept(&f)
		a.checkRenamed(&f)
	}
	if err := a.checkForeign(ctx, &f); err != nil {
		return fmt.Errorf("adopt: look for foreign keys of other databases: %w", err)
	}
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

// checkHistory refuses a database that already has a history of migrations.
func (a *adopter) checkHistory(ctx context.Context, f *faults) error {
	version, err := a.Recorded(ctx)
	if version != "" {
		f.add("it has a history of migrations, up to %s: if these are not authent's, name another schema for the history with --revisions-schema (PostgreSQL), or drop the table %s", version, migrate.RevisionsTable)
	}
	return err
}

// checkGraph refuses what the graph wants and an adoption cannot make.
func (a *adopter) checkGraph(f *faults) {
	for _, native := range nativeTables[:3] {
		want, _ := a.desired.Table(native)
		for _, c := range want.Columns {
			if _, there := a.table(native).Column(c.Name); !there && !slices.Contains(nativeColumns[native], c.Name) && !c.Type.Null && c.Default == nil {
				f.add("column %s.%s of the schema is not in the database, and has no default: leave it out of ent/schema until the database is adopted", native, c.Name)
			}
		}
	}
	lacking := a.lacking()
	for _, want := range a.desired.Tables {
		if slices.Contains(nativeTables, want.Name) || slices.Contains(lacking, want) {
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

// checkOwn refuses foreign keys of the tables that cannot be made again: those to a table
// that is replaced, and on MySQL those of users whose other end would have to change with
// the ids or addresses, and those of columns that the application added to the others.
func (a *adopter) checkOwn(f *faults, t *schema.Table) {
	native := a.becomes(t.Name)
	for _, fk := range t.ForeignKeys {
		if native != usersTable && !slices.ContainsFunc(fk.Columns, func(c *schema.Column) bool { return slices.Contains(a.extra[native], c) }) {
			continue // The native table has its own.
		}
		switch to := fk.RefTable; {
		case a.isOurs(to.Name) && to != a.table(usersTable):
			f.add("table %s refers to %s (foreign key %s), which is replaced: drop the foreign key first", t.Name, to.Name, fk.Symbol)
			continue
		case a.Dialect != dialect.MySQL:
			continue
		case native != usersTable:
			f.add("table %s refers to %s by a column of its own (foreign key %s): drop the foreign key first, and add it again to %s afterwards", t.Name, to.Name, fk.Symbol, native)
			continue
		}
		own := slices.ContainsFunc(fk.Columns, func(c *schema.Column) bool {
			return slices.Contains([]string{"id", "email"}, a.layout.field(usersTable, c.Name))
		})
		if _, change := a.likeID(fk.Columns[0]); own || fk.RefTable == t && change != schema.NoChange {
			what := a.newIDs()
			f.add("table %s refers to %s by ids, which get %s: first run\n    %s\n  and afterwards give the column at the other end that too, and run\n    %s", t.Name, fk.RefTable.Name, what, a.dropKey(fk), strings.Replace(a.addKey(fk), a.q(t.Name), a.q(usersTable), 1))
		}
	}
}

// likeID returns what a column that refers to users' ids becomes on MySQL, and what of it
// changes.
func (a *adopter) likeID(from *schema.Column) (to *schema.Column, change schema.ChangeKind) {
	id, _ := a.wanted(usersTable, "id")
	kind := recognize.KindOf(from)
	switch {
	case kind == recognize.Text:
		return binary(from), schema.ChangeCharset | schema.ChangeCollate
	case a.TypeName(from.Type.Type) == a.TypeName(id.Type.Type):
		return from, schema.NoChange
	case kind == recognize.UUID:
		to, change = binary(from), schema.ChangeType|schema.ChangeCharset|schema.ChangeCollate
	default:
		clone := *from
		to, change = &clone, schema.ChangeType
	}
	to.Type = &schema.ColumnType{Type: id.Type.Type, Raw: id.Type.Raw, Null: from.Type.Null}
	return to, change
}

// newIDs says what the users' ids get on MySQL.
func (a *adopter) newIDs() string {
	id, _ := a.wanted(usersTable, "id")
	if recognize.KindOf(id) == recognize.Int {
		return "a new type (" + a.TypeName(id.Type.Type) + ")"
	}
	return "a new collation (utf8mb4_bin)"
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

// checkReference refuses a foreign key to users that could not be kept.
func (a *adopter) checkReference(f *faults, fk *schema.ForeignKey) {
	if id := a.layout.columns[usersTable]["id"]; len(fk.RefColumns) != 1 || fk.RefColumns[0].Name != id || len(fk.Columns) != 1 {
		f.add("table %s refers to %s by columns other than %s (foreign key %s): drop the foreign key first", fk.Table.Name, fk.RefTable.Name, id, fk.Symbol)
		return
	}
	c := fk.Columns[0]
	if _, change := a.likeID(c); a.Dialect != dialect.MySQL || change == schema.NoChange {
		return
	}
	// The key gets another collation or type, and so must this column. Where more depends
	// on the column, the operator has to decide.
	for _, t := range a.live.Tables {
		for _, other := range t.ForeignKeys {
			if other != fk && (slices.Contains(other.RefColumns, c) || slices.Contains(other.Columns, c)) {
				f.add("column %s.%s gets %s with the users' ids, and is part of the foreign key %s of %s too: first run\n    %s\n  and afterwards give the columns at both ends that too, and run\n    %s",
					fk.Table.Name, c.Name, a.newIDs(), other.Symbol, t.Name, a.dropKey(other), a.addKey(other))
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

// checkBeside refuses tables that have the native names beside those that are adopted.
// Empty tables of authent's own are dropped instead.
func (a *adopter) checkBeside(f *faults) {
	for _, native := range nativeTables {
		for _, t := range a.live.Tables {
			if !a.same(t.Name, native) || a.isOurs(t.Name) {
				continue
			}
			want, _ := a.desired.Table(native)
			if diff := a.CompareTable(t, want); len(diff) > 0 || t.Name != native {
				f.add("there is a table %s that is not authent's: rename it, or drop it", t.Name)
				continue
			}
			a.beside = append(a.beside, native)
		}
	}
	a.checkToBeside(f)
}

// checkToBeside refuses foreign keys of other tables to those that are dropped. SQLite drops
// a table all the same, and the reference is to its successor then.
func (a *adopter) checkToBeside(f *faults) {
	if a.Dialect == dialect.SQLite {
		return
	}
	dropped := append(a.ofBeside(), a.beside...)
	for _, t := range a.live.Tables {
		for _, fk := range t.ForeignKeys {
			if slices.Contains(a.beside, fk.RefTable.Name) && !slices.Contains(dropped, t.Name) && !a.isOurs(t.Name) {
				f.add("table %s refers to %s (foreign key %s), which is empty and is dropped: drop the foreign key first", t.Name, fk.RefTable.Name, fk.Symbol)
			}
		}
	}
}
