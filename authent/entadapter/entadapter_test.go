package entadapter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/entadapter"
)

var keys = []entadapter.Key{
	{Name: "User.id", Columns: "users.id"},
	{Name: authent.KeyUserEmail, Index: "users_email_key", Columns: "users.email"},
	{Name: "User.username", Index: "users_username_key", Columns: "users.username"},
	{Name: "User.team,number", Index: "users_team_number_key", Columns: "users.team, users.number"},
}

// TestErrorNamesTheKey: with the messages that the drivers really have.
func TestErrorNamesTheKey(t *testing.T) {
	const value = "victim@example.com"
	for message, want := range map[string]string{
		"constraint failed: UNIQUE constraint failed: users.email (2067)":                             authent.KeyUserEmail,
		"constraint failed: UNIQUE constraint failed: users.id (1555)":                                "User.id",
		"constraint failed: UNIQUE constraint failed: users.team, users.number (2067)":                "User.team,number",
		`pq: duplicate key value violates unique constraint "users_email_key"`:                        authent.KeyUserEmail,
		`pq: duplicate key value violates unique constraint "users_email_key_of_team"`:                "",
		`pq: duplicate key value violates unique constraint "team_users_email_key"`:                   "",
		`ERROR: duplicate key value violates unique constraint "users_pkey" (SQLSTATE 23505)`:         "User.id",
		"Error 1062 (23000): Duplicate entry '" + value + "' for key 'users_email_key'":               authent.KeyUserEmail,
		"Error 1062 (23000): Duplicate entry '" + value + "' for key 'users.users_email_key'":         authent.KeyUserEmail,
		"Error 1062 (23000): Duplicate entry 'x' for key 'username'":                                  "User.username",
		"Error 1062 (23000): Duplicate entry 'x' for key 'users.username'":                            "User.username",
		"Error 1062 (23000): Duplicate entry 'x' for key 'PRIMARY'":                                   "User.id",
		"Error 1062 (23000): Duplicate entry 'users_email_key' for key 'users.users_team_number_key'": "User.team,number",
		"Error 1062 (23000): Duplicate entry 'x' for key 'users.somebody_elses_key'":                  "",
	} {
		err := entadapter.Error(errors.New(message), keys)
		c, ok := errors.AsType[*authent.ConflictError](err)
		if !ok || !errors.Is(err, authent.ErrConflict) {
			t.Errorf("%s: %v", message, err)
			continue
		}
		if c.Key != want || strings.Contains(err.Error(), value) {
			t.Errorf("%s: %q, want %q", message, c.Key, want)
		}
	}
}

// TestErrorOfTooLong: the message is MySQL's.
func TestErrorOfTooLong(t *testing.T) {
	said := errors.New("Error 1406 (22001): Data too long for column 'email' at row 1")
	err := entadapter.Error(fmt.Errorf("ent: %w", said), keys)
	invalid, ok := errors.AsType[*authent.InvalidError](err)
	if !ok || invalid.Field != "User.email" || !errors.Is(err, authent.ErrInvalid) || !errors.Is(err, said) {
		t.Errorf("%v", err)
	}
}

// TestErrorOfTooLongOnPostgreSQL, which does not name the column.
func TestErrorOfTooLongOnPostgreSQL(t *testing.T) {
	err := entadapter.Error(errors.New("pq: value too long for type character varying(20) (22001)"), keys)
	if invalid, ok := errors.AsType[*authent.InvalidError](err); !ok || invalid.Field != "User" {
		t.Errorf("%v", err)
	}
}

// TestDeleteErrorOfForeignKey: a row that others keep is there, so it is not
// ErrNotFound.
func TestDeleteErrorOfForeignKey(t *testing.T) {
	said := errors.New("constraint failed: FOREIGN KEY constraint failed (787)")
	if err := entadapter.DeleteError(said, keys); errors.Is(err, authent.ErrNotFound) || !errors.Is(err, said) || !strings.Contains(err.Error(), "entsql.OnDelete") {
		t.Errorf("%v", err)
	}
	if err := entadapter.DeleteError(nil, keys); err != nil {
		t.Errorf("%v", err)
	}
}

