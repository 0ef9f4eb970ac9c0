package migrate

import (
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/internal/testdb"
)

// TestNewFile: files of one second follow each other, whoever writes them, and each
// is a migration that executes nothing until somebody writes on.
func TestNewFile(t *testing.T) {
	folder := folder(t)
	var names []string
	for _, name := range []string{"b", "a", "c"} {
		written, err := NewFile(open(t, folder), name)
		if err != nil {
			t.Fatal(err)
		}
		if names = append(names, written); len(names) > 1 && names[len(names)-2] >= written {
			t.Errorf("%s follows %s", written, names[len(names)-2])
		}
	}
	column := &entschema.Column{Name: "id", Type: field.TypeInt}
	table := &entschema.Table{Name: "x", Columns: []*entschema.Column{column}, PrimaryKey: []*entschema.Column{column}}
	wrote, err := Diff(t.Context(), "d", DiffConfig{Dev: testdb.SQLite.Connect(t, testdb.SQLite.URL(t)), Dialect: dialect.SQLite, Dir: open(t, folder), Tables: []*entschema.Table{table}})
	if err != nil || len(wrote) != 1 || wrote[0] <= names[2] {
		t.Errorf("diff wrote %q after %q: %v", wrote, names, err)
	}
	db := testdb.SQLite.Connect(t, testdb.SQLite.URL(t))
	if report := apply(t, testdb.SQLite, db, folder); report.Files != 4 || report.Statements != 1 {
		t.Errorf("%+v", report)
	}
}

// TestNewFile_Versions: what follows other people's versions, and what cannot.
func TestNewFile_Versions(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for last, want := range map[string]string{
		"": "20260102030405", "1": "20260102030405", "20260102030404": "20260102030405",
		"20260102030405": "20260102030406", "20261231235959": "20270101000000",
		"3": "4", "0099": "20260102030405", "9": "", "2b": "",
	} {
		name := folder(t)
		if last != "" {
			write(t, name, last+"_x.sql", one)
		}
		got, err := nextVersion(open(t, name), now)
		if got != want || (err == nil) != (want != "") || err != nil && !strings.Contains(err.Error(), last+"_x.sql") {
			t.Errorf("after %q: %q, %v, want %q", last, got, err, want)
		}
	}
	if _, err := NewFile(open(t, folder(t)), "two words"); err == nil || !strings.Contains(err.Error(), `"two words" is not a word`) {
		t.Error(err)
	}
}
