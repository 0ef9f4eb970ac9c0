package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/migrate"
)

// maxGrowth is how many times longer a user's deletion may take among a hundred
// times as many sessions.
const maxGrowth = 3.0

// more adds sessions, from one number to another, in one round trip.
var more = map[string]string{
	dialect.Postgres: `INSERT INTO sessions (id, session_token, user_id, expires) SELECT 'more-' || n, 'more-' || n, '%[1]s', '2030-01-01' FROM generate_series(%[2]d, %[3]d) n`,
	dialect.MySQL:    `INSERT INTO sessions (id, session_token, user_id, expires) SELECT CONCAT('more-', seq), CONCAT('more-', seq), '%[1]s', '2030-01-01' FROM seq_%[2]d_to_%[3]d`,
	dialect.SQLite: `INSERT INTO sessions (id, session_token, user_id, expires)
		WITH RECURSIVE c(n) AS (SELECT %[2]d UNION ALL SELECT n + 1 FROM c WHERE n < %[3]d) SELECT 'more-' || n, 'more-' || n, '%[1]s', '2030-01-01 00:00:00+00:00' FROM c`,
}

// deletion measures the deletion of a user with two sessions among 10^4, 10^5 and
// 10^6 sessions of others.
func (t *target) deletion(ctx context.Context) error {
	fmt.Printf("\nDeleting a user with two sessions on %s\n", t.name)
	var first, last time.Duration
	have, next := 0, 0
	for _, want := range []int{10_000, 100_000, 1_000_000} {
		if _, err := t.db.ExecContext(ctx, fmt.Sprintf(more[t.dialect], userID(users-1), have+1, want)); err != nil {
			return err
		}
		have = want
		var all []time.Duration
		for range 101 {
			started := time.Now()
			if err := t.adapter.DeleteUser(ctx, userID(next)); err != nil {
				return err
			}
			all = append(all, time.Since(started))
			next++
		}
		slices.Sort(all)
		last = all[len(all)/2]
		if first == 0 {
			first = last
		}
		fmt.Printf("among %9d sessions: %8v (median of %d)\n", want, last.Round(time.Microsecond), len(all))
	}
	growth := float64(last) / float64(first)
	fmt.Printf("growth: %.2f (at most %.1f)\n", growth, maxGrowth)
	if growth > maxGrowth {
		return errors.New("deleting a user takes longer the more sessions others have")
	}
	return nil
}

// expansion adds a column and an index to a table of a million sessions.
func (t *target) expansion(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "authent-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	const content = "ALTER TABLE sessions ADD COLUMN device varchar(255) NULL;\nCREATE INDEX sessions_device_idx ON sessions (device);\n"
	if err := os.WriteFile(filepath.Join(folder, "99990101000000_device.sql"), []byte(content), 0o600); err != nil {
		return err
	}
	dir, err := migrate.OpenDir(folder)
	if err != nil {
		return err
	}
	if err := migrate.Hash(dir); err != nil {
		return err
	}
	before, err := t.count(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\nExpanding a table of %d sessions on %s\n", before, t.name)
	if _, err := t.db.ExecContext(ctx, "DROP TABLE atlas_schema_revisions"); err != nil {
		return err
	}
	m, err := migrate.New(migrate.Config{DB: t.db, Dialect: t.dialect, Dir: dir, AllowDirty: true, Log: func(e migrate.Event) {
		if d, ok := e.(migrate.StatementDone); ok {
			fmt.Printf("%8v  %s  lock: %s (%s)\n", d.Took.Round(time.Millisecond), d.Statement.SQL, d.Statement.Lock.Name, d.Statement.Lock.Waits)
		}
	}})
	if err != nil {
		return err
	}
	if _, err := m.Apply(ctx, 0); err != nil {
		return err
	}
	after, err := t.count(ctx)
	if err == nil && after != before {
		err = fmt.Errorf("%d rows before, %d after", before, after)
	}
	if _, e := t.adapter.SessionAndUser(ctx, authent.Secret(token(sessions-1))); e != nil {
		err = errors.Join(err, fmt.Errorf("an old client on the new table: %w", e))
	}
	return err
}

func (t *target) count(ctx context.Context) (n int, err error) {
	return n, t.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sessions").Scan(&n)
}
