package adopt

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
)

// timeForms are the texts that SQLite holds for times: Prisma's of several
// engines, SQLite's own functions', and drivers' of Go.
var timeForms = []string{
	"2006-01-02T15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999 Z07:00",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02 15:04:05.999999999 MST",
	"2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02T15:04Z07:00",
	"2006-01-02 15:04",
	"2006-01-02",
}

var errNoTime = errors.New("the value is not a time")

// timeOf is the column as a query is to ask for it: on SQLite as it is stored,
// whatever the driver makes of its type.
func (a *adopter) timeOf(live string) string {
	if a.Dialect == dialect.SQLite {
		return "CAST(" + a.q(live) + " AS TEXT)"
	}
	return a.q(live)
}

// asTime reads a value of a database, to the millisecond. The zero time is NULL.
// Times without a zone are UTC, as Auth.js writes them.
func asTime(value any) (time.Time, error) {
	switch v := value.(type) {
	case nil:
		return time.Time{}, nil
	case time.Time:
		return fits(v)
	case int64:
		return ofMillis(v)
	case []byte:
		return parseTime(string(v))
	case string:
		return parseTime(v)
	}
	return time.Time{}, errNoTime
}

func parseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	// Unix milliseconds, perhaps of type REAL.
	if ms, err := strconv.ParseInt(strings.TrimSuffix(s, ".0"), 10, 64); err == nil {
		return ofMillis(ms)
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return fits(t)
		}
	}
	return time.Time{}, errNoTime
}

// ofMillis refuses times from before the year 2000, when there was no Auth.js:
// they are a newer one's Unix seconds.
func ofMillis(ms int64) (time.Time, error) {
	const year2000 = 946_684_800_000
	if ms < year2000 {
		return time.Time{}, errNoTime
	}
	return fits(time.UnixMilli(ms))
}

// timeHint is what to know of numbers that are no times.
func (a *adopter) timeHint() string {
	if a.Dialect == dialect.SQLite {
		return " (a number is Unix milliseconds since the year 2000)"
	}
	return ""
}

// fits refuses years that some database cannot hold, and MySQL's 0000-00-00.
func fits(t time.Time) (time.Time, error) {
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() <= 1 || t.Year() > 9999 {
		return time.Time{}, errNoTime
	}
	return t, nil
}

// times calls each for every row of a query that selects a text and a time.
func (a *adopter) times(ctx context.Context, query string, each func(key string, t time.Time, err error)) error {
	rows, err := a.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var value any
		if err := rows.Scan(&key, &value); err != nil {
			return err
		}
		t, err := asTime(value)
		each(key, t, err)
	}
	return rows.Err()
}

// orNil is NULL for the zero time.
func orNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
