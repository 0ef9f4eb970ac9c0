package adopt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ariga.io/atlas/sql/schema"
)

// tally counts rows. Some of the sessions have expired.
type tally struct{ users, accounts, sessions, expired int }

// nativeNames holds the tables' names after the adoption.
var nativeNames = map[string]string{usersTable: usersTable, accountsTable: accountsTable, sessionsTable: sessionsTable, tokensTable: tokensTable}

// tally counts the rows of tables. It takes their names by the native ones, and the
// names of the token and expiry columns of sessions. Sessions that are not copied do
// not count.
func (a *adopter) tally(ctx context.Context, tables map[string]string, token, expires string) (t tally, err error) {
	if t.users, err = a.number(ctx, "SELECT COUNT(*) FROM "+a.q(tables[usersTable])); err != nil {
		return t, err
	}
	if t.accounts, err = a.number(ctx, "SELECT COUNT(*) FROM "+a.q(tables[accountsTable])); err != nil {
		return t, err
	}
	err = a.times(ctx, "SELECT "+a.q(token)+", "+a.timeOf(expires)+" FROM "+a.q(tables[sessionsTable]), func(token string, at time.Time, _ error) {
		if !a.carries(token) {
			return
		}
		t.sessions++
		if !a.now.Before(at) {
			t.expired++
		}
	})
	return t, err
}

// compareRows compares the counts with those from before.
func (a *adopter) compareRows(ctx context.Context, tables map[string]string) error {
	after, err := a.tally(ctx, tables, "session_token", "expires")
	if err != nil {
		return fmt.Errorf("adopt: count the rows: %w", err)
	}
	if after != a.before {
		return fmt.Errorf("adopt: there were %v, and there would be %v: nothing was exchanged; make sure that the Node application is stopped, and run adopt again", a.before, after)
	}
	return nil
}

// String returns the counts in words.
func (t tally) String() string {
	return fmt.Sprintf("%d users, %d accounts and %d sessions (%d of them expired)", t.users, t.accounts, t.sessions, t.expired)
}

// compareSchema compares the database with the graph. Whatever the application has
// beyond the graph may stay.
func (a *adopter) compareSchema(ctx context.Context) error {
	all, err := a.Compare(ctx, a.final, isOwn)
	if err != nil || len(all) == 0 {
		return err
	}
	var lines []string
	for _, d := range all {
		lines = append(lines, "  "+d.String())
	}
	return errors.New("adopt: the result differs from the schema:\n" + strings.Join(lines, "\n") + "\n  change these in the database first, or leave them out of ent/schema until it is adopted")
}

// isOwn reports whether a difference is something that the application has beyond the
// graph: a table, or a part of users, accounts or sessions.
func isOwn(table string, c schema.Change) bool {
	switch c.(type) {
	case *schema.DropTable:
		return true
	case *schema.DropColumn, *schema.DropIndex, *schema.DropForeignKey, *schema.DropCheck:
		return table != tokensTable && slices.Contains(nativeTables, table)
	}
	return false
}
