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

// Storable reports whether every database can hold s as a key. PostgreSQL's text
// holds no zero byte and nothing that is not UTF-8, and rather fails a
// transaction than to look for it. What is not storable is in no row.
func Storable[S ~string](s S) bool {
	return len(s) <= authent.MaxKey && utf8.ValidString(string(s)) && strings.IndexByte(string(s), 0) < 0
}

var errNotText = errors.New("it is not UTF-8, or has a zero byte: store its hash, in hexadecimal digits")

// CheckKey returns the error with which a key that is not Storable is refused, and nil
// for any other. field is "Type.field".
func CheckKey[S ~string](field string, s S) error {
	if err := authent.CheckKey(field, string(s)); err != nil || Storable(s) {
		return err
	}
	return &authent.InvalidError{Field: field, Err: errNotText}
}

// Is is the predicate that a text column holds value, byte for byte: MySQL's
// collations ignore trailing spaces, and those of other programs' tables case
// and accents too. There the comparison by collation stays, to find the row by
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

// IsNot is the opposite of Is for a column that is not NULL.
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

// IsInt64 is the predicate that a column of numbers is what id names.
func IsInt64(column, id string) func(*sql.Selector) { return isParsed(column, id, ParseInt64) }

// IsUUID is the predicate that a column of UUIDs is what id names.
func IsUUID(column, id string) func(*sql.Selector) { return isParsed(column, id, ParseUUID) }

func isParsed[T any](column, id string, parse func(string) (T, bool)) func(*sql.Selector) {
	return func(s *sql.Selector) {
		value, ok := parse(id)
		if !ok {
			s.Where(sql.False())
			return
		}
		s.Where(sql.EQ(s.C(column), value))
	}
}

// Before is the predicate that a column's time is before t, for the tables of
// Prisma. On SQLite those hold text in several forms, or integers, in Unix
// milliseconds; SQLite sorts every integer before every text.
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
