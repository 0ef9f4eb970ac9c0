package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

const (
	failing = "-- atlas:txmode none\n\nCREATE TABLE t1 (id int);\nCREATE TABLE users (id int);\nCREATE TABLE t2 (id int);\n"
	mended  = "-- atlas:txmode none\n\nCREATE TABLE t1 (id int);\nCREATE TABLE users2 (id int);\nCREATE TABLE t2 (id int);\n"
)

// turns is a folder that grows, and the two programs that take turns with it.
type turns struct {
	*testing.T
	atlas
	dir, url string
	executor executor
}

func newTurns(t *testing.T, kind testdb.Kind) turns {
	t.Helper()
	url := kind.URL(t)
	w := turns{t, openAtlas(t, kind), t.TempDir(), url, executor{kind, kind.Connect(t, url)}}
	w.exec(t, w.executor.db, w.golden["table.sql"])
	w.file("1_users.sql", "-- atlas:txmode none\n\nCREATE TABLE users (id varchar(64) NOT NULL, PRIMARY KEY (id));\n")
	return w
}

// file writes a file and hashes the folder.
func (w turns) file(name, text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
		w.Fatal(err)
	}
	w.ours("hash")
}

// ours runs this program on the folder and the database. It returns what that prints,
// and how it ends.
func (w turns) ours(args ...string) string {
	w.Helper()
	args = append(args, "--dir", w.dir)
	if args[0] != "hash" {
		args = append(args, "--url", w.url)
	}
	return ours(w.T, args...)
}

// apply lets one of the two apply what is pending, which succeeds unless fails.
func (w turns) apply(byAtlas, fails bool) {
	w.Helper()
	ok := false
	switch bin := os.Getenv("ATLAS_BIN"); {
	case !byAtlas:
		ok = strings.HasSuffix(w.ours("apply"), "(exit 0)\n")
	case bin != "":
		ok = strings.HasSuffix(theirs(w.T, w.command(bin, "apply")), "(exit 0)\n")
	default:
		err := w.executor.open(w.T, w.dir).ExecuteN(w.Context(), 0)
		w.Log("Atlas:", err)
		ok = err == nil
	}
	if ok == fails {
		w.Errorf("apply: succeeded %t", ok)
	}
}

func (w turns) command(bin, name string) *exec.Cmd {
	config := evalConfig(w.T, map[string]string{"DATABASE_URL": w.url})
	return exec.CommandContext(w.Context(), bin, "migrate", name, "--dir", "file://"+w.dir, "--url", config[envOf[w.Dialect]].URL)
}

// agree checks that both say that these files are pending.
func (w turns) agree(pending ...string) {
	w.Helper()
	if got := w.executor.pending(w.T, w.dir); !slices.Equal(got, pending) {
		w.Errorf("for Atlas %q are pending, want %q", got, pending)
	}
	got, note, _ := strings.Cut(w.ours("status"), "\nNote: ")
	if !strings.Contains(got, "  -- Next Version:    "+next(pending)) {
		w.Errorf("for us another version is next, want %q:\n%s", pending, got)
	}
	if bin := os.Getenv("ATLAS_BIN"); bin != "" {
		if note != "" {
			got += "(exit 0)\n"
		}
		if want := theirs(w.T, w.command(bin, "status")); got != want {
			w.Errorf("we say\n%s\nAtlas\n%s", got, want)
		}
	}
}

func next(pending []string) string {
	if len(pending) == 0 {
		return "Already at latest version\n"
	}
	version, _, _ := strings.Cut(pending[0], "_")
	return version
}

