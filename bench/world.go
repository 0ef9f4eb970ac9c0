package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/migrations"
)

// connections is how many each program may have to the database.
const connections = 32

// databases are the kinds of database, and how their servers are found.
var databases = []struct{ kind, dialect, variable string }{
	{"sqlite", dialect.SQLite, ""},
	{"postgres", dialect.Postgres, "AUTHENT_TEST_POSTGRES_URL"},
	{"mariadb", dialect.MySQL, "AUTHENT_TEST_MYSQL_URL"},
}

// world is a database for one table, which has it for itself.
type world struct {
	kind, dialect, table string
	// server is the URL on which other databases can be made; empty for SQLite.
	server string
	// url is that of the database, db how applications of authent open it.
	url string
	db  *sql.DB
	// sessions are numbered from 0; session n is of user n/2.
	sessions int
	// began is when the sessions last were used.
	began   time.Time
	random  *rand.Rand
	closers []func() error
}

// number makes the names of databases unique in this process.
var databaseNumber atomic.Int64

// newWorld makes a database with the default graph's tables and so many sessions. close
// drops it.
func newWorld(ctx context.Context, kind, table, server string, sessions int) (_ *world, err error) {
	w := &world{kind: kind, table: table, server: server, began: time.Now().UTC().Truncate(time.Millisecond), random: rand.New(rand.NewPCG(1, 2))}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.url, err = w.create(ctx); err != nil {
		return nil, err
	}
	if w.dialect, w.db, err = database.Open(w.url); err != nil {
		return nil, err
	}
	w.closers = append(w.closers, w.db.Close)
	limit(w.db)
	if err := migrations.Apply(ctx, w.dialect, w.db); err != nil {
		return nil, err
	}
	return w, w.grow(ctx, sessions)
}

// limit gives db as many connections as every program of a run has, and lets it keep them.
func limit(db *sql.DB) {
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
}

// create makes an empty database, which close drops, and returns its URL.
func (w *world) create(ctx context.Context) (string, error) {
	if w.server == "" {
		dir, err := os.MkdirTemp("", "authent-bench")
		if err != nil {
			return "", err
		}
		w.closers = append(w.closers, func() error { return os.RemoveAll(dir) })
		// Many writers at once may wait for longer than an application's should.
		return "file:" + filepath.Join(dir, "bench.db") + "?_pragma=busy_timeout(60000)", nil
	}
	name := fmt.Sprintf("authent_bench_%d_%d", os.Getpid(), databaseNumber.Add(1))
	if err := w.onServer(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	drop := "DROP DATABASE " + name
	if w.kind == "postgres" {
		drop += " WITH (FORCE)"
	}
	w.closers = append(w.closers, func() error { return w.onServer(context.WithoutCancel(ctx), drop) })
	u, err := url.Parse(w.server)
	if err != nil {
		return "", errors.New("the server's URL cannot be parsed")
	}
	u.Path = "/" + name
	return u.String(), nil
}

func (w *world) onServer(ctx context.Context, statement string) error {
	return execute(ctx, w.server, statement)
}

// execute runs statements in the database of a URL.
func execute(ctx context.Context, url string, statements ...string) error {
	_, db, err := database.Open(url)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// close closes and drops everything, the newest first.
func (w *world) close() error {
	var errs []error
	for i := len(w.closers) - 1; i >= 0; i-- {
		errs = append(errs, w.closers[i]())
	}
	w.closers = nil
	return errors.Join(errs...)
}

// key names a session: by its token, as a browser has it, and as the database does.
type key struct {
	token, stored string
	// cookie is the Cookie header with the token.
	cookie string
	// user is whose session it is, email the address as JSON has it.
	user  string
	email []byte
}

// newKey returns the key of session n. SQL makes the same of n, in fill.go.
func newKey(n int) key {
	token := hash("token " + strconv.Itoa(n))[:43] // as long as those that authent makes
	return key{token: token, stored: hash(token), cookie: "authjs.session-token=" + token, user: userID(n / 2), email: fmt.Appendf(nil, `"person-%d@example.com"`, n/2)}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// userID returns the id of user n, as long as a UUID and in the order of their making, as
// those of version 7 are.
func userID(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }

// randomKeys returns those of n sessions. Each round has its own: a row must not find in
// memory what the row before it has just read.
func (w *world) randomKeys(n int) []key {
	all := make([]key, n)
	for i := range all {
		all[i] = newKey(w.random.IntN(w.sessions))
	}
	return all
}
