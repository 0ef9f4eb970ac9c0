package adopt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/recognize"
)

// usersAnew plans users on SQLite, which can change the type of a column only with a
// new table. References follow the old table to its new name, and then refer to the new
// table, which takes that name.
func (a *adopter) usersAnew(ctx context.Context) error {
	live := a.layout.tables[usersTable]
	if live != usersTable && a.same(live, usersTable) {
		// SQLite does not rename a table to its own name in other letters.
		a.execs("ALTER TABLE " + a.q(live) + " RENAME TO " + a.q(oldName(live)))
		live = oldName(live)
	}
	if live != usersTable {
		a.execs("ALTER TABLE " + a.q(live) + " RENAME TO " + a.q(usersTable))
	}
	target := a.targets[usersTable]
	if err := a.create(ctx, target); err != nil {
		return err
	}
	a.copyUsers(usersTable)
	if err := a.keepCounter(ctx); err != nil {
		return err
	}
	a.plans(step{sql: "-- convert the times of the users", do: a.rewriteTimes})
	a.lowerEmails(newName(usersTable))
	a.execs("DROP TABLE "+a.q(usersTable), "ALTER TABLE "+a.q(newName(usersTable))+" RENAME TO "+a.q(usersTable))
	return a.finish(ctx, target)
}

// copyUsers plans the copy of users from a table with the layout's columns.
func (a *adopter) copyUsers(from string) {
	var columns, values []string
	for _, c := range a.targets[usersTable].Columns {
		live, there := a.users.Column(c.Name)
		value, known := a.valueOfUser(c.Name)
		switch {
		case there && isGenerated(live), !known && !there:
			continue
		case !known:
			value = a.q(c.Name)
		}
		columns, values = append(columns, c.Name), append(values, value)
	}
	a.execs("INSERT INTO " + a.q(newName(usersTable)) + " (" + a.qs(columns) + ") SELECT " + strings.Join(values, ", ") + " FROM " + a.q(from))
}

// valueOfUser returns the SQL for the value of one of authent's columns. known is false
// for the application's own columns.
func (a *adopter) valueOfUser(name string) (value string, known bool) {
	if !slices.Contains(nativeColumns[usersTable], name) {
		return "", false
	}
	there, isTime := a.layout.has(usersTable, name), slices.ContainsFunc(authJS[usersTable], func(c authColumn) bool { return c.name == name && c.isTime() })
	value = "NULL"
	if there {
		value = a.col(usersTable, name)
	}
	if live, ok := a.users.Column(name); ok && isTime && recognize.KindOf(live) == recognize.Int {
		value = "TIMESTAMPADD(MICROSECOND, " + value + " * 1000, '1970-01-01 00:00:00')"
	}
	switch {
	case name == "role":
		return "COALESCE(" + value + ", 'user')", true
	case !isTime:
		return value, true
	case a.Dialect == dialect.SQLite && (name == "created_at" || name == "updated_at"):
		return "''", true // rewriteTimes writes it, and the others.
	case a.Dialect == dialect.SQLite:
		return "NULL", true
	case name == "created_at" || name == "updated_at":
		return "COALESCE(" + value + ", UTC_TIMESTAMP(3))", true
	}
	return value, true
}

func isGenerated(c *schema.Column) bool {
	for _, attr := range c.Attrs {
		if _, ok := attr.(*schema.GeneratedExpr); ok {
			return true
		}
	}
	return false
}

// rewriteTimes writes the users' times the way the driver writes them for ent. Prisma's
// and Drizzle's own numbers and texts would compare differently.
func (a *adopter) rewriteTimes(ctx context.Context) error {
	update, err := a.PrepareContext(ctx, "UPDATE "+a.q(newName(usersTable))+" SET email_verified = ?, disabled_at = ?, created_at = ?, updated_at = ? WHERE id = ?")
	if err != nil {
		return err
	}
	defer update.Close()
	id := a.col(usersTable, "id")
	columns := []string{id, "NULL", "NULL", "NULL", "NULL"}
	for i, name := range []string{"email_verified", "disabled_at", "created_at", "updated_at"} {
		if a.layout.has(usersTable, name) {
			columns[i+1] = a.timeOf(a.layout.columns[usersTable][name])
		}
	}
	p := pages{adopter: a, table: usersTable, keys: []string{id}, columns: columns, limit: pageSize}
	return p.each(ctx, func(rows [][]any) error {
		for _, row := range rows {
			var at [4]time.Time
			for i := range at {
				if at[i], err = asTime(row[i+1]); err != nil {
					return fmt.Errorf("user %v: %w", row[0], err)
				}
			}
			for i := 2; i < 4; i++ {
				if at[i].IsZero() {
					at[i] = a.now
				}
			}
			if _, err := update.ExecContext(ctx, orNil(at[0]), orNil(at[1]), at[2], at[3], row[0]); err != nil {
				return err
			}
		}
		return nil
	})
}

// lowerEmails plans the addresses that are rewritten.
func (a *adopter) lowerEmails(table string) {
	if len(a.lower) == 0 {
		return
	}
	query := fmt.Sprintf("UPDATE %s SET email = %s%s WHERE id = %s", a.q(table), a.mark(1), a.keepStamps(), a.mark(2))
	a.plans(step{sql: "-- write " + amountOf(len(a.lower), "e-mail address") + " in lower case", do: func(ctx context.Context) error {
		for id, email := range a.lower {
			if _, err := a.ExecContext(ctx, query, email, id); err != nil {
				return err
			}
		}
		return nil
	}})
}

// keepStamps returns assignments that keep MySQL from writing the present time into columns
// of the application's own.
func (a *adopter) keepStamps() (set string) {
	for _, c := range a.targets[usersTable].Columns {
		for _, attr := range c.Attrs {
			if _, ok := attr.(*mysql.OnUpdate); ok {
				set += ", " + a.q(c.Name) + " = " + a.q(c.Name)
			}
		}
	}
	return set
}