// TestAtlasTurnsOfAMendedFile: whoever of the two applies a file, fails in the next,
// goes on with it when it is mended, and applies a third, they agree at each step.
func TestAtlasTurnsOfAMendedFile(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		for who := range 1 << 4 {
			t.Run(strings.Map(func(r rune) rune { return map[rune]rune{'0': 'o', '1': 'a'}[r] }, binary(who)), func(t *testing.T) {
				w := newTurns(t, kind)
				w.agree("1_users.sql")
				w.apply(who&1 != 0, false)
				w.agree()
				w.file("2_fails.sql", failing)
				w.apply(who&2 != 0, true)
				w.agree("2_fails.sql")
				before := w.hash("2")
				w.file("2_fails.sql", mended)
				w.agree("2_fails.sql")
				w.apply(who&4 != 0, false)
				w.agree()
				if kept := w.hash("2") == before; kept != (who&4 != 0) {
					t.Errorf("the row has the hash of before the mend: %t", kept)
				}
				w.file("3_more.sql", "CREATE TABLE t3 (id int);\n")
				w.agree("3_more.sql")
				w.apply(who&8 != 0, false)
				w.agree()
				if out := w.ours("status"); strings.Contains(out, "Note:") {
					t.Errorf("a later file was applied, which proves those before it: %s", out)
				}
				w.exec(t, w.executor.db, "SELECT id FROM t1;\nSELECT id FROM users2;\nSELECT id FROM t2;\nSELECT id FROM t3")
			})
		}
	})
}

func binary(n int) string {
	text := ""
	for i := range 4 {
		text += map[bool]string{true: "1", false: "0"}[n>>i&1 == 1]
	}
	return text
}

// hash returns the hash in a version's row.
func (w turns) hash(version string) string {
	return rowsOf(w.T, w.executor.db, "SELECT hash FROM atlas_schema_revisions WHERE version = '"+version+"'")
}

// TestAtlasMendedFileOfAnotherLength: when Atlas goes on with a file that has another
// number of statements now, its row never says that it is complete, and Atlas breaks
// off at it for ever. For us it is complete, and our apply corrects the row.
func TestAtlasMendedFileOfAnotherLength(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		for name, text := range map[string]string{
			"longer":          strings.ReplaceAll(mended, "CREATE TABLE t2 (id int);", "CREATE TABLE t2 (id int);\nCREATE TABLE t4 (id int);"),
			"shorter":         strings.ReplaceAll(mended, "CREATE TABLE t2 (id int);\n", ""),
			"nothing is left": "-- atlas:txmode none\n\nCREATE TABLE t1 (id int);\n",
		} {
			for _, byAtlas := range []bool{true, false} {
				w := newTurns(t, kind)
				w.apply(byAtlas, false)
				w.file("2_fails.sql", failing)
				w.apply(byAtlas, true)
				w.file("2_fails.sql", text)
				w.apply(byAtlas, false)
				if got := w.executor.pending(t, w.dir); (len(got) == 1) != byAtlas {
					t.Errorf("%s: for Atlas %q are pending", name, got)
				}
				if out := w.ours("status"); !strings.Contains(out, "Status: OK\n") || strings.Contains(out, "partially") || strings.Contains(out, "had errors") {
					t.Errorf("%s: %s", name, out)
				}
				if out := w.ours("apply"); !strings.Contains(out, "No migration files to execute\n(exit 0)") {
					t.Errorf("%s: %s", name, out)
				}
				w.agree()
				w.file("3_more.sql", "CREATE TABLE t3 (id int);\n")
				w.apply(true, false)
				w.agree()
			}
		}
	})
}

// TestAtlasExecutorIsTheCommandLine: the stand-in writes what the goldens have from
// the real one.
func TestAtlasExecutorIsTheCommandLine(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		w := newTurns(t, kind)
		w.dir = filepath.Join("testdata", "atlas", "mig")
		want := kind.Connect(t, kind.URL(t))
		w.exec(t, want, w.golden["table.sql"]+w.golden["rows.sql"])
		if err := w.executor.open(t, w.dir).ExecuteN(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if kind.Dialect == dialect.MySQL { // Elsewhere the command line rolls it back.
			w.dir = filepath.Join("testdata", "atlas", "bad")
			if err := w.executor.open(t, w.dir).ExecuteN(t.Context(), 0); err == nil {
				t.Fatal("bad succeeded")
			}
		}
		if got := w.history(t, w.executor.db); got != w.history(t, want) {
			t.Errorf("the executor writes\n%s\nthe command line\n%s", got, w.history(t, want))
		}
	})
}
