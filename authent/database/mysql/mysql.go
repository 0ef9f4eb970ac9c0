// Package mysql opens MySQL and MariaDB databases for authent, with the driver
// github.com/go-sql-driver/mysql: text is utf8mb4, times are UTC to the millisecond,
// transactions are READ COMMITTED, which lock no gaps between rows and so deadlock less,
// and each connection keeps its prepared statements.
//
//	driver, err := mysql.OpenDriver("mysql://user:password@localhost:3306/app")
//	client := ent.NewClient(ent.Driver(driver))
//
// It needs MySQL 8.0.16 or MariaDB 10.6, or later. An application that opens the database
// itself must set parseTime=true in the driver's DSN: without it no row with a time can be
// read. clientFoundRows may be set or not.
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
// The query's parameters are the driver's (tls, timeout, readTimeout …). Those of the
// clients of MySQL and MariaDB, Prisma, JDBC and others, which hosts hand out, are
// translated, or ignored where that loses nothing. A parameter that cannot be honoured, or
// is not known, is an error that says what to write. Variables that a session may set, such
// as sql_mode, are set for each connection; write %40%40name=value for one that is not
// known here. If a name is given twice, the last one counts. These are Open's own:
//
//	statement_cache=off   keep no prepared statements
//	connection_limit=n    Prisma's; how many connections are open at most
//	socket=path           connect to a Unix socket instead of the host; a path in the
//	                      host's place, with %2F for its slashes, is the same
//
// ssl-mode is DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY, with ssl-ca,
// ssl-cert and ssl-key as for MySQL's own client: with ssl-ca at least the authority is
// checked. useSSL=true and ssl=true are REQUIRED; sslaccept=strict and
// ssl={"rejectUnauthorized":true} are VERIFY_IDENTITY, which alone proves whose server it
// is. If the URL is silent, connections are in clear.
//
// If timeout is absent, connecting takes at most 5 s, the server's answer included. A call
// on a frozen server returns when its context ends, COMMIT and ROLLBACK a second after the
// end of the transaction's context. A connection whose server reports that it only reads
// (1290, 1836), as a demoted primary does, is not used again. The driver's
// rejectReadOnly=true is not needed, and would hide the error.
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
		return nil, errNotUnderstood
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
	Name:      "mysql",
	Schemes:   []string{"mysql", "mariadb", "mysql2"},
	Example:   "mysql://user:password@host:3306/database",
	Rules:     rules,
	Several:   "mode",
	Setting:   isSetting,
	Otherwise: "a variable of the server that is newer is written %40%40name=value",
}

var errNotUnderstood = errors.New("mysql: the driver does not understand the URL: check its host, port and parameters (tls, timeout and so on)")

func parse(rawURL string) (*serverurl.URL, *mysql.Config, error) {
	u, err := form.Parse(rawURL)
	if err != nil {
		return nil, nil, err
	}
	name := strings.TrimPrefix(u.Path, "/")
	if name == "" || strings.Contains(strings.TrimPrefix(u.EscapedPath(), "/"), "/") {
		return nil, nil, errors.New("mysql: the URL names no database: write " + form.Example)
	}
	if len(u.Hosts) > 1 {
		return nil, nil, errors.New("mysql: the URL lists several hosts: name one")
	}
	socket := u.Params.Get("socket")
	if len(u.Hosts) == 1 && strings.HasPrefix(u.Hosts[0].Name, "/") {
		socket = cmp.Or(socket, u.Hosts[0].Name)
	}
	u.Params.Del("socket")
	if err := checkParams(u.Params); err != nil {
		return nil, nil, err
	}
	secure, err := takeEncryption(u.Params)
	if err != nil {
		return nil, nil, err
	}
	variables := takeVariables(u.Params)
	config, err := mysql.ParseDSN("/?" + u.Params.Encode())
	if err != nil {
		return nil, nil, errNotUnderstood
	}
	config.Params = variables
	if err := secure.apply(config); err != nil {
		return nil, nil, err
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

// checkParams refuses a collation under which text would be stored otherwise.
func checkParams(q url.Values) error {
	if c := q.Get("collation"); c != "" && !strings.HasPrefix(c, "utf8mb4_") {
		return errors.New("mysql: the collation in the URL is not one of utf8mb4: leave it out")
	}
	return nil
}

// takeVariables removes the server's variables from a query and returns them: the driver
// would not decode their names.
func takeVariables(q url.Values) map[string]string {
	all := map[string]string{}
	for name := range q {
		if _, known := rules[name]; !known {
			all[name] = q.Get(name)
			q.Del(name)
		}
	}
	return all
}

// setUp makes connections as the package promises.
func setUp(c *mysql.Config) {
	c.ParseTime, c.Loc = true, time.UTC
	c.DialFunc = dial
	// What it would print of lost connections is in the errors that it returns.
	c.Logger = &mysql.NopLogger{}
	// An update counts the rows that it found, as on other databases.
	c.ClientFoundRows = true
	c.Collation = cmp.Or(c.Collation, "utf8mb4_bin")
	if _, ok := c.Params["time_zone"]; !ok {
		c.Params["time_zone"] = "'+00:00'"
	}
}
