package readme

import (
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// TestMigrationsGuide does what docs/migrations.md says, block by block, in an
// application of its own, on each kind of database.
func TestMigrationsGuide(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newGuide(t, kind, kind.URL(t))
		if kind.Dialect != dialect.SQLite {
			g.env["DEV_DATABASE_URL"] = kind.URL(t)
		}
		for _, section := range sections(t, "docs/migrations.md") {
			g.prepare(section[0])
			g.follow(section[0], section[1])
		}
	})
}

// prepare makes the database that a section speaks of.
func (g *guide) prepare(heading string) {
	g.t.Helper()
	switch heading {
	case "A database that already has these tables":
		g.env["kept"] = g.env["DATABASE_URL"]
		g.env["DATABASE_URL"] = g.kind.URL(g.t)
		g.run("go tool migrate push")
	case "A database with tables of its own":
		g.env["DATABASE_URL"] = g.kind.URL(g.t)
		db := g.kind.Connect(g.t, g.env["DATABASE_URL"])
		if _, err := db.ExecContext(g.t.Context(), "CREATE TABLE invoices (x int)"); err != nil {
			g.t.Fatal(err)
		}
	case "Changing the schema":
		g.env["DATABASE_URL"] = g.env["kept"]
	}
}
