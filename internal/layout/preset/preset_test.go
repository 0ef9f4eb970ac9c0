//go:build generated

// The tests of package layout build this one with a graph that they have generated.
package preset_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/mixin"
	"github.com/authent/authent/internal/layout/preset/ent"
	"github.com/authent/authent/internal/layout/preset/ent/migrate"
	_ "github.com/authent/authent/internal/layout/preset/ent/runtime"
	preset "github.com/authent/authent/internal/layout/preset/schema"
	"github.com/authent/authent/internal/testdb"
)

var _ authent.Adapter = (*ent.AuthAdapter)(nil)

var layout = func() *mixin.Layout {
	i := slices.IndexFunc(preset.Layouts, func(l *mixin.Layout) bool { return l.Name == os.Getenv(preset.Variable) })
	return preset.Layouts[i]
}()

// each runs a test on each kind of database for which there is DDL of the layout.
func each(t *testing.T, run func(t *testing.T, kind testdb.Kind, ddl []string)) {
	found := 0
	for kind, name := range map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"} {
		script, err := os.ReadFile(filepath.Join("..", "testdata", strings.ToLower(layout.Name)+"."+name+".sql"))
		if err != nil {
			continue
		}
		found++
		t.Run(kind, func(t *testing.T) { run(t, testdb.Server(t, kind), testdb.Script(string(script))) })
	}
	if found == 0 {
		t.Fatalf("there is no DDL for %s", layout.Name)
	}
}

// names are the tables in the order in which they can be emptied.
func names() []string {
	return []string{layout.Session.Name, layout.Account.Name, layout.User.Name, layout.VerificationToken.Name}
}

// TestConformance runs the whole suite on tables that are another program's.
func TestConformance(t *testing.T) {
	each(t, func(t *testing.T, kind testdb.Kind, ddl []string) {
		pool := kind.PoolOf(t, ddl, names())
		letters := 0
		if kind.Dialect == dialect.MySQL {
			letters = 191
		}
		authenttest.Run(t, func(t testing.TB) authenttest.Subject {
			db := pool.DB(t)
			return authenttest.Subject{
				Adapter: ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))),
				DB:      db, Dialect: map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"}[kind.Name],
				Tables:    authenttest.Tables{Users: layout.User.Name, Accounts: layout.Account.Name, Sessions: layout.Session.Name, VerificationTokens: layout.VerificationToken.Name},
				Precision: time.Millisecond, KeyLetters: letters, Folds: kind.Dialect == dialect.MySQL, TakesTimes: true,
			}
		})
	})
}

// TestColumns: the graph has columns that the DDL has, and they hold NULL alike. What the
// DDL has besides is filled in by nobody, and need not be.
func TestColumns(t *testing.T) {
	each(t, func(t *testing.T, kind testdb.Kind, ddl []string) {
		db := kind.Connect(t, kind.PoolOf(t, ddl, names()).URL(t))
		for _, table := range migrate.Tables {
			live, ok := inspect(t, kind, db).Table(table.Name)
			if !ok {
				t.Errorf("there is no table %s", table.Name)
				continue
			}
			for _, want := range table.Columns {
				if got, ok := live.Column(want.Name); !ok || got.Type.Null != want.Nullable {
					t.Errorf("%s.%s: in the DDL %v, in the graph NULL is %v", table.Name, want.Name, got, want.Nullable)
				}
			}
			for _, c := range live.Columns {
				ours := slices.ContainsFunc(table.Columns, func(want *entschema.Column) bool { return want.Name == c.Name })
				if !ours && !c.Type.Null && c.Default == nil {
					t.Errorf("nobody fills in %s.%s", table.Name, c.Name)
				}
			}
		}
	})
}

func inspect(t *testing.T, kind testdb.Kind, db *sql.DB) *schema.Schema {
	t.Helper()
	open := map[string]func(schema.ExecQuerier) (atlas.Driver, error){
		dialect.SQLite: sqlite.Open, dialect.Postgres: postgres.Open, dialect.MySQL: mysql.Open,
	}
	driver, err := open[kind.Dialect](db)
	if err != nil {
		t.Fatal(err)
	}
	s, err := driver.InspectSchema(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTables: the graph's tables are those of the layout, and all of them are foreign.
func TestTables(t *testing.T) {
	var got []string
	for _, table := range migrate.Tables {
		got = append(got, table.Name)
	}
	want := names()
	slices.Sort(want)
	if slices.Sort(got); !slices.Equal(got, want) || len(ent.AuthForeignTables) != 4 {
		t.Errorf("tables %v, foreign %v, want %v", got, ent.AuthForeignTables, want)
	}
}
