package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// target is what a ratio of two rows of a table is to reach.
type target struct {
	table string
	// on are the databases for which it stands.
	on []string
	// name says it in words.
	name string
	// over are the rows of the numerator: the best of them counts. under is that of the
	// denominator.
	over  []string
	under string
	// kind is what of them is compared.
	kind quantity
	// limit is what the ratio is to be at most, or, with atLeast, at least.
	limit   float64
	atLeast bool
}

// quantity is what of two rows is compared.
type quantity int

const (
	// timeTaken is the time for each operation, with 8 and with 32 workers.
	timeTaken quantity = iota
	// allocated is how often an operation allocates.
	allocated
)

// compared are the numbers of workers for which targets stand.
var compared = []int{8, 32}

var (
	onPostgres = []string{"postgres"}
	onOthers   = []string{"sqlite", "mariadb"}
)

var targets = []target{
	{"check", onPostgres, "adapter ÷ prepared by hand, both lib/pq", []string{"adapter"}, "baseline", timeTaken, 1.05, false},
	{"check", onPostgres, "adapter ÷ prepared by hand, both pgx", []string{"adapter-pgx"}, "baseline-pgx", timeTaken, 1.05, false},
	{"check", onPostgres, "its allocations, both lib/pq", []string{"adapter"}, "baseline", allocated, 1.25, false},
	{"check", onPostgres, "its allocations, both pgx", []string{"adapter-pgx"}, "baseline-pgx", allocated, 1.25, false},
	{"check", onPostgres, "adapter on its faster driver ÷ pgxpool by hand", []string{"adapter", "adapter-pgx"}, "pgxpool", timeTaken, 1.15, false},
	{"check", onPostgres, "@auth/drizzle-adapter ÷ adapter", []string{"drizzle"}, "adapter", timeTaken, 5, true},
	{"check", onPostgres, "@auth/prisma-adapter ÷ adapter", []string{"prisma"}, "adapter", timeTaken, 3.5, true},
	{"check", onPostgres, "LoadSession ÷ adapter", []string{"loadsession"}, "adapter", timeTaken, 1.05, false},
	{"check", onPostgres, "GET /auth/session ÷ bare handler", []string{"handler"}, "bare", timeTaken, 1.25, false},
	{"check", onOthers, "adapter ÷ prepared by hand", []string{"adapter"}, "baseline", timeTaken, 1.3, false},
	{"check", onOthers, "its allocations", []string{"adapter"}, "baseline", allocated, 2, false},
	{"write", onPostgres, "CreateSession ÷ INSERT prepared by hand", []string{"create"}, "insert", timeTaken, 1.2, false},
}

const (
	// maxDrift is by how much the adapter's ratio to the baseline may differ between few
	// sessions and many.
	maxDrift = 1.1
	// maxGrowth is how many times longer a user's deletion may take among the most
	// sessions than among the fewest.
	maxGrowth = 3.0
)

// outcome is what was measured of a target.
type outcome struct {
	// result is the name of the result, database the database.
	result, database, name string
	workers                int // 0 where they do not matter
	ratio                  spread
	// counts are the two numbers of allocations.
	counts  [2]float64
	limit   float64
	atLeast bool
}

// met reports whether the target is: by the better end of the interval.
func (o outcome) met() bool {
	if o.atLeast {
		return o.ratio.High >= o.limit
	}
	return o.ratio.Low <= o.limit
}

// String says what was measured and what is to be.
func (o outcome) String() string {
	text := fmt.Sprintf("%s: %s", o.result, o.name)
	if o.workers > 0 {
		text += fmt.Sprintf(", %d workers", o.workers)
	}
	return fmt.Sprintf("%s: %s, target %s", text, o.measured(), o.wanted())
}

// measured says what was measured.
func (o outcome) measured() string {
	if o.counts[1] > 0 {
		return fmt.Sprintf("%.0f ÷ %.0f = %.3f", o.counts[0], o.counts[1], o.ratio.Median)
	}
	return o.ratio.String()
}

// wanted says what the ratio is to be.
func (o outcome) wanted() string {
	if o.atLeast {
		return fmt.Sprintf("≥ %.4g", o.limit)
	}
	return fmt.Sprintf("≤ %.4g", o.limit)
}

// String writes the median and, where there is one, its interval.
func (s spread) String() string {
	if s.Low == s.High {
		return fmt.Sprintf("%.2f", s.Median)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Median, s.Low, s.High)
}

