package main

import (
	"fmt"
	"math"
	"time"
)

// atLeast is how many operations each worker does in a round.
const atLeast = 4

// most bounds a round whose first one looked too quick.
const most = 200_000

// interleave measures all rows of a table: in round r, row (i + r) mod n is the i-th, so
// that whatever else the machine does hits all alike. Each round of a row takes about
// o.round; how many operations that are, an unmeasured one tells, which also opens the
// connections and prepares the statements.
func interleave(w *world, rows []*row, o options) ([]measured, error) {
	all := make([]measured, len(rows))
	for i, r := range rows {
		allocations, err := r.allocations(w, o.countedAllocations())
		if err != nil {
			return nil, err
		}
		all[i] = measured{ID: r.id, Title: r.title, Allocations: allocations, Versions: r.versions}
	}
	for _, workers := range o.workers {
		with, err := rounds(w, rows, workers, o)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			all[i].Series = append(all[i].Series, with[i])
		}
		fmt.Printf("%s/%s, %d workers: %d rounds of %d rows\n", w.kind, w.table, workers, o.pairs, len(rows))
	}
	return all, nil
}

// rounds measures all rows with so many workers.
func rounds(w *world, rows []*row, workers int, o options) ([]series, error) {
	all, latencies, operations := make([]series, len(rows)), make([]histogram, len(rows)), make([]int, len(rows))
	for i, r := range rows {
		var err error
		if operations[i], err = r.calibrate(w, workers, o.round); err != nil {
			return nil, err
		}
	}
	for round := range o.pairs {
		for i := range rows {
			i = (i + round) % len(rows)
			s, err := rows[i].round(w, operations[i], workers)
			if err != nil {
				return nil, err
			}
			latencies[i].merge(&s.latencies)
			all[i].PerOperation = append(all[i].PerOperation, s.perOperation())
		}
	}
	for i := range rows {
		h := &latencies[i]
		all[i].Workers, all[i].P50, all[i].P99, all[i].Operations = workers, h.quantile(0.5), h.quantile(0.99), h.n
	}
	return all, nil
}

// calibrate returns how many operations the workers do in that time. Of three rounds, the
// first of which opens connections, the quickest counts: one that was disturbed would leave
// the row with rounds too short to measure.
func (r *row) calibrate(w *world, workers int, duration time.Duration) (int, error) {
	n := 2 * atLeast * workers
	quickest := math.Inf(1)
	for range 3 {
		s, err := r.round(w, n, workers)
		if err != nil {
			return 0, err
		}
		quickest = min(quickest, s.perOperation())
		n = min(max(int(float64(duration)/quickest), atLeast*workers), most)
	}
	return n, nil
}
