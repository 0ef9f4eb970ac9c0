package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
)

// connection is what the driver's connections are.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// conn is one of them, which a server that has frozen or was demoted does not
// keep. It is used by one goroutine at a time, as database/sql promises.
type conn struct {
	connection
	dialer *dialer
	// lost is whether it is not to be used again, readOnly whether the transaction
	// was asked for so.
	lost, readOnly bool
}

// noted gives the connection up whose server does not answer, or answers that it
// only reads (25006), as one does that was demoted, unless the transaction was to.
// The error stays the caller's.
func (c *conn) noted(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.lost = true
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	case stateOf(err) == "25006" && !c.readOnly:
		c.lost = true
	}
	if stateOf(err) != "" {
		c.dialer.unlimit() // the server did answer
	}
	return err
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.dialer.unlimit()
	rows, err := c.connection.QueryContext(ctx, query, args)
	return rows, c.noted(ctx, err)
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.dialer.unlimit()
	result, err := c.connection.ExecContext(ctx, query, args)
	return result, c.noted(ctx, err)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.dialer.unlimit()
	next, err := c.connection.PrepareContext(ctx, query)
	if err != nil {
		return nil, c.noted(ctx, err)
	}
	if s, ok := next.(statement); ok {
		return stmt{s, c}, nil
	}
	return next, nil // of COPY
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	c.dialer.unlimit()
	return c.noted(ctx, c.connection.Ping(ctx))
}

// BeginTx implements driver.ConnBeginTx. The driver watches the context from
// when the transaction has begun, but not before.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.dialer.unlimit()
	stop := c.dialer.watch(ctx)
	defer stop()
	next, err := c.connection.BeginTx(ctx, opts)
	if codeOf(err) == "0A000" {
		err = standbyError{err}
	}
	if err != nil {
		return nil, c.noted(ctx, err)
	}
	c.readOnly = opts.ReadOnly
	return tx{next, c, ctx}, nil
}

// standbyError is what a standby answers to BEGIN READ WRITE, "cannot set
// transaction read-write mode during recovery", under the code that it has for
// each other write.
type standbyError struct{ error }

// SQLState returns the code, under the method name that drivers use.
func (standbyError) SQLState() string { return "25006" }

// Unwrap gives the server's error.
func (s standbyError) Unwrap() error { return s.error }

// ResetSession implements driver.SessionResetter.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.lost || c.dialer.expired() {
		return driver.ErrBadConn
	}
	return c.connection.ResetSession(ctx)
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool { return !c.lost && !c.dialer.expired() && c.connection.IsValid() }

// Close implements driver.Conn.
func (c *conn) Close() error {
	c.dialer.limit(grace)
	return c.connection.Close()
}

// tx is a transaction. Its context ends what the driver waits for, COMMIT too.
type tx struct {
	driver.Tx
	conn *conn
	ctx  context.Context
}

// Commit implements driver.Tx.
func (t tx) Commit() error {
	t.conn.readOnly = false
	t.conn.dialer.unlimit()
	return t.conn.noted(t.ctx, t.Tx.Commit())
}

// Rollback implements driver.Tx. A connection that is closed rolls back too.
func (t tx) Rollback() error {
	t.conn.readOnly = false
	if t.conn.dialer.limit(closing); t.ctx.Err() != nil {
		t.conn.dialer.abandon()
	}
	err := t.conn.noted(t.ctx, t.Tx.Rollback())
	t.conn.dialer.unlimit()
	return err
}

// statement is what the driver's statements are.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// stmt is one of them.
type stmt struct {
	statement
	conn *conn
}

// QueryContext implements driver.StmtQueryContext.
func (s stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.conn.dialer.unlimit()
	rows, err := s.statement.QueryContext(ctx, args)
	return rows, s.conn.noted(ctx, err)
}

// ExecContext implements driver.StmtExecContext.
func (s stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.conn.dialer.unlimit()
	result, err := s.statement.ExecContext(ctx, args)
	return result, s.conn.noted(ctx, err)
}

// Close implements driver.Stmt.
func (s stmt) Close() error {
	s.conn.dialer.limit(closing)
	err := s.conn.noted(context.Background(), s.statement.Close())
	s.conn.dialer.unlimit()
	return err
}
