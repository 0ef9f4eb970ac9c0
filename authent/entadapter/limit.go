package entadapter

import (
	"context"
	"unicode/utf8"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent"
)

// Cut returns value, cut to the number of characters that the column holds in MySQL, and
// says in the log (authent.LoggerFrom) where that loses something. A long name or picture
// is no reason to refuse a sign-in.
func Cut[S ~string](ctx context.Context, d dialect.Driver, column string, chars int, value S) S {
	return CutOn(ctx, d, dialect.MySQL, column, chars, value)
}

// CutOn does what Cut does, for a column that is narrow on the dialect with ent's name on.
func CutOn[S ~string](ctx context.Context, d dialect.Driver, on, column string, chars int, value S) S {
	if fits(d, on, chars, string(value)) {
		return value
	}
	tooLong(ctx, column, "characters", chars, "it is stored cut")
	return S([]rune(string(value))[:chars])
}

// Drop returns value, or "" where the column does not hold it in MySQL, and says so in
// the log (authent.LoggerFrom): half a token is of no use.
func Drop[S ~string](ctx context.Context, d dialect.Driver, column string, chars int, value S) S {
	return DropOn(ctx, d, dialect.MySQL, column, chars, value)
}

// DropOn does what Drop does, for a column that is narrow on the dialect with ent's name
// on.
func DropOn[S ~string](ctx context.Context, d dialect.Driver, on, column string, chars int, value S) S {
	if fits(d, on, chars, string(value)) {
		return value
	}
	tooLong(ctx, column, "characters", chars, "it is not stored")
	return ""
}

// DropBytes does what Drop does, for a column whose size MySQL counts in bytes (TEXT).
func DropBytes[S ~string](ctx context.Context, d dialect.Driver, column string, most int, value S) S {
	if len(value) <= most || d.Dialect() != dialect.MySQL {
		return value
	}
	tooLong(ctx, column, "bytes", most, "it is not stored")
	return ""
}

func fits(d dialect.Driver, on string, chars int, value string) bool {
	return len(value) <= chars || d.Dialect() != on || utf8.RuneCountInString(value) <= chars
}

func tooLong(ctx context.Context, column, unit string, most int, what string) {
	authent.LoggerFrom(ctx).WarnContext(ctx, "authent: a value is longer than its column: "+what, "column", column, unit, most)
}
