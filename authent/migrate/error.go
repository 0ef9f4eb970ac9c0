package migrate

import (
	"errors"
	"fmt"
	"strings"
)

// Errors that an application may want to tell apart with errors.Is.
var (
	// ErrLocked tells that somebody else migrated the database for longer than
	// Config.LockTimeout.
	ErrLocked = errors.New("another migration is running on this database")
	// ErrNotClean tells that the database has tables, but no history.
	ErrNotClean = errors.New("the database has tables that no migration made")
	// ErrNewer tells that the database was migrated by a newer program, further
	// than the files here reach.
	ErrNewer = errors.New("the database is newer than the migrations")
	// ErrHistory tells that an applied file was edited, removed or added out of
	// order.
	ErrHistory = errors.New("the migrations are not those that were applied")
	// ErrPooled tells that a pooler in transaction mode, such as PgBouncer, stands
	// before the database. It gives each transaction whatever session is free, and a
	// lock belongs to a session.
	ErrPooled = errors.New("a connection pooler stands before the database, and no lock holds there")
	// ErrDestructive tells that Push would destroy data.
	ErrDestructive = errors.New("the plan destroys data")
)

// StatementError tells which statement failed, and what became of its file.
type StatementError struct {
	Statement Statement
	// Applied is how many statements of the file took effect and stay.
	Applied, Total int
	Err            error
}

// Error implements error.
func (e *StatementError) Error() string {
	state := "the database is as before the file"
	if e.Applied > 0 {
		state = fmt.Sprintf("%d of its %d statements have taken effect; apply goes on after them, once the cause is gone, or once the file is mended from there on and hashed (go tool migrate hash)", e.Applied, e.Total)
	}
	return fmt.Sprintf("migrate: %s, line %d: %v\n  in: %s\n  %s", e.Statement.File, e.Statement.Line, e.Err, oneLine(e.Statement.SQL), state)
}

// Unwrap gives the database's error.
func (e *StatementError) Unwrap() error { return e.Err }

// InterruptedError tells of a statement that may or may not have taken effect:
// the run that executed it was killed, and the database cannot tell.
type InterruptedError struct{ Statement Statement }

// Error implements error.
func (e *InterruptedError) Error() string {
	return fmt.Sprintf("migrate: %s, line %d: an earlier run was killed while this statement ran, and whether it took effect cannot be seen:\n  %s\n"+
		"  look at the database; if it took effect, run go tool migrate apply --interrupted=done, else go tool migrate apply --interrupted=again",
		e.Statement.File, e.Statement.Line, oneLine(e.Statement.SQL))
}

// oneLine shortens a statement for a message.
func oneLine(sql string) string {
	s := []rune(strings.Join(strings.Fields(sql), " "))
	const most = 200
	if len(s) > most {
		return string(s[:most]) + " …"
	}
	return string(s)
}

func errHasHistory(current string) error {
	return fmt.Errorf("migrate: the database has a history already, up to %s: a baseline is for one without", current)
}
