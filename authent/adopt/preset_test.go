package adopt

import (
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// others are the cells of the layouts that differ from those of cells in names, keys and
// columns alone.
var others = []cell{
	{"prismav4.sqlite", "sqlite", "PrismaV4"}, {"prismav4.postgres", "postgres", "PrismaV4"}, {"prismav4.mysql", "mariadb", "PrismaV4"},
	{"prismav4snake.sqlite", "sqlite", "PrismaV4Snake"}, {"prismav4snake.postgres", "postgres", "PrismaV4Snake"}, {"prismav4snake.mysql", "mariadb", "PrismaV4Snake"},
	{"prismav5.sqlite", "sqlite", "PrismaV5"}, {"prismav5.postgres", "postgres", "PrismaV5"}, {"prismav5.mysql", "mariadb", "PrismaV5"},
	{"prismav5ids.sqlite", "sqlite", "PrismaV5IDs"}, {"prismav5ids.postgres", "postgres", "PrismaV5IDs"}, {"prismav5ids.mysql", "mariadb", "PrismaV5IDs"},
	{"refused/prismav5docs.mysql", "mariadb", "PrismaV5IDs"}, // by scaffold: it has Account.userId unique, and no cascades
	{"prismav5snake.sqlite", "sqlite", "PrismaV5Snake"}, {"prismav5snake.postgres", "postgres", "PrismaV5Snake"}, {"prismav5snake.mysql", "mariadb", "PrismaV5Snake"},
	{"prismaadapter.sqlite", "sqlite", "PrismaAdapter"}, {"prismaadapter.postgres", "postgres", "PrismaAdapter"}, {"prismaadapter.mysql", "mariadb", "PrismaAdapter"},
}

// cellOf returns the cell of a file of DDL.
func cellOf(ddl string) cell {
	all := slices.Concat(cells, others)
	return all[slices.IndexFunc(all, func(c cell) bool { return c.ddl == ddl })]
}

// TestAuthJS_Presets adopts every layout of package mixin on each database that it has DDL
// for: a dry run tells what is done and changes nothing, and afterwards everything is as
// TestAuthJS has it. Times at which accounts and sessions were made stay.
func TestAuthJS_Presets(t *testing.T) {
	for _, c := range others {
		t.Run(c.ddl, func(t *testing.T) {
			kind := testdb.Server(t, c.kind)
			t.Parallel()
			_, db := c.open(t, kind)
			people := c.people(20)
			c.seed(t, kind, db, people)
			before := dump(t, kind, db)
			planned, err := AuthJS(t.Context(), migrator(t, kind, db, func(c *migrate.Config) { c.DryRun = true }), entmigrate.Tables, adoptConfig(t))
			if err != nil {
				t.Fatal(err)
			}
			if after := dump(t, kind, db); after != before {
				t.Errorf("it left\n%s\nbefore:\n%s", after, before)
			}
			done := adopt(t, kind, db)
			if !slices.EqualFunc(planned.Statements, done.Statements, func(a, b migrate.Statement) bool { return a.SQL == b.SQL }) {
				t.Errorf("it tells of %v\nand does %v", planned.Statements, done.Statements)
			}
			if done.Layout != c.layout || done.Users != 20 || done.Accounts != 20 || done.Sessions != 40 || len(done.Found) != 4 || !strings.HasPrefix(done.Found[0], "User is the table "+c.table(usersTable)+", ") {
				t.Errorf("%+v", done)
			}
			if c.style().stamps {
				updated := kind.Quote("updatedAt")
				if n := testdb.Number(t, db, "SELECT COUNT(*) FROM accounts WHERE "+updated+" IS NOT NULL") + testdb.Number(t, db, "SELECT COUNT(*) FROM sessions WHERE "+updated+" IS NOT NULL"); n != 60 {
					t.Errorf("%d rows kept their updatedAt", n)
				}
			}
			checkAdopted(t, c, kind, db, people)
		})
	}
}
