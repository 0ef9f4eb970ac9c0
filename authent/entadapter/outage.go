package entadapter

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/authent/authent/authent"
)

// Ended adds to err why ctx, the context of the call that failed, has ended. Drivers
// report that in words of their own, some as an outage. Where the caller has gone, the
// result is context.Canceled.
func Ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || !unavailable(err) && !errors.Is(err, sql.ErrTxDone) && !errors.Is(err, context.Canceled) {
		return err
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", cause, err)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%w: %w: %w", context.DeadlineExceeded, cause, err)
	}
	return fmt.Errorf("%w (%w)", context.Canceled, err)
}

// hungUp marks the EOF of a begin or a commit, which no hook can have caused, as a
// connection that the server closed.
func hungUp(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", driver.ErrBadConn, err)
	}
	return err
}

// outage wraps err in authent.ErrUnavailable if it is an outage.
func outage(err error) error {
	if !unavailable(err) || errors.Is(err, authent.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", authent.ErrUnavailable, err)
}

// unavailable reports whether err is an outage. A caller who has gone is not one.
func unavailable(err error) bool {
	if errors.Is(err, authent.ErrInvalid) {
		return false // whatever a validator of the application's met
	}
	late := errors.Is(err, context.DeadlineExceeded)
	if errors.Is(err, context.Canceled) && !late {
		return false
	}
	switch code, kind := codeOf(err); kind {
	case sqlState:
		return late || broken(err) || slices.Contains(busyStates, code) || strings.HasPrefix(code, "53")
	case sqliteCode:
		return late || slices.Contains(busySQLite, code)
	case mysqlNumber:
		return late || broken(err) || slices.Contains(busyMySQL, code)
	}
	return late || broken(err)
}

// broken reports whether err means that the connection can no longer be used, or that
// there was none. What ran on it is not stored, unless it was being committed. The
// function knows no driver, and each reports this in its own way.
func broken(err error) bool {
	switch code, kind := codeOf(err); kind {
	case sqlState:
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P0") || code == readOnlyState
	case mysqlNumber:
		return slices.Contains(brokenMySQL, code)
	case sqliteCode:
		return false
	}
	// lib/pq says just io.EOF where a server hangs up on who connects. Wrapped in
	// something it may be a hook's of the application's, which reads a form or a file.
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return true
	}
	for _, lost := range []error{driver.ErrBadConn, sql.ErrConnDone, net.ErrClosed, os.ErrDeadlineExceeded, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, lost) {
			return true
		}
	}
	if _, ok := errors.AsType[net.Error](err); ok && !errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	return brokenMessage.MatchString(err.Error())
}

// brokenMessage matches what drivers and database/sql say without a code. The last two
// are lib/pq's, where none of several hosts is the primary.
var brokenMessage = regexp.MustCompile(`(?m)(^|: )(invalid connection|conn closed|failed to connect to .*|sql: database is closed|session is read-only|server is in hot standby mode)$`)

// readOnlyState is PostgreSQL's read_only_sql_transaction: the server is no longer the
// primary, and the next connection may find the one that is.
const readOnlyState = "25006"

// busyStates are PostgreSQL's codes for a server that works but could not do this: a
// statement or a lock took too long, or a conflict remained after the retries.
var busyStates = []string{"57014", "55P03", "40001", "40P01", "58030"}

// busySQLite are SQLITE_BUSY, LOCKED, INTERRUPT, IOERR and FULL
// (https://www.sqlite.org/rescode.html).
var busySQLite = []string{"5", "6", "9", "10", "13"}

// brokenMySQL are the errors of MySQL and MariaDB that end a connection, or mean that
// the server accepts no more writes: ER_SERVER_SHUTDOWN, CR_SERVER_GONE_ERROR,
// CR_SERVER_LOST, network errors, ER_CONNECTION_KILLED, ER_OPTION_PREVENTS_STATEMENT
// (read_only), ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ER_READ_ONLY_MODE, and
// disconnection by the server.
var brokenMySQL = []string{"1053", "2002", "2003", "2006", "2013", "1158", "1159", "1160", "1161", "1927", "1290", "1792", "1836", "4031"}

// busyMySQL are the errors of an overloaded server: too many connections in all or of
// one user, a full disk, a lock or a statement that took too long, a deadlock, an
// interrupted statement, a node or a server that is not ready.
var busyMySQL = []string{"1040", "1203", "1226", "1021", "1205", "1213", "1317", "1969", "3024", "1047", "3032", "1129"}

// The kinds of codes by which databases name their errors.
const (
	noCode = iota
	sqlState
	sqliteCode
	mysqlNumber
)

var mysqlError = regexp.MustCompile(`Error (\d{4})(?: \(|: )`)

// codeOf returns the code in an error, if it has one: PostgreSQL's SQLSTATE, SQLite's
// primary result code, or MySQL's number.
func codeOf(err error) (code string, kind int) {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return e.SQLState(), sqlState
	}
	if e, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		return fmt.Sprint(e.Code() & 0xff), sqliteCode
	}
	// The driver's own words come first; a value that somebody chose may follow.
	if m := mysqlError.FindStringSubmatch(err.Error()); m != nil {
		return m[1], mysqlNumber
	}
	return "", noCode
}

// retryable reports whether a transaction that failed with err before its commit may
// succeed if it is run again: after a serialization failure, a deadlock, a busy SQLite
// database or a broken connection.
func retryable(err error) bool { return rolledBack(err) || broken(err) }

// rolledBack reports whether err means that the database has undone the transaction,
// even during the commit.
func rolledBack(err error) bool {
	switch code, kind := codeOf(err); kind {
	case sqlState:
		return code == "40001" || code == "40P01"
	case sqliteCode:
		return code == "5" || code == "6"
	case mysqlNumber:
		return code == "1213" || code == "1205"
	}
	return false
}
