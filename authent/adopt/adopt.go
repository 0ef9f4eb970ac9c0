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
	"github.com/authent/authent/internal/recognize"
)

// Config tells AuthJS about the application.
type Config struct {
	// Tokens seals the providers' tokens under the secrets that the new application
	// will use. If nil, a database whose accounts hold tokens is refused.
	Tokens *authent.TokenSealer
	// SessionTokens says how the Node application stored session tokens. If zero,
	// AuthJS looks at them.
	SessionTokens SessionTokens
	// Tables says which table is that of User, Account, Session or VerificationToken, such
	// as "User": "people". If one is absent, AuthJS finds it by its columns, and by which
	// table refers to which; it refuses a database in which two tables could be the one.
	// The command has the flag --table for it.
	Tables map[string]string
	// Columns says which column is that of a field, such as "Session.session_token":
	// "cookie". If one is absent, AuthJS finds it by its name. "" stands for none. The
	// command has the flag --column for it.
	Columns map[string]string

	// step is called at each step, so that tests can stop there.
	step func(name string)
}

// Report says what AuthJS did, or would do.
type Report struct {
	// Layout names the layout of package mixin that the tables have, such as PrismaV5; ""
	// if they have none of these.
	Layout string
	// Found says which table was taken for which entity, and which columns have other
	// names than authent's, one line for each entity. It is empty if Resumed is set.
	Found []string
	// Version is the version that the database is at afterwards: the newest in the
	// folder.
	Version string
	// Users, Accounts and Sessions count what was found. Expired counts the sessions
	// that have ended.
	Users, Accounts, Sessions, Expired int
	// SignedOut counts the live sessions that nobody can continue unless AuthJS.TokenFormat
	// of the new application says so, because authent does not accept such tokens in a
	// cookie by itself. Notes says why.
	SignedOut int
	// Statements lists what is executed. A statement that begins with "--" describes
	// rows that this package converts itself.
	Statements []migrate.Statement
	// Notes lists what the operator should know, one line each.
	Notes []string
	// Resumed reports that an earlier run was killed after it had exchanged the tables,
	// and that this run did the rest. The counts are then those found.
	Resumed bool
}

// ErrRefused is returned when a database cannot be adopted as it is. Its message lists
// every reason, with what to do about each.
var ErrRefused = errors.New("the database cannot be adopted as it is, and nothing was changed")

// AuthJS turns the tables of an application on Auth.js, version 4 or 5, into authent's
// own, in place, whatever they and their columns are called. There is no way back. The
// tables are those of the graph, as for Drift. Users keep their ids and passwords; the ids
// of the graph must be of the same kind, text, integers or uuid. Sessions stay valid for
// the cookies that browsers hold. Providers' tokens are sealed. Sign-in links already sent
// by mail stop working. Columns that the application added to users, accounts and sessions
// stay, and other tables that refer to users keep doing so. At the end the database is
// compared with the graph, and is recorded as being at the newest version of the migrator's
// Dir.
//
// Keys and foreign keys that the old tables lack do no harm, as long as the rows are as the
// new tables want them. Rows that are not are refused, with a query that finds them. Checks
// of accounts and sessions are refused too; unique keys over authent's own columns that the
// graph does not have are left out, which Report.Notes tells.
//
// The Node application must be stopped. If the migrator has DryRun, AuthJS only looks.
// A database that it cannot adopt is ErrRefused.
//
// PostgreSQL and SQLite do all of this in one transaction. MySQL and MariaDB commit
// each statement that changes the schema. There the new tables are filled beside the
// old ones, compared, and exchanged by one RENAME TABLE. If AuthJS stops before that,
// the old tables are as they were. If it stops later, the next call finishes the work.
func AuthJS(ctx context.Context, m *migrate.Migrator, tables []*entschema.Table, c Config) (*Report, error) {
	out := &Report{}
	if err := (recognize.Hints{Tables: c.Tables, Columns: c.Columns}).Check(); err != nil {
		return out, fmt.Errorf("adopt: %w", err)
	}
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

// adopter is one adoption in progress.
type adopter struct {
	*migrate.Session
	Config
	*Report
	now time.Time

	// desired is the schema that the graph wants; final is a second copy, to compare
	// with.
	desired, final *schema.Schema
	layout         layout
	live           *schema.Schema
	// users is the live table of users with the native names.
	users *schema.Table
	// targets holds what the tables become: the graph's plus what the application added.
	targets map[string]*schema.Table
	// extra holds the columns of accounts and sessions that the application added.
	extra map[string][]*schema.Column
	// beside lists empty native tables that are dropped.
	beside []string
	// lower holds the addresses that are rewritten in lower case, by user.
	lower map[string]string
	steps []step
	// after lists the statements that follow the exchange of tables on MySQL. sums is
	// the checksum of the old tables before it.
	after []string
	sums  string
	// before holds the counts from before, and rights who could do what with each
	// table.
	before tally
	rights map[string][]string
}

// step is one step of an adoption.
type step struct {
	// sql is the statement to execute. If do is set, it is a comment that says what do
	// does.
	sql string
	do  func(ctx context.Context) error
}

// wish reads what the graph wants. It does so twice, because comparing changes the
// schema that is compared.
func (a *adopter) wish(ctx context.Context, tables []*entschema.Table) (err error) {
	if a.desired, err = a.Desired(ctx, tables); err != nil {
		return err
	}
	for _, name := range nativeTables {
		if _, ok := a.desired.Table(name); !ok {
			return fmt.Errorf("adopt: the graph has no table %s: take the Layout out of the mixins of all four entities, and generate it again", name)
		}
	}
	a.final, err = a.Desired(ctx, tables)
	return err
}

// inOneTx adopts a database where changes of the schema can be rolled back.
func (a *adopter) inOneTx(ctx context.Context) error {
	if a.Dialect == dialect.Postgres {
		// Rows that a policy hides become an error, instead of being missed.
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

// take takes one step, and reports it to the log.
func (a *adopter) take(ctx context.Context, st step) error {
	if err := a.Execute(ctx, a.Statement(st.sql), st.do); err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	return nil
}

// reached calls Config.step, if there is one.
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

// note adds a line for the operator.
func (a *adopter) note(format string, args ...any) {
	a.Notes = append(a.Notes, fmt.Sprintf(format, args...))
}

// q quotes a name.
func (a *adopter) q(name string) string { return a.Quote(name) }

// qs quotes names and joins them with commas.
func (a *adopter) qs(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = a.q(name)
	}
	return strings.Join(all, ", ")
}

// mark returns the placeholder of a statement's n-th parameter, counted from 1.
func (a *adopter) mark(n int) string {
	if a.Dialect == dialect.Postgres {
		return fmt.Sprintf("$%d", n)
	}
	return "?"
}
