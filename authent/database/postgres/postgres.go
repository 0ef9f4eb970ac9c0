// Package postgres opens PostgreSQL databases as authent wants them, on the
// driver github.com/lib/pq: with prepared statements kept per connection, so
// that a session check is one round trip to the server.
//
//	driver, err := postgres.OpenDriver("postgresql://user:password@localhost:5432/app")
//	client := ent.NewClient(ent.Driver(driver))
//
// # Behind a pooler
//
// A connection keeps statements only once it has proved to lead to the server
// itself: it starts its session with a random value of the setting
// authent.connection and reads it back. Where that is refused, or another value
// or none comes back, a pooler such as PgBouncer stands between, which may run a
// statement on another session than the one it was prepared on. From then on no
// connection of the *sql.DB keeps statements: each query is sent in one piece,
// and one line is logged. Nothing needs to be configured for it.
//
// What an application prepares itself is sent in one piece too. Arguments that
// are bytes, as ent passes JSON, need their types there: the types of such a
// query's parameters are asked for once, after an error anew, and each time for an
// argument with a backslash that is no bytea. They cannot be for a query that PREPARE
// does not take, as CALL, or that has a semicolon before its end: its bytes arrive
// as a bytea would, so write $1::text::jsonb for a jsonb.
//
// A setting in the URL, such as search_path, is part of a session. PgBouncer
// refuses most: set them with ALTER ROLE instead.
//
// # When the server fails
//
// Connecting takes at most connect_timeout, 5 s if the URL and PGCONNECT_TIMEOUT
// are silent. A call whose context ends comes back within a second of that, also
// from a server that has frozen, where the driver alone would wait for ever: its
// connection is closed then. The context of BeginTx holds for COMMIT and ROLLBACK.
// A call without an end of its context waits for as long as the server does; only
// a ROLLBACK ends after 10 s. After a COMMIT that ended so nobody knows whether it
// took effect.
//
// A connection whose server says that it only reads (25006), as one does that was
// demoted, is not used again, unless the transaction was asked for with ReadOnly. The
// error is the caller's, and the next call dials.
package postgres

import (
	"database/sql"
	"errors"
	"os"

	"github.com/authent/authent/authent/database/internal/serverurl"
)

// Open opens the database that rawURL names:
//
//	postgresql://user:password@host:5432/database
//	postgres://user:password@host:5432/database?sslmode=verify-full
//	postgresql://user:password@one:5432,two:5432/database?target_session_attrs=read-write
//
// The query's parameters are libpq's. Those of Prisma, pgx, JDBC and others that
// hosts hand out are translated, or left out where nothing is lost by it. What cannot
// be honoured is an error that says what to write; so is a name that is not known.
// Settings of the server, such as statement_timeout, and all names with a dot are set
// for each connection; another one is written options=-c%20name=value. Of a name that
// is given twice the last counts. These are Open's own:
//
//	statement_cache=off   keep no prepared statements and prove nothing, for a
//	                      pooler that is known; Prisma's pgbouncer=true is the same
//	statement_cache=on    keep them without proof; only for a pooler in session
//	                      mode, or one that keeps statements itself
//	schema=name           Prisma's; search_path with the name quoted
//	connection_limit=n    Prisma's; how many connections are open at most
//
// # Encryption
//
// sslmode=verify-full alone proves whose server it is; sslaccept=strict and
// sslrootcert=system ask for the same. With require, and with ssl=true, the connection is
// encrypted to whoever answers, unless sslrootcert names a file; one that is not there
// is an error.
//
// channel_binding=require asks that the server prove, within the encrypted connection,
// that it knows the password's hash. The driver cannot ask it: what is left of it is that
// the connection is encrypted, so a weaker sslmode is refused beside it. Who stands
// between and shows any certificate is then not found out, and one line in the log
// says so: with sslmode=verify-full, which the certificates of most hosts allow, it is.
//
// keepalives and tcp_user_timeout are left out: Go probes idle connections itself,
// and a call ends with its context.
//
// # Hosts
//
// A Unix socket is named by its folder: postgresql:///database?host=/run/postgresql, or
// postgresql://%2Frun%2Fpostgresql/database.
//
// Of several hosts a new connection takes the first one that answers, within
// connect_timeout each, and is as target_session_attrs says: with read-write the
// primary, wherever it is. A host without a port has 5432.
//
// If sslmode is absent, and PGSSLMODE too, it is prefer where all hosts are on the
// loopback interface or Unix sockets, and require elsewhere, and where a service's
// file names the hosts. Where that file has an sslmode too, or the URL asks in several
// ways (sslmode, ssl), the strongest counts.
// Open makes no connection. An error does not show the URL, which holds a password.
func Open(rawURL string) (*sql.DB, error) {
	u, err := form.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	if err := prepare(u); err != nil {
		return nil, err
	}
	s, err := newServer(u)
	if err != nil {
		return nil, errors.New("postgres: the driver does not understand the URL: check its host, port and parameters (sslmode, connect_timeout and so on), and the environment's (PGSSLMODE and so on)")
	}
	db := sql.OpenDB(newPool(s, u))
	db.SetMaxOpenConns(u.Limit)
	return db, nil
}

var form = serverurl.Form{
	Name:      "postgres",
	Schemes:   []string{"postgresql", "postgres"},
	Example:   "postgresql://user:password@host:5432/database",
	Rules:     rules,
	Graded:    "sslmode",
	Grades:    strength,
	Setting:   isSetting,
	Otherwise: "a setting of the server that is newer is written options=-c%20name=value",
}

// prepare makes the URL what the driver wants.
func prepare(u *serverurl.URL) error {
	q := u.Params
	if q.Has("dbname") {
		u.Path = "/" + q.Get("dbname")
		q.Del("dbname")
	}
	setHosts(u)
	if err := checkHosts(q); err != nil {
		return err
	}
	if err := checkEnvironment(); err != nil {
		return err
	}
	if err := encrypt(q); err != nil {
		return err
	}
	if !q.Has("connect_timeout") && os.Getenv("PGCONNECT_TIMEOUT") == "" {
		q.Set("connect_timeout", "5")
	}
	return nil
}
