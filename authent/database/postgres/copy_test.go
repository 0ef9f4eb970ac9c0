package postgres_test

import "testing"

// TestCopy: COPY works as the driver has it, behind a pooler too.
func TestCopy(t *testing.T) {
	t.Parallel()
	for name, db := range both(t) {
		run(t, db, "DELETE FROM things")
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		stmt, err := tx.PrepareContext(t.Context(), "COPY things (id, note, body) FROM STDIN")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
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
