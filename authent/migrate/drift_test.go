package migrate_test

import (
	"database/sql"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// drifts are ways in which a database comes to differ, with the lines that drift
// then prints. A statement that begins with "rebuild" makes an SQLite table anew
// with one text of its DDL replaced by another.
var drifts = map[string]map[string]struct {
	statement string
	lines     []string
}{
	dialect.Postgres: {
		"type":          {"ALTER TABLE sessions ALTER COLUMN expires TYPE timestamptz(0)", []string{"table sessions: column expires is timestamptz(0), the schema says timestamptz(3)"}},
		"length":        {"ALTER TABLE users ALTER COLUMN email TYPE varchar(100)", []string{"table users: column email is character varying(100), the schema says text"}},
		"nullability":   {"ALTER TABLE sessions ALTER COLUMN expires DROP NOT NULL", []string{"table sessions: column expires is NULL, the schema says NOT NULL"}},
		"default":       {"ALTER TABLE users ALTER COLUMN role SET DEFAULT 'admin'", []string{"table users: column role is DEFAULT 'admin', the schema says DEFAULT 'user'"}},
		"no default":    {"ALTER TABLE users ALTER COLUMN role DROP DEFAULT", []string{"table users: column role is without default, the schema says DEFAULT 'user'"}},
		"missing index": {"DROP INDEX sessions_user_id_idx", []string{"table sessions: index sessions_user_id_idx (user_id) is missing"}},
		"extra index":   {"CREATE INDEX extra ON users (name)", []string{"table users: index extra (name) is not in the schema"}},
		"missing key":   {"ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey", []string{"table sessions: foreign key sessions_user_id_fkey (user_id) to users (id) ON DELETE CASCADE is missing"}},
		"action":        {"ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey, ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)", []string{"table sessions: foreign key sessions_user_id_fkey (user_id) to users (id) ON DELETE NO ACTION, the schema says sessions_user_id_fkey (user_id) to users (id) ON DELETE CASCADE"}},
		"missing":       {"ALTER TABLE users DROP COLUMN image", []string{"table users: column image is missing"}},
		"extra column":  {"ALTER TABLE users ADD COLUMN phone text", []string{"table users: column phone is not in the schema"}},
		"extra table":   {"CREATE TABLE blog (x int)", []string{"table blog: is not in the schema"}},
		"no table":      {"DROP TABLE verificationtokens", []string{"table verificationtokens: is missing"}},
		"collation":     {`ALTER TABLE users ALTER COLUMN email TYPE text COLLATE "POSIX"`, []string{"table users: column email is COLLATE POSIX, the schema says COLLATE default"}},
	},
	dialect.MySQL: {
		"type":          {"ALTER TABLE sessions MODIFY expires datetime NOT NULL", []string{"table sessions: column expires is datetime, the schema says datetime(3)"}},
		"length":        {"ALTER TABLE users MODIFY email varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL", []string{"table users: column email is varchar(100), the schema says varchar(255)"}},
		"nullability":   {"ALTER TABLE sessions MODIFY expires datetime(3) NULL", []string{"table sessions: column expires is NULL, the schema says NOT NULL"}},
		"default":       {"ALTER TABLE users ALTER COLUMN role SET DEFAULT 'admin'", []string{"table users: column role is DEFAULT 'admin', the schema says DEFAULT 'user'"}},
		"collation":     {"ALTER TABLE users MODIFY email varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL", []string{"table users: column email is COLLATE utf8mb4_general_ci, the schema says COLLATE default"}},
		"missing index": {"DROP INDEX sessions_expires_idx ON sessions", []string{"table sessions: index sessions_expires_idx (expires) is missing"}},
		"extra index":   {"CREATE INDEX extra ON users (role)", []string{"table users: index extra (role) is not in the schema"}},
		"missing key":   {"ALTER TABLE sessions DROP FOREIGN KEY sessions_user_id_fkey", []string{"table sessions: foreign key sessions_user_id_fkey (user_id) to users (id) ON DELETE CASCADE is missing"}},
		"action":        {"ALTER TABLE sessions DROP FOREIGN KEY sessions_user_id_fkey, ADD CONSTRAINT sessions_user_id_fkey2 FOREIGN KEY (user_id) REFERENCES users (id)", []string{"table sessions: foreign key sessions_user_id_fkey2 (user_id) to users (id) ON DELETE RESTRICT ON UPDATE RESTRICT is not in the schema", "table sessions: foreign key sessions_user_id_fkey (user_id) to users (id) ON DELETE CASCADE is missing"}},
		"missing":       {"ALTER TABLE users DROP COLUMN image", []string{"table users: column image is missing"}},
		"extra column":  {"ALTER TABLE users ADD COLUMN phone text", []string{"table users: column phone is not in the schema"}},
		"extra table":   {"CREATE TABLE blog (x int)", []string{"table blog: is not in the schema"}},
		"no table":      {"DROP TABLE verificationtokens", []string{"table verificationtokens: is missing"}},
	},
	dialect.SQLite: {
		"type":          {"rebuild sessions: `expires` datetime => `expires` integer", []string{"table sessions: column expires is integer, the schema says datetime"}},
		"nullability":   {"rebuild sessions: `expires` datetime NOT NULL => `expires` datetime NULL", []string{"table sessions: column expires is NULL, the schema says NOT NULL"}},
		"default":       {"rebuild users: DEFAULT ('user') => DEFAULT ('admin')", []string{"table users: column role is DEFAULT 'admin', the schema says DEFAULT 'user'"}},
		"missing index": {"DROP INDEX sessions_user_id_idx", []string{"table sessions: index sessions_user_id_idx (user_id) is missing"}},
		"extra index":   {"CREATE INDEX extra ON users (name)", []string{"table users: index extra (name) is not in the schema"}},
		"missing key":   {"rebuild sessions: , CONSTRAINT `sessions_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE => ", []string{"table sessions: foreign key sessions_user_id_fkey (user_id) to users (id) ON DELETE CASCADE is missing"}},
		"action":        {"rebuild sessions: ON DELETE CASCADE => ON DELETE RESTRICT", []string{"table sessions: foreign key sessions_user_id_fkey (user_id) to users (id) ON DELETE RESTRICT, the schema says sessions_user_id_fkey (user_id) to users (id) ON DELETE CASCADE"}},
		"missing":       {"ALTER TABLE users DROP COLUMN image", []string{"table users: column image is missing"}},
		"extra column":  {"ALTER TABLE users ADD COLUMN phone text", []string{"table users: column phone is not in the schema"}},
		"extra table":   {"CREATE TABLE blog (x int)", []string{"table blog: is not in the schema"}},
		"no table":      {"DROP TABLE verificationtokens", []string{"table verificationtokens: is missing"}},
		"collation":     {"rebuild users: `email` text NOT NULL => `email` text NOT NULL COLLATE NOCASE", []string{"table users: column email is COLLATE NOCASE, the schema says COLLATE default"}},
	},
}

// TestDrift: each kind of difference is one line that people understand, and what the
// migrations made has none.
func TestDrift(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		if lines := drift(t, kind, kind.Open(t)); lines != nil {
			t.Errorf("of what was just made: %v", lines)
		}
		for name, tc := range drifts[kind.Dialect] {
			t.Run(name, func(t *testing.T) {
				db := kind.Open(t)
				change(t, db, tc.statement)
				if diff := cmp.Diff(tc.lines, drift(t, kind, db)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.statement, diff)
				}
			})
		}
		db := kind.Open(t)
		change(t, db, "CREATE TABLE blog_posts (x int)")
		if lines := drift(t, kind, db, "blog_*"); lines != nil {
			t.Errorf("an excluded table: %v", lines)
		}
	})
}

