package main

import (
	"math"
	"math/bits"
	"slices"
)

// spread is a median with the interval that holds the true one with at least 95 %.
type spread struct{ Median, Low, High float64 }

// medianOf returns the median of values and its 95 % interval. The interval's ends are
// order statistics: of n values that are as likely above the true median as below it, the
// k-th smallest and the k-th largest enclose it unless fewer than k of n tosses of a coin
// show one side. k is the largest for which that has a probability of at most 5 %: the
// 4th of 15. Nothing is assumed of how the values are distributed. Fewer than six have no
// such interval; what is returned then is the smallest and the largest.
func medianOf(values []float64) spread {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	n := len(sorted)
	if n == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	k := max(enclosing(n), 1)
	return spread{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[k-1], sorted[n-k]}
}

// enclosing returns the k of medianOf for n values, 0 if there is none.
func enclosing(n int) int {
	outside := 0.0                   // probability that fewer than k tosses show heads
	tosses := math.Exp2(-float64(n)) // that exactly k do
	for k := 0; ; k++ {
		outside += tosses
		if 2*outside > 0.05 {
			return k
		}
		tosses *= float64(n-k) / float64(k+1)
	}
}

// ratios returns what each value of a is per value of b: those of one round.
func ratios(a, b []float64) []float64 {
	all := make([]float64, min(len(a), len(b)))
	for i := range all {
		all[i] = a[i] / b[i]
	}
	return all
}

// subdivisions is into how many steps a histogram divides each power of two: what it
// returns is at most 1 in 128 off.
const subdivisions = 64

// histogram counts how long single operations took, in nanoseconds.
type histogram struct {
	counts [subdivisions * (64 - 5)]int64
	n      int64
}

// add counts an operation.
func (h *histogram) add(nanoseconds int64) {
	h.counts[stepOf(nanoseconds)]++
	h.n++
}

// merge counts what other has counted.
func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.n += other.n
}

// quantile returns the time within which a share q of the operations ended, 0 if there
// were none.
func (h *histogram) quantile(q float64) int64 {
	rank := int64(math.Ceil(q * float64(h.n)))
	for i, n := range h.counts {
		if rank -= n; rank <= 0 && n > 0 {
			return middleOf(i)
		}
	}
	return 0
}

// stepOf returns the step of a time. Below 2×subdivisions each nanosecond has its own.
func stepOf(nanoseconds int64) int {
	v := uint64(max(nanoseconds, 0))
	shift := max(bits.Len64(v)-bits.Len64(2*subdivisions-1), 0)
	return shift*subdivisions + int(v>>shift)
}

// middleOf returns the time in the middle of a step.
func middleOf(step int) int64 {
	shift := max(step/subdivisions-1, 0)
	return int64(step-shift*subdivisions)<<shift + (int64(1)<<shift)/2
}
