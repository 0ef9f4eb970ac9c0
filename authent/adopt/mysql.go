package adopt

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
)

// MySQL and MariaDB commit each statement that changes the schema, so an adoption has
// three parts there:
//
//  1. New tables, named authent_new_users and so on, are filled beside the old ones and
//     compared with them. The old tables are only read. If a run ends here for any
//     reason, nothing has changed for the old application, and the next run drops the
//     new tables and starts again.
//  2. The remaining statements are written to the table authent_adoption. Then one RENAME
//     TABLE, which is atomic, puts the old tables aside as authent_old_user and so on,
//     and the new ones in their place. The old tables, to which nobody can write any
//     more, are compared with their checksums from part 1. If somebody has written to
//     them, a second RENAME TABLE undoes the first.
//  3. The remaining statements are executed: they point other tables to the new users,
//     drop the old tables, and add the foreign keys, whose names are free only now. Each
//     statement is deleted from the list when it is done. A run that finds statements
//     there continues with them, and first checks whether the first one took effect.
//
// authent_adoption is created when the new tables are complete, and dropped at the very
// end. So if it does not exist, part 1 comes next. If it exists and the old tables have
// not been put aside, the exchange has not happened; part 1 starts again, because rows
// may have changed. Otherwise part 3 continues.

const journal = "authent_adoption"

// oldName returns the name that an old table has until it is dropped.
func oldName(live string) string { return "authent_old_" + live }

func (a *adopter) onMySQL(ctx context.Context) error {
	exchanged, err := a.exchanged(ctx)
	if err != nil {
		return err
	}
	if exchanged {
		return a.goOn(ctx)
	}
	if !a.DryRun {
		if err := a.startOver(ctx); err != nil {
			return err
		}
	}
	if err := a.asNode(ctx, func() error { return a.fillBeside(ctx) }); err != nil || a.DryRun {
		return err
	}
	if err := a.write(ctx); err != nil {
		return err
	}
	a.reached("before exchange")
	if err := a.take(ctx, step{sql: a.exchangeSQL()}); err != nil {
		return err
	}
	a.reached("after exchange")
	return a.rest(ctx)
}

