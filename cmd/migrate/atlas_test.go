package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/authent/authent/internal/testdb"
)

// These tests hold cmd/migrate to what the Atlas command line writes and prints,
// which testdata/atlas has from a real one. Where ATLAS_BIN names an Atlas, its
// part is played by that; elsewhere by what it is known to leave behind.

// atlas is the Atlas command line on one kind of database.
type atlas struct {
	testdb.Kind
	golden map[string]string
}

func openAtlas(t *testing.T, kind testdb.Kind) atlas {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "atlas", kind.Name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	a := atlas{kind, map[string]string{}}
	for _, f := range archive.Files {
		a.golden[f.Name] = string(f.Data)
	}
	return a
}

// step is a step of the transcripts.
type step struct {
	args []string
	dir  string
	file string // Which it applies.
}

var steps = []step{
	{[]string{"apply", "1"}, "mig", "20260101000000_initial.sql"},
	{[]string{"apply"}, "mig", "20260102000000_add_name.sql"},
	{[]string{"apply"}, "bad", "20260103000000_fails.sql"},
}

// player takes a step on the database of a URL and returns what it prints.
type player func(t *testing.T, a atlas, url string, n int, s step) string

// authent plays it with this program.
func authent(t *testing.T, _ atlas, url string, _ int, s step) string {
	t.Helper()
	return ours(t, append(s.args, "--dir", "file://"+filepath.Join("testdata", "atlas", s.dir), "--url", url)...)
}

// ours returns what this program prints, and how it ends.
func ours(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, &out, &errs)
	t.Logf("migrate %s\n%s%s", args[0], &out, &errs)
	return fmt.Sprintf("%s(exit %d)\n", &out, code)
}

// real plays it with the Atlas of ATLAS_BIN, or else leaves behind what Atlas is
// known to leave behind, and says what it is known to say.
func real(t *testing.T, a atlas, url string, n int, s step) string {
	t.Helper()
	if bin := os.Getenv("ATLAS_BIN"); bin != "" {
		config := evalConfig(t, map[string]string{"DATABASE_URL": url})
		args := append([]string{"migrate"}, s.args...)
		args = append(args, "--dir", "file://testdata/atlas/"+s.dir, "--url", config[envOf[a.Dialect]].URL)
		return theirs(t, exec.CommandContext(t.Context(), bin, args...))
	}
	db := a.Connect(t, url)
	if n == 0 {
		a.exec(t, db, a.golden["table.sql"])
	}
	if rows := strings.Split(a.golden["rows.sql"], "\n"); rows[n] != "" {
		a.exec(t, db, rows[n])
	}
	text, err := os.ReadFile(filepath.Join("testdata", "atlas", s.dir, s.file))
	if err != nil {
		t.Fatal(err)
	}
	if n == 2 { // which fails at its second statement
		if text = text[:bytes.IndexByte(text, '\n')]; a.Dialect != dialect.MySQL {
			text = nil
		}
	}
	a.exec(t, db, string(text))
	return a.golden[fmt.Sprint("apply ", n+1)]
}

// theirs returns what an Atlas prints, and how it ends.
func theirs(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s(exit %d)\n", out, cmd.ProcessState.ExitCode())
}

func (a atlas) exec(t *testing.T, db *sql.DB, statements string) {
	t.Helper()
	for s := range strings.SplitSeq(statements, ";\n") {
		if strings.TrimSpace(s) == "" {
			continue
		}
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

var (
	times    = regexp.MustCompile(`\b[0-9.]+(ns|µs|ms|s)\b`)
	added    = regexp.MustCompile(`(?m)^       .*\n`)            // Locks and times: ours alone.
	lastWord = regexp.MustCompile(`(?ms)^Error: .*?(\(exit)`)    // To stderr, in each one's words.
	driver   = regexp.MustCompile(`SQL logic error: (.*) \(1\)`) // The pure Go driver adds to SQLite's.
)

// plain returns an output without what may differ.
func plain(text string) string {
	text = added.ReplaceAllString(text, "")
	text = lastWord.ReplaceAllString(text, "$1")
	text = driver.ReplaceAllString(text, "$1")
	return times.ReplaceAllString(text, "T")
}

// TestAtlasTakesTurns: whoever of the two takes a step, what both print and what
// is in the database afterwards is what Atlas alone prints and writes.
func TestAtlasTakesTurns(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		a := openAtlas(t, kind)
		alone := kind.Connect(t, kind.URL(t))
		a.exec(t, alone, a.golden["table.sql"]+a.golden["rows.sql"])
		want := a.history(t, alone)
		for turns := range 1 << len(steps) {
			name, url := "", kind.URL(t)
			a.status(t, url, 0)
			for n, s := range steps {
				play, who := player(authent), "o"
				if turns>>n&1 == 1 {
					play, who = real, "a"
				}
				name += who
				got := play(t, a, url, n, s)
				if diff := cmp.Diff(plain(a.golden[fmt.Sprint("apply ", n+1)]), plain(got)); diff != "" {
					t.Errorf("%s: apply (-Atlas +now):\n%s", name, diff)
				}
				a.status(t, url, n+1)
			}
			if diff := cmp.Diff(want, a.history(t, kind.Connect(t, url))); diff != "" {
				t.Errorf("%s: the history (-Atlas +now):\n%s", name, diff)
			}
		}
	})
}

// status compares the status after n steps with Atlas's, line for line.
func (a atlas) status(t *testing.T, url string, n int) {
	t.Helper()
	s := step{args: []string{"status"}, dir: steps[max(n-1, 0)].dir}
	want := a.golden[fmt.Sprint("status ", n)]
	// The pure Go driver adds to SQLite's words, and rows keep them.
	if diff := cmp.Diff(want, authent(t, a, url, n, s)); diff != "" {
		t.Errorf("status after %d steps (-Atlas +now):\n%s", n, diff)
	}
	if os.Getenv("ATLAS_BIN") == "" {
		return
	}
	if diff := cmp.Diff(want, real(t, a, url, n, s)); diff != "" {
		t.Errorf("status of ATLAS_BIN after %d steps (-golden +now):\n%s", n, diff)
	}
}

// history returns the table of Atlas and its rows, as text.
func (a atlas) history(t *testing.T, db *sql.DB) string {
	t.Helper()
	table := `SELECT sql FROM sqlite_master WHERE name = 'atlas_schema_revisions'`
	switch a.Dialect {
	case dialect.MySQL:
		table = "SHOW CREATE TABLE atlas_schema_revisions"
	case dialect.Postgres:
		table = `SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
			FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
			WHERE a.attrelid = 'public.atlas_schema_revisions'::regclass AND a.attnum > 0
			UNION ALL SELECT conname, pg_get_constraintdef(oid), NULL, NULL FROM pg_constraint
			WHERE conrelid = 'public.atlas_schema_revisions'::regclass`
	}
	return rowsOf(t, db, table) + rowsOf(t, db, `SELECT version, description, type, applied, total, error, error_stmt, hash, partial_hashes
		FROM atlas_schema_revisions ORDER BY version`)
}

// rowsOf returns the result of a query as text, in which NULL is not the empty text.
func rowsOf(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if text := v.String; !v.Valid {
				fmt.Fprintf(&b, "%s: NULL\n", columns[i])
			} else {
				fmt.Fprintf(&b, "%s: %q\n", columns[i], text)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if b.Len() == 0 {
		t.Fatalf("no rows: %s", query)
	}
	return b.String()
}
