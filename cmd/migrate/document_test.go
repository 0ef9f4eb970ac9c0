package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/internal/testdb"
)

// answer returns the one JSON document that a command prints, and its exit code. It
// fails if anything else is printed.
func answer(t *testing.T, into any, args ...string) (text string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append(args, "--format", "json"), &out, &errs)
	if errs.Len() > 0 {
		t.Errorf("%q prints %s", args, &errs)
	}
	text = out.String()
	decoder := json.NewDecoder(&out)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%q: %v in %s", args, err, text)
	}
	if decoder.More() {
		t.Errorf("%q prints more than a document: %s", args, text)
	}
	return text, code
}

var instants = regexp.MustCompile(`"20[0-9]{2}-[^"]*"`)

// TestJSON: the documents of a history that goes well, and then fails.
func TestJSON(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		url := kind.URL(t)
		at := func(command, dir string, flags ...string) []string {
			return append([]string{command, "--dir", filepath.Join("testdata/atlas", dir), "--url", url}, flags...)
		}
		var st statusDocument
		if _, code := answer(t, &st, at("status", "mig")...); code != 0 || st.Status != "PENDING" || len(st.Available) != 2 || len(st.Pending) != 2 || st.Next != "20260101000000" || st.Driver != kind.Dialect || st.Applied != nil {
			t.Errorf("status: %d, %+v", code, st)
		}
		text, code := answer(t, &applyDocument{}, at("apply", "mig", "--dry-run")...)
		want := strings.ReplaceAll(applied, "DRIVER", kind.Dialect)
		if diff := cmp.Diff(want, instants.ReplaceAllString(text, `"T"`)); diff != "" || code != 0 {
			t.Errorf("apply --dry-run: %d\n%s", code, diff)
		}
		text, code = answer(t, &applyDocument{}, at("apply", "mig")...)
		want = strings.ReplaceAll(want, "  \"DryRun\": true\n", "")
		want = strings.ReplaceAll(want, "\"End\": \"T\",\n}", "\"End\": \"T\"\n}")
		if diff := cmp.Diff(want, instants.ReplaceAllString(text, `"T"`)); diff != "" || code != 0 {
			t.Errorf("apply: %d\n%s", code, diff)
		}
		var failed applyDocument
		_, code = answer(t, &failed, at("apply", "bad")...)
		if code != 1 || len(failed.Applied) != 1 || !strings.HasPrefix(failed.Error, "migrate: 20260103000000_fails.sql, line 2: ") || failed.Current != "20260102000000" || failed.Target != "20260103000000" {
			t.Fatalf("apply: %d, %+v", code, failed)
		}
		if f := failed.Applied[0]; f.Version != "20260103000000" || len(f.Applied) != 1 || f.Error == nil || f.Error.Stmt != "CREATE TABLE users (id int);" || !strings.Contains(f.Error.Text, "users") {
			t.Errorf("apply: %+v", f)
		}
		st, partly := statusDocument{}, kind.Dialect == dialect.MySQL
		if _, code := answer(t, &st, at("status", "bad")...); code != 0 || st.Status != "PENDING" || (st.Count == 1 && st.Total == 3 && strings.Contains(st.Error, "1050") && st.SQL != "") != partly || len(st.Applied) != len(st.Available)-len(st.Pending)+map[bool]int{true: 1}[partly] {
			t.Errorf("status: %d, %+v", code, st)
		}
		var drift driftDocument
		if _, code := answer(t, &drift, "drift", "--schema", "default", "--url", url, "--exclude", "t1"); code != 1 || drift.Synced || len(drift.Differences) < 3 || drift.Error != "" {
			t.Errorf("drift: %d, %+v", code, drift)
		}
	})
}

