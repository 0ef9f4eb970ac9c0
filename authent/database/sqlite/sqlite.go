// Package sqlite opens SQLite databases for authent, with modernc.org/sqlite, a driver in
// pure Go. Files have a write-ahead log, so that readers do not wait for the writer. Foreign
// keys are enforced, transactions begin immediate, so that one that reads before it writes
// cannot deadlock, and times are stored as text in UTC.
//
//	driver, err := sqlite.OpenDriver("file:./app.db")
//	client := ent.NewClient(ent.Driver(driver))
package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/sqlite"

	"github.com/authent/authent/authent/database/internal/serverurl"
	"github.com/authent/authent/authent/database/stmtcache"
)

var errForm = errors.New("the URL is not of the form file:./app.db or sqlite:./app.db")

// busyTimeout is how many milliseconds a connection waits for a lock.
const busyTimeout = "5000"

// Open opens the database that rawURL names, and creates its file with mode 0600
// if there is none:
//
//	file:./app.db or sqlite:./app.db   a path, relative or absolute
//	file:///srv/My%20App/app.db        an absolute one, with what is special escaped
//	:memory: or sqlite::memory:        a database in memory, until it is closed
//
// A database in memory has as many connections as are needed, and each call of Open makes
// a new one: "file:test?mode=memory&cache=shared" is not shared with another call. Pass
// the *sql.DB on instead. While a transaction writes there, other connections wait, for
// reading too.
//
// Write ? and % in a path as %3F and %25; other characters may be escaped or not. The
// query's parameters are those of SQLite's URIs (mode=ro) and the driver's own (_pragma).
// Those of github.com/mattn/go-sqlite3 (_journal_mode, _busy_timeout) become pragmas,
// Prisma's connection_limit limits the open connections, and parameters that mean nothing
// for a file are ignored. Any other is an error. Open makes no connection. A file that
// cannot be created, or is a directory, is an error.
func Open(rawURL string) (*sql.DB, error) {
	path, query, err := split(rawURL)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	limit, err := serverurl.TakeLimit(query)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	path, inMemory := takeMemory(path, query)
	if !inMemory && query.Get("mode") != "ro" {
		if err := create(path); err != nil {
			return nil, err
		}
	}
	next, err := sqlite.NewConnector(dsn(path, query))
	if err != nil {
		return nil, fmt.Errorf("sqlite: open %s: %w", path, err)
	}
	connector := stmtcache.New(next, stmtcache.Config{})
	if inMemory {
		connector = &memory{Connector: connector}
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(limit)
	return db, nil
}

// dsn returns what the driver is given. Parameters that the caller set win over ours.
func dsn(path string, query url.Values) string {
	set := url.Values{}
	// The driver orders pragmas by their text, so of two values for one either may
	// come last: ours stays away where the caller has one.
	pragma := func(name, value string) {
		its := func(p string) bool { return strings.HasPrefix(strings.ToLower(strings.TrimSpace(p)), name) }
		if !slices.ContainsFunc(query["_pragma"], its) {
			set.Add("_pragma", name+"("+value+")")
		}
	}
	pragma("foreign_keys", "1")
	switch {
	case query.Get("vfs") == memoryVFS:
		pragma("busy_timeout", memoryTimeout)
	case query.Get("mode") == "ro":
		pragma("busy_timeout", busyTimeout)
	default:
		pragma("busy_timeout", busyTimeout)
		pragma("journal_mode", "WAL")
		pragma("synchronous", "NORMAL")
	}
	set.Set("_txlock", "immediate")
	set.Set("_time_format", "sqlite")
	// Prisma's older engines write times as integers.
	set.Set("_inttotime", "1")
	for name, values := range query {
		if name == "_pragma" {
			set[name] = append(set[name], values...)
			continue
		}
		set[name] = values
	}
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + escaped + "?" + set.Encode()
}

// create makes the file readable for its owner alone: it will hold password hashes. The
// driver would make it readable for everybody.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		// An existing file may be there to read only; the driver finds out.
		if _, statErr := os.Stat(path); statErr == nil {
			return nil
		}
	}
	if _, statErr := os.Stat(filepath.Dir(path)); errors.Is(statErr, fs.ErrNotExist) {
		return fmt.Errorf("sqlite: the directory %s does not exist: create it, or name another file", filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return f.Close()
}
