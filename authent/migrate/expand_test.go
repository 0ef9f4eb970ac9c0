package migrate_test

import (
	"os"
	"path/filepath"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// fill makes a user with 100,000 sessions.
var fill = map[string]string{
	dialect.Postgres: `INSERT INTO sessions (id, session_token, user_id, expires) SELECT n::text, md5(n::text), 'ada', now() FROM generate_series(1, 100000) n`,
	dialect.MySQL:    `INSERT INTO sessions (id, session_token, user_id, expires) SELECT seq, md5(seq), 'ada', now() FROM seq_1_to_100000`,
	dialect.SQLite: `INSERT INTO sessions (id, session_token, user_id, expires)
		WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000) SELECT n, 'token-' || n, 'ada', '2030-01-01 00:00:00+00:00' FROM c`,
}

// TestApply_ExpandsALargeTable: a column and an index more on 100,000 sessions
// lose no row, and apply tells of each statement how long it took and whom it
// kept waiting.
func TestApply_ExpandsALargeTable(t *testing.T) {
	locks := map[string][2]string{
		dialect.Postgres: {"ACCESS EXCLUSIVE", "SHARE"},
		dialect.MySQL:    {"exclusive metadata lock", "exclusive metadata lock"},
		dialect.SQLite:   {"RESERVED", "RESERVED"},
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		db := kind.Open(t)
		for _, s := range []string{
			`INSERT INTO users (id, email, role, created_at, updated_at) VALUES ('ada', 'ada@example.com', 'user', '2026-01-01 00:00:00', '2026-01-01 00:00:00')`, fill[kind.Dialect],
		} {
			if _, err := db.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		name := t.TempDir()
		const content = "ALTER TABLE sessions ADD COLUMN device varchar(255) NULL;\nCREATE INDEX sessions_device_idx ON sessions (device);\n"
		if err := os.WriteFile(filepath.Join(name, "1_device.sql"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		dir, err := migrate.OpenDir(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := migrate.Hash(dir); err != nil {
			t.Fatal(err)
		}
		var done []migrate.StatementDone
		m, err := migrate.New(migrate.Config{DB: db, Dialect: kind.Dialect, Dir: dir, AllowDirty: true, Log: func(e migrate.Event) {
			if d, ok := e.(migrate.StatementDone); ok {
				done = append(done, d)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if report, err := m.Apply(t.Context(), 0); err != nil || report.Statements != 2 || report.Took <= 0 {
			t.Fatalf("%+v, %v", report, err)
		}
		var rows int
		if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM sessions WHERE device IS NULL").Scan(&rows); err != nil || rows != 100_000 {
			t.Errorf("%d rows, %v", rows, err)
		}
		for i, d := range done {
			if d.Took <= 0 || d.Statement.Lock.Name != locks[kind.Dialect][i] || d.Statement.Lock.Waits == "" || d.Statement.Line != i+1 {
				t.Errorf("statement %d: %+v", i+1, d)
			}
		}
	})
}
