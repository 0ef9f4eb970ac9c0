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
	"net/url"
	"os"
	"slices"
	"strconv"

	"github.com/lib/pq"

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
//	statement_cache=off   keep no prepared statements, for a pooler in transaction mode
//	schema=name           Prisma's; the same as search_path=name
//	connection_limit=n    Prisma's; how many connections are open at most
//
// If sslmode is absent, and PGSSLMODE too, it is prefer on the loopback interface and on a Unix
// socket, and require elsewhere. Open makes no connection. An error does not
// show the URL, which holds a password.
func Open(rawURL string) (*sql.DB, error) {
	u, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	query := u.Query()
	limit, err := connectionLimit(query.Get("connection_limit"))
	if err != nil {
		return nil, err
	}
	keep, err := statementCache(query.Get("statement_cache"))
	if err != nil {
		return nil, err
	}
	if schema := query.Get("schema"); schema != "" && !query.Has("search_path") {
		query.Set("search_path", pq.QuoteIdentifier(schema))
	}
	for _, own := range []string{"connection_limit", "statement_cache", "schema"} {
		query.Del(own)
	}
	if env := os.Getenv("PGSSLMODE"); !query.Has("sslmode") && env != "" {
		query.Set("sslmode", env)
	}
	if !query.Has("sslmode") && local(u, query) {
		query.Set("sslmode", "prefer")
	}
	c, err := connect(u, query)
	if err != nil {
		return nil, errors.New("postgres: the driver does not understand the URL: check its host, port and parameters (sslmode, connect_timeout and so on)")
	}
	if keep {
		c = stmtcache.New(c, stmtcache.Config{Stale: stale})
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(limit)
	return db, nil
}

// connect makes the driver's connector.
func connect(u *url.URL, query url.Values) (driver.Connector, error) {
	with := func(mode string) (*pq.Connector, error) {
		query, address := maps.Clone(query), *u
		query.Set("sslmode", mode)
		address.RawQuery = query.Encode()
		return pq.NewConnector(address.String())
	}
	mode := query.Get("sslmode")
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

func parse(rawURL string) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("postgres: the URL cannot be parsed: characters such as / ? # @ : % in the password must be escaped (%2F %3F %23 %40 %3A %25)")
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" {
		return nil, errors.New("postgres: the URL is not of the form postgresql://user:password@host:5432/database")
	}
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return nil, errors.New("postgres: the query of the URL cannot be decoded")
	}
	return u, nil
}

func connectionLimit(value string) (int, error) {
	if value == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, errors.New("postgres: connection_limit in the URL is not a number of at least 1")
	}
	return n, nil
}

func statementCache(value string) (bool, error) {
	switch value {
	case "", "on":
		return true, nil
	case "off":
		return false, nil
	}
	return false, errors.New("postgres: statement_cache in the URL is neither on nor off")
}

// local reports whether the server is on this machine, where nobody listens in.
func local(u *url.URL, query url.Values) bool {
	host := u.Hostname()
	if h := query.Get("host"); h != "" {
		host = h
	}
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
