package authent_test

import (
	"context"
	"testing"
	"time"

	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// TestP04_CachedTransaction: what a transaction changes counts when it is committed, and what
// was read before that is not kept; one that is rolled back changes nothing.
func TestP04_CachedTransaction(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, commits := range map[string]bool{"committed": true, "rolled back": false} {
			t.Run(name, func(t *testing.T) {
				w := cachedWorld(t, kind)
				b := w.registered()
				b.warm()
				id := w.user().ID
				tx, err := w.client.Tx(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := tx.User.UpdateOneID(id).SetDisabledAt(time.Now()).Exec(t.Context()); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if _, who := b.checks(); who != ada {
						t.Errorf("before the commit %q is signed in", who)
					}
				}
				w.clock.advance(10 * time.Minute) // so that it is read now
				b.checks()
				end, want := tx.Rollback, ada
				if commits {
					end, want = tx.Commit, ""
				}
				if err := end(); err != nil {
					t.Fatal(err)
				}
				if _, who := b.checks(); who != want {
					t.Errorf("afterwards %q is signed in, want %q", who, want)
				}
			})
		}
	})
}

// TestP04_CachedInnerCommit: what a transaction changes counts also if a hook within the
// mutation commits it.
func TestP04_CachedInnerCommit(t *testing.T) {
	w := cachedWorld(t, testdb.SQLite)
	b := w.registered()
	var tx *ent.Tx
	w.client.User.Use(func(next ent.Mutator) ent.Mutator { // runs within the adapter's
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			v, err := next.Mutate(ctx, m)
			if err == nil && tx != nil {
				err = tx.Commit()
			}
			return v, err
		})
	})
	b.warm()
	id := w.user().ID
	var err error
	if tx, err = w.client.Tx(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tx.User.UpdateOneID(id).SetDisabledAt(time.Now()).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, who := b.checks(); who != "" {
		t.Errorf("%q is signed in after the commit", who)
	}
}
