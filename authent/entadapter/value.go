package entadapter

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mixin"
)

// Time converts a time to UTC and cuts it to milliseconds, as it is stored.
func Time(t time.Time) time.Time { return t.UTC().Truncate(mixin.Precision) }

// Seconds converts a time to UTC and cuts it to whole seconds, for tables that hold no
// more.
func Seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// Millis returns a time in Unix milliseconds.
func Millis(t time.Time) int64 { return t.UnixMilli() }

// FromMillis returns the time, in UTC, of a number of Unix milliseconds.
func FromMillis(n int64) time.Time { return time.UnixMilli(n).UTC() }

// FromNullMillis does what FromMillis does, and returns the zero time for NULL.
func FromNullMillis(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return FromMillis(*n)
}

// SecondsOn calls Seconds on the dialects with these of ent's names, and Time elsewhere, for
// tables that hold whole seconds there.
func SecondsOn(d dialect.Driver, t time.Time, names ...string) time.Time {
	if slices.Contains(names, d.Dialect()) {
		return Seconds(t)
	}
	return Time(t)
}

// OrNullTime returns what convert, such as Time or Millis, makes of t, and nil for the
// zero time.
func OrNullTime[T any](t time.Time, convert func(time.Time) T) *T {
	if t.IsZero() {
		return nil
	}
	return new(convert(t))
}

// FromNull returns the time in a nullable column, in UTC, and the zero time for NULL.
func FromNull(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// Unix returns a time in Unix seconds, and nil for the zero time.
func Unix(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := t.Unix()
	return &n
}

// Unix32 does what Unix does, for a column of 32 bits such as Prisma's and Drizzle's. A
// time after the year 2038 becomes the last second that fits, and one before 1901 the
// first.
func Unix32(t time.Time) *int64 {
	n := Unix(t)
	if n != nil {
		*n = min(max(*n, math.MinInt32), math.MaxInt32)
	}
	return n
}

var errNotInt32 = errors.New("it is more than the column holds, 2147483647: make that a bigint")

// CheckInt32 returns the error that refuses a number for which a column of 32 bits has no
// room, and nil for any other. field is "Type.field".
func CheckInt32(field string, n int64) error {
	if n >= math.MinInt32 && n <= math.MaxInt32 {
		return nil
	}
	return &authent.InvalidError{Field: field, Err: errNotInt32}
}

// FromUnix returns the time of a number of Unix seconds, and the zero time for NULL.
func FromUnix(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return time.Unix(*n, 0).UTC()
}

// OrNull returns a pointer to s, and nil for "".
func OrNull[S ~string](s S) *S {
	if s == "" {
		return nil
	}
	return &s
}

// OrNullInt returns n as a column holds it, and nil for 0.
func OrNullInt(n int) *int64 {
	if n == 0 {
		return nil
	}
	return new(int64(n))
}

// FromNullInt returns the number in a nullable column, and 0 for NULL.
func FromNullInt(n *int64) int {
	if n == nil {
		return 0
	}
	return int(*n)
}

// SetOrClear writes value into a nullable column of an update: with the update's set, or
// with its clear if value is nil.
func SetOrClear[T, U any](value *T, set func(T) U, clear func() U) {
	if value == nil {
		clear()
		return
	}
	set(*value)
}

// InBatches calls del with at most 500 at a time, until limit rows are deleted or none
// is left. It returns how many were deleted.
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

// ParseInt64 returns the number in an id of the Adapter's, and false if the id is not
// written as FormatInt writes it: "+7" and "07" are not 7.
func ParseInt64(id string) (int64, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == id
}

// ParseUUID returns the UUID in an id of the Adapter's, and false if the id is not in
// the canonical form (RFC 9562 §4).
func ParseUUID(id string) (uuid.UUID, bool) {
	u, err := uuid.Parse(id)
	return u, err == nil && u.String() == id
}

// SessionID derives the id of a session whose table has none beside the stored token.
// The token cannot be found from it.
func SessionID(token authent.Secret) string {
	sum := sha256.Sum256([]byte("authent session id" + string(token)))
	return hex.EncodeToString(sum[:])[:32]
}
