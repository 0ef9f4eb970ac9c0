package mysql_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent/database/mysql"
	"github.com/authent/authent/internal/testdb"
)

func open(t *testing.T, rawURL string) *sql.DB {
	t.Helper()
	db, err := mysql.Open(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func value(t *testing.T, db *sql.DB, query string, args ...any) (v string) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func run(t *testing.T, db *sql.DB, query string, args ...any) sql.Result {
	t.Helper()
	result, err := db.ExecContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return result
}

// TestConnections: each connection of a pool is as the package promises, whatever
// parameters the URL has.
func TestConnections(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "mariadb").URL(t)
	for query, want := range map[string]string{
		"": "", "charset=utf8mb4": "", "parseTime=false&loc=Local": "", "clientFoundRows=false": "",
		"statement_cache=off": "", "interpolateParams=true": "", "sort_buffer_size=65536": "",
		"connection_limit=2": "", "collation=utf8mb4_unicode_ci": "utf8mb4_unicode_ci",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			db := open(t, strings.Replace(base, "mysql:", "mariadb:", 1)+"?"+query)
			for range 2 { // on two connections
				conn, err := db.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				var isolation, zone, client, collation string
				err = conn.QueryRowContext(t.Context(), "SELECT @@tx_isolation, @@time_zone, @@character_set_client, @@collation_connection").
					Scan(&isolation, &zone, &client, &collation)
				if err != nil || isolation != "READ-COMMITTED" || zone != "+00:00" || client != "utf8mb4" || collation != or(want, "utf8mb4_bin") {
					t.Errorf("%s %s %s %s: %v", isolation, zone, client, collation, err)
				}
			}
			if n := db.Stats().MaxOpenConnections; (n == 2) != (query == "connection_limit=2") {
				t.Errorf("at most %d connections", n)
			}
		})
	}
}

// TestSocket connects to a Unix socket.
func TestSocket(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "mariadb").URL(t)
	root := open(t, base)
	name := value(t, root, "SELECT database()")
	account := "'" + name + "'@'localhost'"
	run(t, root, "CREATE USER "+account+" IDENTIFIED BY 'a/b?'")
	t.Cleanup(func() { _, _ = root.Exec("DROP USER " + account) })
	run(t, root, "GRANT ALL ON "+name+".* TO "+account)
	socket := url.Values{"socket": {value(t, root, "SELECT @@socket")}}
	db := open(t, "mysql://"+name+":a%2Fb%3F@/"+name+"?"+socket.Encode())
	if got := value(t, db, "SELECT user()"); got != name+"@localhost" {
		t.Errorf("connected as %s", got)
	}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// TestValues come back as they were: times to the millisecond and in UTC, text
// beyond the Basic Multilingual Plane; and updates count the rows they found.
func TestValues(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "mariadb").URL(t)
	for i, query := range []string{"", "statement_cache=off", "interpolateParams=true", "parseTime=false&clientFoundRows=false"} {
		db := open(t, base+"?"+query)
		table := fmt.Sprintf("t%d", i)
		run(t, db, "CREATE TABLE "+table+" (at datetime(3), s varchar(255) COLLATE utf8mb4_bin)")
		at := time.Date(2026, 3, 29, 12, 0, 0, 123_000_000, time.FixedZone("+05", 5*3600))
		const text = "Adá 👩‍💻"
		run(t, db, "INSERT INTO "+table+" VALUES (?, ?)", at, text)
		var back time.Time
		var s string
		if err := db.QueryRowContext(t.Context(), "SELECT at, s FROM "+table+" WHERE s = ?", text).Scan(&back, &s); err != nil {
			t.Fatal(err)
		}
		if !back.Equal(at) || back.Location() != time.UTC || s != text {
			t.Errorf("%s: came back as %v, %q", query, back, s)
		}
		if raw := value(t, db, "SELECT CAST(at AS CHAR) FROM "+table); raw != "2026-03-29 07:00:00.123" {
			t.Errorf("%s: the row holds %s", query, raw)
		}
		if n, err := run(t, db, "UPDATE "+table+" SET s = ?", text).RowsAffected(); n != 1 || err != nil {
			t.Errorf("%s: an update that changes nothing found %d rows: %v", query, n, err)
		}
	}
}

// TestErrorsOfServers do not show the password.
func TestErrorsOfServers(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(testdb.Server(t, "mariadb").URL(t))
	if err != nil {
		t.Fatal(err)
	}
	user := url.UserPassword("root", "correct-horse")
	for _, rawURL := range []string{
		(&url.URL{Scheme: "mysql", User: user, Host: u.Host, Path: u.Path}).String(),
		(&url.URL{Scheme: "mysql", User: user, Host: "127.0.0.1:1", Path: u.Path}).String(),
		(&url.URL{Scheme: "mysql", User: user, Host: "[::1]:1", Path: u.Path}).String(),
		u.String() + "?%40%40no_such_variable=1",
	} {
		err := open(t, rawURL).PingContext(t.Context())
		if err == nil || strings.Contains(err.Error(), "correct") || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", rawURL, err)
		}
	}
}

// TestAlteredTable: a kept statement survives a change of its table.
func TestAlteredTable(t *testing.T) {
	t.Parallel()
	db := open(t, testdb.Server(t, "mariadb").URL(t))
	db.SetMaxOpenConns(1)
	run(t, db, "CREATE TABLE t (n int, s varchar(10))")
	run(t, db, "INSERT INTO t VALUES (?, ?)", 1, "a")
	for _, change := range []string{"MODIFY n varchar(20)", "ADD m int FIRST", "DROP m", "MODIFY n bigint"} {
		if n := value(t, db, "SELECT n FROM t WHERE s = ?", "a"); n != "1" {
			t.Errorf("n is %s", n)
		}
		value(t, db, "SELECT count(*) FROM t WHERE s = ?", "a")
		run(t, db, "ALTER TABLE t "+change)
	}
	if n := value(t, db, "SELECT n FROM t WHERE s = ?", "a"); n != "1" {
		t.Errorf("n is %s", n)
	}
}

// TestServerKeepsNoMoreStatements than the cache, of one connection.
func TestServerKeepsNoMoreStatements(t *testing.T) {
	t.Parallel()
	db := open(t, testdb.Server(t, "mariadb").URL(t))
	db.SetMaxOpenConns(1)
	run(t, db, "CREATE TABLE t (n int, s varchar(10), UNIQUE (s))")
	run(t, db, "INSERT INTO t VALUES (?, ?)", 1, "a")
	for i := range 300 {
		value(t, db, fmt.Sprintf("SELECT n + %d FROM t WHERE s = ?", i), "a")
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO t VALUES (%d, ?)", i), "a"); err == nil {
			t.Fatal("a duplicate was stored")
		}
	}
	var prepared, closed int
	var name string
	for status, n := range map[string]*int{"Com_stmt_prepare": &prepared, "Com_stmt_close": &closed} {
		if err := db.QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE '"+status+"'").Scan(&name, n); err != nil {
			t.Fatal(err)
		}
	}
	// The statement that failed last has left its place.
	if kept := prepared - closed; prepared < 600 || kept != 127 {
		t.Errorf("the connection prepared %d statements and closed %d: it keeps %d, want 127", prepared, closed, kept)
	}
}
