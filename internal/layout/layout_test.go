// Package layout proves the graphs of other programs' tables: the DDL in
// testdata is what Prisma and Drizzle write, and the adapters run on it as it is.
package layout_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/migrate"
	drizzle "github.com/authent/authent/examples/nextjs-drizzle/ent"
	_ "github.com/authent/authent/examples/nextjs-drizzle/ent/runtime"
	prisma "github.com/authent/authent/examples/nextjs-prisma/ent"
	_ "github.com/authent/authent/examples/nextjs-prisma/ent/runtime"
	"github.com/authent/authent/internal/layout/drizzledefault/ent"
	_ "github.com/authent/authent/internal/layout/drizzledefault/ent/runtime"
	drizzlesqlite "github.com/authent/authent/internal/layout/drizzlesqlite/ent"
	_ "github.com/authent/authent/internal/layout/drizzlesqlite/ent/runtime"
	"github.com/authent/authent/internal/testdb"
)

// The generated adapters do not assert this themselves: a new method of the
// interface would keep the graphs from being generated anew.
var (
	_ authent.Adapter            = (*prisma.AuthAdapter)(nil)
	_ authent.Adapter            = (*drizzle.AuthAdapter)(nil)
	_ authent.Adapter            = (*ent.AuthAdapter)(nil)
	_ authent.RateLimitStore     = (*ent.AuthAdapter)(nil)
	_ authent.AuditStore         = (*ent.AuthAdapter)(nil)
	_ authent.TOTPStore          = (*ent.AuthAdapter)(nil)
	_ authent.AuthenticatorStore = (*ent.AuthAdapter)(nil)
	_ authent.AuthenticatorStore = (*drizzlesqlite.AuthAdapter)(nil)
	_ authent.Adapter            = (*drizzlesqlite.AuthAdapter)(nil)
)

var (
	prismaTables = authenttest.Tables{}
	// Drizzle's names need quoting, as in SQL that people write.
	drizzleTables = authenttest.Tables{Users: "user", Accounts: "account", Sessions: "session", VerificationTokens: "verificationToken"}
)

// cell is a layout on a kind of database: what there is DDL for.
type cell struct {
	ddl, kind string
	tables    authenttest.Tables
	precision time.Duration
	letters   int // of a key; 0 for as many as there may be
	adapter   func(entsql.Driver) authent.Adapter
}

func onPrisma(d entsql.Driver) authent.Adapter {
	return prisma.NewAuthAdapter(prisma.NewClient(prisma.Driver(&d)))
}

func onDrizzle(d entsql.Driver) authent.Adapter {
	return drizzle.NewAuthAdapter(drizzle.NewClient(drizzle.Driver(&d)))
}

func onDrizzleDefault(d entsql.Driver) authent.Adapter {
	return ent.NewAuthAdapter(ent.NewClient(ent.Driver(&d)))
}

func onDrizzleSQLite(d entsql.Driver) authent.Adapter {
	return drizzlesqlite.NewAuthAdapter(drizzlesqlite.NewClient(drizzlesqlite.Driver(&d)))
}

var cells = []cell{
	{"prisma.sqlite", "sqlite", prismaTables, time.Millisecond, 0, onPrisma},
	{"prisma.postgres", "postgres", prismaTables, time.Millisecond, 0, onPrisma},
	{"prisma.mysql", "mariadb", prismaTables, time.Millisecond, 191, onPrisma},
	{"drizzle.postgres", "postgres", drizzleTables, time.Millisecond, 0, onDrizzle},
	{"drizzle-defaults.postgres", "postgres", drizzleTables, time.Millisecond, 0, onDrizzleDefault},
	{"drizzle.mysql", "mariadb", drizzleTables, time.Second, 255, onDrizzleDefault},
	{"drizzle.sqlite", "sqlite", drizzleTables, time.Millisecond, 0, onDrizzleSQLite},
}

// dialects are the suite's names of them.
var dialects = map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"}

// names are the tables in the order in which they can be emptied.
func (c cell) names(t testing.TB) []string {
	t.Helper()
	names := []string{"session", "account", "user", "verificationToken"}
	if c.tables == prismaTables {
		names = []string{"sessions", "accounts", "users", "verificationtokens"}
	}
	for _, own := range testdb.Beside(c.script(t), graphs[c.ddl]) {
		names = append(names, own.Name)
	}
	if slices.ContainsFunc(graphs[c.ddl], func(t *entschema.Table) bool { return t.Name == "authenticator" }) {
		names = append([]string{"authenticator"}, names...)
	}
	return names
}

// script is the other program's DDL.
func (c cell) script(t testing.TB) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", c.ddl+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// statements are the cell's DDL.
func (c cell) statements(t testing.TB) []string {
	t.Helper()
	script := c.script(t)
	statements := testdb.Script(script)
	if own := testdb.Beside(script, graphs[c.ddl]); len(own) > 0 {
		name := map[string]string{"sqlite": dialect.SQLite, "postgres": dialect.Postgres, "mariadb": dialect.MySQL}[c.kind]
		ddl, err := migrate.DDL(t.Context(), name, own)
		if err != nil {
			t.Fatal(err)
		}
		statements = append(statements, testdb.Script(ddl)...)
	}
	return statements
}

// each runs a test in every cell.
func each(t *testing.T, run func(t *testing.T, c cell, kind testdb.Kind)) {
	for _, c := range cells {
		t.Run(c.ddl, func(t *testing.T) { run(t, c, testdb.Server(t, c.kind)) })
	}
}

// TestOnlyWithEntity: an adapter has a store only where its graph has the entity.
func TestOnlyWithEntity(t *testing.T) {
	if _, counts := any((*prisma.AuthAdapter)(nil)).(authent.RateLimitStore); counts {
		t.Error("the adapter of a graph without RateLimit is an authent.RateLimitStore")
	}
	if _, keeps := any((*prisma.AuthAdapter)(nil)).(authent.AuditStore); keeps {
		t.Error("the adapter of a graph without AuditEvent is an authent.AuditStore")
	}
}

// TestConformance runs the whole suite on each layout and database.
func TestConformance(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		pool := kind.PoolOf(t, c.statements(t), c.names(t))
		authenttest.Run(t, func(t testing.TB) authenttest.Subject {
			db := pool.DB(t)
			return authenttest.Subject{
				Adapter: c.adapter(*entsql.OpenDB(kind.Dialect, db)), DB: db, Dialect: dialects[kind.Name],
				Tables: c.tables, Precision: c.precision, KeyLetters: c.letters, Folds: kind.Dialect == dialect.MySQL,
				TakesTimes: true, LeavesUpdatedAt: c.tables != prismaTables,
			}
		})
	})
}
