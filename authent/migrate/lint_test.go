package migrate

import (
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// TestLint_BeforeACheckpoint: a database that has a history executes what stands before
// a checkpoint, and not the checkpoint, so what is asked about there is looked at too.
func TestLint_BeforeACheckpoint(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		const (
			made    = "CREATE TABLE users (id int NOT NULL, nickname varchar(20) NULL);"
			drops   = "ALTER TABLE users DROP COLUMN nickname;"
			stands  = "-- atlas:checkpoint\n\nCREATE TABLE users (id int NOT NULL);"
			further = "CREATE TABLE teams (id int NOT NULL);"
		)
		name := folder(t, "1_made.sql", made)
		db := kind.Connect(t, kind.URL(t))
		apply(t, kind, db, name)
		write(t, name, "2_drops.sql", drops, "3_stands.sql", stands, "4_further.sql", further)
		executed := told(dryRun(t, kind, db, name))
		for what, asked := range map[string][]string{
			"": nil, "2_drops.sql": {"2_drops.sql"}, "2_drops.sql 3_stands.sql 4_further.sql": {"2_drops.sql", "3_stands.sql", "4_further.sql"}, "4_further.sql": {"4_further.sql"},
		} {
			c := LintConfig{Dev: kind.Connect(t, kind.URL(t)), Dialect: kind.Dialect, Dir: open(t, name), Files: asked}
			files, err := Lint(t.Context(), c)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			var names, risks []string
			for _, f := range files {
				names, risks = append(names, f.Name), append(risks, told(f.Statements))
			}
			if got := strings.Join(names, " "); asked != nil && got != what || asked == nil && got != "3_stands.sql 4_further.sql" {
				t.Errorf("asked about %q, it looked at %q", what, got)
			}
			if got := strings.TrimSpace(strings.Join(risks, "\n")); strings.Contains(what, "drops") && (got != executed || !strings.Contains(got, "DS103")) {
				t.Errorf("%s: %q, where apply says %q", what, got, executed)
			}
			if _, err := Lint(t.Context(), c); err != nil {
				t.Errorf("%s: again: %v", what, err)
			}
		}
	})
}

// TestLint_Advises: what stops lint is told of as what stops diff.
func TestLint_Advises(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		dev, dir := kind.Connect(t, kind.URL(t)), open(t, folder(t, "1_bad.sql", "ALTER TABLE nobody ADD COLUMN a int;"))
		_, ofLint := Lint(t.Context(), LintConfig{Dev: dev, Dialect: kind.Dialect, Dir: dir})
		_, ofDiff := Diff(t.Context(), "more", DiffConfig{Dev: dev, Dialect: kind.Dialect, Dir: dir, Tables: testdb.WithNickname(t)})
		if ofLint == nil || ofDiff == nil || !strings.Contains(ofLint.Error(), notThere) || strings.TrimPrefix(ofLint.Error(), "migrate: lint: ") != strings.TrimPrefix(ofDiff.Error(), "migrate: diff: ") {
			t.Errorf("lint: %v\ndiff: %v", ofLint, ofDiff)
		}
	})
}

// TestReplay_LeavesNothing: what a file makes besides tables is gone too afterwards,
// so that it can be made again.
func TestReplay_LeavesNothing(t *testing.T) {
	for server, sql := range map[string]string{
		"postgres": "-- atlas:txmode none\n\nCREATE TYPE mood AS ENUM ('a');\nCREATE SEQUENCE counts;\nCREATE VIEW one AS SELECT 1 AS n;\nCREATE MATERIALIZED VIEW two AS SELECT 1 AS n;\nCREATE DOMAIN short AS text;\nCREATE TABLE t (id int, m mood);\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\nCREATE INDEX CONCURRENTLY i ON t (id);",
		"mariadb":  "CREATE TABLE t (id int);\nCREATE VIEW one AS SELECT id FROM t;\nCREATE SEQUENCE counts;\nCREATE FUNCTION f() RETURNS int RETURN 1;\nCREATE PROCEDURE p() SELECT 1;\nCREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1;",
	} {
		t.Run(server, func(t *testing.T) {
			kind := testdb.Server(t, server)
			c := LintConfig{Dev: kind.Connect(t, kind.URL(t)), Dialect: kind.Dialect, Dir: open(t, folder(t, "1_all.sql", sql))}
			for range 2 {
				if _, err := Lint(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestReplay_Elsewhere: a file that goes to another schema does not take the emptying
// of the development database there.
func TestReplay_Elsewhere(t *testing.T) {
	for _, server := range []string{"postgres", "mariadb"} {
		t.Run(server, func(t *testing.T) {
			kind := testdb.Server(t, server)
			at := kind.URL(t)
			dev, query, elsewhere := kind.Connect(t, at), "SELECT count(*) FROM elsewhere.precious", "elsewhere"
			goes := "-- atlas:txmode none\n\nCREATE TABLE t (id int);\nSET search_path TO elsewhere;"
			if kind.Dialect == dialect.Postgres {
				testdb.Execute(t, dev, "CREATE SCHEMA elsewhere", "CREATE TABLE elsewhere.precious (id int)")
			} else {
				other := kind.Connect(t, kind.URL(t))
				elsewhere = testdb.Texts(t, other, "SELECT database()")[0]
				testdb.Execute(t, other, "CREATE TABLE precious (id int)")
				query, goes = "SELECT count(*) FROM `"+elsewhere+"`.precious", "CREATE TABLE t (id int);\nUSE `"+elsewhere+"`;"
			}
			c := LintConfig{Dev: dev, Dialect: kind.Dialect, Dir: open(t, folder(t, "1_goes.sql", goes))}
			for range 2 {
				if _, err := Lint(t.Context(), c); err == nil || !strings.Contains(err.Error(), "switches to another schema, "+elsewhere) {
					t.Error(err)
				}
				if _, err := Diff(t.Context(), "more", DiffConfig{Dev: dev, Dialect: kind.Dialect, Dir: c.Dir, Tables: testdb.WithNickname(t)}); err != nil {
					t.Error(err)
				}
			}
			if n := testdb.Number(t, kind.Connect(t, at), query); n != 0 {
				t.Errorf("%d rows", n)
			}
			if left := inventory(t, kind, dev); left != "" {
				t.Errorf("there is still %s", left)
			}
		})
	}
}
