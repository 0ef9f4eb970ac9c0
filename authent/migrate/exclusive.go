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

// Session is one connection to a database, held while no other migration runs there. It
// is for programs that change a schema without the files of Config.Dir, and whose
// statements should be logged and recorded like theirs. It may be used until the
// function that was called with it returns, and by one goroutine at a time.
type Session struct {
	// Conn is the connection. Do not close it.
	*sql.Conn
	// Config is the Migrator's, with its defaults filled in. Respect its DryRun.
	Config
	// Driver inspects the database and plans changes, in Atlas's terms.
	Driver atlas.Driver
	// Newest is the version of the last file in Config.Dir.
	Newest string

	held *session
	last atlas.File
}

// Exclusive calls fn while no other migration of the database runs, neither of this
// package nor of Atlas's command line. If one runs, Exclusive waits for it. Like Apply,
// it may fail with ErrLocked or ErrPooled. On SQLite it does not wait, and only InTx
// keeps others out.
//
// Config.Dir must hold a migration and match its atlas.sum, so that Record can write
// afterwards which version the database is at. Exclusive returns the error of fn, with
// the advice that Apply would add.
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
		return nil, errors.New("migrate: the Dir is nil: open the folder whose newest version the database will be at")
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

// InTx calls fn in a transaction, and commits it unless fn fails. MySQL and MariaDB
// commit each statement that changes the schema all the same. On SQLite the transaction
// keeps other writers out from its start. Foreign keys are not enforced there while fn
// runs, because a table can often be changed only by replacing it; they are checked
// before the commit.
func (s *Session) InTx(ctx context.Context, fn func() error) error {
	return s.held.withoutForeignKeys(ctx, func() error { return s.held.inTx(ctx, fn) })
}

// Statement returns a statement that is in no file, with the lock that it takes.
func (s *Session) Statement(sql string) Statement { return s.held.statement(sql) }

// Execute executes a statement. It reports to Config.Log when the statement starts,
// while it takes long, and when it ends. If do is not nil, Execute calls do instead;
// the statement is then a comment, starting with "--", that says what do does. Errors
// quote the statement.
func (s *Session) Execute(ctx context.Context, stmt Statement, do func(context.Context) error) error {
	return s.held.executeAlone(ctx, stmt, do)
}

// TookEffect reports whether a statement that changes the schema has already done so.
// It looks at the schema, not at the history, so that a program can resume after it was
// killed. It returns false if the schema cannot tell, as is often so on PostgreSQL and
// SQLite, where a transaction is kept as a whole or not at all.
func (s *Session) TookEffect(ctx context.Context, sql string) (bool, error) {
	became, err := s.held.effectOf(ctx, sql)
	if err != nil {
		return false, fmt.Errorf("migrate: find out about %s: %w", oneLine(sql), err)
	}
	return became == present, nil
}

// Desired returns the schema that a graph's tables ask for. Each call returns a new
// one, which the caller may change. On SQLite it fails within InTx, because ent wants
// foreign keys to be enforced.
func (s *Session) Desired(ctx context.Context, tables []*entschema.Table) (*schema.Schema, error) {
	return s.held.desired(ctx, tables)
}

// Compare returns how the database differs from want, as Drift does. It calls ignore
// for each table that is missing or is not in want, and for each change within a table,
// and leaves out those for which ignore returns true. If ignore is nil, nothing is left
// out. Compare changes want.
func (s *Session) Compare(ctx context.Context, want *schema.Schema, ignore func(table string, c schema.Change) bool) ([]Difference, error) {
	return s.held.compare(ctx, want, nil, ignore)
}

// CompareTable returns how a table that Driver has inspected differs from want. It does
// not compare foreign keys, because the tables that they refer to may still have other
// names. If the tables cannot be compared, it returns that as the only difference.
func (s *Session) CompareTable(live, want *schema.Table) []Difference {
	to := *want
	to.Schema = live.Schema
	changes, err := s.Driver.TableDiff(live, &to)
	if err != nil {
		return []Difference{{Table: want.Name, Text: "cannot be compared: " + err.Error()}}
	}
	return describe(s.held.config.Dialect, &schema.ModifyTable{T: want, Changes: slices.DeleteFunc(changes, isForeignKey)})
}

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

// Record records in the history that the database is at Newest, as Baseline does.
func (s *Session) Record(ctx context.Context) error {
	r := revisions{s.held}
	if err := r.create(ctx); err != nil {
		return err
	}
	return r.WriteRevision(ctx, &atlas.Revision{Version: s.last.Version(), Description: s.last.Desc(), Type: atlas.RevisionTypeBaseline})
}

// Quote quotes a name as the dialect does.
func (s *Session) Quote(name string) string { return revisions{s.held}.quote(name) }

// TypeName returns a type as the dialect writes it.
func (s *Session) TypeName(t schema.Type) string { return formatType(s.held.config.Dialect, t) }
