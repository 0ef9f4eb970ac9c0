package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/migrate"
	"github.com/authent/authent/ent"
)

// deletedUsers is how many users are deleted among each number of sessions.
const deletedUsers = 101

// deletion is how long the deletion of a user with two sessions takes.
type deletion struct {
	// Among is how many sessions there are.
	Among int           `json:"among"`
	P50   time.Duration `json:"p50"`
	P99   time.Duration `json:"p99"`
}

// expanded is a statement that changed the table of sessions.
type expanded struct {
	Statement string        `json:"statement"`
	Sessions  int           `json:"sessions"`
	Took      time.Duration `json:"took"`
	// Lock is which one it held, and who waits for it.
	Lock string `json:"lock"`
}

// growth deletes users among more and more sessions, and expands the table that has the
// most of them.
func growth(ctx context.Context, w *world, o options, into *result) error {
	a := ent.NewAuthAdapter(w.client(w.db))
	deleted := map[int]bool{}
	for _, among := range o.growth {
		if err := w.grow(ctx, among); err != nil {
			return err
		}
		d, err := deleteUsers(ctx, w, a, deleted)
		if err != nil {
			return err
		}
		into.Deletions = append(into.Deletions, d)
	}
	return expand(ctx, w, a, deleted, into)
}

// deleteUsers deletes some that are not in deleted, and adds them to it.
func deleteUsers(ctx context.Context, w *world, a *ent.AuthAdapter, deleted map[int]bool) (deletion, error) {
	var h histogram
	for range min(deletedUsers, w.sessions/8) {
		user := w.random.IntN(w.sessions / 2)
		for deleted[user] {
			user = w.random.IntN(w.sessions / 2)
		}
		deleted[user] = true
		began := time.Now()
		if err := a.DeleteUser(ctx, userID(user)); err != nil {
			return deletion{}, err
		}
		h.add(int64(time.Since(began)))
	}
	return deletion{Among: w.sessions, P50: time.Duration(h.quantile(0.5)), P99: time.Duration(h.quantile(0.99))}, nil
}

// expansionFile adds a column and an index.
const expansionFile = "ALTER TABLE sessions ADD COLUMN device varchar(255) NULL;\nCREATE INDEX sessions_device_idx ON sessions (device);\n"

// expand applies it, and sees that no row is lost and that a client which does not know the
// column still works.
func expand(ctx context.Context, w *world, a *ent.AuthAdapter, deleted map[int]bool, into *result) error {
	before, err := w.count(ctx)
	if err != nil {
		return err
	}
	if err := w.apply(ctx, func(d migrate.StatementDone) {
		into.Expansion = append(into.Expansion, expanded{d.Statement.SQL, before, d.Took, fmt.Sprintf("%s (%s)", d.Statement.Lock.Name, d.Statement.Lock.Waits)})
	}); err != nil {
		return err
	}
	after, err := w.count(ctx)
	if err != nil {
		return err
	}
	if after != before || len(into.Expansion) != 2 {
		return fmt.Errorf("%d statements; %d sessions before, %d after", len(into.Expansion), before, after)
	}
	left := 0
	for deleted[left] {
		left++
	}
	if _, err := a.SessionAndUser(ctx, authent.Secret(newKey(2*left).stored)); err != nil {
		return fmt.Errorf("an old client on the new table: %w", err)
	}
	return nil
}

// apply applies expansionFile as the only migration.
func (w *world) apply(ctx context.Context, done func(migrate.StatementDone)) error {
	folder, err := os.MkdirTemp("", "authent-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "99990101000000_device.sql"), []byte(expansionFile), 0o600); err != nil {
		return err
	}
	dir, err := migrate.OpenDir(folder)
	if err != nil {
		return err
	}
	if err := migrate.Hash(dir); err != nil {
		return err
	}
	if _, err := w.db.ExecContext(ctx, "DROP TABLE atlas_schema_revisions"); err != nil {
		return err
	}
	m, err := migrate.New(migrate.Config{DB: w.db, Dialect: w.dialect, Dir: dir, AllowDirty: true, Log: func(e migrate.Event) {
		if d, ok := e.(migrate.StatementDone); ok {
			done(d)
		}
	}})
	if err != nil {
		return err
	}
	_, err = m.Apply(ctx, 0)
	return err
}

func (w *world) count(ctx context.Context) (n int, err error) {
	return n, w.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sessions").Scan(&n)
}
