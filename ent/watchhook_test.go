package ent_test

import (
	"context"
	"errors"
	"testing"

	entgo "entgo.io/ent"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/ent/session"
	"github.com/authent/authent/ent/user"
	"github.com/authent/authent/internal/testdb"
)

// TestWatch_NestedMutation: what a hook of the application's changes with the context of
// one of the adapter's own mutations is told by itself, before and behind the adapter's
// hook, in a transaction and outside.
func TestWatch_NestedMutation(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := watch(t, kind)
		w.client.Session.Use(func(next entgo.Mutator) entgo.Mutator {
			return entgo.MutateFunc(func(ctx context.Context, m entgo.Mutation) (entgo.Value, error) {
				client := m.(*ent.SessionMutation).Client()
				if m.Op().Is(entgo.OpCreate) || ctx.Value(nested{}) != nil {
					return next.Mutate(ctx, m)
				}
				ctx = context.WithValue(ctx, nested{}, true)
				if err := client.User.UpdateOneID(w.grace.ID).SetRole("editor").Exec(ctx); err != nil {
					return nil, err
				}
				v, err := next.Mutate(ctx, m)
				return v, errors.Join(err, client.Session.DeleteOneID(w.second.ID).Exec(ctx))
			})
		})
		alive := authent.SessionUpdate{Expires: new(epoch)}
		update := func(a authent.Adapter) error { return a.UpdateSession(t.Context(), "1", alive) }
		minor := authent.SessionChange{Token: "1", Minor: true}
		if err := update(w.adapter); err != nil {
			t.Fatal(err)
		}
		w.want("UpdateSession", minor, of(w.grace), id(w.second))
		w.rows()
		if err := w.adapter.InTx(t.Context(), update); err != nil {
			t.Fatal(err)
		}
		w.want("UpdateSession in InTx", minor, of(w.grace), id(w.second))
		w.rows()
		if err := w.adapter.DeleteSession(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		w.want("DeleteSession", authent.SessionChange{Token: "1"}, of(w.grace), id(w.second))
	})
}

type nested struct{}

// softly is a soft delete as ent's documentation has it: the deletion becomes an update.
func softly(next entgo.Mutator) entgo.Mutator {
	return entgo.MutateFunc(func(ctx context.Context, m entgo.Mutation) (entgo.Value, error) {
		if !m.Op().Is(entgo.OpDelete | entgo.OpDeleteOne) {
			return next.Mutate(ctx, m)
		}
		u := m.(*ent.UserMutation)
		u.SetOp(entgo.OpUpdate)
		u.SetRole("deleted")
		return u.Client().Mutate(ctx, m)
	})
}

// TestWatch_SoftDelete: a deletion that a hook turns into an update is told, by the
// adapter exactly.
func TestWatch_SoftDelete(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := watch(t, kind)
		w.client.User.Use(softly)
		if err := w.adapter.DeleteUser(t.Context(), w.ada.ID); err != nil {
			t.Fatal(err)
		}
		w.want("DeleteUser", of(w.ada))
		w.client.User.DeleteOneID(w.grace.ID).ExecX(t.Context())
		w.want("DeleteOneID", anything)
		w.client.User.Delete().Where(user.ID(w.grace.ID)).ExecX(t.Context())
		w.want("Delete", anything)
		if n := w.client.User.Query().Where(user.Role("deleted")).CountX(t.Context()); n != 2 {
			t.Errorf("%d users are kept, want 2: the hook was not asked", n)
		}
	})
}

