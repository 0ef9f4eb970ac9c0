// Package mysql opens MySQL and MariaDB databases as authent wants them, on the
// driver github.com/go-sql-driver/mysql: utf8mb4, times in UTC to the
// millisecond, transactions READ COMMITTED, which lock no gaps between rows and
// so deadlock less, and prepared statements kept per connection.
//
//	db, err := mysql.Open("mysql://user:password@localhost:3306/app")
//	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.MySQL, db)))
//
// It wants MySQL 8.0.16 or MariaDB 10.6, or later. An application that opens the
// database by itself needs parseTime=true in the driver's DSN, without which no
// row that has a time can be read; clientFoundRows may be set or not.
package mysql

import (
	"cmp"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/authent/authent/authent/database/internal/serverurl"
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
// If timeout is absent, connecting may take 5 s, until the server has answered.
// A call on a server that has frozen comes back when its context ends, COMMIT and
// ROLLBACK a second after that of their transaction. A connection whose server
// says that it only reads (1290, 1836), as one does that was demoted, is not used
// again; the driver's rejectReadOnly=true is not needed, and would hide the error.
//
// Open makes no connection. An error does not show the URL, which holds a
// password.
func Open(rawURL string) (*sql.DB, error) {
	u, config, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	next, err := mysql.NewConnector(config)
	if err != nil {
		return nil, errUnderstood
	}
	var c driver.Connector = connector{next, config.Timeout}
	if u.Keep {
		c = stmtcache.New(c, stmtcache.Config{})
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(u.Limit)
	// The server closes a connection that nobody used for its wait_timeout.
	db.SetConnMaxIdleTime(3 * time.Minute)
	return db, nil
}

var form = serverurl.Form{
	Name:    "mysql",
	Schemes: []string{"mysql", "mariadb"},
	Example: "mysql://user:password@host:3306/database",
}

var errUnderstood = errors.New("mysql: the driver does not understand the URL: check its host, port and parameters (tls, timeout and so on)")

func parse(rawURL string) (*serverurl.URL, *mysql.Config, error) {
	u, err := form.Parse(rawURL)
	if err != nil {
		return nil, nil, err
	}
	name := strings.TrimPrefix(u.Path, "/")
	if name == "" || strings.Contains(name, "/") {
		return nil, nil, errors.New("mysql: the URL names no database: it is to be of the form " + form.Example)
	}
	if len(u.Hosts) > 1 {
		return nil, nil, errors.New("mysql: the URL lists several hosts, of which the driver takes one")
	}
	socket := u.Params.Get("socket")
	u.Params.Del("socket")
	if err := checkParams(u.Params); err != nil {
		return nil, nil, err
	}
	config, err := mysql.ParseDSN("/?" + u.Params.Encode())
	if err != nil {
		return nil, nil, errUnderstood
	}
	config.DBName = name
	config.Net, config.Addr = "tcp", net.JoinHostPort(cmp.Or(u.Hostname(), "localhost"), cmp.Or(u.Port(), "3306"))
	if socket != "" {
		config.Net, config.Addr = "unix", socket
	}
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	if !u.Params.Has("timeout") {
		config.Timeout = 5 * time.Second
	}
	setUp(config)
	return u, config, nil
}

// checkParams refuses the parameters under which text or times would be stored
// otherwise, and those that the driver panics at.
func checkParams(q url.Values) error {
	if c := q.Get("charset"); c != "" && c != "utf8mb4" {
		return errors.New("mysql: charset in the URL is not utf8mb4: leave it out")
	}
	if c := q.Get("collation"); c != "" && !strings.HasPrefix(c, "utf8mb4_") {
		return errors.New("mysql: collation in the URL is not one of utf8mb4: leave it out")
	}
	if q.Has("strict") {
		return errors.New("mysql: the driver has no parameter strict any more: leave it out of the URL")
	}
	q.Del("charset")
	return nil
}

// setUp makes the connections what authent wants.
func setUp(c *mysql.Config) {
	c.ParseTime, c.Loc = true, time.UTC
	c.DialFunc = dial
	// What it would print of lost connections is in the errors that it returns.
	c.Logger = &mysql.NopLogger{}
	// An update counts the rows that it found, as on other databases.
	c.ClientFoundRows = true
	c.Collation = cmp.Or(c.Collation, "utf8mb4_bin")
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	if _, ok := c.Params["time_zone"]; !ok {
		c.Params["time_zone"] = "'+00:00'"
	}
}