// exchanged reports whether an earlier run has exchanged the tables.
func (a *adopter) exchanged(ctx context.Context) (bool, error) {
	there, err := a.readColumn(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = database()")
	if err != nil {
		return false, fmt.Errorf("adopt: list the tables: %w", err)
	}
	if !slices.Contains(there, journal) {
		return false, nil
	}
	left, err := a.readColumn(ctx, "SELECT statement FROM "+a.q(journal)+" WHERE n > 0 ORDER BY n LIMIT 1")
	if err != nil {
		return false, fmt.Errorf("adopt: %w", err)
	}
	fresh := slices.Contains(there, newName(usersTable))
	if fresh || len(left) == 0 || !isComparison(left[0]) {
		return !fresh, nil
	}
	// No statement is done yet. Somebody may have dropped the new tables by hand.
	tables, _ := compared(left[0])
	return slices.Contains(there, tables[0]), nil
}

// startOver drops what an earlier run left behind before it exchanged the tables. The
// journal goes first: a journal without the new users would look like an exchange.
func (a *adopter) startOver(ctx context.Context) error {
	tables := []string{journal}
	for _, native := range nativeTables {
		tables = append(tables, newName(native))
	}
	for _, table := range tables {
		if _, err := a.ExecContext(ctx, "DROP TABLE IF EXISTS "+a.q(table)); err != nil {
			return fmt.Errorf("adopt: drop %s: %w", table, err)
		}
	}
	return nil
}

// fillBeside does part 1: it fills the new tables beside the old ones.
func (a *adopter) fillBeside(ctx context.Context) error {
	if err := a.look(ctx); err != nil {
		return err
	}
	var err error
	if a.sums, err = a.checksum(ctx, a.oldTables()); err != nil {
		return err
	}
	if err := a.planMySQL(ctx); err != nil || a.DryRun {
		return err
	}
	if err := a.takeAll(ctx); err != nil {
		return err
	}
	names := map[string]string{}
	for _, native := range nativeTables {
		names[native] = newName(native)
	}
	if err := a.compareRows(ctx, names); err != nil {
		return err
	}
	if err := a.compareNew(ctx); err != nil {
		return err
	}
	a.reached("compared")
	now, err := a.checksum(ctx, a.oldTables())
	if err == nil && now != a.sums {
		err = fmt.Errorf("%w, and nothing was exchanged: stop the Node application, and run adopt again", errWritten)
	}
	return err
}

// planMySQL plans the steps of part 1, and the statements of the others.
func (a *adopter) planMySQL(ctx context.Context) error {
	live := a.layout.tables[usersTable]
	a.aim()
	a.dropBeside()
	if err := a.create(ctx, a.targets[usersTable]); err != nil {
		return err
	}
	a.copyUsers(live)
	if err := a.keepCounter(ctx); err != nil {
		return err
	}
	a.lowerEmails(newName(usersTable))
	for _, native := range nativeTables[1:] {
		if err := a.create(ctx, a.targets[native]); err != nil {
			return err
		}
		a.fill(native)
	}
	a.after = []string{a.comparison()}
	if err := a.planRest(ctx); err != nil {
		return err
	}
	for _, sql := range append([]string{a.exchangeSQL()}, a.after...) {
		a.Statements = append(a.Statements, a.Statement(sql))
	}
	return nil
}

func (a *adopter) exchangeSQL() string {
	var old, fresh []string
	for _, native := range nativeTables {
		live := a.layout.tables[native]
		old = append(old, a.q(live)+" TO "+a.q(oldName(live)))
		fresh = append(fresh, a.q(newName(native))+" TO "+a.q(native))
	}
	return "RENAME TABLE " + strings.Join(append(old, fresh...), ", ")
}

// planRest plans the statements of part 3.
func (a *adopter) planRest(ctx context.Context) error {
	var keys []*schema.ForeignKey
	for _, t := range a.live.Tables {
		for _, fk := range t.ForeignKeys {
			if fk.RefTable == a.users && t != a.users && !a.isOurs(t.Name) {
				keys = append(keys, fk)
			}
		}
	}
	plan := func(t *schema.Table, changes ...schema.Change) error {
		statements, err := a.ddl(ctx, &schema.ModifyTable{T: t, Changes: changes})
		a.after = append(a.after, statements...)
		return err
	}
	for _, fk := range keys {
		changes := []schema.Change{&schema.DropForeignKey{F: fk}}
		if to, change := a.likeID(fk.Columns[0]); change != schema.NoChange {
			changes = append(changes, &schema.ModifyColumn{From: fk.Columns[0], To: to, Change: change})
		}
		if err := plan(fk.Table, changes...); err != nil {
			return err
		}
	}
	for _, native := range slices.Backward(nativeTables) {
		a.after = append(a.after, "DROP TABLE "+a.q(oldName(a.layout.tables[native])))
	}
	for _, native := range []string{accountsTable, sessionsTable} {
		for _, fk := range a.targets[native].ForeignKeys {
			if err := plan(a.targets[native], &schema.AddForeignKey{F: fk}); err != nil {
				return err
			}
		}
	}
	for _, fk := range append(keys, a.targets[usersTable].ForeignKeys...) {
		if err := plan(fk.Table, &schema.AddForeignKey{F: fk}); err != nil {
			return err
		}
	}
	added, err := a.addTables(ctx)
	a.after = append(a.after, added...)
	return err
}

// binary returns a column with the collation of the users' ids.
func binary(c *schema.Column) *schema.Column {
	to := *c
	to.Attrs = slices.DeleteFunc(slices.Clone(c.Attrs), func(attr schema.Attr) bool {
		switch attr.(type) {
		case *schema.Charset, *schema.Collation:
			return true
		}
		return false
	})
	to.Attrs = append(to.Attrs, &schema.Charset{V: "utf8mb4"}, &schema.Collation{V: "utf8mb4_bin"})
	return &to
}

// compareNew compares the new tables with what they should be.
func (a *adopter) compareNew(ctx context.Context) error {
	var names []string
	for _, native := range nativeTables {
		names = append(names, newName(native))
	}
	made, err := a.Driver.InspectSchema(ctx, "", &schema.InspectOptions{Mode: schema.InspectSchemas | schema.InspectTables, Tables: names})
	if err != nil {
		return fmt.Errorf("adopt: inspect the new tables: %w", err)
	}
	for _, native := range nativeTables {
		t, ok := made.Table(newName(native))
		if !ok {
			return fmt.Errorf("adopt: the table %s is gone: run adopt again, and no other migration at the same time", newName(native))
		}
		to := *a.targets[native]
		to.Name, to.ForeignKeys = t.Name, nil
		if diff := a.CompareTable(t, &to); len(diff) > 0 {
			return fmt.Errorf("adopt: the server did not create the new tables as it was told, and nothing was exchanged: %v", diff)
		}
	}
	return nil
}

// write records what remains to be done after the exchange.
func (a *adopter) write(ctx context.Context) error {
	if _, err := a.ExecContext(ctx, "CREATE TABLE "+a.q(journal)+" (n int NOT NULL PRIMARY KEY, statement longtext NOT NULL) CHARSET utf8mb4"); err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	a.reached("made journal")
	return a.InTx(ctx, func() error {
		for n, statement := range append([]string{a.Layout}, a.after...) {
			if _, err := a.ExecContext(ctx, "INSERT INTO "+a.q(journal)+" (n, statement) VALUES (?, ?)", n, statement); err != nil {
				return fmt.Errorf("adopt: %w", err)
			}
		}
		return nil
	})
}

// goOn does what remains when a run finds the tables exchanged.
func (a *adopter) goOn(ctx context.Context) error {
	a.Resumed = true
	left, err := a.readColumn(ctx, "SELECT statement FROM "+a.q(journal)+" ORDER BY n")
	if err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	if len(left) > 0 {
		a.Layout = left[0]
		for _, sql := range left[1:] {
			a.Statements = append(a.Statements, a.Statement(sql))
		}
	}
	t, err := a.tally(ctx, nativeNames, "session_token", "expires")
	if err != nil {
		return fmt.Errorf("adopt: count the rows: %w", err)
	}
	a.Users, a.Accounts, a.Sessions, a.Expired = t.users, t.accounts, t.sessions, t.expired
	if a.DryRun {
		return nil
	}
	return a.rest(ctx)
}

// rest does part 3.
func (a *adopter) rest(ctx context.Context) error {
	for i := 1; ; i++ {
		left, err := a.readColumn(ctx, "SELECT statement FROM "+a.q(journal)+" WHERE n > 0 ORDER BY n LIMIT 1")
		if err != nil {
			return fmt.Errorf("adopt: %w", err)
		}
		if len(left) == 0 {
			break
		}
		if err := a.takeRest(ctx, left[0]); err != nil {
			return err
		}
		a.reached(fmt.Sprintf("did rest %d", i))
		if _, err := a.ExecContext(ctx, "DELETE FROM "+a.q(journal)+" WHERE n > 0 ORDER BY n LIMIT 1"); err != nil {
			return fmt.Errorf("adopt: %w", err)
		}
		a.reached(fmt.Sprintf("crossed out rest %d", i))
	}
	if err := a.compareSchema(ctx); err != nil {
		return err
	}
	if err := a.Record(ctx); err != nil {
		return err
	}
	a.reached("recorded")
	if _, err := a.ExecContext(ctx, "DROP TABLE "+a.q(journal)); err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	a.reached("dropped journal")
	return nil
}

// takeRest takes a statement of part 3, unless an earlier run has.
func (a *adopter) takeRest(ctx context.Context, sql string) error {
	if isComparison(sql) {
		return a.compareOld(ctx, sql)
	}
	// An earlier run may have been killed before it deleted the statement.
	done, err := a.TookEffect(ctx, sql)
	if err != nil || done {
		return err
	}
	if err := a.take(ctx, step{sql: sql}); err != nil {
		return fmt.Errorf("%w\n  the tables are exchanged and no row is lost: fix the cause and run adopt again; it resumes here", err)
	}
	return nil
}
