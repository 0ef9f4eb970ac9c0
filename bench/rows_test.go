package main

import (
	"context"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"
)

// tinySessions are enough for 100 different keys.
const tinySessions = 250

// tinyWorld makes a small one until t ends, and skips t if there is no server.
func tinyWorld(t *testing.T, kind string) *world {
	t.Helper()
	i := slices.IndexFunc(databases, func(d struct{ kind, dialect, variable string }) bool { return d.kind == kind })
	server := os.Getenv(databases[i].variable)
	if server == "" && kind != "sqlite" {
		t.Skipf("no %s server: run the tests through make test", kind)
	}
	w, err := newWorld(t.Context(), kind, "test", server, tinySessions)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// times match the times of a head.
var times = regexp.MustCompile(`[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT`)

// eachDatabase runs a test on each kind of database that there is.
func eachDatabase(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	for _, d := range databases {
		t.Run(d.kind, func(t *testing.T) { run(t, tinyWorld(t, d.kind)) })
	}
}

// TestRowsAnswerAlike: whatever a row runs, each of 100 sessions is taken for its user's.
func TestRowsAnswerAlike(t *testing.T) {
	eachDatabase(t, func(t *testing.T, w *world) {
		var into result
		rows, err := makeRows(t.Context(), w, options{rows: []string{"*"}}, &into)
		t.Cleanup(func() {
			if err := closeRows(rows); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(rows)+len(into.Missing), len(checkRows(w.kind)); got != want {
			t.Errorf("%d rows, want %d", got, want)
		}
		for _, m := range into.Missing {
			t.Log("not tried:", m)
		}
		for _, r := range rows {
			r.keys = func(n int) []key {
				all := make([]key, n)
				for i := range all {
					all[i] = newKey(i * 2)
				}
				return all
			}
			s, err := r.round(w, 100, 4)
			if err != nil {
				t.Errorf("%s: %v", r.id, err)
				continue
			}
			if n := s.latencies.n; n != 100 {
				t.Errorf("%s: %d operations were measured", r.id, n)
			}
			if r.id == "pgbench" { // it chooses by itself
				continue
			}
			for name, wrong := range map[string]key{"another user's": {newKey(2).token, newKey(2).stored, newKey(2).cookie, userID(0), newKey(0).email}, "nobody's": {hash("x")[:43], hash("x"), "authjs.session-token=" + hash("x")[:43], userID(0), newKey(0).email}} {
				r.keys = func(int) []key { return []key{newKey(0), wrong} }
				if _, err := r.round(w, 2, 1); err == nil {
					t.Errorf("%s takes %s session for that of the user before", r.id, name)
				}
			}
		}
	})
}

// TestWrites: the rows of the table of writes do what they say, and leave what they found.
func TestWrites(t *testing.T) {
	eachDatabase(t, func(t *testing.T, w *world) {
		rows, err := writePairs(t.Context(), w)
		t.Cleanup(func() {
			if err := closeRows(rows); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			within := w.changes(t, r)
			if _, err := r.round(w, 12, 3); err != nil {
				t.Fatal(err)
			}
			if got := within(); got != changed[r.id] {
				t.Errorf("%s: %d sessions more or changed, want %d", r.id, got, changed[r.id])
			}
			n, err := w.count(t.Context())
			if err != nil || n != tinySessions {
				t.Errorf("%s leaves %d sessions, %v", r.id, n, err)
			}
		}
	})
}

// changed is what 12 operations of a row do to how many sessions there are.
var changed = map[string]int{"insert": 12, "create": 12, "update": 0, "roll": 0, "delete": -12, "revoke": -12}

// changes looks at how many sessions there are before and after a row's operations.
func (w *world) changes(t *testing.T, r *row) func() int {
	t.Helper()
	var before, after int
	count := func(into *int) {
		n, err := w.count(t.Context())
		if err != nil {
			t.Error(err)
		}
		*into = n
	}
	first, last := r.before, r.after
	r.before = func(keys []key) error {
		if first != nil {
			if err := first(keys); err != nil {
				return err
			}
		}
		count(&before)
		return nil
	}
	r.after = func(keys []key) error {
		count(&after)
		if last == nil {
			return nil
		}
		return last(keys)
	}
	return func() int { return after - before }
}

// tinyOptions measure next to nothing.
func tinyOptions() options {
	return options{only: []string{"*/*"}, rows: []string{"*"}, pairs: 2, sessions: tinySessions, round: time.Millisecond, workers: []int{1, 3}, growth: []int{100, 200}, profile: 200 * time.Millisecond, doors: "2x", soak: time.Second}
}

// TestTables: every table is measured, and what it says is whole.
func TestTables(t *testing.T) {
	for _, table := range tables {
		if table.name == "doors" { // it runs go test
			continue
		}
		for _, d := range databases {
			if !table.isOn(d.kind) {
				continue
			}
			t.Run(d.kind+"/"+table.name, func(t *testing.T) {
				if d.variable != "" && os.Getenv(d.variable) == "" {
					t.Skipf("no %s server: run the tests through make test", d.kind)
				}
				o := tinyOptions()
				if d.kind == "postgres" && table.name == "check" {
					o.rows = []string{"adapter"} // TestRowsAnswerAlike starts the others
				}
				r, err := table.take(context.WithoutCancel(t.Context()), d.kind, os.Getenv(d.variable), o)
				if err != nil {
					t.Fatal(err)
				}
				whole(t, r)
			})
		}
	}
}

// whole fails if a result lacks something.
func whole(t *testing.T, r *result) {
	t.Helper()
	if r.Machine.Database == "" || r.Machine.Go == "" {
		t.Errorf("machine %+v", r.Machine)
	}
	for _, m := range r.Rows {
		for _, workers := range []int{1, 3} {
			s := m.with(workers)
			if s == nil || len(s.PerOperation) != 2 || s.Operations == 0 || s.P50 <= 0 || s.P99 < s.P50 {
				t.Errorf("%s with %d workers: %+v", m.ID, workers, s)
			}
		}
		if m.Allocations == nil || *m.Allocations < 1 {
			t.Errorf("%s: allocations %v", m.ID, m.Allocations)
		}
	}
	switch r.Table {
	case "check", "write":
		if len(r.Rows) < 2 {
			t.Errorf("%d rows", len(r.Rows))
		}
	case "growth":
		if len(r.Deletions) != 2 || len(r.Expansion) != 2 || r.Deletions[1].P50 <= 0 || r.Deletions[1].Among != 200 {
			t.Errorf("%+v", r)
		}
	case "profile":
		if sum := shares(r.Profile.Parts); sum < 0.99 || sum > 1.01 || len(r.Profile.Functions) == 0 {
			t.Errorf("%+v", r.Profile)
		}
	case "soak":
		if s := r.Soak; s.Checks+s.Changes == 0 || s.Wrong+s.Failed > 0 || len(s.Gauge) != soakReadings || s.Gauge[0].Connections == 0 {
			t.Errorf("%+v", s)
		}
	}
}

func shares(all []share) (sum float64) {
	for _, s := range all {
		sum += s.Part
	}
	return sum
}
