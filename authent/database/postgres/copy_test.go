package postgres_test

import (
	"database/sql"
	"testing"
)

// TestCopy: COPY works as the driver has it, behind a pooler too.
func TestCopy(t *testing.T) {
	t.Parallel()
	dbs := both(t)
	for _, copy := range []string{"COPY things (id, note, body) FROM STDIN", "-- all\ncopy\nthings (id, note, body) FROM STDIN", "/* all */ COPY\tthings(id, note, body) FROM STDIN;"} {
		copied(t, dbs, copy)
	}
	copied(t, map[string]*sql.DB{"behind a pooler": dbs["behind a pooler"]}, "/* all /* of */ them */\fCOPY things (id, note, body) FROM STDIN")
}

func copied(t *testing.T, dbs map[string]*sql.DB, copy string) {
	t.Helper()
	for name, db := range dbs {
		run(t, db, "DELETE FROM things")
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		stmt, err := tx.PrepareContext(t.Context(), copy)
		if err != nil {
			t.Fatalf("%s: %q: %v", name, copy, err)
		}
		for i := range 3 {
			if _, err := stmt.ExecContext(t.Context(), i, "a\\b", []byte{0, '\\'}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if _, err := stmt.ExecContext(t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := value(t, db, "SELECT count(*) || note || encode(body, 'hex') FROM things GROUP BY note, body"); got != `3a\b005c` {
			t.Errorf("%s: %s", name, got)
		}
	}
}
