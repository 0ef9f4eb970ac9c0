package adopt

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// TestAuthJS_OddNames: a database is adopted in a schema or database of any name, by a
// role of any name, beside what a host keeps there.
func TestAuthJS_OddNames(t *testing.T) {
	for _, c := range []cell{cells[3], cells[5]} {
		t.Run(c.kind, func(t *testing.T) {
			kind := testdb.Server(t, c.kind)
			u, err := url.Parse(kind.URL(t))
			if err != nil {
				t.Fatal(err)
			}
			admin, name := kind.Connect(t, u.String()), fmt.Sprint("my.[app] ", time.Now().UnixNano())
			quoted := kind.Quote(name)
			if kind.Dialect == dialect.Postgres {
				testdb.Execute(t, admin, "CREATE SCHEMA "+quoted, "CREATE ROLE "+quoted+" LOGIN SUPERUSER PASSWORD 'pw'", "CREATE EXTENSION pg_buffercache SCHEMA "+quoted)
				t.Cleanup(func() {
					_, _ = admin.Exec("DROP OWNED BY " + quoted + " CASCADE")
					_, _ = admin.Exec("DROP ROLE " + quoted)
				})
				u.User, u.RawQuery = url.UserPassword(name, "pw"), url.Values{"schema": {name}}.Encode()
			} else {
				testdb.Execute(t, admin, "CREATE DATABASE "+quoted)
				t.Cleanup(func() { _, _ = admin.Exec("DROP DATABASE " + quoted) })
				u.Path = "/" + name
			}
			db := kind.Connect(t, u.String())
			for _, statement := range c.statements(t) {
				testdb.Execute(t, db, strings.ReplaceAll(statement, `"public".`, quoted+"."))
			}
			testdb.Execute(t, db, "CREATE VIEW report AS SELECT 1 AS a")
			people := c.people(4)
			c.seed(t, kind, db, people)
			adopt(t, kind, db)
			checkAdopted(t, c, kind, db, people)
			if n := testdb.Number(t, db, "SELECT a FROM report"); n != 1 {
				t.Errorf("the view says %d", n)
			}
		})
	}
}
