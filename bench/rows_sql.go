package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"
)

// look is the statement of the check as you would write it by hand: a join by the token,
// with the columns that the adapter reads.
const look = `SELECT s.id, s.session_token, s.user_id, s.expires, s.created_at, s.last_used_at, s.ip_address, s.user_agent, s.amr, s.aal, s.authenticated_at,
       u.id, u.name, u.email, u.email_verified, u.image, u.password, u.role, u.disabled_at, u.created_at, u.updated_at
FROM sessions s JOIN users u ON s.user_id = u.id
WHERE s.session_token = ?`

// lookUser finds the user alone.
const lookUser = `SELECT id, name, email, email_verified, image, password, role, disabled_at, created_at, updated_at FROM users WHERE id = ?`

// person is a user as one reads it by hand, login a session with its user.
type person struct {
	id, email, role           string
	name, image, password     sql.NullString
	emailVerified, disabledAt sql.NullTime
	createdAt, updatedAt      time.Time
}

type login struct {
	id, token, userID     string
	expires               time.Time
	createdAt, lastUsedAt sql.NullTime
	ipAddress, userAgent  sql.NullString
	amr                   sql.NullString
	aal                   sql.NullInt64
	authenticatedAt       sql.NullTime
	user                  person
}

// scanner is a row of database/sql or of pgx.
type scanner interface{ Scan(into ...any) error }

func (p *person) scan(r scanner) error {
	return r.Scan(&p.id, &p.name, &p.email, &p.emailVerified, &p.image, &p.password, &p.role, &p.disabledAt, &p.createdAt, &p.updatedAt)
}

func (l *login) scan(r scanner) error {
	p := &l.user
	return r.Scan(&l.id, &l.token, &l.userID, &l.expires, &l.createdAt, &l.lastUsedAt, &l.ipAddress, &l.userAgent, &l.amr, &l.aal, &l.authenticatedAt,
		&p.id, &p.name, &p.email, &p.emailVerified, &p.image, &p.password, &p.role, &p.disabledAt, &p.createdAt, &p.updatedAt)
}

// numbered returns query with its parameters as the dialect writes them.
func (w *world) numbered(query string) string {
	if w.dialect != dialect.Postgres {
		return query
	}
	parts := strings.Split(query, "?")
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			fmt.Fprintf(&b, "$%d", i)
		}
		b.WriteString(part)
	}
	return b.String()
}

// plain opens the world's database with its driver alone, as its documentation says,
// without package database. It is closed with the world.
func (w *world) plain() (db *sql.DB, err error) {
	switch w.dialect {
	case dialect.Postgres:
		return w.plainPostgres(url.Values{})
	case dialect.MySQL:
		db, err = w.plainMySQL()
	default:
		file, _, _ := strings.Cut(w.url, "?")
		db, err = sql.Open("sqlite", file+"?_pragma=busy_timeout(60000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)&_time_format=sqlite")
	}
	if err != nil {
		return nil, err
	}
	w.keep(db)
	return db, nil
}

// plainPostgres opens it with lib/pq and settings for each connection.
func (w *world) plainPostgres(settings url.Values) (*sql.DB, error) {
	u, err := url.Parse(w.url)
	if err != nil {
		return nil, errors.New("the server's URL cannot be parsed")
	}
	query := u.Query()
	if !query.Has("sslmode") {
		query.Set("sslmode", "disable")
	}
	maps.Copy(query, settings)
	u.RawQuery = query.Encode()
	connector, err := pq.NewConnector(u.String())
	if err != nil {
		return nil, errors.New("lib/pq cannot read the server's URL")
	}
	db := sql.OpenDB(connector)
	w.keep(db)
	return db, nil
}

func (w *world) plainMySQL() (*sql.DB, error) {
	u, err := url.Parse(w.url)
	if err != nil {
		return nil, errors.New("the server's URL cannot be parsed")
	}
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Net, c.Addr, c.DBName, c.ParseTime = "tcp", u.Host, strings.TrimPrefix(u.Path, "/"), true
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// pgx opens the world's database with pgx behind database/sql.
func (w *world) pgx() (*sql.DB, error) {
	c, err := pgxpool.ParseConfig(w.url)
	if err != nil {
		return nil, errors.New("pgx cannot read the server's URL")
	}
	db := stdlib.OpenDB(*c.ConnConfig)
	w.keep(db)
	return db, nil
}

// keep limits db, and closes it with the world.
func (w *world) keep(db *sql.DB) {
	limit(db)
	w.closers = append(w.closers, db.Close)
}

// driverNames are those of database/sql's drivers, by dialect.
var driverNames = map[string]string{dialect.Postgres: "lib/pq", dialect.MySQL: "go-sql-driver/mysql", dialect.SQLite: "modernc.org/sqlite"}

// baseline is the look-up by hand, with a statement that was prepared once.
func baseline(ctx context.Context, w *world) (*row, error) {
	db, err := w.plain()
	if err != nil {
		return nil, err
	}
	return prepared(ctx, w, db, "prepared by hand, "+driverNames[w.dialect])
}

func baselinePgx(ctx context.Context, w *world) (*row, error) {
	db, err := w.pgx()
	if err != nil {
		return nil, err
	}
	return prepared(ctx, w, db, "prepared by hand, pgx behind database/sql")
}

func prepared(ctx context.Context, w *world, db *sql.DB, title string) (*row, error) {
	s, err := db.PrepareContext(ctx, w.numbered(look))
	if err != nil {
		return nil, err
	}
	return &row{title: title, close: s.Close, does: func(ctx context.Context, _ int, k key) (string, error) {
		var l login
		err := l.scan(s.QueryRowContext(ctx, k.stored))
		return l.user.id, err
	}}, nil
}

// pgxPool is pgx without database/sql, which prepares each statement by itself: the fastest
// way to PostgreSQL that Go has.
func pgxPool(ctx context.Context, w *world) (*row, error) {
	c, err := pgxpool.ParseConfig(w.url)
	if err != nil {
		return nil, errors.New("pgx cannot read the server's URL")
	}
	c.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	query := w.numbered(look)
	closePool := func() error { pool.Close(); return nil }
	return &row{title: "by hand, pgxpool", close: closePool, does: func(ctx context.Context, _ int, k key) (string, error) {
		var l login
		err := l.scan(pool.QueryRow(ctx, query, k.stored))
		return l.user.id, err
	}}, nil
}
