// Package mysql opens MySQL and MariaDB databases as authent wants them, on the
// driver github.com/go-sql-driver/mysql: utf8mb4, times in UTC to the
// millisecond, transactions READ COMMITTED, which lock no gaps between rows and
// so deadlock less, and prepared statements kept per connection.
//
//	db, err := mysql.Open("mysql://user:password@localhost:3306/app")
//	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.MySQL, db)))
//
// It wants MySQL 8.0.16 or MariaDB 10.6, or later.
package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/authent/authent/authent/database/stmtcache"
)

// Open opens the database that rawURL names:
//
//	mysql://user:password@host:3306/database
//	mariadb://user:password@host:3306/database?tls=true
//
// The query's parameters are the driver's (tls, timeout, readTimeout …); others
// are system variables, set for each connection. These are Open's own:
//
//	statement_cache=off   keep no prepared statements
//	connection_limit=n    Prisma's; how many connections are open at most
//	socket=path           connect to a Unix socket instead of the host
//
// Open makes no connection. An error does not show the URL, which holds a
// password.
func Open(rawURL string) (*sql.DB, error) {
	s, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	next, err := mysql.NewConnector(s.config)
	if err != nil {
		return nil, errUnderstood
	}
	var c driver.Connector = connector{next}
	if s.keep {
		c = stmtcache.New(c, stmtcache.Config{})
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(s.limit)
	// The server closes a connection that nobody used for its wait_timeout.
	db.SetConnMaxIdleTime(3 * time.Minute)
	return db, nil
}

var errUnderstood = errors.New("mysql: the driver does not understand the URL: check its host, port and parameters (tls, timeout and so on)")

// settings are what a URL says.
type settings struct {
	config *mysql.Config
	keep   bool
	limit  int
}

func parse(rawURL string) (settings, error) {
	s := settings{keep: true}
	u, err := url.Parse(rawURL)
	if err != nil {
		return s, errors.New("mysql: the URL cannot be parsed: characters such as / ? # @ : % in the password must be escaped (%2F %3F %23 %40 %3A %25)")
	}
	name := strings.TrimPrefix(u.Path, "/")
	if u.Scheme != "mysql" && u.Scheme != "mariadb" || u.Opaque != "" || name == "" || strings.Contains(name, "/") {
		return s, errors.New("mysql: the URL is not of the form mysql://user:password@host:3306/database")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return s, errors.New("mysql: the query of the URL cannot be decoded")
	}
	if err := s.takeOwn(query); err != nil {
		return s, err
	}
	socket := query.Get("socket")
	query.Del("socket")
	if s.config, err = mysql.ParseDSN("/?" + query.Encode()); err != nil {
		return s, errUnderstood
	}
	s.setUp(u, name, socket)
	return s, nil
}

// takeOwn reads the parameters that the driver does not know, and removes them.
func (s *settings) takeOwn(query url.Values) error {
	switch query.Get("statement_cache") {
	case "", "on":
	case "off":
		s.keep = false
	default:
		return errors.New("mysql: statement_cache in the URL is neither on nor off")
	}
	if value := query.Get("connection_limit"); value != "" {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return errors.New("mysql: connection_limit in the URL is not a number of at least 1")
		}
		s.limit = n
	}
	query.Del("statement_cache")
	query.Del("connection_limit")
	return nil
}

// setUp makes the connections what authent wants.
func (s *settings) setUp(u *url.URL, name, socket string) {
	c := s.config
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.DBName = name
	c.Net, c.Addr = "tcp", u.Host
	if u.Port() == "" {
		c.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	if u.Hostname() == "" {
		c.Addr = net.JoinHostPort("localhost", or(u.Port(), "3306"))
	}
	if socket != "" {
		c.Net, c.Addr = "unix", socket
	}
	c.ParseTime, c.Loc = true, time.UTC
	// An update counts the rows that it found, as on other databases.
	c.ClientFoundRows = true
	if c.Collation == "" {
		c.Collation = "utf8mb4_bin"
	}
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	if _, ok := c.Params["time_zone"]; !ok {
		c.Params["time_zone"] = "'+00:00'"
	}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// connector sets the isolation level of each connection by a statement: the
// system variable for it has one name in MySQL and another in MariaDB.
type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	e, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("mysql: the driver cannot execute statements"), conn.Close())
	}
	if _, err := e.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(fmt.Errorf("mysql: set the isolation level: %w", err), conn.Close())
	}
	return conn, nil
}
