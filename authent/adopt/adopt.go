package adopt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/migrate"
)

// Config says what AuthJS must know of the application.
type Config struct {
	// Tokens seals the providers' tokens, under the secrets that the application
	// will have. If nil, a database whose accounts hold tokens is refused.
	Tokens *authent.TokenSealer
	// SessionTokens says how the Node application stored session tokens. If zero,
	// they are looked at.
	SessionTokens SessionTokens

	// step is told of each step; tests stop there.
	step func(name string)
}

// Report is what AuthJS did, or would do.
type Report struct {
	// Layout is whose tables they were: Prisma, Drizzle, DrizzleDefault or
	// DrizzleSQLite, as in package mixin.
	Layout string
	// Version is what the database is at afterwards: the newest of the folder.
	Version string
	// Users, Accounts and Sessions are how many there are, and Expired how many
	// of the sessions have ended.
	Users, Accounts, Sessions, Expired int
	// SignedOut is how many live sessions nobody can go on with, since authent
	// takes their tokens from no cookie. Notes says why.
	SignedOut int
	// Statements are what is executed. One that begins with "--" tells of rows
	// that are converted here.
	Statements []migrate.Statement
	// Notes are what somebody should know, a line each.
	Notes []string
	// Resumed tells that an earlier run had been killed after the tables were
	// exchanged, and this one did the rest. The numbers are then those found.
	Resumed bool
}

// ErrRefused tells that a database cannot be adopted as it is. Its message
// lists every reason, and what to do about each.
var ErrRefused = errors.New("the database cannot be adopted as it is, and nothing was changed")

// AuthJS turns the tables of an application on Auth.js, in the Prisma or Drizzle
// layout, into authent's own, in place and one way. tables are those of the
// graph, as for Drift. Users keep their ids and passwords; sessions stay valid
// for the cookies that browsers have; providers' tokens are sealed; links that
// were sent by mail stop working. Columns of the users that are the application's
// own stay, and other tables that refer to users go on doing so. At the end the
// database is compared with the graph and is at the newest version of the Dir of m.
//
// The application on Node must be stopped. Where m has DryRun, AuthJS only looks.
// A database that it cannot adopt is ErrRefused.
//
// PostgreSQL and SQLite take all of it in one transaction. MySQL and MariaDB
// commit each statement that changes the schema: there the new tables are filled
// beside the old ones, compared, and exchanged by one RENAME TABLE. Whatever
// stops AuthJS before that leaves the old tables as they were; after it, the next
// call goes on.
func AuthJS(ctx context.Context, m *migrate.Migrator, tables []*entschema.Table, c Config) (*Report, error) {
	out := &Report{}
	err := m.Exclusive(ctx, func(s *migrate.Session) error {
		a := &adopter{Session: s, Config: c, Report: out, now: time.Now().UTC().Truncate(time.Millisecond)}
		a.Version = s.Newest
		if err := a.wish(ctx, tables); err != nil {
			return err
		}
		switch {
		case a.Dialect == dialect.MySQL:
			return a.onMySQL(ctx)
		case a.Dialect == dialect.SQLite && a.DryRun:
			return a.inOneTx(ctx) // A transaction would keep others from writing.
		}
		return a.InTx(ctx, func() error { return a.inOneTx(ctx) })
	})
	return out, err
}

// adopter is an adoption on its way.
type adopter struct {
	*migrate.Session
	Config
	*Report
	now time.Time

	// desired is what the graph wants, and final the same to compare with.
	desired, final *schema.Schema
	layout         layout
	live           *schema.Schema
	// users is the live table of users with the native names, and target what
	// becomes of it: the graph's, with what is the application's own.
	users, target *schema.Table
	// beside are the empty native tables that are dropped.
	beside []string
	// lower are the addresses that are written anew, by user.
	lower map[string]string
	steps []step
	// after are the statements that follow the exchange of tables on MySQL, and
	// sums what the old tables were before.
	after []string
	sums  string
	// before is what was counted, and rights who might do what with which table.
	before tally
	rights map[string][]string
}

// step is one of an adoption.
type step struct {
	// sql is what is executed, or tells of what do does.
	sql string
	do  func(ctx context.Context) error
}

// wish reads what the graph wants. ent makes one anew each time, and what is
// compared is changed by it.
func (a *adopter) wish(ctx context.Context, tables []*entschema.Table) (err error) {
	if a.desired, err = a.Desired(ctx, tables); err != nil {
		return err
	}
	for _, name := range nativeTables {
		if _, ok := a.desired.Table(name); !ok {
			return fmt.Errorf("adopt: the graph has no table %s: take the Layout out of the mixins of all four entities, and generate it anew", name)
		}
	}
	a.final, err = a.Desired(ctx, tables)
	return err
}

// inOneTx adopts where the schema can be rolled back.
func (a *adopter) inOneTx(ctx context.Context) error {
	if a.Dialect == dialect.Postgres {
		// What a policy hides is an error then, and not a row less.
		if _, err := a.ExecContext(ctx, "SET LOCAL row_security = off"); err != nil {
			return fmt.Errorf("adopt: %w", err)
		}
	}
	if err := a.look(ctx); err != nil {
		return err
	}
	if err := a.plan(ctx); err != nil || a.DryRun {
		return err
	}
	if err := a.takeAll(ctx); err != nil {
		return err
	}
	if err := a.compareRows(ctx, nativeNames); err != nil {
		return err
	}
	if err := a.compareSchema(ctx); err != nil {
		return err
	}
	if err := a.compareRights(ctx); err != nil {
		return err
	}
	a.reached("compared")
	if err := a.Record(ctx); err != nil {
		return err
	}
	a.reached("recorded")
	return nil
}

// takeAll takes the steps.
func (a *adopter) takeAll(ctx context.Context) error {
	for i, st := range a.steps {
		a.reached(fmt.Sprintf("before step %d", i+1))
		if err := a.take(ctx, st); err != nil {
			return err
		}
		a.reached(fmt.Sprintf("after step %d", i+1))
	}
	return nil
}

// take takes one step.
func (a *adopter) take(ctx context.Context, st step) error {
	if err := a.Execute(ctx, a.Statement(st.sql), st.do); err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	return nil
}

// reached tells Config.step that a step was reached.
func (a *adopter) reached(step string) {
	if a.step != nil {
		a.step(step)
	}
}

// plans adds steps.
func (a *adopter) plans(steps ...step) {
	for _, st := range steps {
		a.steps = append(a.steps, st)
		a.Statements = append(a.Statements, a.Statement(st.sql))
	}
}

// execs adds statements as steps.
func (a *adopter) execs(statements ...string) {
	for _, sql := range statements {
		a.plans(step{sql: sql})
	}
}

// note adds a line for people.
func (a *adopter) note(format string, args ...any) {
	a.Notes = append(a.Notes, fmt.Sprintf(format, args...))
}

// q is a name as the dialect quotes it.
func (a *adopter) q(name string) string { return a.Quote(name) }

// qs are names, quoted, as a list.
func (a *adopter) qs(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = a.q(name)
	}
	return strings.Join(all, ", ")
}

// mark is the n-th parameter of a statement, from 1.
func (a *adopter) mark(n int) string {
	if a.Dialect == dialect.Postgres {
		return fmt.Sprintf("$%d", n)
	}
	return "?"
}
