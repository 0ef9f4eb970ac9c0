// Package postgres opens PostgreSQL databases as authent wants them, on the
// driver github.com/lib/pq: with prepared statements kept per connection, so
// that a session check is one round trip to the server.
//
//	db, err := postgres.Open("postgresql://user:password@localhost:5432/app")
//	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.Postgres, db)))
package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/lib/pq"

	"github.com/authent/authent/authent/database/internal/serverurl"
	"github.com/authent/authent/authent/database/stmtcache"
)

// Open opens the database that rawURL names:
//
//	postgresql://user:password@host:5432/database
//	postgres://user:password@host:5432/database?sslmode=verify-full
//
// The query's parameters are lib/pq's, which are libpq's; others are set at the
// server for each connection. These are Open's own:
//
//	statement_cache=off   keep no prepared statements, for a pooler in transaction
//	                      mode; it sets the driver's binary_parameters=yes
//	schema=name           Prisma's; the same as search_path=name
//	connection_limit=n    Prisma's; how many connections are open at most
//
// A Unix socket is named by its folder: postgresql:///database?host=/run/postgresql.
//
// If sslmode is absent, and PGSSLMODE too, it is prefer on the loopback interface
// and on a Unix socket, and require elsewhere. Open makes no connection. An error
// does not show the URL, which holds a password.
func Open(rawURL string) (*sql.DB, error) {
	u, err := form.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	prepare(u)
	c, err := connect(u)
	if err != nil {
		return nil, errors.New("postgres: the driver does not understand the URL: check its host, port and parameters (sslmode, connect_timeout and so on), and the environment's (PGSSLMODE and so on)")
	}
	if u.Keep {
		c = stmtcache.New(c, stmtcache.Config{Stale: stale})
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(u.Limit)
	return db, nil
}

var form = serverurl.Form{
	Name:    "postgres",
	Schemes: []string{"postgresql", "postgres"},
	Example: "postgresql://user:password@host:5432/database",
}

// prepare makes the URL what the driver wants.
func prepare(u *serverurl.URL) {
	q := u.Params
	if schema := q.Get("schema"); schema != "" && !q.Has("search_path") {
		q.Set("search_path", pq.QuoteIdentifier(schema))
	}
	q.Del("schema")
	if env := os.Getenv("PGSSLMODE"); !q.Has("sslmode") && env != "" {
		q.Set("sslmode", env)
	}
	if !q.Has("sslmode") && local(u) {
		q.Set("sslmode", "prefer")
	}
	if !u.Keep && !q.Has("binary_parameters") {
		// The driver then sends a query in one piece. Otherwise it prepares it
		// first, and a pooler may run it on another connection than that.
		q.Set("binary_parameters", "yes")
	}
	if strings.Contains(u.Hostname(), ":") && u.Port() == "" {
		// The driver keeps the brackets of an IPv6 address that has no port.
		u.Host = net.JoinHostPort(u.Hostname(), cmp.Or(os.Getenv("PGPORT"), "5432"))
	}
}

// connect makes the driver's connector.
func connect(u *serverurl.URL) (driver.Connector, error) {
	with := func(mode string) (*pq.Connector, error) {
		query, address := maps.Clone(u.Params), *u.URL
		query.Set("sslmode", mode)
		address.RawQuery = query.Encode()
		return pq.NewConnector(address.String())
	}
	mode := u.Params.Get("sslmode")
	if mode != "prefer" {
		return with(cmp.Or(mode, "require"))
	}
	secure, err := with("require")
	if err != nil {
		return nil, err
	}
	plain, err := with("disable")
	return preferring{secure, plain}, err
}

// preferring connects with TLS where the server has it, and without elsewhere.
// The driver's own sslmode=prefer leaves its first connection open when the
// server has no TLS.
type preferring struct{ secure, plain *pq.Connector }

// Connect implements driver.Connector.
func (p preferring) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.secure.Connect(ctx)
	if errors.Is(err, pq.ErrSSLNotSupported) {
		return p.plain.Connect(ctx)
	}
	return conn, err
}

// Driver implements driver.Connector.
func (p preferring) Driver() driver.Driver { return p.secure.Driver() }

// local reports whether the server is on this machine, where nobody listens in.
func local(u *serverurl.URL) bool {
	host := cmp.Or(u.Params.Get("host"), u.Hostname(), os.Getenv("PGHOST"))
	ip := net.ParseIP(host)
	return host == "" || host == "localhost" || host[0] == '/' || host[0] == '@' || ip != nil && ip.IsLoopback()
}

// stale reports whether a kept statement is of no use any more: the tables it
// was prepared on have changed (0A000, "cached plan must not change result
// type"), or the server has forgotten it (26000).
func stale(err error) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && slices.Contains([]string{"0A000", "26000"}, string(e.Code))
}
