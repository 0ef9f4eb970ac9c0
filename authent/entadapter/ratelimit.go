package entadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
)

// RateLimits counts attempts in a table, for authent.RateLimitStore. It runs SQL of its
// own, because ent has no statement that adds and returns the sum in one step.
type RateLimits struct {
	// Table is the table's name. Key, Count and Expires are those of its columns; Key
	// is the primary key, and no other key is unique.
	Table, Key, Count, Expires string
}

const (
	// maxLimitKey is how many bytes the key of a rate limit may have.
	maxLimitKey = 100
	// leftBits and countBits are how MySQL's answer to a hit is divided: the
	// milliseconds that are left of the window, and the count.
	leftBits, countBits = 36, 27
	// longest is the longest window, of two years.
	longest = (1<<leftBits - 1) * time.Millisecond
)

// errNotLimitKey refuses a key that a database could store cut, or take for another.
var errNotLimitKey = fmt.Errorf("it is no key of a rate limit, which has at most %d bytes of printable ASCII and no space: pass its hash, in hexadecimal digits", maxLimitKey)

// errCountedInTx refuses to count in a transaction, where a hit would be lost with it,
// and on SQLite would wait for itself.
var errCountedInTx = errors.New("authent: a rate limit is counted outside of transactions: call it on the adapter that InTx was called on")

// errNotCounted means that the database, or a proxy before it, did not answer with the
// count. The engine must not take that for a first try.
var errNotCounted = errors.New("authent: the database did not return the count of a rate limit")

// Hit adds one to the counter of key in one atomic statement, and returns the new count
// and when its window ends. The first hit, and the first after the window has ended at
// now, starts a window that ends after the duration, which is cut to milliseconds and is
// at most two years. From 134,217,727 on, MySQL and MariaDB return that count.
//
// A hit that the database has undone, after a deadlock say, is tried again, up to 5 times
// in all. One that may have been counted is not. In a transaction, which state stands
// for, nothing is counted: that is an error. A key of more than 100 bytes, or with others
// than those of printable ASCII, is authent.ErrInvalid.
func (l RateLimits) Hit(ctx context.Context, d dialect.Driver, state *State, key string, now time.Time, window time.Duration) (count int64, ends time.Time, err error) {
	if err := l.check(state, key); err != nil {
		return 0, time.Time{}, err
	}
	if window < time.Millisecond || window > longest {
		return 0, time.Time{}, fmt.Errorf("authent: a rate limit's window is %v: make it between 1ms and %v", window, longest)
	}
	now, fresh := Time(now), Time(now.Add(window))
	hit := l.hitReturning
	if d.Dialect() == dialect.MySQL {
		hit = l.hitMySQL
	}
	err = retried(ctx, rolledBack, func() (err error) {
		count, ends, err = hit(ctx, d, key, now, fresh)
		return err
	})
	return count, ends, err
}

// Reset sets the counter of key back to zero. As Hit does, it refuses to run in a
// transaction.
func (l RateLimits) Reset(ctx context.Context, d dialect.Driver, state *State, key string) error {
	if err := l.check(state, key); err != nil {
		return err
	}
	query, args := sql.Dialect(d.Dialect()).Delete(l.Table).Where(sql.EQ(l.Key, key)).Query()
	return retried(ctx, rolledBack, func() error { return d.Exec(ctx, query, args, nil) })
}

func (l RateLimits) check(state *State, key string) error {
	if state != nil {
		return errCountedInTx
	}
	if len(key) == 0 || len(key) > maxLimitKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return &authent.InvalidError{Field: "RateLimit.id", Err: errNotLimitKey}
	}
	return nil
}

