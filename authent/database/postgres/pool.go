package postgres

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/lib/pq"

	"github.com/authent/authent/authent/database/internal/serverurl"
	"github.com/authent/authent/authent/database/stmtcache"
)

// proof is the setting that proves a connection to be direct. It is given a random
// value when a session starts, and read back within it.
const proof = "authent.connection"

// errUnproved tells that something between us and the server may run statements
// of one connection on another.
var errUnproved = errors.New("postgres: the connection is not direct")

// pool makes the connections of one *sql.DB. They keep prepared statements while
// each proves to be direct. From the first that does not on, no connection does:
// a pooler would run a statement on whatever session is free, under a name that
// stands for something else there.
type pool struct {
	server server
	// insist is whether the URL asks for statements to be kept without proof.
	insist bool
	// keeping makes the connections that keep statements.
	keeping driver.Connector
	pooled  atomic.Bool
	types   *paramTypes
}

func newPool(s server, u *serverurl.URL) *pool {
	p := &pool{server: s, insist: u.Insist, types: newParamTypes()}
	p.pooled.Store(!u.Keep)
	p.keeping = stmtcache.New(directly{p}, stmtcache.Config{Stale: stale, Foreign: p.foreign, Retired: p.pooled.Load, Leave: true})
	return p
}

// Connect implements driver.Connector.
func (p *pool) Connect(ctx context.Context) (driver.Conn, error) {
	if !p.pooled.Load() {
		conn, err := p.keeping.Connect(ctx)
		if !errors.Is(err, errUnproved) {
			return conn, err
		}
	}
	conn, err := p.server.connect(ctx, func(c *pq.Config) { c.BinaryParameters = true })
	if err != nil {
		return nil, err
	}
	p.turn("there is a connection pooler in front of the database")
	return &pooledConn{conn, p.types}, nil
}

// turn makes every further connection one for poolers, and logs that once.
func (p *pool) turn(why string) {
	if p.pooled.CompareAndSwap(false, true) {
		slog.Info("postgres: " + why + ": prepared statements are not kept; statement_cache=off in the URL says so from the start")
	}
}

// foreign reports whether an error is about another client's statement: one has our name
// already (42P05), or ours has other parameters than we prepared it with (08P01).
func (p *pool) foreign(err error) bool {
	if !ofStatement(err, "42P05", "StorePreparedStatement") && !ofStatement(err, "08P01", "exec_bind_message") {
		return false
	}
	p.turn("the server holds statements that are not ours")
	return true
}

// Driver implements driver.Connector.
func (p *pool) Driver() driver.Driver { return Driver{p} }

// Driver is what the Driver method of a *sql.DB from Open returns.
type Driver struct{ pool *pool }

// Open implements driver.Driver, as lib/pq does: name has nothing to do with the
// *sql.DB that the Driver is of.
func (d Driver) Open(name string) (driver.Conn, error) { return pq.Open(name) }

// Direct reports whether connections lead to the server itself: whether a session
// of it belongs to one connection for as long as that is open. It makes one and
// closes it. An error is one of connecting.
func (d Driver) Direct(ctx context.Context) (bool, error) {
	conn, err := d.pool.proved(ctx)
	if err == nil {
		return true, conn.Close()
	}
	if errors.Is(err, errUnproved) {
		return false, nil
	}
	return false, err
}

// directly makes connections that prove to be direct.
type directly struct{ *pool }

// Connect implements driver.Connector.
func (d directly) Connect(ctx context.Context) (driver.Conn, error) {
	if !d.insist {
		return d.proved(ctx)
	}
	conn, err := d.server.connect(ctx, func(*pq.Config) {})
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// proved connects, and fails with errUnproved where the session that answers was
// not started by this very connection. Whatever else fails, such as a server that
// is down, proves nothing.
func (p *pool) proved(ctx context.Context) (driver.Conn, error) {
	word := rand.Text()
	conn, err := p.server.connect(ctx, func(c *pq.Config) { c.Runtime[proof] = word })
	if refused(err) {
		return nil, fmt.Errorf("%w: %w", errUnproved, err)
	}
	if err != nil {
		return nil, err
	}
	if most := p.server.config.ConnectTimeout; most > 0 {
		conn.dialer.limit(most)
		defer conn.dialer.unlimit()
	}
	got, err := readBack(ctx, conn.connection)
	if err == nil && got == word {
		return conn, nil
	}
	if err == nil || refused(err) {
		err = errUnproved
	}
	return nil, errors.Join(err, conn.Close())
}

// readBack returns the proof with which the session was started. A pooler may set
// another value later, for the client that it lends the session to: RESET removes that
// one.
func readBack(ctx context.Context, conn connection) (string, error) {
	rows, err := conn.QueryContext(ctx, "RESET "+proof+"; SELECT coalesce(current_setting('"+proof+"', true), '')", nil)
	if err != nil {
		return "", err
	}
	value := make([]driver.Value, 1)
	err = errors.Join(rows.Next(value), rows.Close())
	text, _ := value[0].(string)
	return text, err
}

// refused reports whether an error is the answer to our setting: by its name, or by the
// codes with which poolers and other servers refuse parameters and statements. If it was
// about something else, the connection without the setting, which is tried next, fails
// too.
func refused(err error) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && (strings.Contains(e.Message, proof) || slices.Contains([]string{"08P01", "0A000", "22023", "42501", "42601", "42704", "42883"}, string(e.Code)))
}

// stale reports whether a kept statement can no longer be used: its tables have changed
// ("cached plan must not change result type"), or the server has forgotten it (26000).
func stale(err error) bool {
	e, ok := errors.AsType[*pq.Error](err)
	// One line tells at most which arguments the statement had. More are of code
	// that runs within it.
	changed := ok && e.Code == "0A000" && e.Routine == "RevalidateCachedQuery" && !strings.Contains(e.Where, "\n")
	return changed || ofStatement(err, "26000", "FetchPreparedStatement")
}

// ownName is a name that the driver gives to statements, as an error tells it.
var ownName = regexp.MustCompile(`"[0-9]+"`)

// ofStatement reports whether an error with that code is the answer to one of our
// statements, before it runs. It says so by the server's routine, or where the
// server has other ones, by the statement's name. What a query does within itself
// may end with the same code, after a COMMIT too: then the error tells where.
func ofStatement(err error, code, routine string) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && string(e.Code) == code && e.Where == "" && (e.Routine == routine || ownName.MatchString(e.Message))
}

// codeOf returns the server's code of an error, or "" for other errors.
func codeOf(err error) string {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return string(e.Code)
	}
	return ""
}

// stateOf returns the code of an error that may only stand for the server's own.
func stateOf(err error) string {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return e.SQLState()
	}
	return ""
}
