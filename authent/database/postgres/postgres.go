// Package postgres opens PostgreSQL databases for authent, with the driver
// github.com/lib/pq. Each connection keeps its prepared statements, so a session check is
// one round trip to the server.
//
//	driver, err := postgres.OpenDriver("postgresql://user:password@localhost:5432/app")
//	client := ent.NewClient(ent.Driver(driver))
//
// # Behind a pooler
//
// A connection keeps statements only after it has proved that it leads to the server
// itself: it starts its session with a random value of the setting authent.connection and
// reads that back. If the setting is refused, or another value or none comes back, there
// is a pooler such as PgBouncer in between, which may run a statement on another session
// than the one that prepared it. From then on no connection of the *sql.DB keeps
// statements: each query is sent in one piece, and one line is logged. Nothing needs to be
// configured.
//
// Statements that the application prepares are then sent in one piece too. Arguments of
// type []byte, in which ent passes JSON, need their types there. The server is asked for
// the types of a query's parameters once, again after an error, and each time for an
// argument with a backslash that is not a bytea. It cannot be asked about a query that
// PREPARE does not take, such as CALL, or that has a semicolon before its end: there bytes
// arrive as a bytea, so write $1::text::jsonb for a jsonb.
//
// A setting in the URL, such as search_path, belongs to a session. PgBouncer refuses most
// of them: use ALTER ROLE instead.
//
// # When the server fails
//
// Connecting takes at most connect_timeout, or 5 s if neither the URL nor
// PGCONNECT_TIMEOUT sets it. A call returns within a second after its context has ended,
// even if the server is frozen, where the driver alone would wait for ever; its connection
// is then closed. The context of BeginTx also covers COMMIT and ROLLBACK. A call whose
// context does not end waits as long as the server takes, except that a ROLLBACK ends after
// 10 s. If a COMMIT was cut off in this way, nobody knows whether it took effect.
//
// A connection whose server reports that it only reads (25006), as a demoted primary does,
// is not used again, unless the transaction asked for ReadOnly. The caller gets the error,
// and the next call connects anew.
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
// The query's parameters are libpq's. Those of Prisma, pgx, JDBC and others, which hosts
// hand out, are translated, or ignored where that loses nothing. A parameter that cannot be
// honoured, or is not known, is an error that says what to write. Settings of the server,
// such as statement_timeout, and all names with a dot are set for each connection; write
// options=-c%20name=value for one that is not known here. If a name is given twice, the
// last one counts. These are Open's own:
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
// Only sslmode=verify-full proves whose server it is; sslaccept=strict and
// sslrootcert=system ask for the same. With require, and with ssl=true, the connection is
// encrypted to whoever answers, unless sslrootcert names a file. A file that does not exist
// is an error.
//
// channel_binding=require asks the server to prove, within the encrypted connection, that
// it knows the password's hash. The driver does not support that. Open then only insists
// on encryption, refuses a weaker sslmode, and logs one line: somebody in between with any
// certificate is not noticed. With sslmode=verify-full, which the certificates of most
// hosts allow, it is.
//
// keepalives and tcp_user_timeout are ignored: Go probes idle connections itself, and a
// call ends with its context.
//
// # Hosts
//
// A Unix socket is named by its folder: postgresql:///database?host=/run/postgresql, or
// postgresql://%2Frun%2Fpostgresql/database.
//
// With several hosts a new connection goes to the first one that answers within
// connect_timeout and that target_session_attrs accepts: with read-write the primary,
// wherever it is. The default port is 5432.
//
// If neither the URL nor PGSSLMODE sets sslmode, it is prefer where all hosts are on the
// loopback interface or Unix sockets, and require elsewhere, including where a service's
// file names the hosts. If that file has an sslmode too, or the URL asks in several ways
// (sslmode, ssl), the strongest counts.
//
// Open makes no connection. An error does not show the URL, which holds a password.
func Open(rawURL string) (*sql.DB, error) {
	s, u, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(newPool(s, u))
	db.SetMaxOpenConns(u.Limit)
	return db, nil
}

// parse reads where the connections of a URL lead to.
func parse(rawURL string) (server, *serverurl.URL, error) {
	u, err := form.Parse(rawURL)
	if err != nil {
		return server{}, nil, err
	}
	if err := prepare(u); err != nil {
		return server{}, nil, err
	}
	s, err := newServer(u)
	if err != nil {
		return server{}, nil, errors.New("postgres: the driver does not understand the URL: check its host, port and parameters (sslmode, connect_timeout and so on), and the environment's (PGSSLMODE and so on)")
	}
	return s, u, nil
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

// prepare rewrites the URL to what the driver wants.
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
