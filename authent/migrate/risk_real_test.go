package migrate

import (
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// people are rows that statements of the tests meet.
var people = []string{
	"INSERT INTO teams (id, name) VALUES (1, 'a')",
	"INSERT INTO users (id, nickname, age, team) VALUES (1, 'Ann', 5000000000, 1), (2, NULL, 7, NULL), (3, NULL, 7, NULL)",
}

// TestRisks_AreReal executes what is marked where there are rows: what is said to
// fail fails, what is said to lose or to fill does.
func TestRisks_AreReal(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, c := range []struct {
			code, dialect, sql string
			// after is a query that tells what was lost or filled; none when the
			// statement fails.
			after, want string
		}{
			{"MF103", dialect.Postgres, "ALTER TABLE users ADD COLUMN nick text NOT NULL", "", ""},
			{"MF103", dialect.SQLite, "ALTER TABLE users ADD COLUMN nick text NOT NULL", "", ""},
			{"MY101", dialect.MySQL, "ALTER TABLE users ADD COLUMN nick varchar(20) NOT NULL", "SELECT CONCAT('<', nick, '>') FROM users WHERE id = 1", "<>"},
			{"MY101", dialect.MySQL, "ALTER TABLE users ADD COLUMN n int NOT NULL", "SELECT n FROM users WHERE id = 1", "0"},
			{"MY101", dialect.MySQL, "ALTER TABLE users ADD COLUMN u uuid NOT NULL", "SELECT u FROM users WHERE id = 1", "00000000-0000-0000-0000-000000000000"},
			{"MF104", dialect.Postgres, "ALTER TABLE users ALTER COLUMN nickname SET NOT NULL", "", ""},
			{"MF104", dialect.MySQL, "ALTER TABLE users MODIFY COLUMN nickname varchar(255) NOT NULL", "", ""},
			{"MF101", "", "CREATE UNIQUE INDEX u ON users (age)", "", ""},
			{"AU101", dialect.Postgres, "ALTER TABLE users ALTER COLUMN nickname TYPE varchar(2)", "", ""},
			{"AU101", dialect.Postgres, "ALTER TABLE users ALTER COLUMN nickname TYPE varchar(2) USING nickname::varchar(2)", "SELECT nickname FROM users WHERE id = 1", "An"},
			{"AU101", dialect.Postgres, "ALTER TABLE users ALTER COLUMN age TYPE integer", "", ""},
			{"AU101", dialect.MySQL, "ALTER TABLE users MODIFY COLUMN nickname varchar(2) NULL", "", ""},
			{"AU101", dialect.MySQL, "ALTER TABLE users MODIFY COLUMN age int NOT NULL", "", ""},
			{"AU102", dialect.Postgres, "ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (age) REFERENCES teams (id)", "", ""},
			{"AU102", dialect.MySQL, "ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (age) REFERENCES teams (id)", "", ""},
			{"AU103", dialect.Postgres, "ALTER TABLE users ADD CONSTRAINT c CHECK (age < 8)", "", ""},
			{"AU103", dialect.MySQL, "ALTER TABLE users ADD CONSTRAINT c CHECK (age < 8)", "", ""},
			{"LT101", dialect.SQLite, "CREATE TABLE `new_users` (`id` bigint NOT NULL, `nickname` varchar(255) NOT NULL, `age` bigint NOT NULL, `team` bigint NULL, PRIMARY KEY (`id`));\n" +
				"INSERT INTO `new_users` SELECT * FROM `users`;\nDROP TABLE `users`;\nALTER TABLE `new_users` RENAME TO `users`;", "", ""},
			{"DS103", "", "ALTER TABLE users DROP COLUMN nickname", "SELECT count(*) FROM users", "3"},
			{"DS102", "", "DROP TABLE users", "SELECT count(*) FROM teams", "1"},
		} {
			if c.dialect != "" && c.dialect != kind.Dialect {
				continue
			}
			db := kind.Connect(t, kind.URL(t))
			apply(t, kind, db, folder(t, "1_before.sql", inDialect(kind.Dialect, before)))
			testdb.Execute(t, db, people...)
			var codes []string
			name := folder(t, "1_before.sql", inDialect(kind.Dialect, before), "2_after.sql", c.sql)
			_, err := migrator(t, kind, db, name, func(config *Config) {
				config.Log = func(e Event) {
					if s, ok := e.(StatementStarted); ok {
						for _, r := range s.Statement.Risks {
							codes = append(codes, r.Code)
						}
					}
				}
			}).Apply(t.Context(), 0)
			if !slices.Contains(codes, c.code) {
				t.Errorf("%s\nis marked %v, not %s", c.sql, codes, c.code)
			}
			if _, failed := errors.AsType[*StatementError](err); failed != (c.after == "") {
				t.Errorf("%s\n%v", c.sql, err)
			} else if c.after != "" {
				if got := testdb.Texts(t, db, c.after); len(got) != 1 || got[0] != c.want {
					t.Errorf("%s\nleaves %v, want %s", c.sql, got, c.want)
				}
			}
		}
	})
}