func drift(t *testing.T, kind testdb.Kind, db *sql.DB, exclude ...string) (lines []string) {
	t.Helper()
	m, err := migrate.New(migrate.Config{DB: db, Dialect: kind.Dialect})
	if err != nil {
		t.Fatal(err)
	}
	found, err := m.Drift(t.Context(), entmigrate.Tables, exclude...)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		lines = append(lines, d.String())
	}
	return lines
}

// change executes a statement of drifts.
func change(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	statements := []string{statement}
	if rest, ok := strings.CutPrefix(statement, "rebuild "); ok {
		statements = rebuild(t, db, rest)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// rebuild returns the statements that replace a table of SQLite and its indexes.
func rebuild(t *testing.T, db *sql.DB, what string) []string {
	t.Helper()
	table, replace, _ := strings.Cut(what, ": ")
	old, fresh, _ := strings.Cut(replace, " => ")
	rows, err := db.QueryContext(t.Context(), "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC", table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := []string{"PRAGMA foreign_keys = OFF", "DROP TABLE " + table}
	for rows.Next() {
		var ddl string
		if err := rows.Scan(&ddl); err != nil {
			t.Fatal(err)
		}
		if len(all) == 2 && !strings.Contains(ddl, old) {
			t.Fatalf("%q is not in %s", old, ddl)
		}
		all = append(all, strings.Replace(ddl, old, fresh, 1))
	}
	return all
}
