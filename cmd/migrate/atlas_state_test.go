package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// copyDir copies a folder of testdata/atlas, so that a test can change it.
func copyDir(t *testing.T, name string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(to, os.DirFS(filepath.Join("testdata", "atlas", name))); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestAtlasSum: hash writes Atlas's atlas.sum byte for byte, and validate takes
// Atlas's.
func TestAtlasSum(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mig", "bad"} {
		dir := copyDir(t, name)
		file := filepath.Join(dir, "atlas.sum")
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if out := ours(t, "validate", "--dir", "file://"+dir); !strings.HasSuffix(out, ": ok\n(exit 0)\n") {
			t.Error(out)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if out := ours(t, "hash", "--dir", "file://"+dir); !strings.HasSuffix(out, "(exit 0)\n") {
			t.Error(out)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != string(want) {
			t.Errorf("%s: %v\n%s\nAtlas writes\n%s", name, err, got, want)
		}
	}
}

// TestAtlasFailureIsGoneOnWith: a file that failed under Atlas is finished by
// this program, from the statement on at which the database is.
func TestAtlasFailureIsGoneOnWith(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		a, url := openAtlas(t, kind), kind.URL(t)
		for n, s := range steps {
			real(t, a, url, n, s)
		}
		dir := copyDir(t, "bad")
		mended := "CREATE TABLE t1 (id int);\nCREATE TABLE users2 (id int);\nCREATE TABLE t2 (id int);\n"
		if err := os.WriteFile(filepath.Join(dir, steps[2].file), []byte(mended), 0o644); err != nil {
			t.Fatal(err)
		}
		if out := ours(t, "hash", "--dir", dir); !strings.HasSuffix(out, "(exit 0)\n") {
			t.Fatal(out)
		}
		out := ours(t, "apply", "--dir", dir, "--url", url)
		if !strings.HasSuffix(out, "(exit 0)\n") || strings.Contains(out, "resuming after 1 of 3") != (kind.Dialect == dialect.MySQL) {
			t.Error(out)
		}
		db := kind.Connect(t, url)
		a.exec(t, db, "SELECT id FROM t1;\nSELECT id FROM users2;\nSELECT id FROM t2")
		got := rowsOf(t, db, `SELECT applied, total, error, error_stmt, partial_hashes FROM atlas_schema_revisions WHERE version = '20260103000000'`)
		if want := "applied: \"3\"\ntotal: \"3\"\nerror: \"\"\nerror_stmt: \"\"\npartial_hashes: \"null\"\n"; got != want {
			t.Errorf("recorded:\n%s\nAtlas records\n%s", got, want)
		}
		if out := ours(t, "status", "--dir", dir, "--url", url); !strings.Contains(out, "Status: OK\n") {
			t.Error(out)
		}
	})
}

// TestAtlasBaseline: a baseline is recorded as Atlas records it, whether by a
// flag or by a command, and Atlas's own is gone on from.
func TestAtlasBaseline(t *testing.T) {
	const version = "20260101000000"
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		a, histories := openAtlas(t, kind), map[string]string{}
		for name, record := range map[string]func(url string){
			"Atlas": func(url string) {
				a.exec(t, kind.Connect(t, url), a.golden["table.sql"]+a.golden["baseline.sql"])
			},
			"migrate baseline":         func(url string) { ours(t, "baseline", version, "--dir", "testdata/atlas/mig", "--url", url) },
			"migrate apply --baseline": func(string) {},
		} {
			url := kind.URL(t)
			db := kind.Connect(t, url)
			a.exec(t, db, "CREATE TABLE users (id varchar(64) NOT NULL, PRIMARY KEY (id));\nCREATE TABLE theirs (id int)")
			record(url)
			args := []string{"apply", "--dir", "testdata/atlas/mig", "--url", url}
			if name == "migrate apply --baseline" {
				args = append(args, "--baseline", version)
			}
			if out := ours(t, args...); !strings.HasPrefix(out, "Migrating to version 20260102000000 from 20260101000000 (1 migrations in total):\n") {
				t.Errorf("%s: %s", name, out)
			}
			if out := ours(t, "status", "--dir", "testdata/atlas/mig", "--url", url); out != a.golden["status 2"] {
				t.Errorf("%s: %s", name, out)
			}
			histories[name] = a.history(t, db)
		}
		for name, got := range histories {
			if got != histories["Atlas"] {
				t.Errorf("%s records\n%s\nAtlas\n%s", name, got, histories["Atlas"])
			}
		}
	})
}
