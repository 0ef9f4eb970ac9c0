package migrate

import "time"

// Event is a step of a migration, for progress displays. It is one of the types
// below.
type Event interface{ event() }

// Waiting tells that somebody else migrates the database.
type Waiting struct{ For time.Duration }

// Noted tells what Apply lets pass that somebody should look at: a file that has
// changed since Atlas began to apply it, or one without statements.
type Noted struct{ Text string }

// Started tells what is about to be done. From is empty on a new database.
type Started struct {
	From, To string
	Files    int
	// Names are those of the files.
	Names []string
}

// FileStarted tells that a file is begun, or gone on with after Done statements.
type FileStarted struct {
	Name, Version string
	Done, Total   int
}

// StatementStarted tells that a statement is about to be executed.
type StatementStarted struct{ Statement Statement }

// StatementRunning tells every few seconds that a statement still runs.
type StatementRunning struct {
	Statement Statement
	For       time.Duration
}

// StatementDone tells that a statement was executed.
type StatementDone struct {
	Statement Statement
	Took      time.Duration
}

// StatementFailed tells that a statement failed.
type StatementFailed struct {
	Statement Statement
	Err       error
}

// FileDone tells that a file was applied and recorded.
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

// Statement is one of a migration.
type Statement struct {
	// File and Line are where it stands. File is empty in a plan of Push.
	File string
	Line int
	SQL  string
	// Pos is the byte of the file at which it stands.
	Pos int
	// Lock is the strongest lock that it takes on a table that others use.
	Lock Lock
	// Risks are what it may do to rows that are there, and to programs that use
	// its table. Status, and the events of a run that Adopt makes, have none.
	Risks []Risk
}
