package entadapter_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/entadapter"
)

func state(code string) error { return &pq.Error{Code: pqerror.Code(code), Message: "said so"} }

func number(n uint16, message string) error {
	return &mysql.MySQLError{Number: n, SQLState: [5]byte([]byte("HY000")), Message: message}
}

// outages are what drivers say when the database is away, and whether a
// transaction that had not got to its commit is run again.
var outages = []struct {
	err   error
	again bool
}{
	{driver.ErrBadConn, true}, {sql.ErrConnDone, true}, {mysql.ErrInvalidConn, true},
	{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, true},
	{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true}, {syscall.EPIPE, true}, {net.ErrClosed, true},
	{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, true}, {&net.DNSError{Err: "no such host", Name: "db"}, true},
	{errors.New("sql: database is closed"), true}, {errors.New("conn closed"), true},
	{fmt.Errorf("pq: could not connect to any of the hosts:\n%w", errors.Join(errors.New("connecting to a:1: session is read-only"), errors.New("connecting to b:2: server is in hot standby mode"))), true},
	{context.DeadlineExceeded, false},

	{state("08006"), true}, {state("08001"), true}, {state("08P01"), true}, {state("57P01"), true}, {state("57P02"), true}, {state("57P03"), true},
	{state("25006"), true}, {state("53300"), false}, {state("53100"), false}, {state("57014"), false}, {state("55P03"), false},
	{state("40001"), true}, {state("40P01"), true},

	{number(1040, "Too many connections"), false}, {number(1053, "Server shutdown in progress"), true}, {number(2006, "gone away"), true},
	{number(2013, "Lost connection"), true}, {number(1290, "read-only"), true}, {number(1836, "read-only mode"), true},
	{number(1205, "Lock wait timeout exceeded"), true}, {number(1213, "Deadlock found"), true}, {number(1927, "killed"), true}, {number(1969, "max_statement_time exceeded"), false},

	{code(5), true}, {code(6), true}, {code(517), true}, {code(13), false}, {code(10), false},
}

// faults are no outages: to try again would not help.
var faults = []error{
	state("28P01"), state("3D000"), state("42P01"), state("42703"), state("22003"), state("25P02"), state("42501"),
	number(1045, "Access denied"), number(1049, "Unknown database"), number(1146, "no such table: Error 1053 (HY000): x"),
	number(1364, "no default"), code(1), code(8), code(14), fmt.Errorf("read the field birthday: %w", io.EOF), fmt.Errorf("decode: %w", io.ErrUnexpectedEOF), entadapter.Invalid("birthday", keys, driver.ErrBadConn), errors.New("other"), errors.New("an application's own: Error 99: x"),
}

// TestP41_OutagesHaveOneClass: what drivers say of an outage is ErrUnavailable, and
// what they say of faults is not.
func TestP41_OutagesHaveOneClass(t *testing.T) {
	for _, o := range outages {
		err := fmt.Errorf("ent: %w", o.err)
		if got := entadapter.Error(entadapter.Ended(t.Context(), err), keys); !errors.Is(got, authent.ErrUnavailable) || !errors.Is(got, o.err) {
			t.Errorf("%v became %v", o.err, got)
		}
		if got := entadapter.DeleteError(err, keys); !errors.Is(got, authent.ErrUnavailable) {
			t.Errorf("deleting, %v became %v", o.err, got)
		}
	}
	for _, fault := range faults {
		if got := entadapter.Error(entadapter.Ended(t.Context(), fault), keys); errors.Is(got, authent.ErrUnavailable) || !errors.Is(got, fault) {
			t.Errorf("%v became %v", fault, got)
		}
	}
	for _, lost := range []error{io.EOF, io.ErrUnexpectedEOF} {
		if got := entadapter.Error(lost, keys); !errors.Is(got, authent.ErrUnavailable) {
			t.Errorf("%v became %v", lost, got)
		}
		begin := func(context.Context) (fakeTx, error) {
			return fakeTx{}, fmt.Errorf("ent: starting a transaction: %w", lost)
		}
		if err := entadapter.InTx(t.Context(), begin, nil); !errors.Is(err, authent.ErrUnavailable) {
			t.Errorf("begin: %v became %v", lost, err)
		}
	}
	twice := entadapter.Error(fmt.Errorf("again: %w", entadapter.Error(driver.ErrBadConn, keys)), keys)
	if want := "again: the database is not available: driver: bad connection"; twice.Error() != want {
		t.Errorf("%q, want %q", twice, want)
	}
}