const applied = `{
  "Driver": "DRIVER",
  "Dir": "testdata/atlas/mig",
  "Pending": [
    {
      "Name": "20260101000000_initial.sql",
      "Version": "20260101000000",
      "Description": "initial"
    },
    {
      "Name": "20260102000000_add_name.sql",
      "Version": "20260102000000",
      "Description": "add_name"
    }
  ],
  "Applied": [
    {
      "Name": "20260101000000_initial.sql",
      "Version": "20260101000000",
      "Description": "initial",
      "Start": "T",
      "End": "T",
      "Skipped": 0,
      "Applied": [
        "CREATE TABLE users (id varchar(64) NOT NULL, PRIMARY KEY (id));"
      ]
    },
    {
      "Name": "20260102000000_add_name.sql",
      "Version": "20260102000000",
      "Description": "add_name",
      "Start": "T",
      "End": "T",
      "Skipped": 0,
      "Applied": [
        "ALTER TABLE users ADD COLUMN name varchar(255) NULL;",
        "CREATE INDEX users_name ON users (name);"
      ]
    }
  ],
  "Target": "20260102000000",
  "Start": "T",
  "End": "T",
  "DryRun": true
}
`

// TestJSON_Diff: what diff wrote is in its document.
func TestJSON_Diff(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	t.Setenv("DEV_DATABASE_URL", "")
	dir := filepath.Join(t.TempDir(), "sqlite")
	var d diffDocument
	if _, code := answer(t, &d, "diff", "initial", "--schema", "default", "--dir", dir); code != 0 || len(d.Files) != 1 || d.Files[0].Description != "initial" || d.Dir != dir || d.Driver != "sqlite3" {
		t.Fatalf("%d, %+v", code, d)
	}
	text, err := os.ReadFile(filepath.Join(dir, d.Files[0].Name))
	if err != nil || d.Files[0].Content != string(text) || len(text) == 0 {
		t.Errorf("%q, %v", d.Files[0].Content, err)
	}
	if text, code := answer(t, &d, "diff", "more", "--schema", "default", "--dir", dir); code != 0 || !strings.Contains(text, `"Files": []`) {
		t.Errorf("%d, %s", code, text)
	}
	// Synced, and the notes of a folder that is not there.
	url := testdb.SQLite.URL(t)
	t.Chdir(t.TempDir())
	var done applyDocument
	if _, code := answer(t, &done, "apply", "--url", url); code != 0 || len(done.Notes) != 1 || !strings.HasPrefix(done.Notes[0], "There is no folder migrations/sqlite") || done.Dir != "" {
		t.Errorf("apply: %d, %+v", code, done)
	}
	var drift driftDocument
	if text, code := answer(t, &drift, "drift", "--schema", "default", "--url", url); code != 0 || !drift.Synced || !strings.Contains(text, `"Differences": []`) {
		t.Errorf("drift: %d, %s", code, text)
	}
}

// TestJSON_Errors: an error is a document too, with the exit code that it has in text
// and without anybody's password.
func TestJSON_Errors(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"status"}, 2, "migrate: no database: set DATABASE_URL or --url"},
		{[]string{"drift", "--schema", "default"}, 2, "migrate: no database: set DATABASE_URL or --url"},
		{[]string{"diff"}, 2, "migrate diff: NAME is missing: run go tool migrate diff --help"},
		{[]string{"apply", "--no-such-flag"}, 2, "migrate apply: unknown flag --no-such-flag"},
		{[]string{"diff", "x"}, 1, "migrate: there is no folder ent/schema"},
		{[]string{"status", "--dir", "nowhere", "--url", "sqlite::memory:"}, 1, "migrate: there is no folder nowhere"},
		{[]string{"apply", "--url", "postgresql://scott:tiger@127.0.0.1:1/app"}, 1, "migrate: connect: dial tcp 127.0.0.1:1"},
		{[]string{"apply", "postgresql://scott:tiger@127.0.0.1:1/app"}, 2, "migrate apply: "},
	} {
		var got outcome
		var out, errs bytes.Buffer
		code := run(t.Context(), append(c.args, "--format=json"), &out, &errs)
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || errs.Len() > 0 {
			t.Errorf("%q: %v in %s, and %s", c.args, err, &out, &errs)
		}
		if code != c.code || !strings.HasPrefix(got.Error, c.says) || strings.Contains(out.String(), "tiger") {
			t.Errorf("%q: %d, %s", c.args, code, &out)
		}
	}
}