func TestErrorOfForeignKey(t *testing.T) {
	for _, message := range []string{
		"constraint failed: FOREIGN KEY constraint failed (787)",
		`pq: insert or update on table "sessions" violates foreign key constraint "sessions_user_id_fkey"`,
		"Error 1452 (23000): Cannot add or update a child row: a foreign key constraint fails",
	} {
		if err := entadapter.Error(errors.New(message), keys); !errors.Is(err, authent.ErrNotFound) {
			t.Errorf("%s: %v", message, err)
		}
	}
	other := errors.New("connection refused")
	if err := entadapter.Error(other, keys); err != other {
		t.Errorf("another error became %v", err)
	}
}

// sqlState and code are errors as PostgreSQL's and SQLite's drivers have them.
type sqlState string

func (s sqlState) Error() string    { return "SQLSTATE " + string(s) }
func (s sqlState) SQLState() string { return string(s) }

type code int

func (c code) Error() string { return fmt.Sprintf("code %d", int(c)) }
func (c code) Code() int     { return int(c) }

// fakeTx notes how a transaction ended.
type fakeTx struct {
	ended  *[]string
	commit error
}

func (f fakeTx) Commit() error   { *f.ended = append(*f.ended, "commit"); return f.commit }
func (f fakeTx) Rollback() error { *f.ended = append(*f.ended, "rollback"); return nil }

func TestInTxRetries(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		runs int
	}{
		"serialization failure": {sqlState("40001"), 5},
		"deadlock":              {sqlState("40P01"), 5},
		"unique violation":      {sqlState("23505"), 1},
		"SQLITE_BUSY":           {code(5), 5},
		"SQLITE_BUSY_SNAPSHOT":  {code(517), 5},
		"SQLITE_READONLY":       {code(8), 1},
		"MySQL deadlock":        {errors.New("Error 1213 (40001): Deadlock found when trying to get lock"), 5},
		"MySQL lock wait":       {errors.New("Error 1205 (HY000): Lock wait timeout exceeded"), 5},
		"other":                 {errors.New("other"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ended []string
			begin := func(context.Context) (fakeTx, error) { return fakeTx{ended: &ended}, nil }
			runs := 0
			err := entadapter.InTx(t.Context(), begin, func(fakeTx, *entadapter.State) error {
				runs++
				return fmt.Errorf("sign in: %w", tc.err)
			})
			if !errors.Is(err, tc.err) || runs != tc.runs || len(ended) != runs || ended[0] != "rollback" {
				t.Errorf("%d runs, ended %v: %v", runs, ended, err)
			}
			runs, ended = 0, nil
			begin = func(context.Context) (fakeTx, error) { return fakeTx{&ended, tc.err}, nil }
			err = entadapter.InTx(t.Context(), begin, func(fakeTx, *entadapter.State) error { runs++; return nil })
			if !errors.Is(err, tc.err) || runs != tc.runs {
				t.Errorf("failing commit: %d runs: %v", runs, err)
			}
		})
	}
}

func TestInTxStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var ended []string
	runs := 0
	begin := func(context.Context) (fakeTx, error) { return fakeTx{ended: &ended}, nil }
	err := entadapter.InTx(ctx, begin, func(fakeTx, *entadapter.State) error {
		runs++
		cancel()
		return code(5)
	})
	if runs != 1 || err == nil {
		t.Errorf("%d runs after the context ended: %v", runs, err)
	}
}

func TestDoomed(t *testing.T) {
	var ended []string
	begin := func(context.Context) (fakeTx, error) { return fakeTx{ended: &ended}, nil }
	first := errors.New("first")
	err := entadapter.InTx(t.Context(), begin, func(_ fakeTx, s *entadapter.State) error {
		_ = s.Note(first)
		_ = s.Note(errors.New("second"))
		return nil
	})
	if !errors.Is(err, first) || len(ended) != 1 || ended[0] != "rollback" {
		t.Errorf("swallowed error: %v, ended %v", err, ended)
	}
	own := errors.New("own")
	err = entadapter.InTx(t.Context(), begin, func(_ fakeTx, s *entadapter.State) error {
		_ = s.Note(first)
		return own
	})
	if !errors.Is(err, own) || !errors.Is(err, first) {
		t.Errorf("replaced error: %v", err)
	}
	var none *entadapter.State
	if none.Note(first) != first {
		t.Error("outside a transaction an error is lost")
	}
}