// TestRisks_Remedies executes what is said to be done: three steps lead where the
// marked statement would have failed, and each question about rows can be asked.
func TestRisks_Remedies(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		tried := map[string]bool{}
		for _, c := range judged {
			// A column that the file itself adds or renames is not there.
			if c.dialect != "" && c.dialect != kind.Dialect || c.want == "" || strings.Contains(c.name, " of three") || strings.Contains(c.name, "renamed and") {
				continue
			}
			if tried[c.want] {
				continue
			}
			tried[c.want] = true
			value := "7"
			if strings.Contains(c.sql, "uuid") {
				value = "UUID()"
			}
			db := kind.Connect(t, kind.URL(t))
			first := inDialect(kind.Dialect, before)
			apply(t, kind, db, folder(t, "1_before.sql", first))
			testdb.Execute(t, db, people...)
			for _, s := range dryRun(t, kind, db, folder(t, "1_before.sql", first, "2_after.sql", inDialect(kind.Dialect, c.sql))) {
				for _, r := range s.Risks {
					for line := range strings.Lines(r.Do) {
						line = strings.TrimSpace(strings.ReplaceAll(line, "…", value))
						if strings.HasSuffix(line, ";") {
							testdb.Execute(t, db, line)
						}
					}
				}
			}
		}
	})
}

// dryRun returns the statements that apply --dry-run shows.
func dryRun(t *testing.T, kind testdb.Kind, db *sql.DB, name string) (shown []Statement) {
	t.Helper()
	_, err := migrator(t, kind, db, name, func(c *Config) {
		c.DryRun = true
		c.Log = func(e Event) {
			if s, ok := e.(StatementStarted); ok {
				shown = append(shown, s.Statement)
			}
		}
	}).Apply(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// TestRisks_Renames: what a file drops and what it adds are one thing renamed
// only if they are alike.
func TestRisks_Renames(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		db := kind.Connect(t, kind.URL(t))
		first := inDialect(kind.Dialect, before)
		apply(t, kind, db, folder(t, "1_before.sql", first))
		for _, c := range []struct{ sql, want string }{
			{"ALTER TABLE users ADD COLUMN nick varchar(20) NULL; ALTER TABLE users DROP COLUMN nickname", "ALTER TABLE {q}users{q} RENAME COLUMN {q}nickname{q} TO {q}nick{q};"},
			{"ALTER TABLE users ADD COLUMN a varchar(20) NULL; ALTER TABLE users ADD COLUMN b varchar(20) NULL; ALTER TABLE users DROP COLUMN nickname", "ALTER TABLE {q}users{q} RENAME COLUMN {q}nickname{q} TO {q}a{q}; ALTER TABLE {q}users{q} RENAME COLUMN {q}nickname{q} TO {q}b{q};"},
			{"ALTER TABLE users ADD COLUMN nick bigint NULL; ALTER TABLE users DROP COLUMN nickname", ""},
			{"ALTER TABLE teams ADD COLUMN nick varchar(20) NULL; ALTER TABLE users DROP COLUMN nickname", ""},
			{"CREATE TABLE people (id bigint NOT NULL, nickname varchar(255) NULL, age bigint NOT NULL); DROP TABLE users", "ALTER TABLE {q}users{q} RENAME TO {q}people{q};"},
			{"CREATE TABLE people (id bigint NOT NULL, city varchar(255) NULL, size bigint NOT NULL); DROP TABLE users", ""},
		} {
			var got []string
			for _, s := range dryRun(t, kind, db, folder(t, "1_before.sql", first, "2_after.sql", c.sql)) {
				for _, r := range s.Risks {
					got = append(got, r.Renames...)
					if strings.Contains(r.Do, "renamed?") != (len(r.Renames) > 0) {
						t.Errorf("%s\n%s", c.sql, r.Do)
					}
				}
			}
			if want := inDialect(kind.Dialect, c.want); strings.Join(got, " ") != want {
				t.Errorf("%s\nasks for %q, want %q", c.sql, got, want)
			}
		}
	})
}

