package layout_test

import (
	"database/sql"
	"slices"
	"testing"

	"ariga.io/atlas/sql/schema"
	entschema "entgo.io/ent/dialect/sql/schema"

	drizzle "github.com/authent/authent/examples/nextjs-drizzle/ent/migrate"
	prisma "github.com/authent/authent/examples/nextjs-prisma/ent/migrate"
	drizzledefault "github.com/authent/authent/internal/layout/drizzledefault/ent/migrate"
	drizzlesqlite "github.com/authent/authent/internal/layout/drizzlesqlite/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// graphs are the tables of each cell's graph.
var graphs = map[string][]*entschema.Table{
	"prisma.sqlite": prisma.Tables, "prisma.postgres": prisma.Tables, "prisma.mysql": prisma.Tables,
	"drizzle.postgres":          drizzle.Tables,
	"drizzle-defaults.postgres": drizzledefault.Tables, "drizzle.mysql": drizzledefault.Tables,
	"drizzle.sqlite": drizzlesqlite.Tables,
}

// TestColumns: each graph has the very columns of the DDL, no more and no fewer,
// and those that may be NULL are the same.
func TestColumns(t *testing.T) {
	each(t, func(t *testing.T, c cell, kind testdb.Kind) {
		db := c.open(t, kind)
		live := kind.Inspect(t, db)
		for _, want := range graphs[c.ddl] {
			table, ok := live.Table(want.Name)
			if !ok {
				t.Errorf("there is no table %s", want.Name)
				continue
			}
			if got, want := columns(table), wanted(want); !slices.Equal(got, want) {
				t.Errorf("table %s:\n got %v\nwant %v", table.Name, got, want)
			}
		}
	})
}

func (c cell) open(t testing.TB, kind testdb.Kind) *sql.DB {
	t.Helper()
	return kind.Connect(t, kind.PoolOf(t, c.statements(t), c.names(t)).URL(t))
}

func columns(t *schema.Table) (all []string) {
	for _, c := range t.Columns {
		all = append(all, column(c.Name, c.Type.Null))
	}
	slices.Sort(all)
	return all
}

func wanted(t *entschema.Table) (all []string) {
	for _, c := range t.Columns {
		all = append(all, column(c.Name, c.Nullable))
	}
	slices.Sort(all)
	return all
}

func column(name string, null bool) string {
	if null {
		return name + "?"
	}
	return name
}