func TestPanicRollsBack(t *testing.T) {
	var ended []string
	begin := func(context.Context) (fakeTx, error) { return fakeTx{ended: &ended}, nil }
	defer func() {
		if recover() == nil || len(ended) != 1 || ended[0] != "rollback" {
			t.Errorf("ended %v", ended)
		}
	}()
	_ = entadapter.InTx(t.Context(), begin, func(fakeTx, *entadapter.State) error { panic("fn") })
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 3, 29, 12, 0, 0, 123_999_999, time.FixedZone("+05", 5*3600))
	want := time.Date(2026, 3, 29, 7, 0, 0, 123_000_000, time.UTC)
	if got := entadapter.Time(at); got != want {
		t.Errorf("Time: %v", got)
	}
	if entadapter.OrNullTime(time.Time{}, entadapter.Time) != nil || *entadapter.OrNullTime(at, entadapter.Time) != want {
		t.Error("TimeOrNull")
	}
	if !entadapter.FromNull(nil).IsZero() || entadapter.FromNull(&at).Location() != time.UTC {
		t.Error("FromNull")
	}
	if entadapter.Unix(time.Time{}) != nil || entadapter.FromUnix(entadapter.Unix(at)) != want.Truncate(time.Second) || !entadapter.FromUnix(nil).IsZero() {
		t.Error("Unix")
	}
}

func TestInBatches(t *testing.T) {
	for _, tc := range []struct{ rows, limit, want, calls int }{
		{0, 10, 0, 1}, {3, 10, 3, 1}, {20, 10, 10, 1}, {1200, 2000, 1200, 3}, {1000, 1000, 1000, 2}, {5, 0, 0, 0}, {5, -1, 0, 0},
	} {
		rows, calls := tc.rows, 0
		n, err := entadapter.InBatches(tc.limit, func(n int) (int, error) {
			calls++
			gone := min(n, rows)
			rows -= gone
			return gone, nil
		})
		if n != tc.want || calls != tc.calls || err != nil {
			t.Errorf("%+v: %d rows in %d calls, %v", tc, n, calls, err)
		}
	}
}

func TestSeconds(t *testing.T) {
	at := time.Date(2026, 3, 29, 12, 0, 0, 999_999_999, time.FixedZone("+05", 5*3600))
	if got, want := entadapter.Seconds(at), time.Date(2026, 3, 29, 7, 0, 0, 0, time.UTC); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestParse: an id is an id in one spelling alone.
func TestParse(t *testing.T) {
	for id, want := range map[string]bool{"7": true, "-7": true, "9223372036854775807": true, "07": false, "+7": false, "7 ": false, "": false, "9223372036854775808": false} {
		if _, ok := entadapter.ParseInt64(id); ok != want {
			t.Errorf("%q is a number: %v", id, ok)
		}
	}
	for id, want := range map[string]bool{
		"01890a5d-ac96-774b-bcce-b302099a8057": true, "01890A5D-AC96-774B-BCCE-B302099A8057": false,
		"{01890a5d-ac96-774b-bcce-b302099a8057}": false, "01890a5dac96774bbcceb302099a8057": false, "": false,
	} {
		if _, ok := entadapter.ParseUUID(id); ok != want {
			t.Errorf("%q is a UUID: %v", id, ok)
		}
	}
}

// TestCheckKey: what is refused is just what is not looked for.
func TestCheckKey(t *testing.T) {
	for _, key := range []string{"", "a", "é🦊", strings.Repeat("a", 1020), strings.Repeat("a", 1021), "secret\x00", "secret\xff"} {
		err := entadapter.CheckKey("User.email", key)
		if entadapter.Storable(key) != (err == nil) {
			t.Errorf("%.10q is storable: %v, and yet: %v", key, entadapter.Storable(key), err)
		}
		if invalid, ok := errors.AsType[*authent.InvalidError](err); err != nil && (!ok || invalid.Field != "User.email" || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%.10q: %v", key, err)
		}
	}
}