// TestRisks_Rest: of a file that is gone on with, what is left is marked, and a
// table that its first statements created is a new one still.
func TestRisks_Rest(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		db := kind.Connect(t, kind.URL(t))
		first := inDialect(kind.Dialect, before)
		name := folder(t, "1_before.sql", first, "2_after.sql", "-- atlas:txmode none\n\nCREATE TABLE t (a bigint NULL);\nSELECT x FROM nobody;\nCREATE UNIQUE INDEX u ON t (a);\nDROP TABLE users;")
		if _, err := migrator(t, kind, db, name, nil).Apply(t.Context(), 0); err == nil {
			t.Fatal("a statement without a table succeeds")
		}
		write(t, name, "2_after.sql", "-- atlas:txmode none\n\nCREATE TABLE t (a bigint NULL);\nCREATE UNIQUE INDEX u ON t (a);\nDROP TABLE users;")
		if got := told(dryRun(t, kind, db, name)); got != `5 DS102 Dropping table "users"` {
			t.Error(got)
		}
	})
}

// TestRisks_Unread: where the live schema cannot be read statements are judged by
// their text.
func TestRisks_Unread(t *testing.T) {
	kind := testdb.SQLite
	db := kind.Connect(t, kind.URL(t))
	s, err := migrator(t, kind, db, folder(t), nil).hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.release() }()
	dir := open(t, folder(t, "1_all.sql", "ALTER TABLE users DROP COLUMN nickname;\nDROP TABLE IF EXISTS teams;\nALTER TABLE notes ADD COLUMN n text NOT NULL;\nALTER TABLE notes RENAME TO remarks;"))
	files, err := dir.Files()
	if err != nil {
		t.Fatal(err)
	}
	s.config.Dir = dir
	m, err := s.read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	s.follows = newModel(kind.Dialect, nil)
	m.mark(t.Context())
	want := "1 DS103 Dropping non-virtual column \"nickname\"\n2 DS102 Dropping table \"teams\"\n" +
		"3 MF103 Adding a non-nullable \"text\" column \"n\" will fail in case table \"notes\" is not empty\n4 BC101 Renaming table \"notes\" to \"remarks\""
	if got := told(m.statements); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestLint_OwnHistory: the migrations that come with authent, and the examples'
// own, hold nothing that risks rows.
func TestLint_OwnHistory(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		dev := kind.Connect(t, kind.URL(t))
		folder := map[string]string{dialect.SQLite: "sqlite", dialect.Postgres: "postgres", dialect.MySQL: "mysql"}[kind.Dialect]
		found, err := filepath.Glob(filepath.Join("..", "..", "migrations", folder))
		if err != nil {
			t.Fatal(err)
		}
		more, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "migrations", folder))
		if err != nil || len(found) == 0 {
			t.Fatal(found, err)
		}
		for _, name := range append(found, more...) {
			files, err := Lint(t.Context(), LintConfig{Dev: dev, Dialect: kind.Dialect, Dir: open(t, name)})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(files) == 0 {
				t.Errorf("%s: no file", name)
			}
			for _, f := range files {
				if got := told(f.Statements); got != "" {
					t.Errorf("%s/%s:\n%s", name, f.Name, got)
				}
			}
		}
	})
}
