package postgres

import (
	"context"
	"database/sql/driver"
)

// pooledConn is a connection through a pooler. It sends each query in one piece,
// which a pooler keeps on one session, and leaves no statement there.
type pooledConn struct {
	connection
	types *paramTypes
}

// QueryContext implements driver.QueryerContext.
func (c *pooledConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return typed(ctx, c, query, args, c.connection.QueryContext)
}

// ExecContext implements driver.ExecerContext.
func (c *pooledConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return typed(ctx, c, query, args, c.connection.ExecContext)
}

// PrepareContext implements driver.ConnPrepareContext. Nothing is prepared: the
// statement is sent whenever it runs. COPY is no statement with arguments.
func (c *pooledConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	// The driver does not know every comment as one, and would prepare the rest.
	if begin := bare(query); firstWord(begin) == "COPY" {
		return c.connection.PrepareContext(ctx, begin)
	}
	return unprepared{c, query}, nil
}

// Prepare implements driver.Conn.
func (c *pooledConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// CheckNamedValue implements driver.NamedValueChecker. The driver would ask a value
// for its binary form, which only some types have: its own form is sent as their
// type wants it.
func (c *pooledConn) CheckNamedValue(v *driver.NamedValue) error {
	if _, ok := v.Value.(driver.Valuer); ok {
		return driver.ErrSkip
	}
	return c.connection.CheckNamedValue(v)
}

// unprepared is a statement that is not there until it runs.
type unprepared struct {
	conn  *pooledConn
	query string
}

// Close implements driver.Stmt.
func (u unprepared) Close() error { return nil }

// NumInput implements driver.Stmt: the server counts.
func (u unprepared) NumInput() int { return -1 }

// QueryContext implements driver.StmtQueryContext.
func (u unprepared) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return u.conn.QueryContext(ctx, u.query, args)
}

// ExecContext implements driver.StmtExecContext.
func (u unprepared) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return u.conn.ExecContext(ctx, u.query, args)
}

// Query implements driver.Stmt.
func (u unprepared) Query(args []driver.Value) (driver.Rows, error) {
	return u.QueryContext(context.Background(), named(args))
}

// Exec implements driver.Stmt.
func (u unprepared) Exec(args []driver.Value) (driver.Result, error) {
	return u.ExecContext(context.Background(), named(args))
}

func named(args []driver.Value) []driver.NamedValue {
	all := make([]driver.NamedValue, len(args))
	for i, v := range args {
		all[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return all
}
