package adopt

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// usersAnew plans users on SQLite, which can change the type of a column only with a
// new table. References follow the old table to its new name, and then refer to the new
// table, which takes that name.
func (a *adopter) usersAnew(ctx context.Context) error {
	if live := a.layout.tables[usersTable]; live != usersTable {
		a.execs("ALTER TABLE " + a.q(live) + " RENAME TO " + a.q(usersTable))
	}
	if err := a.create(ctx, a.target); err != nil {
		return err
	}
	a.copyUsers(usersTable)
	a.plans(step{sql: "-- convert the times of the users", do: a.rewriteTimes})
	a.lowerEmails(newName(usersTable))
	a.execs("DROP TABLE "+a.q(usersTable), "ALTER TABLE "+a.q(newName(usersTable))+" RENAME TO "+a.q(usersTable))
	return a.finish(ctx, a.target)
}

// copyUsers plans the copy of users from a table with the layout's columns.
func (a *adopter) copyUsers(from string) {
	var columns, values []string
	for _, c := range a.target.Columns {
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
	_, there := a.users.Column(name)
	live := a.q(a.layout.column(name))
	switch name {
	case "disabled_at":
		return "NULL", true
	case "role":
		if !there {
			return "'user'", true
		}
		return "COALESCE(" + live + ", 'user')", true
	case "password":
		if !there {
			return "NULL", true
		}
	case "created_at", "updated_at":
		switch {
		case a.Dialect == dialect.SQLite:
			return "''", true // rewriteTimes writes it.
		case !there:
			return "UTC_TIMESTAMP(3)", true
		}
		return "COALESCE(" + live + ", UTC_TIMESTAMP(3))", true
	case "email_verified":
		if a.Dialect == dialect.SQLite {
			return "NULL", true
		}
	case "id", "name", "email", "image":
	default:
		return "", false
	}
	return live, true
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
	update, err := a.PrepareContext(ctx, "UPDATE "+a.q(newName(usersTable))+" SET email_verified = ?, created_at = ?, updated_at = ? WHERE id = ?")
	if err != nil {
		return err
	}
	defer update.Close()
	columns := []string{"NULL", "NULL", "NULL"}
	for i, name := range []string{"email_verified", "created_at", "updated_at"} {
		if _, ok := a.users.Column(name); ok {
			columns[i] = a.timeOf(a.layout.column(name))
		}
	}
	p := pages{adopter: a, table: usersTable, keys: []string{"id"}, columns: append([]string{"id"}, columns...)}
	return p.each(ctx, func(rows [][]any) error {
		for _, row := range rows {
			var at [3]time.Time
			for i := range at {
				if at[i], err = asTime(row[i+1]); err != nil {
					return fmt.Errorf("user %v: %w", row[0], err)
				}
			}
			for i := 1; i < 3; i++ {
				if at[i].IsZero() {
					at[i] = a.now
				}
			}
			if _, err := update.ExecContext(ctx, orNil(at[0]), at[1], at[2], row[0]); err != nil {
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
	query := fmt.Sprintf("UPDATE %s SET email = %s WHERE id = %s", a.q(table), a.mark(1), a.mark(2))
	a.plans(step{sql: "-- write " + amountOf(len(a.lower), "e-mail address") + " in lower case", do: func(ctx context.Context) error {
		for id, email := range a.lower {
			if _, err := a.ExecContext(ctx, query, email, id); err != nil {
				return err
			}
		}
		return nil
	}})
}
