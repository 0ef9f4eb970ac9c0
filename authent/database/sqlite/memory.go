package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// memoryVFS is SQLite's file system in memory. All connections that name one of its files
// have the same database, with locks between them as for a file on disk
// (https://www.sqlite.org/vfs.html, memdb). A database of :memory: has one connection
// only, and the tables of a shared cache have locks that no busy_timeout waits for.
const memoryVFS = "memdb"

// memoryTimeout is how many milliseconds a connection waits for a lock of a database in
// memory. A reader there waits for the writer, and whoever holds the lock is of this
// process, so it is longer than for a file.
const memoryTimeout = "30000"

// opened counts the databases in memory, to give each a name of its own.
var opened atomic.Int64

// takeMemory reports whether a path and a query name a database in memory, returns the
// name to open it by, and removes from the query what would open it otherwise. An
// absolute path that the caller gives together with vfs=memdb stays: that is SQLite's way
// to share a database by its name.
func takeMemory(path string, query url.Values) (name string, memory bool) {
	inVFS := query.Get("vfs") == memoryVFS
	if !inVFS && query.Get("mode") != "memory" && strings.TrimPrefix(path, "/") != ":memory:" {
		return path, false
	}
	query.Set("vfs", memoryVFS)
	query.Del("mode")
	query.Del("cache")
	if !inVFS || !strings.HasPrefix(path, "/") {
		path = "/authent/" + strconv.FormatInt(opened.Add(1), 10) + "/:memory:"
	}
	return path, true
}

// memory connects to a database in memory. It keeps a connection that the pool does not
// know, because the database ends with its last one.
type memory struct {
	driver.Connector
	mutex  sync.Mutex
	kept   driver.Conn
	closed bool
}

// Connect implements driver.Connector.
func (m *memory) Connect(ctx context.Context) (driver.Conn, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.closed {
		return nil, sql.ErrConnDone
	}
	if m.kept == nil {
		kept, err := m.Connector.Connect(ctx)
		if err != nil {
			return nil, err
		}
		m.kept = kept
	}
	return m.Connector.Connect(ctx)
}

// Close ends the database. sql.DB.Close calls it.
func (m *memory) Close() (err error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.kept != nil {
		err = m.kept.Close()
	}
	m.kept, m.closed = nil, true
	return err
}
