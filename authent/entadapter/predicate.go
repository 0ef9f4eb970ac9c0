package entadapter

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
)

// Storable reports whether every database can hold s as a key. PostgreSQL's text holds
// no zero byte and only UTF-8, and aborts the transaction instead of finding nothing. A
// string that is not storable is in no row.
func Storable[S ~string](s S) bool {
	return len(s) <= authent.MaxKey && utf8.ValidString(string(s)) && strings.IndexByte(string(s), 0) < 0
}

var errNotText = errors.New("it is not UTF-8, or has a zero byte: store its hash, in hexadecimal digits")

// CheckKey returns the error that refuses a key that is not Storable, and nil for any
// other. field is "Type.field".
func CheckKey[S ~string](field string, s S) error {
	if err := authent.CheckKey(field, string(s)); err != nil || Storable(s) {
		return err
	}
	return &authent.InvalidError{Field: field, Err: errNotText}
}

// Is returns the predicate that a text column holds value, byte for byte. MySQL's
// collations ignore trailing spaces, and in other programs' tables also case and
// accents. The comparison by collation is kept beside it, so that the row is found by
// its index.
func Is[S ~string](column string, value S) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if !Storable(value) {
			s.Where(sql.False())
			return
		}
		s.Where(sql.EQ(s.C(column), string(value)))
		if s.Dialect() == dialect.MySQL {
			s.Where(bytewise(s.C(column), " = ", string(value)))
		}
	}
}

// IsNot returns the opposite of Is, for a column that is never NULL.
func IsNot[S ~string](column string, value S) func(*sql.Selector) {
	return func(s *sql.Selector) {
		switch {
		case !Storable(value):
		case s.Dialect() == dialect.MySQL:
			s.Where(bytewise(s.C(column), " <> ", string(value)))
		default:
			s.Where(sql.NEQ(s.C(column), string(value)))
		}
	}
}

// IsInt64 returns the predicate that a column of numbers holds the number in id. It
// matches nothing if id is not one.
func IsInt64(column, id string) func(*sql.Selector) { return isParsed(column, id, ParseInt64) }

// IsUUID returns the predicate that a column of UUIDs holds the one in id. It matches
// nothing if id is not one.
func IsUUID(column, id string) func(*sql.Selector) { return isParsed(column, id, ParseUUID) }

// IsUUIDString returns the predicate that a column holds id, where the column is of
// PostgreSQL's type uuid and the field a string. It matches nothing if id is no UUID, which
// PostgreSQL would refuse to compare.
func IsUUIDString(column, id string) func(*sql.Selector) {
	same := Is(column, id)
	return func(s *sql.Selector) {
		if _, ok := ParseUUID(id); !ok && s.Dialect() == dialect.Postgres {
			s.Where(sql.False())
			return
		}
		same(s)
	}
}

// Below returns the predicate that a text column holds less than value, in the order of the
// column's collation.
func Below(column, value string) func(*sql.Selector) {
	return compared(column, value, storable, sql.LT)
}

// BelowInt64 returns the predicate that a column of numbers holds less than the number in
// id. It matches nothing if id is not one.
func BelowInt64(column, id string) func(*sql.Selector) {
	return compared(column, id, ParseInt64, sql.LT)
}

// BelowUUID returns the predicate that a column of UUIDs holds less than the one in id. It
// matches nothing if id is not one.
func BelowUUID(column, id string) func(*sql.Selector) {
	return compared(column, id, ParseUUID, sql.LT)
}

// Above returns the predicate that a text column holds more than value, in the order of the
// column's collation.
func Above(column, value string) func(*sql.Selector) {
	return compared(column, value, storable, sql.GT)
}

// AboveInt64 returns the predicate that a column of numbers holds more than the number in
// id. It matches nothing if id is not one.
func AboveInt64(column, id string) func(*sql.Selector) {
	return compared(column, id, ParseInt64, sql.GT)
}

// AboveUUID returns the predicate that a column of UUIDs holds more than the one in id. It
// matches nothing if id is not one.
func AboveUUID(column, id string) func(*sql.Selector) {
	return compared(column, id, ParseUUID, sql.GT)
}

// storable parses nothing, and refuses what no text column holds.
func storable(value string) (string, bool) { return value, Storable(value) }

func isParsed[T any](column, id string, parse func(string) (T, bool)) func(*sql.Selector) {
	return compared(column, id, parse, sql.EQ)
}

// compared returns the predicate that compares a column with what parse makes of id. It
// matches nothing if that fails.
func compared[T any](column, id string, parse func(string) (T, bool), compare func(string, any) *sql.Predicate) func(*sql.Selector) {
	return func(s *sql.Selector) {
		value, ok := parse(id)
		if !ok {
			s.Where(sql.False())
			return
		}
		s.Where(compare(s.C(column), value))
	}
}

// Before returns the predicate that a column's time is before t, for tables of other
// programs. On SQLite those of Prisma hold text in several forms, or Unix milliseconds as integers, and SQLite
// sorts every integer before every text.
func Before(column string, t time.Time) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if s.Dialect() != dialect.SQLite {
			s.Where(sql.LT(s.C(column), t))
			return
		}
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString("CASE typeof(").Ident(s.C(column)).WriteString(") WHEN 'integer' THEN ")
			b.Ident(s.C(column)).WriteString(" < ").Arg(t.UnixMilli())
			b.WriteString(" ELSE strftime('%Y-%m-%d %H:%M:%f', ").Ident(s.C(column)).WriteString(") < ")
			b.Arg(t.UTC().Format("2006-01-02 15:04:05.000")).WriteString(" END")
		}))
	}
}

func bytewise(column, operator, value string) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.WriteString("CAST(CONVERT(").Ident(column).WriteString(" USING utf8mb4) AS BINARY)")
		b.WriteString(operator).WriteString("CAST(").Arg(value).WriteString(" AS BINARY)")
	})
}
