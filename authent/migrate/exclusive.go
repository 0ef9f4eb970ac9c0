package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// Session is one connection of a database, held while no other migration runs there.
// It has what a program needs that changes a schema otherwise than by the files of
// Config.Dir, and wants to be told of and recorded as these are. It ends with the
// function that Exclusive has called. It is not safe for concurrent use.
type Session struct {
	// Conn is the connection. Do not close it.
	*sql.Conn
	// Config is that of the Migrator, with its defaults filled in. Keep to DryRun.
	Config
	// Driver inspects the database and plans its changes, in Atlas's terms.
	Driver atlas.Driver
	// Newest is the version of the last file of Config.Dir.
	Newest string

	held *session
	last atlas.File
}

// Exclusive runs fn while no other migration of the database runs, neither of this
// package nor of Atlas's command line. It waits for one that does, and fails with
// ErrLocked or ErrPooled, as Apply. On SQLite it waits for nobody: there InTx keeps
// others out.
//
// Config.Dir must have a migration, and be as its atlas.sum says, so that Record can
// write afterwards where the database is. An error of fn is returned with the advice
// that Apply would give.
func (m *Migrator) Exclusive(ctx context.Context, fn func(*Session) error) error {
	last, err := newest(m.config.Dir)
	if err != nil {
		return err
	}
	return advised(m.locked(ctx, func(s *session) error {
		return fn(&Session{Conn: s.Conn, Config: m.config, Driver: s.driver, Newest: last.Version(), held: s, last: last})
	}))
}

// newest returns the last file of a folder.
func newest(dir Dir) (atlas.File, error) {
	if dir == nil {
		return nil, errors.New("migrate: the Dir is nil: the database is to be at a version of it afterwards")
	}
	if err := Validate(dir); err != nil {
		return nil, err
	}
	files, err := dir.Files()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("migrate: the folder has no migration: write the one that makes the graph's tables (go tool migrate diff initial)")
	}
	return files[len(files)-1], nil
}

// InTx runs fn in a transaction, which is committed unless fn fails. MySQL and
// MariaDB commit each statement that changes the schema all the same. On SQLite the
// transaction keeps other writers out from its beginning, and foreign keys are
// checked before it ends, not while fn runs: a table changes there only by making
// another in its place.
func (s *Session) InTx(ctx context.Context, fn func() error) error {
	return s.held.withoutForeignKeys(ctx, func() error { return s.held.inTx(ctx, fn) })
}

// Statement returns a statement with the lock that it takes.
func (s *Session) Statement(sql string) Statement { return s.held.statement(sql) }

// Execute executes a statement, and tells Config.Log when it starts, while it takes
// long, and when it ends. If do is not nil it is called instead, and the statement is
// a comment, beginning with "--", that says what do does. Errors name the statement.
func (s *Session) Execute(ctx context.Context, stmt Statement, do func(context.Context) error) error {
	return s.held.executeAlone(ctx, stmt, do)
}

// TookEffect reports whether a statement that changes the schema has done so. It asks
// the schema, not the history, so that a program that was killed can go on where it
// was. It is false too where the schema cannot tell, as on PostgreSQL and SQLite,
// which keep a transaction as a whole or not at all.
func (s *Session) TookEffect(ctx context.Context, sql string) (bool, error) {
	became, err := s.held.effectOf(ctx, sql)
	if err != nil {
		return false, fmt.Errorf("migrate: find out about %s: %w", oneLine(sql), err)
	}
	return became == present, nil
}

// Desired returns the schema that a graph's tables want of the database. It is made
// anew each time, and the caller may change it.
func (s *Session) Desired(ctx context.Context, tables []*entschema.Table) (*schema.Schema, error) {
	return s.held.desired(ctx, tables)
}

// Compare returns how the database differs from want, as Drift does, and nil where it
// does not. Differences for which ignore reports true are left out: it is asked about
// each table that is missing or is not in want, and about each change within another.
// If ignore is nil, none are. Compare changes want.
func (s *Session) Compare(ctx context.Context, want *schema.Schema, ignore func(table string, c schema.Change) bool) ([]Difference, error) {
	return s.held.compare(ctx, want, nil, ignore)
}

// CompareTable returns how a table that Driver has inspected differs from want, and nil
// where it does not. It leaves foreign keys out: the tables that they refer to may still
// have other names. Tables that cannot be compared are one difference.
func (s *Session) CompareTable(live, want *schema.Table) []Difference {
	to := *want
	to.Schema = live.Schema
	changes, err := s.Driver.TableDiff(live, &to)
	if err != nil {
		return []Difference{{Table: want.Name, Text: "cannot be compared: " + err.Error()}}
	}
	return describe(s.held.config.Dialect, &schema.ModifyTable{T: want, Changes: slices.DeleteFunc(changes, isForeignKey)})
}

// isForeignKey reports whether a change is one of a foreign key.
func isForeignKey(c schema.Change) bool {
	switch c.(type) {
	case *schema.AddForeignKey, *schema.DropForeignKey, *schema.ModifyForeignKey:
		return true
	}
	return false
}

// Recorded returns the last version in the history of migrations, "" if there is none.
func (s *Session) Recorded(ctx context.Context) (version string, err error) {
	all, err := (revisions{s.held}).ReadRevisions(ctx)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[len(all)-1].Version, nil
}

// Record writes into the history that the database is at Newest, as Baseline does.
func (s *Session) Record(ctx context.Context) error {
	r := revisions{s.held}
	if err := r.create(ctx); err != nil {
		return err
	}
	return r.WriteRevision(ctx, &atlas.Revision{Version: s.last.Version(), Description: s.last.Desc(), Type: atlas.RevisionTypeBaseline})
}

// Quote returns a name in the dialect's quotes.
func (s *Session) Quote(name string) string { return revisions{s.held}.quote(name) }

// TypeName returns a type as the dialect writes it.
func (s *Session) TypeName(t schema.Type) string { return formatType(s.held.config.Dialect, t) }
