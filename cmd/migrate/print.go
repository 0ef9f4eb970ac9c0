package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/authent/authent/authent/migrate"
)

// printer shows progress as Atlas does.
type printer struct {
	out   io.Writer
	begun bool
	// How many were executed and how many failed. What was rolled back counts too.
	files, statements           int
	failedFile, failedStatement int
}

func (p *printer) print(e migrate.Event) {
	switch e := e.(type) {
	case migrate.Waiting:
		fmt.Fprintf(p.out, "Waiting for another migration of this database, for %v now\n", e.For.Round(time.Second))
	case migrate.Noted:
		fmt.Fprintf(p.out, "Note: %s\n", e.Text)
	case migrate.Started:
		p.begun = true
		from := ""
		if e.From != "" {
			from = " from " + e.From
		}
		fmt.Fprintf(p.out, "Migrating to version %s%s (%d migrations in total):\n", e.To, from, e.Files)
	case migrate.FileStarted:
		p.failedFile = 1 // until it is done
		fmt.Fprintf(p.out, "\n  -- migrating version %s\n", e.Version)
		if e.Done > 0 {
			fmt.Fprintf(p.out, "       resuming after %d of %d statements\n", e.Done, e.Total)
		}
	case migrate.StatementStarted:
		printStatement(p.out, e.Statement)
	case migrate.StatementRunning:
		fmt.Fprintf(p.out, "       running for %v: line %d of %s\n", e.For.Round(time.Second), e.Statement.Line, e.Statement.File)
	case migrate.StatementDone:
		p.statements++
		fmt.Fprintf(p.out, "       %v\n", e.Took.Round(10*time.Microsecond))
	case migrate.StatementFailed:
		p.failedStatement++
		fmt.Fprintf(p.out, "    %v\n", e.Err)
	case migrate.FileDone:
		p.files, p.failedFile = p.files+1, 0
		fmt.Fprintf(p.out, "  -- ok (%v)\n", e.Took.Round(10*time.Microsecond))
	}
}

// printStatement prints a statement, whom it keeps waiting, and what it may do to rows.
func printStatement(out io.Writer, s migrate.Statement) {
	fmt.Fprintf(out, "    -> %s\n", strings.ReplaceAll(s.SQL, "\n", "\n       "))
	if s.Lock.Name != "" {
		fmt.Fprintf(out, "       lock: %s (%s)\n", s.Lock.Name, s.Lock.Waits)
	}
	for _, r := range s.Risks {
		fmt.Fprintf(out, "       %s: %s\n%s", r.Code, r.Text, indented("         ", r.Do))
	}
}

// done prints what was done in all.
func (p *printer) done(r *migrate.Report, err error) {
	if !p.begun {
		if err == nil {
			fmt.Fprintln(p.out, "No migration files to execute")
		}
		return
	}
	fmt.Fprintf(p.out, "\n  -------------------------\n  -- %v\n", r.Took.Round(10*time.Microsecond))
	if err == nil {
		p.failedFile = 0
	}
	p.sum("migration", p.files, p.failedFile)
	p.sum("sql statement", p.statements, p.failedStatement)
}

// sum prints how many of something there were, in Atlas's words.
func (p *printer) sum(what string, passed, failed int) {
	switch {
	case passed > 0 && failed > 0:
		fmt.Fprintf(p.out, "  -- %s ok, %d with errors\n", count(passed, what), failed)
	case passed > 0:
		fmt.Fprintf(p.out, "  -- %s\n", count(passed, what))
	case failed > 0:
		fmt.Fprintf(p.out, "  -- %s with errors\n", count(failed, what))
	}
}

// printStatus prints a status, in Atlas's words.
func printStatus(out io.Writer, s *migrate.Status) {
	state, next := "PENDING", s.Next
	if s.Pending == 0 {
		state, next = "OK", "Already at latest version"
	}
	current := s.Current
	if current == "" {
		current = "No migration applied yet"
	}
	executed := fmt.Sprint(s.Executed)
	if s.Total > 0 {
		current += fmt.Sprintf(" (%d statements applied)", s.Applied)
		next += fmt.Sprintf(" (%d statements left)", s.Total-s.Applied)
		executed += " (last one partially)"
	}
	fmt.Fprintf(out, "Migration Status: %s\n  -- Current Version: %s\n  -- Next Version:    %s\n  -- Executed Files:  %s\n  -- Pending Files:   %d\n",
		state, current, next, executed, s.Pending)
	for _, note := range s.Notes {
		fmt.Fprintf(out, "\nNote: %s\n", note)
	}
	switch {
	case s.Error != "":
		fmt.Fprintf(out, "\nLast migration attempt had errors:\n  -- SQL:   %s\n  -- ERROR: %s\n", s.SQL, s.Error)
	case s.Interrupted != "":
		fmt.Fprintf(out, "\nLast migration attempt was killed:\n  -- SQL:   %s\n  -- %s\n", s.SQL, s.Interrupted)
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
