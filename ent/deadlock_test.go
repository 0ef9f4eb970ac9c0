package ent_test

import (
	"context"
	"sync"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// TestInTxRetriesDeadlocks: of two transactions that lock two users in opposite
// order the database ends one, which runs again: both succeed, and what the first
// run wrote is not there twice.
func TestInTxRetriesDeadlocks(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		adapter := ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, kind.Open(t)))))
		var ids [2]string
		for i, email := range []string{"ada@example.com", "grace@example.com"} {
			u, err := adapter.CreateUser(t.Context(), authent.User{Email: email})
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = u.ID
		}
		runs := 0
		for range 5 {
			var mu sync.Mutex
			var barrier sync.WaitGroup
			barrier.Add(2)
			var wg sync.WaitGroup
			for i := range 2 {
				wg.Go(func() {
					first := true
					err := adapter.InTx(t.Context(), func(tx authent.Adapter) error {
						mu.Lock()
						runs++
						mu.Unlock()
						if kind.Name == testdb.SQLite.Name {
							return touch(t.Context(), tx, ids[i], ids[1-i]) // its transactions run one after another
						}
						if err := touch(t.Context(), tx, ids[i]); err != nil {
							return err
						}
						if first {
							first = false
							barrier.Done()
							barrier.Wait()
						}
						return touch(t.Context(), tx, ids[1-i])
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		if kind.Name != testdb.SQLite.Name && runs <= 10 {
			t.Errorf("%d runs of 10 transactions: nothing was deadlocked, so this proves nothing", runs)
		}
		for _, id := range ids {
			u, err := adapter.User(t.Context(), id)
			if err != nil || len(u.Name) != 10 {
				t.Errorf("%q, %v: each of ten transactions adds a letter", u.Name, err)
			}
		}
	})
}

// touch adds a letter to the name of each user, under its lock.
func touch(ctx context.Context, tx authent.Adapter, ids ...string) error {
	for _, id := range ids {
		u, err := tx.LockUser(ctx, id)
		if err != nil {
			return err
		}
		name := u.Name + "x"
		if _, err := tx.UpdateUser(ctx, id, authent.UserUpdate{Name: &name}); err != nil {
			return err
		}
	}
	return nil
}
