package entadapter

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mixin"
)

// Time cuts a time to what is stored: UTC, to the millisecond.
func Time(t time.Time) time.Time { return t.UTC().Truncate(mixin.Precision) }

// Seconds cuts a time to UTC and whole seconds, for the tables that keep no more.
func Seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// Millis is a time as a number of Unix milliseconds.
func Millis(t time.Time) int64 { return t.UnixMilli() }

// FromMillis is the time, in UTC, of a number of Unix milliseconds.
func FromMillis(n int64) time.Time { return time.UnixMilli(n).UTC() }

// FromNullMillis is FromMillis; zero for NULL.
func FromNullMillis(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return FromMillis(*n)
}

// SecondsOnMySQL is Seconds in MySQL and Time elsewhere, for DrizzleDefault's tables.
func SecondsOnMySQL(d dialect.Driver, t time.Time) time.Time {
	if d.Dialect() == dialect.MySQL {
		return Seconds(t)
	}
	return Time(t)
}

// OrNullTime is a time as convert, such as Time or Millis, makes it;
// nil for the zero time.
func OrNullTime[T any](t time.Time, convert func(time.Time) T) *T {
	if t.IsZero() {
		return nil
	}
	return new(convert(t))
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

// Unix32 is Unix for a column of 32 bits, as Prisma's and Drizzle's: what is later
// than the year 2038 becomes its last second, and what is earlier than 1901 its
// first.
func Unix32(t time.Time) *int64 {
	n := Unix(t)
	if n != nil {
		*n = min(max(*n, math.MinInt32), math.MaxInt32)
	}
	return n
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

// SetOrClear writes value into a column of an update that may hold NULL: by the update's
// set, or by its clear where value is nil.
func SetOrClear[T, U any](value *T, set func(T) U, clear func() U) {
	if value == nil {
		clear()
		return
	}
	set(*value)
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

// ParseInt64 is the id that a string of the Adapter names; false if it is not
// one as FormatInt writes it: "+7" and "07" are not 7.
func ParseInt64(id string) (int64, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == id
}

// ParseUUID is the id that a string of the Adapter names; false if it is not one
// in its canonical form (RFC 9562 §4).
func ParseUUID(id string) (uuid.UUID, bool) {
	u, err := uuid.Parse(id)
	return u, err == nil && u.String() == id
}

// SessionID names a session whose table has no id but the stored token, which
// cannot be found from it.
func SessionID(token authent.Secret) string {
	sum := sha256.Sum256([]byte("authent session id" + string(token)))
	return hex.EncodeToString(sum[:])[:32]
}
