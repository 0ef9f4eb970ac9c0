package entadapter

import (
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// maxKey is how many bytes a key has at most in MySQL's varchar(255).
const maxKey = 4 * 255

// Storable reports whether every database can hold s as a key. PostgreSQL's text
// holds no zero byte and nothing that is not UTF-8, and rather fails a
// transaction than to look for it. What is not storable is in no row.
func Storable[S ~string](s S) bool {
	return len(s) <= maxKey && utf8.ValidString(string(s)) && strings.IndexByte(string(s), 0) < 0
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

func bytewise(column, operator, value string) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.WriteString("CAST(CONVERT(").Ident(column).WriteString(" USING utf8mb4) AS BINARY)")
		b.WriteString(operator).WriteString("CAST(").Arg(value).WriteString(" AS BINARY)")
	})
}
