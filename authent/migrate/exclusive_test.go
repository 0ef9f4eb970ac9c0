package migrate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// TestExclusive: only one at a time has the session, and Apply waits too. What fails in
// its transaction is undone. Recorded, Status and Apply go by what Record writes.
func TestExclusive(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		db := kind.Connect(t, kind.URL(t))
		name := folder(t, "1_a.sql", "CREATE TABLE a (x int);", "2_b.sql", "CREATE TABLE b (x int);")
		m := migrator(t, kind, db, name, nil)
		failed := errors.New("it failed")
		err := m.Exclusive(t.Context(), func(s *Session) error {
			if kind.Dialect != dialect.SQLite {
				impatient := migrator(t, kind, db, name, func(c *Config) { c.LockTimeout = time.Millisecond })
				if _, err := impatient.Apply(t.Context(), 0); !errors.Is(err, ErrLocked) {
					t.Errorf("apply beside it: %v", err)
				}
			}
			if err := s.Execute(t.Context(), s.Statement("CREATE TABLE a (x int)"), nil); err != nil {
				return err
			}
			err := s.InTx(t.Context(), func() error {
				insert := func(ctx context.Context) error {
					_, err := s.ExecContext(ctx, "INSERT INTO "+s.Quote("a")+" VALUES (1)")
					return err
				}
				return errors.Join(s.Execute(t.Context(), s.Statement("-- fill a"), insert), failed)
			})
			if !errors.Is(err, failed) {
				return err
			}
			if version, err := s.Recorded(t.Context()); version != "" || err != nil {
				t.Errorf("before: %q, %v", version, err)
			}
			if err := s.Record(t.Context()); err != nil {
				return err
			}
			if version, err := s.Recorded(t.Context()); version != "2" || s.Newest != "2" || err != nil {
				t.Errorf("afterwards: %q of %q, %v", version, s.Newest, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := testdb.Number(t, db, "SELECT COUNT(*) FROM a"); n != 0 {
			t.Errorf("%d rows are left of what failed", n)
		}
		if st, err := m.Status(t.Context()); err != nil || st.Current != "2" || st.Pending != 0 {
			t.Errorf("%+v, %v", st, err)
		}
		if report := apply(t, kind, db, name); report.Files != 0 {
			t.Errorf("apply applied %d files", report.Files)
		}
	})
}

// TestExclusive_Refuses: if no version could be recorded afterwards, fn is not called.
func TestExclusive_Refuses(t *testing.T) {
	kind := testdb.SQLite
	db := kind.Connect(t, kind.URL(t))
	edited := folder(t, "1_a.sql", "CREATE TABLE a (x int);")
	if err := os.WriteFile(filepath.Join(edited, "1_a.sql"), []byte("CREATE TABLE b (x int);"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "the Dir is nil", folder(t): "the folder has no migration", edited: "checksum mismatch"} {
		err := migrator(t, kind, db, name, nil).Exclusive(t.Context(), func(*Session) error {
			t.Errorf("%s: it was called", want)
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
