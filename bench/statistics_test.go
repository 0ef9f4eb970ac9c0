package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMedianOf(t *testing.T) {
	numbers := func(n int) []float64 { // n, n-1, …, 1
		all := make([]float64, n)
		for i := range all {
			all[i] = float64(n - i)
		}
		return all
	}
	for _, c := range []struct {
		values []float64
		want   spread
	}{
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{2, 1}, spread{1.5, 1, 2}},
		{numbers(5), spread{3, 1, 5}},
		// The ranks are those of tables of the sign test.
		{numbers(6), spread{3.5, 1, 6}},
		{numbers(8), spread{4.5, 1, 8}},
		{numbers(9), spread{5, 2, 8}},
		{numbers(15), spread{8, 4, 12}},
		{numbers(20), spread{10.5, 6, 15}},
		{numbers(31), spread{16, 10, 22}},
		{numbers(100), spread{50.5, 40, 61}},
	} {
		before := slices.Clone(c.values)
		if got := medianOf(c.values); got != c.want {
			t.Errorf("%d values: %v, want %v", len(c.values), got, c.want)
		}
		if !slices.Equal(c.values, before) {
			t.Errorf("%v were put in order: the pairs of a round are lost", before)
		}
	}
	if got := medianOf(nil); !math.IsNaN(got.Median) {
		t.Errorf("of nothing: %v", got)
	}
}

// TestMedianOf_Covers: the interval holds the true median as often as it says, whatever
// the distribution.
func TestMedianOf_Covers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() float64{"normal": r.NormFloat64, "skewed": func() float64 { return r.ExpFloat64() - math.Ln2 }} {
		held := 0
		const times = 4000
		for range times {
			values := make([]float64, 15)
			for i := range values {
				values[i] = draw()
			}
			if s := medianOf(values); s.Low <= 0 && 0 <= s.High {
				held++
			}
		}
		if share := float64(held) / times; share < 0.955 || share > 0.975 { // 0.9648, ± 3.5 of its deviations
			t.Errorf("%s: %.3f of the intervals hold the median", name, share)
		}
	}
}

func TestRatios(t *testing.T) {
	if got := ratios([]float64{2, 9}, []float64{1, 3, 5}); !slices.Equal(got, []float64{2, 3}) {
		t.Errorf("%v", got)
	}
}

func TestHistogram(t *testing.T) {
	var h, other histogram
	if h.quantile(0.5) != 0 {
		t.Error("nothing has a median")
	}
	for i := range 1000 {
		into := &h
		if i%3 == 0 {
			into = &other
		}
		into.add(int64(i+1) * 1000)
	}
	h.merge(&other)
	for q, want := range map[float64]float64{0.001: 1000, 0.5: 500_000, 0.99: 990_000, 1: 1_000_000} {
		if got := float64(h.quantile(q)); math.Abs(got-want) > want/128 {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
	var three histogram
	for i := range int64(3) {
		three.add(i)
	}
	if got := three.quantile(0.5); got != 1 {
		t.Errorf("the median of 0, 1 and 2: %d", got)
	}
	if h.n != 1000 {
		t.Errorf("%d operations", h.n)
	}
}

// TestHistogram_Steps: every time has a step whose middle is near it, and steps rise.
func TestHistogram_Steps(t *testing.T) {
	last := -1
	for _, v := range []int64{0, 1, 63, 64, 127, 128, 129, 130, 255, 256, 1000, 1 << 20, 1<<20 + 1<<14, 1 << 40, math.MaxInt64} {
		step := stepOf(v)
		if step < last || step >= len(histogram{}.counts) {
			t.Errorf("%d: step %d after %d", v, step, last)
		}
		if got := middleOf(step); math.Abs(float64(got-v)) > float64(v)/128+0.5 {
			t.Errorf("%d: the middle of its step is %d", v, got)
		}
		last = step
	}
	if stepOf(-1) != 0 {
		t.Error("a clock that went back")
	}
}
