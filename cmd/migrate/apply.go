package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/authent/authent/authent/migrate"
)

type applyCommand struct {
	history
	format
	Amount      amount              `arg:"" optional:"" name:"N" help:"How many files to apply. If absent, all."`
	DryRun      bool                `help:"Show what would be executed, and execute nothing."`
	Baseline    string              `placeholder:"VERSION" help:"Assume that the database is at this version, if it has no history."`
	AllowDirty  bool                `help:"Start on a database that already has tables."`
	ExecOrder   migrate.ExecOrder   `default:"linear" enum:"linear,linear-skip,non-linear" help:"What to do with files added out of order: ${enum}."`
	Interrupted migrate.Interrupted `default:"" enum:",done,again" help:"What to do about the last statement of a killed run: count it as done, or execute it again."`
}

// Help returns what apply --help says besides its flags.
func (c *applyCommand) Help() string {
	return "JSON has Driver, Dir, Pending and Applied (files, with Name, Version, Description; those applied also with Start, End, Skipped, Applied, and Error of Stmt and Text), Current, Target, Start, End, DryRun, Notes, Error."
}

// Run applies migrations.
func (c *applyCommand) Run(ctx context.Context, out io.Writer) error {
	if c.isJSON() {
		d := &applyDocument{Start: time.Now(), DryRun: c.DryRun}
		var printed bytes.Buffer
		_, err := c.apply(ctx, d.log, &printed, &d.place)
		d.Notes, d.End = append(linesOf(&printed), d.Notes...), time.Now()
		return &document{d, err}
	}
	p := &printer{out: out}
	report, err := c.apply(ctx, p.print, out, &place{})
	if c.DryRun && p.begun && err == nil {
		fmt.Fprintln(out, "\nNothing was executed.")
		return nil
	}
	if report != nil {
		p.done(report, err)
	}
	return err
}

// apply applies migrations, and notes where. It returns no report if the database or
// the migrations could not be opened.
func (c *applyCommand) apply(ctx context.Context, log func(migrate.Event), out io.Writer, at *place) (*migrate.Report, error) {
	m, db, err := c.migrator(migrate.Config{
		DryRun: c.DryRun, Baseline: c.Baseline, AllowDirty: c.AllowDirty,
		ExecOrder: c.ExecOrder, Interrupted: c.Interrupted, Log: log,
	}, out, at)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return m.Apply(ctx, int(c.Amount))
}

type statusCommand struct {
	history
	format
}

// Help returns what status --help says besides its flags.
func (c *statusCommand) Help() string {
	return "JSON has Driver, Dir, Available and Pending (files, with Name, Version, Description), Applied (the history, with Version, Description, Applied, Total, OperatorVersion), Current, Next, Count and Total (statements of a file that is not finished), Status (OK or PENDING), Error and SQL (of the last attempt), Interrupted, Notes."
}

// Run prints the status, as Atlas prints it.
func (c *statusCommand) Run(ctx context.Context, out io.Writer) error {
	if !c.isJSON() {
		s, err := c.status(ctx, out, &place{})
		if err == nil {
			printStatus(out, s)
		}
		return err
	}
	d := &statusDocument{}
	var printed bytes.Buffer
	s, err := c.status(ctx, &printed, &d.place)
	d.Notes = linesOf(&printed)
	if err == nil {
		d.fill(s)
	}
	return &document{d, err}
}

func (c *statusCommand) status(ctx context.Context, out io.Writer, at *place) (*migrate.Status, error) {
	m, db, err := c.migrator(migrate.Config{}, out, at)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return m.Status(ctx)
}

type baselineCommand struct {
	history
	Version string `arg:"" name:"VERSION" help:"The version that the database is already at: that of one of the files, with which its name begins."`
}

// Run records the baseline.
func (c *baselineCommand) Run(ctx context.Context, out io.Writer) error {
	m, db, err := c.migrator(migrate.Config{}, out, &place{})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := m.Baseline(ctx, c.Version); err != nil {
		return err
	}
	fmt.Fprintf(out, "The database is at version %s; nothing was executed. Compare it with go tool migrate drift.\n", c.Version)
	return nil
}