// TestWatch_TwoAdapters: each adapter on a client is told what the other one does, in a
// transaction of the application's too.
func TestWatch_TwoAdapters(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := watch(t, kind)
		other := ent.NewAuthAdapter(w.client)
		var told []authent.SessionChange
		err := other.WatchSessions(authent.SessionWatch{Changed: func(_ context.Context, changes []authent.SessionChange) { told = append(told, changes...) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := other.DeleteSession(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		if err := ent.NewAuthAdapter(w.client).DeleteSession(t.Context(), "2"); err != nil {
			t.Fatal(err)
		}
		w.want("by other adapters", authent.SessionChange{Token: "1"}, anything)
		if want := []authent.SessionChange{{Token: "1"}, {}}; len(told) != 2 || told[0] != want[0] || told[1] != want[1] {
			t.Errorf("the other adapter is told %#v", told)
		}
		tx, err := w.client.Tx(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := ent.NewAuthAdapter(tx.Client()).DeleteSession(t.Context(), "3"); err != nil {
			t.Fatal(err)
		}
		if told := w.take(); len(told) > 0 {
			t.Error("an adapter on a transaction tells before the commit")
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		w.want("by an adapter on a transaction", anything)
	})
}

var errHook = errors.New("the hook does not like it")

// spoiling returns a hook that fails, or panics, or has the caller go, after the row was
// changed.
func spoiling(spoil func() error) entgo.Hook {
	return func(next entgo.Mutator) entgo.Mutator {
		return entgo.MutateFunc(func(ctx context.Context, m entgo.Mutation) (entgo.Value, error) {
			v, err := next.Mutate(ctx, m)
			return v, errors.Join(err, spoil())
		})
	}
}

// TestWatch_Spoiled: what is stored is told, here and to others, whatever becomes of the
// call that stored it.
func TestWatch_Spoiled(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := watch(t, kind)
		var cancel context.CancelFunc
		spoils := map[string]func() error{
			"fails":   func() error { return errHook },
			"panics":  func() error { panic(errHook) },
			"cancels": func() error { cancel(); return nil },
		}
		var spoil func() error
		w.client.User.Use(spoiling(func() error { return spoil() }))
		for name, how := range spoils {
			w.rowsUnspoiled(&spoil)
			ctx, gone := context.WithCancel(t.Context())
			t.Cleanup(gone)
			cancel, spoil = gone, how
			w.update(ctx, w.client)
			w.want("where a hook "+name, of(w.ada))
			if name == "cancels" {
				continue // nor can a transaction be committed then
			}
			w.rowsUnspoiled(&spoil)
			tx, err := w.client.Tx(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			spoil = how
			w.update(t.Context(), tx.Client())
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			w.want("in a transaction where a hook "+name, of(w.ada))
			if got := w.client.User.GetX(t.Context(), w.ada.ID).Role; got != "spoiled" {
				t.Errorf("%s: nothing was stored, so this proves nothing", name)
			}
		}
	})
}

// rowsUnspoiled does what rows does, without a hook that would spoil it.
func (w *watched) rowsUnspoiled(spoil *func() error) {
	w.t.Helper()
	*spoil = func() error { return nil }
	w.rows()
}

// update changes ada, and forgives what a hook does.
func (w *watched) update(ctx context.Context, c *ent.Client) {
	defer func() { _ = recover() }()
	_ = c.User.UpdateOneID(w.ada.ID).SetRole("spoiled").Exec(ctx)
}

// forgetful is a driver whose answers to writes, or to commits, are lost.
type forgetful struct {
	dialect.Driver
	execs, commits *bool
}

var errLost = errors.New("the answer was lost")

func (d forgetful) Exec(ctx context.Context, query string, args, v any) error {
	if err := d.Driver.Exec(ctx, query, args, v); err != nil || !*d.execs {
		return err
	}
	return errLost
}

func (d forgetful) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := d.Driver.Tx(ctx)
	return forgetfulTx{tx, d.commits}, err
}

type forgetfulTx struct {
	dialect.Tx
	commits *bool
}

func (tx forgetfulTx) Commit() error {
	if err := tx.Tx.Commit(); err != nil || !*tx.commits {
		return err
	}
	return errLost
}

// TestWatch_Unknown: what may have been stored is told, by a statement and by a commit
// whose answers are lost.
func TestWatch_Unknown(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := watch(t, kind)
		var execs, commits bool
		client := ent.NewClient(ent.Driver(forgetful{entsql.OpenDB(kind.Dialect, w.db), &execs, &commits}))
		adapter := ent.NewAuthAdapter(client)
		if err := adapter.WatchSessions(authent.SessionWatch{Changed: w.changed}); err != nil {
			t.Fatal(err)
		}
		execs = true
		if err := adapter.DeleteSession(t.Context(), "1"); !errors.Is(err, errLost) {
			t.Fatal(err)
		}
		execs = false
		w.wantHere("DeleteSession", authent.SessionChange{Token: "1"})
		commits = true
		err := adapter.InTx(t.Context(), func(tx authent.Adapter) error { return tx.DeleteSession(t.Context(), "2") })
		if !errors.Is(err, errLost) {
			t.Fatal(err)
		}
		w.wantHere("the commit", authent.SessionChange{Token: "2"})
		if w.client.Session.Query().Where(session.UserID(w.ada.ID)).ExistX(t.Context()) {
			t.Error("nothing was deleted, so this proves nothing")
		}
	})
}

// serialized is what a database says of a transaction that it has undone.
type serialized struct{ error }

func (serialized) SQLState() string { return "40001" }

// TestWatch_Retried: only what the last run of a transaction changed is told.
func TestWatch_Retried(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := watch(t, kind)
		runs := 0
		err := w.adapter.InTx(t.Context(), func(tx authent.Adapter) error {
			runs++
			if runs < 3 {
				if err := tx.DeleteSession(t.Context(), "1"); err != nil {
					return err
				}
				return serialized{errors.New("again")}
			}
			if told := w.take(); len(told) > 0 {
				t.Error("a run that was undone is told")
			}
			return tx.DeleteSession(t.Context(), "3")
		})
		if err != nil || runs != 3 {
			t.Fatalf("%d runs: %v", runs, err)
		}
		w.want("after the last run", authent.SessionChange{Token: "3"})
	})
}

// TestWatch_LateInterceptors: an interceptor that comes after the cache is not passed over.
func TestWatch_LateInterceptors(t *testing.T) {
	w := watch(t, testdb.SQLite)
	w.client.User.Intercept(entgo.InterceptFunc(func(next entgo.Querier) entgo.Querier { return next }))
	if _, err := w.adapter.SessionAndUser(t.Context(), "1"); err == nil {
		t.Error("a session is found, though the cache would pass the interceptor over")
	}
}

// TestWatch_WrongStatement: a statement of PostgreSQL's is refused elsewhere, where each
// sign-out would fail.
func TestWatch_WrongStatement(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		adapter := ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, kind.Open(t)))))
		err := adapter.WatchSessions(authent.SessionWatch{Statement: "SELECT pg_notify('authent', $1)"})
		if (err == nil) != (kind.Dialect == dialect.Postgres) {
			t.Errorf("WatchSessions: %v", err)
		}
	})
}
