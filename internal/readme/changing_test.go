package readme

import (
	"database/sql"
	"path/filepath"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// TestChangingGuide does what docs/changing-a-schema.md says, block by block, on each
// kind of database and with people in it, who keep what they have.
func TestChangingGuide(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		url := kind.URL(t)
		g, db := newGuide(t, kind, url), kind.Connect(t, url)
		g.onSQLite = []string{"go generate ./ent"} // no program of this guide runs
		if kind.Dialect != dialect.SQLite {
			g.env["DEV_DATABASE_URL"] = kind.URL(t)
		}
		check := map[string]func(){
			"Two rules": func() {
				g.insert(db, "('ada', 'ada@example.com', 'user', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 'countess', 'Ada King Lovelace')")
				g.insert(db, "('bob', 'bob@example.com', 'user', '2026-01-01 00:00:00', '2026-01-01 00:00:00', NULL, NULL)")
			},
			"Renaming a column": func() {
				g.has(db, "SELECT handle FROM users WHERE id = 'ada'", "countess")
				if left, err := filepath.Glob(filepath.Join(g.dir, "migrations/*/*_nothing_is_left.sql")); err != nil || len(left) > 0 {
					t.Errorf("diff wrote %q, %v", left, err)
				}
			},
			"Splitting a column": func() {
				g.has(db, "SELECT first_name FROM users WHERE id = 'ada'", "Ada")
				g.has(db, "SELECT last_name FROM users WHERE id = 'ada'", "King Lovelace")
				g.has(db, "SELECT COALESCE(first_name, 'none') FROM users WHERE id = 'bob'", "none")
			},
			"NOT NULL in three steps": func() {
				g.has(db, "SELECT invitation FROM users WHERE id = 'bob'", "bob")
				if _, err := db.ExecContext(t.Context(), "UPDATE users SET invitation = NULL WHERE id = 'bob'"); err == nil {
					t.Error("invitation may still be NULL")
				}
			},
			"Undoing a change": func() {
				if _, err := db.ExecContext(t.Context(), "SELECT invitation FROM users"); err == nil {
					t.Error("invitation is still there")
				}
			},
			"Squashing old files into one": func() {
				g.has(db, "SELECT handle FROM users WHERE id = 'ada'", "countess")
				if files, err := filepath.Glob(filepath.Join(g.dir, "migrations/*/*.sql")); err != nil || len(files) != 1 {
					t.Errorf("the files are %q, %v", files, err)
				}
				g.env["DATABASE_URL"] = kind.URL(t)
				g.branch()
			},
			"What a CI server checks": func() {
				g.has(kind.Connect(t, g.env["DATABASE_URL"]), "SELECT COUNT(*) FROM users", "0")
			},
		}
		for _, section := range sections(t, "docs/changing-a-schema.md") {
			g.follow(section[0], section[1])
			if f, ok := check[section[0]]; ok {
				f()
				delete(check, section[0])
			}
		}
		if len(check) > 0 {
			t.Errorf("sections that the guide lacks: %v", check)
		}
	})
}

// branch makes a branch that adds a migration to what origin/main has.
func (g *guide) branch() {
	g.t.Helper()
	g.run("git init -q . && git add -A && git -c user.name=ada -c user.email=ada@example.com commit -qm base && git update-ref refs/remotes/origin/main HEAD")
	g.run("go tool migrate new branch")
}

// insert inserts a user into the database of the guide.
func (g *guide) insert(db *sql.DB, values string) {
	g.t.Helper()
	if _, err := db.ExecContext(g.t.Context(), "INSERT INTO users (id, email, role, created_at, updated_at, nickname, full_name) VALUES "+values); err != nil {
		g.t.Fatal(err)
	}
}

// has checks the only value of a query.
func (g *guide) has(db *sql.DB, query, want string) {
	g.t.Helper()
	var got string
	if err := db.QueryRowContext(g.t.Context(), query).Scan(&got); err != nil || got != want {
		g.t.Errorf("%s: %q, %v, want %q", query, got, err, want)
	}
}
