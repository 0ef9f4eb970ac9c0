package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent/migrate"
)

// format is the form of a command's output.
type format struct {
	Format string `default:"text" enum:"text,json" help:"The form of the output: ${enum}. JSON is one document, even for an error, with Atlas's names."`
}

func (f format) isJSON() bool { return f.Format == "json" }

// wantsJSON reports whether a command line that cannot be parsed asks for JSON.
func wantsJSON(args []string) bool {
	i := slices.Index(args, "--format")
	return slices.Contains(args, "--format=json") || i >= 0 && slices.Contains(args[i:], "json")
}

// document is a command's answer in JSON, and how the command ended. It is returned as
// an error to run, which prints it.
type document struct {
	answer interface{ failed(text string) }
	err    error
}

// Error implements error.
func (d *document) Error() string {
	if d.err == nil {
		return ""
	}
	return d.err.Error()
}

// print prints the document, with the error's text if there is one.
func (d *document) print(out io.Writer, text string) error {
	if text != "" {
		d.answer.failed(text)
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(d.answer)
}

// outcome is part of every document.
type outcome struct {
	// Error says why the command failed. Absent if it did not.
	Error string `json:",omitempty"`
}

func (o *outcome) failed(text string) { o.Error = text }

// place says where the command worked, for commands that have migrations.
type place struct {
	// Driver is the dialect: sqlite3, postgres or mysql.
	Driver string `json:",omitempty"`
	// Dir is the folder of migrations. Absent if they are authent's own.
	Dir string `json:",omitempty"`
}

// file is a file of migrations.
type file struct {
	Name        string
	Version     string
	Description string `json:",omitempty"`
}

func fileOf(name string) file {
	version, description, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), "_")
	return file{name, version, description}
}

func filesOf(names []string) (all []file) {
	for _, name := range names {
		all = append(all, fileOf(name))
	}
	return all
}

// statusDocument is the answer of status. Error also holds why the last attempt failed;
// in that case there is a Status.
type statusDocument struct {
	place
	Available   []file             `json:",omitempty"` // All files.
	Pending     []file             `json:",omitempty"`
	Applied     []migrate.Revision `json:",omitempty"` // The history.
	Current     string             `json:",omitempty"`
	Next        string             `json:",omitempty"`
	Count       int                `json:",omitempty"` // Applied statements of a file that is not finished.
	Total       int                `json:",omitempty"` // All statements of that file.
	Status      string             `json:",omitempty"` // OK or PENDING.
	SQL         string             `json:",omitempty"` // Where the last attempt stopped.
	Interrupted string             `json:",omitempty"` // What is known of the statement if the attempt was killed.
	Notes       []string           `json:",omitempty"`
	outcome
}

func (d *statusDocument) fill(s *migrate.Status) {
	d.Available, d.Pending, d.Applied = filesOf(s.Files), filesOf(s.PendingFiles), s.Revisions
	d.Current, d.Next, d.Count, d.Total = s.Current, s.Next, s.Applied, s.Total
	d.Status, d.SQL, d.Error, d.Interrupted = "PENDING", s.SQL, s.Error, s.Interrupted
	if s.Pending == 0 {
		d.Status = "OK"
	}
	d.Notes = append(d.Notes, s.Notes...)
}

// applyDocument is the answer of apply.
type applyDocument struct {
	place
	Pending    []file         `json:",omitempty"` // The files to apply.
	Applied    []*appliedFile `json:",omitempty"` // The files that were begun, or with DryRun would be.
	Current    string         `json:",omitempty"` // The version before.
	Target     string         `json:",omitempty"`
	Start, End time.Time
	DryRun     bool     `json:",omitempty"`
	Notes      []string `json:",omitempty"`
	outcome
}

// appliedFile is a file that was begun. Without an Error it was finished.
type appliedFile struct {
	file
	Start, End time.Time
	Skipped    int             // Statements that an earlier run had applied.
	Applied    []string        // Statements.
	Error      *statementError `json:",omitempty"`
}

// statementError says why a statement failed.
type statementError struct{ Stmt, Text string }

// log adds an event to the document.
func (d *applyDocument) log(e migrate.Event) {
	last := &appliedFile{}
	if n := len(d.Applied); n > 0 {
		last = d.Applied[n-1]
	}
	switch e := e.(type) {
	case migrate.Noted:
		d.Notes = append(d.Notes, e.Text)
	case migrate.Started:
		d.Current, d.Target, d.Pending = e.From, e.To, filesOf(e.Names)
	case migrate.FileStarted:
		d.Applied = append(d.Applied, &appliedFile{file: fileOf(e.Name), Start: time.Now(), Skipped: e.Done})
	case migrate.StatementStarted:
		if d.DryRun {
			last.Applied = append(last.Applied, e.Statement.SQL)
		}
	case migrate.StatementDone:
		last.Applied = append(last.Applied, e.Statement.SQL)
	case migrate.StatementFailed:
		last.Error = &statementError{e.Statement.SQL, withoutPasswords(e.Err.Error())}
	}
	last.End = time.Now()
}

// diffDocument is the answer of diff.
type diffDocument struct {
	place
	Files []writtenFile // Empty if the migrations already lead to the schema.
	outcome
}

// writtenFile is a file that diff wrote.
type writtenFile struct {
	file
	Content string
	Reports []lintedReport `json:",omitempty"`
	Renamed []string       `json:",omitempty"` // Questions about tables that have left the graph.
}

// driftDocument is the answer of drift. Without an Error, Synced is the result.
type driftDocument struct {
	Driver      string `json:",omitempty"`
	Synced      bool
	Differences []migrate.Difference
	outcome
}

// linesOf returns the lines that were printed, as notes.
func linesOf(printed *bytes.Buffer) []string {
	return slices.DeleteFunc(strings.Split(printed.String(), "\n"), func(line string) bool { return line == "" })
}

// exitCode returns 0 if all went well, 1 if the command failed or found a difference,
// and 2 if it was not told what it needs.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errNoDatabase), errors.Is(err, errNoDev):
		return 2
	}
	return 1
}
