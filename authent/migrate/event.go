package migrate

import "time"

// Event is a step of a migration, for progress displays. It is one of the types below.
type Event interface{ event() }

// Waiting says that another migration of the database is running.
type Waiting struct{ For time.Duration }

// Noted reports what Apply accepts although somebody should look at it: a file that has
// changed since Atlas began to apply it, or one without statements.
type Noted struct{ Text string }

// Started says what is about to be done. From is empty on a new database.
type Started struct {
	From, To string
	Files    int
	// Names holds the files' names.
	Names []string
}

// FileStarted says that a file was started, or resumed after Done statements.
type FileStarted struct {
	Name, Version string
	Done, Total   int
}

// StatementStarted says that a statement is about to be executed.
type StatementStarted struct{ Statement Statement }

// StatementRunning says every few seconds that a statement is still running.
type StatementRunning struct {
	Statement Statement
	For       time.Duration
}

// StatementDone says that a statement was executed.
type StatementDone struct {
	Statement Statement
	Took      time.Duration
}

// StatementFailed says that a statement failed.
type StatementFailed struct {
	Statement Statement
	Err       error
}

// FileDone says that a file was applied and recorded.
type FileDone struct {
	Name string
	Took time.Duration
}

func (Waiting) event()          {}
func (Noted) event()            {}
func (Started) event()          {}
func (FileStarted) event()      {}
func (StatementStarted) event() {}
func (StatementRunning) event() {}
func (StatementDone) event()    {}
func (StatementFailed) event()  {}
func (FileDone) event()         {}

// Statement is one statement of a migration.
type Statement struct {
	// File and Line say where it is. File is empty if the statement is in no file, as
	// in a plan of Push.
	File string
	Line int
	SQL  string
	// Pos is the byte of the file at which it starts.
	Pos int
	// Lock is the strongest lock that it takes on a table that others use.
	Lock Lock
	// Risks lists what it may do to existing rows, and to programs that use its table.
	// It is empty in a Status, and for a statement executed through a Session.
	Risks []Risk
}
