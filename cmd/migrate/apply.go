package main

import (
	"context"
	"fmt"
	"io"

	"github.com/authent/authent/authent/migrate"
)

type applyCommand struct {
	history
	Amount      amount              `arg:"" optional:"" name:"N" help:"How many files to apply. If absent, all."`
	DryRun      bool                `help:"Show what would be executed, and execute nothing."`
	Baseline    string              `placeholder:"VERSION" help:"Take the database as being at this version, if it has no history."`
	AllowDirty  bool                `help:"Start on a database that has tables of its own."`
	ExecOrder   migrate.ExecOrder   `default:"linear" enum:"linear,linear-skip,non-linear" help:"What becomes of files added out of order: ${enum}."`
	Interrupted migrate.Interrupted `default:"" enum:",done,again" help:"What a killed run's last statement was: done, or to be executed again."`
}

// Run applies migrations.
func (c *applyCommand) Run(ctx context.Context, out io.Writer) error {
	p := &printer{out: out}
	m, db, err := c.migrator(migrate.Config{
		DryRun: c.DryRun, Baseline: c.Baseline, AllowDirty: c.AllowDirty,
		ExecOrder: c.ExecOrder, Interrupted: c.Interrupted, Log: p.print,
	}, out)
	if err != nil {
		return err
	}
	defer db.Close()
	report, err := m.Apply(ctx, int(c.Amount))
	if c.DryRun && p.begun && err == nil {
		fmt.Fprintln(out, "\nNothing was executed.")
		return nil
	}
	p.done(report, err)
	return err
}

type statusCommand struct{ history }

// Run prints the status, as Atlas prints it.
func (c *statusCommand) Run(ctx context.Context, out io.Writer) error {
	m, db, err := c.migrator(migrate.Config{}, out)
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := m.Status(ctx)
	if err != nil {
		return err
	}
	printStatus(out, s)
	return nil
}

type baselineCommand struct {
	history
	Version string `arg:"" name:"VERSION" help:"The version at which the database already is: that of one of the files, with which its name begins."`
}

// Run records the baseline.
func (c *baselineCommand) Run(ctx context.Context, out io.Writer) error {
	m, db, err := c.migrator(migrate.Config{}, out)
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