// outcomes returns what the results say of the targets, in the order of the results' names.
// A target is left out whose rows were not measured. Among another number of sessions than
// the usual one, only that stands which compares the two.
func (all results) outcomes() (found []outcome) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r := all[name]
		for _, t := range targets {
			if t.table == r.Table && r.Sessions == usualSessions && slices.Contains(t.on, r.Database) {
				found = append(found, t.outcomes(r)...)
			}
		}
		found = append(found, r.growthOutcome()...)
		found = append(found, all.drift(r)...)
	}
	return found
}

func (t target) outcomes(r *result) (found []outcome) {
	o := outcome{result: r.name(), database: r.Database, name: t.name, limit: t.limit, atLeast: t.atLeast}
	if t.kind == allocated {
		over, under := r.row(t.over[0]), r.row(t.under)
		if over != nil && under != nil && over.Allocations != nil && under.Allocations != nil {
			ratio := *over.Allocations / *under.Allocations
			o.ratio, o.counts = spread{ratio, ratio, ratio}, [2]float64{*over.Allocations, *under.Allocations}
			found = append(found, o)
		}
		return found
	}
	for _, workers := range compared {
		if s, ok := best(r, t.over, t.under, workers); ok {
			o.workers, o.ratio = workers, s
			found = append(found, o)
		}
	}
	return found
}

// best returns the smallest of the ratios of rows to another, by its median.
func best(r *result, over []string, under string, workers int) (least spread, ok bool) {
	for _, id := range over {
		if s, found := r.ratio(id, under, workers); found && (!ok || s.Median < least.Median) {
			least, ok = s, true
		}
	}
	return least, ok
}

// ratio returns the time of one row for that of another, round by round, and false if one
// of them was not measured.
func (r *result) ratio(over, under string, workers int) (spread, bool) {
	a, b := r.row(over).with(workers), r.row(under).with(workers)
	if a == nil || b == nil {
		return spread{}, false
	}
	return medianOf(ratios(a.PerOperation, b.PerOperation)), true
}

// growthOutcome compares the deletions among the most sessions and the fewest.
func (r *result) growthOutcome() []outcome {
	if len(r.Deletions) < 2 {
		return nil
	}
	first, last := r.Deletions[0], r.Deletions[len(r.Deletions)-1]
	ratio := float64(last.P50) / float64(first.P50)
	return []outcome{{result: r.name(), database: r.Database, limit: maxGrowth, ratio: spread{ratio, ratio, ratio},
		name: fmt.Sprintf("deleting a user among %s sessions ÷ among %s", grouped(last.Among), grouped(first.Among))}}
}

// drift compares the adapter's ratio to the baseline with that among the usual number of
// sessions.
func (all results) drift(r *result) (found []outcome) {
	usual := all[r.Database+"-"+r.Table]
	if r.Table != "check" || usual == nil || usual == r || r.Database != "postgres" {
		return nil
	}
	for _, workers := range compared {
		many, a := r.ratio("adapter", "baseline", workers)
		few, b := usual.ratio("adapter", "baseline", workers)
		if a && b {
			found = append(found, outcome{result: r.name(), database: r.Database, workers: workers, ratio: driftOf(many, few), limit: maxDrift,
				name: fmt.Sprintf("adapter ÷ prepared by hand among %s sessions, and among %s", grouped(r.Sessions), grouped(usual.Sessions))})
		}
	}
	return found
}

// driftOf returns how far two ratios are from each other, whichever is the greater: 1 if
// they may be the same.
func driftOf(a, b spread) spread {
	apart := func(x, y float64) float64 { return math.Max(x/y, y/x) }
	s := spread{Median: apart(a.Median, b.Median), High: math.Max(apart(a.Low, b.High), apart(a.High, b.Low)), Low: 1}
	switch {
	case a.Low > b.High:
		s.Low = a.Low / b.High
	case b.Low > a.High:
		s.Low = b.Low / a.High
	}
	return s
}

// report prints what the taken results say of the targets. It returns an error if one is
// missed.
func report(out io.Writer, all results, taken []string) error {
	missed := 0
	for _, o := range all.outcomes() {
		if !slices.Contains(taken, o.result) {
			continue
		}
		verdict := "met"
		if !o.met() {
			verdict = "MISSED"
			missed++
		}
		fmt.Fprintf(out, "%s: %s\n", verdict, o)
	}
	if missed > 0 {
		return fmt.Errorf("%d targets are missed", missed)
	}
	return nil
}
