package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestInterleave: each row has a part of each round, and none is always the first. What
// calibrates them is not measured.
func TestInterleave(t *testing.T) {
	w := tinyWorld(t, "sqlite")
	var order []string
	var rows []*row
	for _, id := range []string{"a", "b", "c"} {
		parts := 0
		rows = append(rows, &row{id: id, runs: func(keys []key, _ int) (s sample, err error) {
			parts++
			if parts > 3 { // the first three calibrate
				order = append(order, id)
			}
			for range keys {
				s.latencies.add(int64(10 * time.Microsecond))
			}
			s.elapsed = time.Duration(len(keys)) * 10 * time.Microsecond
			return s, nil
		}})
	}
	all, err := interleave(w, rows, options{pairs: 4, round: time.Millisecond, workers: []int{2}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(order, ""), "abcbcacababc"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for i, m := range all {
		s := m.with(2)
		if m.ID != rows[i].id || m.Allocations != nil || s == nil || !slices.Equal(s.PerOperation, []float64{10_000, 10_000, 10_000, 10_000}) || s.Operations != 400 {
			t.Errorf("%s: %+v, %+v", rows[i].id, m, s)
		}
	}
}

// TestRound: what goes wrong in a round is told, with the row's name.
func TestRound(t *testing.T) {
	w := tinyWorld(t, "sqlite")
	broken := errors.New("broken")
	for name, r := range map[string]*row{
		"does":    {does: func(context.Context, int, key) (string, error) { return "", broken }},
		"runs":    {runs: func([]key, int) (sample, error) { return sample{}, broken }},
		"before":  {before: func([]key) error { return broken }},
		"after":   {does: func(ctx context.Context, _ int, k key) (string, error) { return k.user, nil }, after: func([]key) error { return broken }},
		"nothing": {runs: func([]key, int) (sample, error) { return sample{}, nil }},
	} {
		r.id = "the row"
		_, err := r.round(w, 4, 2)
		if !errors.Is(err, broken) && name != "nothing" || !strings.Contains(fmt.Sprint(err), "the row") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
