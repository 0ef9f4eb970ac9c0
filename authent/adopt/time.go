package adopt

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
)

// timeForms lists the texts that SQLite stores for times: those of several Prisma
// engines, of SQLite's own functions, and of Go drivers.
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

// timeOf returns the SQL that reads a column of times. On SQLite it reads what is
// stored, whatever the driver would make of the column's type.
func (a *adopter) timeOf(live string) string {
	if a.Dialect == dialect.SQLite {
		return "CAST(" + a.q(live) + " AS TEXT)"
	}
	return a.q(live)
}

// asTime reads a value from a database, to the millisecond. NULL is the zero time.
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

// ofMillis refuses times before the year 2000, when Auth.js did not exist: such a
// number is Unix seconds.
func ofMillis(ms int64) (time.Time, error) {
	const year2000 = 946_684_800_000
	if ms < year2000 {
		return time.Time{}, errNoTime
	}
	return fits(time.UnixMilli(ms))
}

// timeHint explains which numbers are times.
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
		var key sql.NullString // NULL in rows that checkNulls refuses
		var value any
		if err := rows.Scan(&key, &value); err != nil {
			return err
		}
		t, err := asTime(value)
		each(key.String, t, err)
	}
	return rows.Err()
}

// orNil returns nil, which is NULL, for the zero time.
func orNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
