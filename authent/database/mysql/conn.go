package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"
)

// grace is how long a transaction may take to end after its context has, and
// closing how long a ROLLBACK may that has none.
const (
	grace   = time.Second
	closing = 10 * time.Second
)

// connector makes connections that are as the package says.
type connector struct {
	driver.Connector
	// timeout is how long connecting may take, the server's part of it too, of
	// which the driver's timeout is none. If zero, any time.
	timeout time.Duration
}

// socketKey is the key of the *socket of a connection that is made.
type socketKey struct{}

// socket is what a connection runs on.
type socket struct{ net.Conn }

// dial makes the socket of a connection, and keeps it.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if s, ok := ctx.Value(socketKey{}).(*socket); ok && err == nil {
		s.Conn = conn
	}
	return conn, err
}

// Connect implements driver.Connector. It sets the isolation level by a
// statement: the system variable for it has one name in MySQL and another in
// MariaDB.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	s := &socket{}
	limited, cancel := context.WithValue(ctx, socketKey{}, s), context.CancelFunc(func() {})
	if c.timeout > 0 {
		limited, cancel = context.WithTimeout(limited, c.timeout)
	}
	defer cancel()
	conn, err := c.connect(limited, s)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("mysql: the server does not answer within %v: %w", c.timeout, &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded})
	}
	return conn, err
}

func (c connector) connect(ctx context.Context, s *socket) (driver.Conn, error) {
	next, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn := &conn{socket: s}
	var ok bool
	if conn.connection, ok = next.(connection); !ok {
		return nil, errors.Join(errors.New("mysql: the driver's connections lack a method that is needed here: use the version of the driver that authent's go.mod names"), next.Close())
	}
	if _, err := conn.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(fmt.Errorf("mysql: set the isolation level: %w", err), conn.Close())
	}
	return conn, nil
}

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

// conn is one of them. It is not used again once its server has said that it only
// reads, as one does that was demoted.
type conn struct {
	connection
	*socket
	// lost is whether it is not to be used again, readOnly whether the transaction
	// was asked for so.
	lost, readOnly bool
}

// noted gives up a connection whose server reports that it only reads (1290, 1836). 1792
// is about the transaction alone. It returns err unchanged.
func (c *conn) noted(err error) error {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok && !c.readOnly {
		c.lost = c.lost || slices.Contains([]uint16{1290, 1792, 1836}, e.Number)
	}
	return err
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.connection.QueryContext(ctx, query, args)
	return rows, c.noted(err)
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.connection.ExecContext(ctx, query, args)
	return result, c.noted(err)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	next, err := c.connection.PrepareContext(ctx, query)
	if err != nil {
		return nil, c.noted(err)
	}
	s, ok := next.(statement)
	if !ok {
		return nil, errors.Join(errors.New("mysql: the driver's statements lack a method that is needed here: use the version of the driver that authent's go.mod names"), next.Close())
	}
	return stmt{s, c}, nil
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	next, err := c.connection.BeginTx(ctx, opts)
	if err != nil {
		return nil, c.noted(err)
	}
	c.readOnly = opts.ReadOnly
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now().Add(grace)) })
	return tx{next, c, ctx, stop}, nil
}

// ResetSession implements driver.SessionResetter.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.lost {
		return driver.ErrBadConn
	}
	return c.connection.ResetSession(ctx)
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool { return !c.lost && c.connection.IsValid() }

// Close implements driver.Conn.
func (c *conn) Close() error {
	_ = c.SetDeadline(time.Now().Add(grace))
	return c.connection.Close()
}

// tx is a transaction. The driver would wait for its end, and for what runs under
// a context of its own in it, whatever the transaction's context does.
type tx struct {
	driver.Tx
	conn *conn
	ctx  context.Context
	// stop stops looking at the context, and reports whether it has not ended.
	stop func() bool
}

// Commit implements driver.Tx.
func (t tx) Commit() error { return t.end(t.Tx.Commit) }

// Rollback implements driver.Tx. A connection that is closed rolls back too.
func (t tx) Rollback() error {
	most := closing
	if t.ctx.Err() != nil {
		most = grace
	}
	_ = t.conn.SetDeadline(time.Now().Add(most))
	return t.end(t.Tx.Rollback)
}

func (t tx) end(how func() error) error {
	t.conn.readOnly = false
	err := how()
	if !t.stop() || err != nil {
		t.conn.lost = true // it may have a deadline, or be in doubt
	}
	_ = t.conn.SetDeadline(time.Time{})
	return t.conn.noted(err)
}

// statement is what the driver's statements are.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
	driver.NamedValueChecker
}

// stmt is one of them.
type stmt struct {
	statement
	conn *conn
}

// QueryContext implements driver.StmtQueryContext.
func (s stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.statement.QueryContext(ctx, args)
	return rows, s.conn.noted(err)
}

// ExecContext implements driver.StmtExecContext.
func (s stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	result, err := s.statement.ExecContext(ctx, args)
	return result, s.conn.noted(err)
}
