package migrate

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestApply_EditedFiles: an applied file that was edited is refused, unless Atlas
// wrote its row and would let it pass; then a note says so, until a later row proves
// that the file was accepted as it is.
func TestApply_EditedFiles(t *testing.T) {
	three := []string{"1_one.sql", one, "2_two.sql", two, "3_three.sql", "CREATE TABLE three (x int);\n"}
	for name, tc := range map[string]struct {
		atlas  string // The versions whose rows Atlas wrote.
		edit   int    // Which file is edited after all were applied.
		proven string // The version whose row was written after that; then it is ours.
		notes  []string
		err    string
	}{
		"ours, the first":           {edit: 1, err: ": 1_one.sql was edited after"},
		"ours, the last":            {edit: 3, err: ": 3_three.sql was edited after"},
		"Atlas's, the last":         {atlas: "3", edit: 3, notes: []string{"3_three.sql"}},
		"Atlas's before ours":       {atlas: "12", edit: 1, err: ": 1_one.sql or 2_two.sql or 3_three.sql was edited after"},
		"ours before Atlas's":       {atlas: "23", edit: 1, err: ": 1_one.sql was edited after"},
		"Atlas's alone":             {atlas: "123", edit: 2, notes: []string{"2_two.sql", "3_three.sql"}},
		"proven by a later one":     {atlas: "12", edit: 2, proven: "3"},
		"proven, whoever wrote it":  {edit: 1, proven: "2"},
		"edited again after proven": {atlas: "1", edit: 3, proven: "2", err: ": 3_three.sql was edited after"},
	} {
		t.Run(name, func(t *testing.T) {
			db := testdb.SQLite.Connect(t, testdb.SQLite.URL(t))
			folder := folder(t, three...)
			apply(t, testdb.SQLite, db, folder)
			for _, version := range strings.Split(tc.atlas, "") {
				testdb.Execute(t, db, "UPDATE atlas_schema_revisions SET operator_version = 'Atlas CLI v1.2.3' WHERE version = '"+version+"'")
			}
			at := 2 * (tc.edit - 1)
			write(t, folder, three[at], three[at+1]+"-- edited\n")
			if tc.proven != "" {
				last := 3
				if tc.err != "" {
					last = tc.edit - 1 // What comes now is edited after that.
				}
				prove(t, db, folder, tc.proven, three[2*(last-1)][:1])
			}
			var noted []string
			m := migrator(t, testdb.SQLite, db, folder, func(c *Config) {
				c.Log = func(e Event) {
					if n, ok := e.(Noted); ok {
						noted = append(noted, n.Text)
					}
				}
			})
			st, err := m.Status(t.Context())
			_, applied := m.Apply(t.Context(), 0)
			for _, err := range []error{err, applied} {
				if (tc.err == "") != (err == nil) || err != nil && (!errors.Is(err, ErrHistory) || !strings.Contains(err.Error(), tc.err)) {
					t.Errorf("%v, want %q", err, tc.err)
				}
			}
			if err == nil && !slices.Equal(noted, st.Notes) {
				t.Errorf("apply notes %q, status %q", noted, st.Notes)
			}
			if !slices.EqualFunc(noted, tc.notes, strings.HasPrefix) {
				t.Errorf("noted %q, want %q", noted, tc.notes)
			}
		})
	}
}

// prove makes the rows of some versions be as if their files had been applied as they
// are now.
func prove(t *testing.T, db *sql.DB, folder, from, to string) {
	t.Helper()
	dir := open(t, folder)
	sum, err := dir.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	files, err := dir.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		hash, err := sum.SumByName(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if from <= f.Version() && f.Version() <= to {
			testdb.Execute(t, db, "UPDATE atlas_schema_revisions SET hash = '"+hash+"' WHERE version = '"+f.Version()+"'")
		}
	}
}
