package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/lib/pq"
)

// channel is what messages are sent on. Each database of a server has its own.
const channel = "authent"

// Broadcaster tells the processes of an application that a session has ended or changed:
// it is an authent.Broadcaster for SessionConfig.Cache, through the database in which the
// sessions are, with NOTIFY and LISTEN. What is changed in a transaction, or by authent, is told
// in that transaction, so others hear of it if, and only if, it is committed, and in the order
// of the commits. What the application writes outside of one is told after it. Make it with
// NewBroadcaster; it is safe for concurrent use.
//
// It has two connections of its own, each open only while Listen runs or Publish is used.
type Broadcaster struct {
	server server
	db     *sql.DB
}

// NewBroadcaster makes a Broadcaster for the database that rawURL names, in the forms that
// Open takes, with the same hosts, encryption and time-outs; connection_limit has no effect.
// The database must be the one of the sessions, and the role may be any.
//
// The URL must lead to the server itself. Behind a pooler in transaction mode nothing is
// heard: the cache stays off, and Auth.RunSessionCache logs it.
//
// NewBroadcaster makes no connection. Its errors are those of Open. Close what it returns
// when nobody needs it any more.
func NewBroadcaster(rawURL string) (*Broadcaster, error) {
	s, u, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(newPool(s, u))
	db.SetMaxOpenConns(1)
	s.hears = true
	return &Broadcaster{server: s, db: db}, nil
}

// Statement returns the statement that sends its only argument, a text of fewer than 8,000
// bytes, when its transaction is committed.
func (b *Broadcaster) Statement() string { return "SELECT pg_notify('" + channel + "', $1)" }

// Publish sends a message at once, to all who listen.
func (b *Broadcaster) Publish(ctx context.Context, message string) error {
	if _, err := b.db.ExecContext(ctx, b.Statement(), message); err != nil {
		return fmt.Errorf("postgres: publish: %w", err)
	}
	return nil
}

// Listen calls heard with each message that is committed from when it has connected on, one
// after the other, until ctx ends, whose error it then returns, or until the connection is
// lost and messages may have been. Each call has a connection of its own, and closes it.
//
// Connecting takes at most connect_timeout. After that Listen waits for as long as the
// connection seems to be open: whether a server that says nothing is still there, its
// caller finds out with messages of its own.
func (b *Broadcaster) Listen(ctx context.Context, heard func(message string)) error {
	err := b.listen(ctx, heard)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("postgres: listen: %w", err)
}

// errLost is what ended a connection that said nothing of it.
var errLost = errors.New("the connection was lost")

func (b *Broadcaster) listen(ctx context.Context, heard func(message string)) error {
	conn, err := b.server.connect(ctx, func(*pq.Config) {})
	if err != nil {
		return err
	}
	defer conn.dialer.hangUp()
	defer context.AfterFunc(ctx, conn.dialer.hangUp)()
	pq.SetNotificationHandler(conn.connection, func(n *pq.Notification) { heard(n.Extra) })
	// The driver is given no context: it would ask the server to cancel, on a connection
	// more. Hanging up is enough.
	background := context.WithoutCancel(ctx)
	if most := b.server.config.ConnectTimeout; most > 0 {
		conn.dialer.limit(most)
	}
	// Nothing is sent after LISTEN, so that the connection would be idle for too long. Servers
	// before 14 do not know the setting, and end no connection for that.
	_, _ = conn.connection.ExecContext(background, "SET idle_session_timeout = 0", nil)
	if _, err := conn.connection.ExecContext(background, "LISTEN "+channel, nil); err != nil {
		return err
	}
	conn.dialer.unlimit()
	// The driver hears messages only while it waits for an answer. This statement is never
	// sent, so that it waits for as long as there is a connection.
	conn.dialer.hushed.Store(true)
	_, err = conn.connection.ExecContext(background, ";", nil)
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errLost
	}
	return fmt.Errorf("%w: %w", errLost, err)
}

// Close closes the connection that Publish uses. Listen ends with its context.
func (b *Broadcaster) Close() error { return b.db.Close() }
