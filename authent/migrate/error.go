package migrate

import (
	"errors"
	"fmt"
	"strings"
)

// Errors that an application may want to recognise with errors.Is.
var (
	// ErrLocked is returned when another migration of the database runs for longer than
	// Config.LockTimeout.
	ErrLocked = errors.New("another migration is running on this database")
	// ErrNotClean is returned when the database has tables but no history.
	ErrNotClean = errors.New("the database has tables that no migration made")
	// ErrNewer is returned when a newer program has migrated the database, further than
	// the files here reach.
	ErrNewer = errors.New("the database is newer than the migrations")
	// ErrHistory is returned when an applied file was edited, removed or added out of
	// order.
	ErrHistory = errors.New("the migrations are not those that were applied")
	// ErrPooled is returned when a pooler in transaction mode, such as PgBouncer,
	// stands in front of the database. It may give each transaction another session,
	// and a lock belongs to a session.
	ErrPooled = errors.New("a connection pooler stands in front of the database, and no lock holds there")
	// ErrDestructive is returned when Push would destroy data.
	ErrDestructive = errors.New("the plan destroys data")
)

// StatementError says which statement failed, and what became of its file.
type StatementError struct {
	Statement Statement
	// Applied is how many statements of the file took effect and remain.
	Applied, Total int
	Err            error
}

// Error names the file and line, and says what became of the file.
func (e *StatementError) Error() string {
	state := "the database is as it was before the file"
	if e.Applied > 0 {
		state = fmt.Sprintf("%d of its %d statements have taken effect; fix the cause, or correct the rest of the file and hash it (go tool migrate hash), and run apply again; it resumes there", e.Applied, e.Total)
	}
	return fmt.Sprintf("migrate: %s, line %d: %v\n  in: %s\n  %s", e.Statement.File, e.Statement.Line, e.Err, oneLine(e.Statement.SQL), state)
}

// Unwrap returns the database's error.
func (e *StatementError) Unwrap() error { return e.Err }

// InterruptedError reports a statement that may or may not have taken effect: the run
// that executed it was killed, and the database cannot tell.
type InterruptedError struct{ Statement Statement }

// Error shows the statement, and how to resume.
func (e *InterruptedError) Error() string {
	return fmt.Sprintf("migrate: %s, line %d: an earlier run was killed while this statement ran, and the database cannot tell whether it took effect:\n  %s\n"+
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
	return fmt.Errorf("migrate: the database already has a history, up to %s: a baseline is for a database without one", current)
}
