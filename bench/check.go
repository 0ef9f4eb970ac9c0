package main

import (
	"context"
	"errors"
)

// choice is a row by the id under which it is asked for.
type choice struct {
	id    string
	makes maker
}

// checkRows are those of the session check, by database.
func checkRows(kind string) []choice {
	all := []choice{{"baseline", baseline}, {"adapter", adapter}, {"loadsession", loadSession}, {"bare", bareHandler}, {"handler", handler}, {"withuser", withUser},
		{"loadsession-cached", loadSessionCached}, {"handler-cached", handlerCached}}
	if kind != "postgres" {
		return all
	}
	all = append(all, choice{"baseline-pgx", baselinePgx}, choice{"adapter-pgx", adapterPgx}, choice{"pgxpool", pgxPool}, choice{"pgbench", pgbench}, choice{"scs", scsSessions})
	for _, p := range nodePrograms {
		all = append(all, choice{p.name, p.makes})
	}
	return all
}

// check measures the session check. Each call has a context that can be cancelled, as a
// request's can.
func check(ctx context.Context, w *world, o options, into *result) (err error) {
	rows, err := makeRows(ctx, w, o, into)
	defer func() { err = errors.Join(err, closeRows(rows)) }()
	if err != nil {
		return err
	}
	into.Rows, err = interleave(w, rows, o)
	return err
}

// makeRows makes those rows of the check that are wanted and that the machine can run.
// Others are not made: that may fill tables.
func makeRows(ctx context.Context, w *world, o options, into *result) (rows []*row, err error) {
	for _, c := range checkRows(w.kind) {
		if !o.wantsRow(c.id) {
			continue
		}
		r, err := c.makes(ctx, w)
		if m, ok := errors.AsType[missing](err); ok {
			into.Missing = append(into.Missing, m.Error())
			continue
		}
		if err != nil {
			return rows, err
		}
		r.id = c.id
		rows = append(rows, r)
	}
	return rows, nil
}

func closeRows(rows []*row) error {
	var errs []error
	for _, r := range rows {
		if r.close != nil {
			errs = append(errs, r.close())
		}
	}
	return errors.Join(errs...)
}
