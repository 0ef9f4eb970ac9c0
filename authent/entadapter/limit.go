package entadapter

import (
	"context"
	"log/slog"
	"unicode/utf8"

	"entgo.io/ent/dialect"
)

// Cut is value, cut to the number of characters that the column holds in MySQL,
// with a line in the log (slog.Default) where that loses something. What people
// are called, or have as a picture, is no reason to refuse their sign-in.
func Cut[S ~string](ctx context.Context, d dialect.Driver, column string, chars int, value S) S {
	if fits(d, chars, string(value)) {
		return value
	}
	tooLong(ctx, column, "characters", chars, "it is stored cut")
	return S([]rune(string(value))[:chars])
}

// Drop is value, or "" where the column does not hold it in MySQL, with a line
// in the log (slog.Default): half a token is of no use.
func Drop[S ~string](ctx context.Context, d dialect.Driver, column string, chars int, value S) S {
	if fits(d, chars, string(value)) {
		return value
	}
	tooLong(ctx, column, "characters", chars, "it is not stored")
	return ""
}

// DropBytes is Drop where MySQL counts bytes, as it does in columns of type TEXT.
func DropBytes[S ~string](ctx context.Context, d dialect.Driver, column string, most int, value S) S {
	if len(value) <= most || d.Dialect() != dialect.MySQL {
		return value
	}
	tooLong(ctx, column, "bytes", most, "it is not stored")
	return ""
}

func fits(d dialect.Driver, chars int, value string) bool {
	return len(value) <= chars || d.Dialect() != dialect.MySQL || utf8.RuneCountInString(value) <= chars
}

func tooLong(ctx context.Context, column, unit string, most int, what string) {
	slog.WarnContext(ctx, "authent: a value is longer than its column: "+what, "column", column, unit, most)
}
