package mysql_test

import (
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"
)

// writes are the ways in which a write reaches the server.
var writes = map[string]func(t *testing.T, db *sql.DB) error{
	"exec": func(t *testing.T, db *sql.DB) error {
		_, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", 1)
		return err
	},
	"simple": func(t *testing.T, db *sql.DB) error {
		_, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (1)")
		return err
	},
	"prepared": func(t *testing.T, db *sql.DB) error {
		stmt, err := db.PrepareContext(t.Context(), "INSERT INTO t VALUES (?)")
		if err != nil {
			t.Fatal(err)
		}
		defer stmt.Close()
		_, err = stmt.ExecContext(t.Context(), 1)
		return err
	},
	"transaction": func(t *testing.T, db *sql.DB) error { return inTx(t, db, nil) },
}

func inTx(t *testing.T, db *sql.DB, opts *sql.TxOptions) error {
	tx, err := db.BeginTx(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", 1); err != nil {
		return err
	}
	return tx.Commit()
}

// number returns the server's number of an error.
func number(err error) uint16 {
	if e, ok := errors.AsType[*driver.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

// TestReadOnlyServer: a connection whose server only reads, as one does that was
// demoted, is left: its error is the caller's, and the next call dials anew. A
// transaction that was asked for so says nothing of its server.
func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	s := own(t)
	root := open(t, s.URL)
	run(t, root, "CREATE TABLE dev.t (n int)")
	run(t, root, "CREATE USER app@'127.0.0.1' IDENTIFIED BY 'a'")
	run(t, root, "GRANT ALL ON dev.* TO app@'127.0.0.1'")
	u, err := url.Parse(s.Dev)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("app", "a")
	for _, query := range []string{"", "?statement_cache=off", "?rejectReadOnly=true"} {
		db := open(t, u.String()+query)
		db.SetMaxOpenConns(1)
		before := value(t, db, "SELECT connection_id()")
		for name, write := range writes {
			if err := write(t, db); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			run(t, root, "SET GLOBAL read_only = 1")
			err := write(t, db)
			if number(err) != 1290 && !strings.HasSuffix(query, "rejectReadOnly=true") || err == nil {
				t.Errorf("%s: %v, want 1290", name, err)
			}
			run(t, root, "SET GLOBAL read_only = 0")
			if err := write(t, db); err != nil {
				t.Errorf("%s: the next one: %v", name, err)
			}
			after := value(t, db, "SELECT connection_id()")
			if after == before {
				t.Errorf("%s: the connection is kept", name)
			}
			before = after
		}
		if query != "" {
			continue
		}
		if err := inTx(t, db, &sql.TxOptions{ReadOnly: true}); number(err) != 1792 {
			t.Errorf("a write in a transaction that only reads: %v", err)
		}
		if after := value(t, db, "SELECT connection_id()"); after != before {
			t.Error("it cost the connection")
		}
	}
}
