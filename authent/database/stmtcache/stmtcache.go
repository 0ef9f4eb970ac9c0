// Package stmtcache keeps prepared statements for drivers that prepare a query each time
// it runs. It wraps a driver.Connector, so it works under database/sql and ent, and within
// transactions:
//
//	db := sql.OpenDB(stmtcache.New(connector, stmtcache.Config{}))
//
// Each connection to the server keeps the statements that it used last. Queries without
// arguments are not kept: most of them are DDL or control transactions.
package stmtcache

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// defaultSize is enough for every statement of the engine and an application's
// own most frequent ones.
const defaultSize = 128

// Config says how statements are kept. Stale and Foreign are asked about errors from
// preparing a statement and from running a kept one, never about those of a query that
// runs without one. A query can itself raise an error with the same code, after it took
// effect: they must tell the two apart.
type Config struct {
	// Size is how many statements each connection keeps. If zero or less, 128.
	Size int
	// Stale reports whether an error means that the statement is no longer valid and
	// the query may succeed once it is prepared again, as after a change of its tables.
	// Outside a transaction that is then tried, once. If nil, no error does.
	Stale func(error) bool
	// Foreign reports whether an error means that the server holds another client's
	// statement under the name of ours, so that ours was not executed. The connection
	// is then closed, and outside a transaction the query runs on another one. If nil,
	// no error does.
	Foreign func(error) bool
	// Retired reports whether a connection must be closed instead of being used again.
	// It is asked when one is taken from the pool. If nil, none must.
	Retired func() bool
	// Leave says that closing a connection leaves its statements to the server. If
	// false, each is closed first.
	Leave bool
}

// New returns a connector whose connections keep statements.
func New(next driver.Connector, c Config) driver.Connector {
	if c.Size <= 0 {
		c.Size = defaultSize
	}
	if c.Stale == nil {
		c.Stale = func(error) bool { return false }
	}
	if c.Foreign == nil {
		c.Foreign = func(error) bool { return false }
	}
	if c.Retired == nil {
		c.Retired = func() bool { return false }
	}
	return &connector{next, c}
}

type connector struct {
	next   driver.Connector
	config Config
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return c.next.Driver() }

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	next, err := c.next.Connect(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := simplelru.NewLRU(c.config.Size, func(_ string, s *stmt) { s.evicted() })
	if err != nil {
		return nil, errors.Join(err, next.Close())
	}
	return &conn{Conn: next, kept: kept, config: c.config}, nil
}

// conn is used by one goroutine at a time, as database/sql promises.
type conn struct {
	driver.Conn
	kept   *simplelru.LRU[string, *stmt]
	config Config
	// inTx is whether a transaction is open, lost whether the connection is not to
	// be used again.
	inTx, lost bool
}

// stmt is a kept statement. It runs one query at a time: within a transaction
// the rows of an earlier one may still be open.
type stmt struct {
	driver.Stmt
	busy, gone bool
}

// evicted closes the statement, or leaves that to the rows that still use it.
func (s *stmt) evicted() {
	s.gone = true
	if !s.busy {
		_ = s.Close()
	}
}

func (s *stmt) release() error {
	s.busy = false
	if s.gone {
		return s.Close()
	}
	return nil
}

// prepared returns the kept statement for a query, and prepares one if there is none.
// Nil without an error means that the query has to run without a statement.
func (c *conn) prepared(ctx context.Context, query string, args []driver.NamedValue) (*stmt, error) {
	if len(args) == 0 {
		return nil, nil
	}
	if s, ok := c.kept.Get(query); ok {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	next, err := c.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	s := &stmt{Stmt: next}
	c.kept.Add(query, s)
	return s, nil
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	plain := func() (driver.Rows, error) {
		if q, ok := c.Conn.(driver.QueryerContext); ok {
			return q.QueryContext(ctx, query, args)
		}
		return nil, driver.ErrSkip
	}
	return run(ctx, c, query, args, plain, func(s *stmt) (driver.Rows, error) {
		q, ok := s.Stmt.(driver.StmtQueryContext)
		if !ok {
			return nil, driver.ErrSkip
		}
		next, err := q.QueryContext(ctx, args)
		if err != nil {
			return nil, err
		}
		s.busy = true
		return &rows{Rows: next, stmt: s}, nil
	})
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	plain := func() (driver.Result, error) {
		if e, ok := c.Conn.(driver.ExecerContext); ok {
			return e.ExecContext(ctx, query, args)
		}
		return nil, driver.ErrSkip
	}
	return run(ctx, c, query, args, plain, func(s *stmt) (driver.Result, error) {
		e, ok := s.Stmt.(driver.StmtExecContext)
		if !ok {
			return nil, driver.ErrSkip
		}
		return e.ExecContext(ctx, args)
	})
}

// run runs a query by its kept statement, or without one where there is none. It runs
// the query once more if a stale statement was the reason of a failure, but not in a
// transaction, which is lost after any error. The error of a query without a statement
// is no error of a statement.
func run[T any](ctx context.Context, c *conn, query string, args []driver.NamedValue, plain func() (T, error), kept func(*stmt) (T, error)) (T, error) {
	for again := !c.inTx; ; again = false {
		s, err := c.prepared(ctx, query, args)
		if err == nil && s == nil {
			return plain()
		}
		var result T
		if err == nil {
			if result, err = kept(s); err == nil {
				return result, nil
			}
			c.kept.Remove(query)
		}
		if !again || !c.config.Stale(err) {
			return result, c.checked(err)
		}
	}
}

// checked gives up a connection that holds another client's statements, as the error
// tells. database/sql then takes another one: the query was not executed.
func (c *conn) checked(err error) error {
	if err == nil || !c.config.Foreign(err) {
		return err
	}
	c.lost = true
	if c.inTx {
		return err
	}
	return driver.ErrBadConn
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.prepare(ctx, query)
	return s, c.checked(err)
}

func (c *conn) prepare(ctx context.Context, query string) (driver.Stmt, error) {
	if p, ok := c.Conn.(driver.ConnPrepareContext); ok {
		return p.PrepareContext(ctx, query)
	}
	return c.Conn.Prepare(query)
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	b, ok := c.Conn.(driver.ConnBeginTx)
	if !ok {
		return nil, errors.New("stmtcache: the driver cannot begin transactions with a context")
	}
	next, err := b.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return tx{next, c}, nil
}

// tx tells its connection when it ends.
type tx struct {
	driver.Tx
	conn *conn
}

// Commit implements driver.Tx.
func (t tx) Commit() error {
	t.conn.inTx = false
	return t.Tx.Commit()
}

// Rollback implements driver.Tx.
func (t tx) Rollback() error {
	t.conn.inTx = false
	return t.Tx.Rollback()
}

// Close closes the kept statements, then the connection.
func (c *conn) Close() error {
	if !c.config.Leave {
		c.kept.Purge()
	}
	return c.Conn.Close()
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	if p, ok := c.Conn.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

// ResetSession implements driver.SessionResetter.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.lost || c.config.Retired() {
		return driver.ErrBadConn
	}
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool {
	v, ok := c.Conn.(driver.Validator)
	return !c.lost && (!ok || v.IsValid())
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := c.Conn.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}
