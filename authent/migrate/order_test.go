package migrate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// TestApply_SomeFiles applies as many as it is told, and a dry run none.
func TestApply_SomeFiles(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		db := kind.Connect(t, kind.URL(t))
		name := folder(t, "1_one.sql", one, "2_two.sql", two, "3_three.sql", "CREATE TABLE three (x int);\n")
		var shown []string
		dry := migrator(t, kind, db, name, func(c *Config) {
			c.DryRun = true
			c.Log = func(e Event) {
				if s, ok := e.(StatementStarted); ok {
					shown = append(shown, s.Statement.SQL)
				}
			}
		})
		if report, err := dry.Apply(t.Context(), 2); err != nil || report.Statements != 0 || len(shown) != 2 || inventory(t, kind, db) != "" {
			t.Errorf("dry run: %+v, %v, showed %q, left %q", report, err, shown, inventory(t, kind, db))
		}
		m := migrator(t, kind, db, name, nil)
		for i, want := range []int{1, 2, 0} {
			n := map[int]int{0: 1, 1: 0, 2: 0}[i]
			if report, err := m.Apply(t.Context(), n); err != nil || report.Files != want {
				t.Errorf("apply %d: %+v, %v, want %d files", n, report, err, want)
			}
		}
	})
}

// TestApply_Orders: what becomes of a file that was added late.
func TestApply_Orders(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for order, want := range map[ExecOrder]int{LinearSkip: 0, NonLinear: 1} {
			db := kind.Connect(t, kind.URL(t))
			name := folder(t, "1_one.sql", one, "3_three.sql", "CREATE TABLE three (x int);\n")
			apply(t, kind, db, name)
			write(t, name, "2_two.sql", two)
			m := migrator(t, kind, db, name, func(c *Config) { c.ExecOrder = order })
			if report, err := m.Apply(t.Context(), 0); err != nil || report.Files != want {
				t.Errorf("%s: %+v, %v", order, report, err)
			}
			if st, err := m.Status(t.Context()); err != nil || st.Pending != 0 {
				t.Errorf("%s: %+v, %v", order, st, err)
			}
		}
	})
}

// TestApply_WithoutTransaction: PostgreSQL makes an index concurrently in a file
// that says so; what came before it stays when it fails.
func TestApply_WithoutTransaction(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	db := kind.Connect(t, kind.URL(t))
	const file = "-- atlas:txmode none\n\nCREATE TABLE a (x int);\nINSERT INTO a VALUES (1), (1);\nCREATE UNIQUE INDEX CONCURRENTLY a_x ON a (x);\n"
	name := folder(t, "1_a.sql", file)
	_, err := migrator(t, kind, db, name, nil).Apply(t.Context(), 0)
	failed, ok := errors.AsType[*StatementError](err)
	if !ok || failed.Applied != 2 || failed.Statement.Line != 5 {
		t.Fatalf("%v", err)
	}
	// The index that failed is there, half-made, as PostgreSQL leaves it.
	testdb.Execute(t, db, "DROP INDEX a_x")
	write(t, name, "1_a.sql", strings.Replace(file, "UNIQUE INDEX", "INDEX", 1))
	if report := apply(t, kind, db, name); report.Statements != 1 {
		t.Errorf("%+v", report)
	}
}

// TestApply_LockTimeout: who waits too long for another migration is told so.
func TestApply_LockTimeout(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		url := kind.URL(t)
		name := folder(t, "1_one.sql", one)
		holder := migrator(t, kind, kind.Connect(t, url), name, nil)
		held, done := make(chan bool), make(chan error, 1)
		holder.at = func(step string) {
			if step == "before statement 1" {
				held <- true
				<-held
			}
		}
		go func() {
			_, err := holder.Apply(t.Context(), 0)
			done <- err
		}()
		<-held
		waiting := migrator(t, kind, kind.Connect(t, url+map[bool]string{true: "?_pragma=busy_timeout(50)"}[kind.Dialect == dialect.SQLite]), name, func(c *Config) { c.LockTimeout = 300 * time.Millisecond })
		if _, err := waiting.Apply(t.Context(), 0); !errors.Is(err, ErrLocked) {
			t.Errorf("%v", err)
		}
		held <- true
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestSQLite_RebuildKeepsReferences: SQLite changes a table by making another in
// its place. What refers to it stays, and rows that refer to none are found
// before anything is committed.
func TestSQLite_RebuildKeepsReferences(t *testing.T) {
	kind := testdb.SQLite
	db := kind.Connect(t, kind.URL(t))
	const rebuild = "CREATE TABLE new_p (id int PRIMARY KEY, y int);\nINSERT INTO new_p (id) SELECT id FROM p;\nDROP TABLE p;\nALTER TABLE new_p RENAME TO p;\n"
	name := folder(t, "1_p.sql", "CREATE TABLE p (id int PRIMARY KEY);\nCREATE TABLE c (p int REFERENCES p (id) ON DELETE CASCADE);\nINSERT INTO p VALUES (1), (2);\nINSERT INTO c VALUES (1), (2);\n", "2_p.sql", rebuild)
	apply(t, kind, db, name)
	if n := testdb.Number(t, db, "SELECT COUNT(*) FROM c"); n != 2 {
		t.Errorf("%d rows are left of 2", n)
	}
	write(t, name, "3_p.sql", strings.Replace(rebuild, "FROM p;", "FROM p WHERE id = 1;", 1))
	before := inventory(t, kind, db)
	if _, err := migrator(t, kind, db, name, nil).Apply(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "rows of c refer to rows of p that do not exist") {
		t.Errorf("%v", err)
	}
	if after := inventory(t, kind, db); after != before {
		t.Errorf("left\n%s\nbefore\n%s", after, before)
	}
	if on := testdb.Number(t, db, "PRAGMA foreign_keys"); on != 1 {
		t.Error("foreign keys stayed off")
	}
}

// TestValidate names what is wrong with a folder.
func TestValidate(t *testing.T) {
	name := folder(t, "1_one.sql", one)
	if err := Validate(open(t, name)); err != nil {
		t.Error(err)
	}
	for what, tc := range map[string]struct{ file, content, says string }{
		"edited": {"1_one.sql", one + "-- x", "1_one.sql was edited"}, "added": {"2_two.sql", two, "2_two.sql was added"},
		"mixed up": {"atlas.sum", "nonsense\n", "atlas.sum was edited"},
	} {
		name := folder(t, "1_one.sql", one)
		if err := os.WriteFile(filepath.Join(name, tc.file), []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Validate(open(t, name)); err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), "migrate hash") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := Validate(open(t, folder(t, "1_a.sql", one, "1_b.sql", two))); err == nil || !strings.Contains(err.Error(), "have the same version") {
		t.Errorf("two files of one version: %v", err)
	}
	for _, sql := range []string{`INSERT INTO t VALUES ('it\'s');`, "INSERT INTO t VALUES (1); # it's\n", `SELECT $x$it's$x$;`} { // MySQL's, and PostgreSQL's
		if err := Validate(open(t, folder(t, "1_a.sql", sql))); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if err := Validate(open(t, folder(t, "1_a.sql", "INSERT INTO t VALUES ('a;"))); err == nil || !strings.Contains(err.Error(), "unclosed quote") {
		t.Errorf("what no dialect has: %v", err)
	}
	if _, err := OpenDir(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Error(err)
	}
}