// TestP41_CallerGoneIsNoOutage: who has gone is no outage, whatever the driver makes of it; whose
// time is up is one.
func TestP41_CallerGoneIsNoOutage(t *testing.T) {
	said := []error{context.Canceled, state("57014"), driver.ErrBadConn, mysql.ErrInvalidConn, number(1317, "Query execution was interrupted"), code(9), sql.ErrTxDone}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	late, end := context.WithCancelCause(t.Context())
	end(fmt.Errorf("too long: %w", context.DeadlineExceeded))
	budget, stop := context.WithTimeoutCause(t.Context(), 0, errors.New("a budget of the application's"))
	defer stop()
	for _, err := range said {
		if got := entadapter.Error(entadapter.Ended(gone, err), keys); errors.Is(got, authent.ErrUnavailable) || !errors.Is(got, context.Canceled) || !errors.Is(got, err) {
			t.Errorf("the caller has gone: %v became %v", err, got)
		}
		if got := entadapter.Error(entadapter.Ended(budget, err), keys); !errors.Is(got, authent.ErrUnavailable) || !errors.Is(got, err) {
			t.Errorf("the application's time is up: %v became %v", err, got)
		}
		if got := entadapter.Error(entadapter.Ended(late, err), keys); !errors.Is(got, authent.ErrUnavailable) || !errors.Is(got, err) {
			t.Errorf("too late: %v became %v", err, got)
		}
	}
	taken := state("23505")
	if got := entadapter.Ended(gone, taken); got != taken {
		t.Errorf("a taken key became %v", got)
	}
}

// TestP41_BrokenCommitIsNotRunAgain: a transaction is run again after a connection that broke,
// but once its commit was sent only where the database says that it undid it.
func TestP41_BrokenCommitIsNotRunAgain(t *testing.T) {
	undone := map[error]bool{}
	for _, o := range outages {
		switch o.err.Error() {
		case state("40001").Error(), state("40P01").Error(), number(1205, "Lock wait timeout exceeded").Error(), number(1213, "Deadlock found").Error(), code(5).Error(), code(6).Error(), code(517).Error():
			undone[o.err] = true
		}
	}
	for _, o := range outages {
		var ended []string
		runs, begun := 0, 0
		fn := func(fakeTx, *entadapter.State) error { runs++; return nil }
		err := entadapter.InTx(t.Context(), func(context.Context) (fakeTx, error) { begun++; return fakeTx{}, o.err }, fn)
		if !errors.Is(err, authent.ErrUnavailable) || runs != 0 || (begun > 1) != o.again {
			t.Errorf("begin fails with %v: begun %d times, %v", o.err, begun, err)
		}
		begin := func(context.Context) (fakeTx, error) { return fakeTx{ended: &ended}, nil }
		_ = entadapter.InTx(t.Context(), begin, func(fakeTx, *entadapter.State) error { runs++; return entadapter.Error(o.err, keys) })
		if (runs > 1) != o.again {
			t.Errorf("a statement fails with %v: run %d times", o.err, runs)
		}
		runs = 0
		begin = func(context.Context) (fakeTx, error) { return fakeTx{&ended, o.err}, nil }
		err = entadapter.InTx(t.Context(), begin, fn)
		if !errors.Is(err, authent.ErrUnavailable) || (runs > 1) != undone[o.err] {
			t.Errorf("the commit fails with %v: run %d times, %v", o.err, runs, err)
		}
	}
}

// TestP41_CommitAfterItsTime: success that comes when the context has ended already is
// none.
func TestP41_CommitAfterItsTime(t *testing.T) {
	for cause, want := range map[error]error{context.Canceled: context.Canceled, fmt.Errorf("too long: %w", context.DeadlineExceeded): authent.ErrUnavailable} {
		ctx, end := context.WithCancelCause(t.Context())
		var ended []string
		begin := func(context.Context) (fakeTx, error) { return fakeTx{ended: &ended}, nil }
		err := entadapter.InTx(ctx, begin, func(fakeTx, *entadapter.State) error { end(cause); return nil })
		if !errors.Is(err, want) || len(ended) != 1 || ended[0] != "commit" {
			t.Errorf("%v: %v, ended %v", cause, err, ended)
		}
	}
}
