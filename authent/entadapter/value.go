package entadapter

import (
	"time"

	"github.com/authent/authent/authent/mixin"
)

// Time cuts a time to what is stored: UTC, to the millisecond.
func Time(t time.Time) time.Time { return t.UTC().Truncate(mixin.Precision) }

// TimeOrNull is Time, and nil for the zero time.
func TimeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = Time(t)
	return &t
}

// FromNull is the time that a nullable column holds, in UTC; zero for NULL.
func FromNull(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// Unix is the number of seconds of a time, nil for the zero time.
func Unix(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := t.Unix()
	return &n
}

// FromUnix is the time of a number of seconds; zero for NULL.
func FromUnix(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return time.Unix(*n, 0).UTC()
}

// OrNull is a pointer to s, nil for "".
func OrNull[S ~string](s S) *S {
	if s == "" {
		return nil
	}
	return &s
}

// InBatches calls del with at most 500 at a time, until limit rows are gone or
// none is left, and returns how many went.
func InBatches(limit int, del func(n int) (int, error)) (total int, err error) {
	const batch = 500 // within every database's limit of parameters
	for total < limit {
		n := min(batch, limit-total)
		gone, err := del(n)
		total += gone
		if err != nil || gone < n {
			return total, err
		}
	}
	return total, nil
}