// hitReturning runs a hit on PostgreSQL and SQLite, which return the row that they wrote.
func (l RateLimits) hitReturning(ctx context.Context, d dialect.Driver, key string, now, ends time.Time) (count int64, end time.Time, err error) {
	add := l.insert(d, key, text("1"), ends)
	query, args := add.OnConflict(sql.ConflictColumns(l.Key), sql.ResolveWith(func(u *sql.UpdateSet) {
		// Each expression sees the row as it was.
		row := u.Table()
		u.Set(l.Count, l.ifEnded(row, now, text("1"), parts(column(row, l.Count), text(" + 1"))))
		u.Set(l.Expires, l.ifEnded(row, now, value(ends), column(row, l.Expires)))
	})).Returning(l.Count, l.Expires).Query()
	rows := &sql.Rows{}
	if err := d.Query(ctx, query, args, rows); err != nil {
		return 0, time.Time{}, err
	}
	for err == nil && rows.Next() { // to the end, where an error of the commit comes
		err = rows.Scan(&count, &end)
	}
	if err = cmp.Or(err, rows.Err(), rows.Close()); err == nil && count < 1 {
		err = errNotCounted
	}
	return count, end.UTC(), err
}

// hitMySQL runs a hit on MySQL and MariaDB, which have no RETURNING in common: MySQL has
// none. LAST_INSERT_ID(n) makes n the id that the answer to the statement carries, so n
// is made of the milliseconds that are left of the window, and the count.
func (l RateLimits) hitMySQL(ctx context.Context, d dialect.Driver, key string, now, ends time.Time) (count int64, end time.Time, err error) {
	const counts = 1 << countBits
	answer := func(n part) part { return parts(text("LAST_INSERT_ID("), n, text(") & %d", counts-1)) }
	first := value(ends.Sub(now).Milliseconds()*counts + 1)
	add := l.insert(d, key, answer(first), ends)
	query, args := add.OnConflict(sql.ResolveWith(func(u *sql.UpdateSet) {
		// From left to right, each expression sees what those before it have set.
		row := u.Table()
		left := parts(text("LEAST(TIMESTAMPDIFF(MICROSECOND, "), value(now), text(", "), column(row, l.Expires), text(") DIV 1000, %d)", 1<<leftBits-1))
		next := parts(left, text(" * %d + LEAST(", counts), column(row, l.Count), text(" + 1, %d)", counts-1))
		u.Set(l.Count, sql.ExprFunc(answer(func(b *sql.Builder) { b.Join(l.ifEnded(row, now, first, next)) })))
		u.Set(l.Expires, l.ifEnded(row, now, value(ends), column(row, l.Expires)))
	})).Query()
	var done sql.Result
	if err := d.Exec(ctx, query, args, &done); err != nil {
		return 0, time.Time{}, err
	}
	n, err := done.LastInsertId()
	if err == nil && n < 1 {
		err = errNotCounted
	}
	return n % counts, now.Add(time.Duration(n/counts) * time.Millisecond), err
}

// insert begins the statement of a hit: a row for a key that has none.
func (l RateLimits) insert(d dialect.Driver, key string, count part, ends time.Time) *sql.InsertBuilder {
	return sql.Dialect(d.Dialect()).Insert(l.Table).Columns(l.Key, l.Count, l.Expires).Values(key, sql.ExprFunc(count), ends)
}

// ifEnded returns the expression that is ended if the row's window has ended at now, and
// else is goesOn.
func (l RateLimits) ifEnded(row *sql.SelectTable, now time.Time, ended, goesOn part) sql.Querier {
	return sql.ExprFunc(parts(text("CASE WHEN "), column(row, l.Expires), text(" <= "), value(now), text(" THEN "), ended, text(" ELSE "), goesOn, text(" END")))
}

// part writes a part of an expression.
type part = func(b *sql.Builder)

func text(format string, args ...any) part {
	return func(b *sql.Builder) { b.WriteString(fmt.Sprintf(format, args...)) }
}

func value(v any) part { return func(b *sql.Builder) { b.Arg(v) } }

func column(t *sql.SelectTable, name string) part {
	return func(b *sql.Builder) { b.Ident(t.C(name)) }
}

func parts(all ...part) part {
	return func(b *sql.Builder) {
		for _, write := range all {
			write(b)
		}
	}
}
