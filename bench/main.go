// Bench measures what the session check costs, beside what one writes by hand and beside
// other programs, and what else the engine does, on every database that it is given. It
// writes docs/benchmarks.md and docs/benchmarks.svg:
//
//	go run ./internal/testserver -- go run ./bench
//
// Environment variables choose what is measured and for how long; see readOptions. Each
// table's result is kept in bench/results as soon as it is there, so that a run may be
// stopped, and a table measured anew alone. go run ./bench write only writes the document
// anew. Bench exits with 1 if a table that it measured misses a target.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	folder := filepath.Join(root(), "bench", "results")
	if len(args) == 1 && args[0] == "write" {
		return write(folder, filepath.Join(root(), "docs"))
	}
	if len(args) > 0 {
		return errors.New("usage: go run ./bench, with what to measure in the environment, or go run ./bench write")
	}
	o, err := readOptions(os.Getenv)
	if err != nil {
		return err
	}
	taken, err := measureAll(ctx, o, func(r *result) error { return r.write(folder) })
	if ctx.Err() != nil {
		err = errors.New("it was stopped; the tables that it has measured are kept")
	}
	if len(taken) > 0 {
		err = errors.Join(err, write(folder, filepath.Join(root(), "docs")))
	}
	if err != nil {
		return err
	}
	all, err := readResults(folder)
	if err != nil {
		return err
	}
	return report(os.Stdout, all, taken)
}

// table is something to measure on a database.
type table struct {
	name string
	// on are the databases that have it. If nil, all.
	on []string
	// start is how many sessions its world has at first. If nil, as many as are asked for.
	start   func(o options) int
	measure func(ctx context.Context, w *world, o options, into *result) error
	// asked reports whether the options ask for it in particular. If nil, they need not.
	asked func(o options) bool
}

var tables = []table{
	{name: "check", measure: check},
	{name: "write", measure: writes},
	{name: "profile", on: []string{"postgres"}, measure: profile},
	{name: "growth", start: few, measure: growth},
	{name: "doors", start: few, measure: doors},
	{name: "soak", on: []string{"postgres"}, start: soakedSessions, asked: func(o options) bool { return o.soak > 0 }, measure: soak},
}

// few is for what does not look at the world's sessions, or makes them itself.
func few(options) int { return 2 }

// isOn reports whether a database has the table.
func (t table) isOn(kind string) bool { return t.on == nil || slices.Contains(t.on, kind) }

// take measures the table on a database of its own.
func (t table) take(ctx context.Context, kind, server string, o options) (r *result, err error) {
	r = &result{Database: kind, Table: t.name, Machine: thisMachine()}
	sessions := o.sessions
	if t.start != nil {
		sessions = t.start(o)
	} else {
		r.Sessions, r.Round = sessions, o.round
	}
	w, err := newWorld(ctx, kind, t.name, server, sessions)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if r.Machine.Database, err = serverOf(ctx, w.dialect, w.db); err != nil {
		return nil, err
	}
	return r, t.measure(ctx, w, o, r)
}

// measureAll measures all tables that are asked for, and gives each result to keep. It
// returns their names, also of those before an error.
func measureAll(ctx context.Context, o options, keep func(*result) error) (taken []string, err error) {
	for _, t := range tables {
		for _, d := range databases {
			if !o.wants(d.kind, t.name) || !t.isOn(d.kind) || t.asked != nil && !t.asked(o) {
				continue
			}
			server := os.Getenv(d.variable)
			if d.variable != "" && server == "" {
				fmt.Printf("%s/%s: no server: run it through go run ./internal/testserver\n", d.kind, t.name)
				continue
			}
			began := time.Now()
			r, err := t.take(ctx, d.kind, server, o)
			if err == nil {
				err = keep(r)
			}
			if err != nil {
				return taken, fmt.Errorf("%s/%s: %w", d.kind, t.name, err)
			}
			fmt.Printf("%s/%s: %v\n", d.kind, t.name, time.Since(began).Round(time.Second))
			taken = append(taken, r.name())
		}
	}
	if len(taken) == 0 {
		return nil, errors.New("nothing was measured: BENCH_ONLY has patterns of DATABASE/TABLE, such as postgres/check")
	}
	return taken, nil
}
