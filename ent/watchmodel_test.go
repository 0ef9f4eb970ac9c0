package ent_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	entgo "entgo.io/ent"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/ent/session"
	"github.com/authent/authent/ent/user"
	"github.com/authent/authent/internal/testdb"
)

// TestWatch_Model: whatever is written, by the application and by the adapter, with hooks
// of the application's, a cache that keeps what it read until a change concerns it never
// holds anything else than the database.
func TestWatch_Model(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := watch(t, kind)
		rapid.Check(t, func(rt *rapid.T) {
			w.empty()
			m := newModel(rt, w)
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				m.fill()
				m.check(m.step())
			}
		})
	})
}

// modelTokens are those of all sessions of a model.
var modelTokens = []authent.Secret{"0", "1", "2", "3", "4", "5"}

// model is a cache that keeps what it read until a change concerns it.
type model struct {
	rt      *rapid.T
	ctx     context.Context
	client  *ent.Client
	adapter *ent.AuthAdapter
	kept    map[authent.Secret]*authent.Session
	// users and sessions are the ids of those that were made, gone or not.
	users, sessions []string
	// moves counts the values that were written, so that each is another one.
	moves int
	// expired is before when sessions may have been deleted, since nobody takes them for
	// alive.
	expired time.Time
}

func newModel(rt *rapid.T, w *watched) *model {
	m := &model{rt: rt, ctx: w.t.Context(), kept: map[authent.Secret]*authent.Session{}}
	m.client = ent.NewClient(ent.Driver(entsql.OpenDB(w.kind.Dialect, w.db)), ent.Log(func(...any) {}))
	m.adapter = ent.NewAuthAdapter(m.client)
	hooks := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"softly", "nested", "fails", "panics"}), 0, 2, rapid.ID).Draw(rt, "hooks")
	earlier := rapid.IntRange(0, len(hooks)).Draw(rt, "hooks before the cache's")
	m.use(hooks[:earlier])
	if err := m.adapter.WatchSessions(authent.SessionWatch{Changed: m.changed}); err != nil {
		rt.Fatal(err)
	}
	m.use(hooks[earlier:])
	for i := range 3 {
		m.users = append(m.users, m.client.User.Create().SetEmail(fmt.Sprintf("%d@example.com", i)).SaveX(m.ctx).ID)
	}
	for i, token := range modelTokens {
		s := m.client.Session.Create().SetSessionToken(token).SetUserID(m.users[i%3]).SetExpires(m.value()).SaveX(m.ctx)
		m.sessions = append(m.sessions, s.ID)
	}
	return m
}

// value returns a time that was not written yet.
func (m *model) value() time.Time {
	m.moves++
	return epoch.Add(time.Duration(m.moves) * time.Minute)
}

// use adds hooks of the application's.
func (m *model) use(names []string) {
	for _, name := range names {
		hook := map[string]entgo.Hook{"softly": softly, "nested": m.nested, "fails": m.spoiled(false), "panics": m.spoiled(true)}[name]
		m.client.User.Use(notAtFirst(hook))
		if name != "softly" {
			m.client.Session.Use(notAtFirst(hook))
		}
	}
}

// notAtFirst leaves creations alone.
func notAtFirst(hook entgo.Hook) entgo.Hook {
	return func(next entgo.Mutator) entgo.Mutator {
		hooked := hook(next)
		return entgo.MutateFunc(func(ctx context.Context, m entgo.Mutation) (entgo.Value, error) {
			if m.Op().Is(entgo.OpCreate) {
				return next.Mutate(ctx, m)
			}
			return hooked.Mutate(ctx, m)
		})
	}
}

// spoiled fails or panics at every third mutation, after the rows were changed.
func (m *model) spoiled(panics bool) entgo.Hook {
	n := 0
	return spoiling(func() error {
		if n++; n%3 != 0 {
			return nil
		}
		if panics {
			panic(errHook)
		}
		return errHook
	})
}

// nested changes other rows with each mutation.
func (m *model) nested(next entgo.Mutator) entgo.Mutator {
	return entgo.MutateFunc(func(ctx context.Context, mutation entgo.Mutation) (entgo.Value, error) {
		if ctx.Value(nested{}) != nil {
			return next.Mutate(ctx, mutation)
		}
		ctx = context.WithValue(ctx, nested{}, true)
		client := mutation.(interface{ Client() *ent.Client }).Client()
		u := client.User.Update().Where(user.ID(m.users[2])).SetImage(m.value().String()).Exec(ctx)
		s := client.Session.Update().Where(session.ID(m.sessions[5])).SetExpires(m.value()).Exec(ctx)
		v, err := next.Mutate(ctx, mutation)
		return v, errors.Join(u, s, err)
	})
}

func (m *model) changed(_ context.Context, changes []authent.SessionChange) {
	for token, s := range m.kept {
		if slices.ContainsFunc(changes, func(c authent.SessionChange) bool {
			return c.Token == "" && c.ID == "" && c.UserID == "" || c.Token == s.Token || c.ID == s.ID || c.UserID == s.UserID
		}) {
			delete(m.kept, token)
		}
	}
}

// fill keeps all sessions that there are.
func (m *model) fill() {
	for _, token := range modelTokens {
		s, err := m.adapter.SessionAndUser(m.ctx, token)
		switch {
		case err == nil:
			m.kept[token] = s
		case !errors.Is(err, authent.ErrNotFound):
			m.rt.Fatal(err)
		}
	}
}

// check fails if the database holds something else than what is kept.
func (m *model) check(after string) {
	for token, kept := range m.kept {
		if kept.Expires.Before(m.expired) {
			delete(m.kept, token)
			continue
		}
		fresh, err := m.adapter.SessionAndUser(m.ctx, token)
		switch {
		case errors.Is(err, authent.ErrNotFound):
			m.rt.Fatalf("after %s session %s is kept, and is gone", after, string(token))
		case err != nil:
			m.rt.Fatal(err)
		}
		diff := cmp.Diff(kept, fresh, cmpopts.IgnoreFields(authent.User{}, "Entity"), cmpopts.IgnoreUnexported(authent.Session{}, authent.User{}))
		if diff != "" {
			m.rt.Fatalf("after %s session %s is kept as it was (-kept +stored):\n%s", after, string(token), diff)
		}
	}
}

// step writes something in one of the ways in which one may, and returns what it did.
func (m *model) step() (did string) {
	defer func() { _ = recover() }() // a hook's panic
	switch way := rapid.SampledFrom([]string{"client", "debug", "adapter", "transaction", "InTx"}).Draw(m.rt, "way"); way {
	case "client":
		return m.byClient(m.client)
	case "debug":
		return m.byClient(m.client.Debug())
	case "adapter":
		return m.byAdapter(m.adapter)
	case "transaction":
		return m.transaction()
	}
	_ = m.adapter.InTx(m.ctx, func(tx authent.Adapter) error {
		did = "in InTx"
		for range rapid.IntRange(1, 3).Draw(m.rt, "writes") {
			did += ", " + m.byAdapter(tx)
			m.fill()
		}
		if rapid.Bool().Draw(m.rt, "fails") {
			return errHook
		}
		return nil
	})
	return did
}

// transaction writes in a transaction of the application's, and commits it or not.
func (m *model) transaction() (did string) {
	tx, err := m.client.Tx(m.ctx)
	if err != nil {
		m.rt.Fatal(err)
	}
	did = "in a transaction"
	for range rapid.IntRange(1, 3).Draw(m.rt, "writes") {
		func() {
			defer func() { _ = recover() }() // what was written before may be committed
			switch rapid.SampledFrom([]string{"client", "debug", "adapter"}).Draw(m.rt, "by") {
			case "client":
				did += ", " + m.byClient(tx.Client())
			case "debug":
				did += ", " + m.byClient(tx.Client().Debug())
			case "adapter":
				did += ", " + m.byAdapter(ent.NewAuthAdapter(tx.Client()))
			}
		}()
		m.check(did)
		m.fill()
	}
	if rapid.Bool().Draw(m.rt, "commits") {
		_ = tx.Commit() // PostgreSQL refuses after an error
		return did
	}
	if err := tx.Rollback(); err != nil {
		m.rt.Fatal(err)
	}
	return did
}

// byClient writes something through a client. Errors are ignored: rows may be gone, and
// hooks fail.
func (m *model) byClient(c *ent.Client) string {
	i := rapid.IntRange(0, len(modelTokens)-1).Draw(m.rt, "which")
	u, s, ctx, at := m.users[i%3], m.sessions[i], m.ctx, m.value()
	writes := map[string]func() error{
		"User.UpdateOneID": func() error { return c.User.UpdateOneID(u).SetName(at.String()).Exec(ctx) },
		"User.Update":      func() error { return c.User.Update().Where(user.IDNEQ(u)).SetName(at.String()).Exec(ctx) },
		"User.DeleteOneID": func() error { return c.User.DeleteOneID(u).Exec(ctx) },
		"User.Delete":      func() error { return errorOf(c.User.Delete().Where(user.ID(u)).Exec(ctx)) },
		"User.AddSessions": func() error { return c.User.UpdateOneID(u).SetName(at.String()).AddSessionIDs(s).Exec(ctx) },
		"Session.UpdateOneID": func() error {
			return c.Session.UpdateOneID(s).SetExpires(at).Exec(ctx)
		},
		"Session.SetUserID": func() error { return c.Session.UpdateOneID(s).SetUserID(m.users[(i+1)%3]).Exec(ctx) },
		"Session.Update": func() error {
			return c.Session.Update().Where(session.UserID(u)).SetUserAgent(at.String()).Exec(ctx)
		},
		"Session.DeleteOneID": func() error { return c.Session.DeleteOneID(s).Exec(ctx) },
		"Session.Delete":      func() error { return errorOf(c.Session.Delete().Where(session.UserID(u)).Exec(ctx)) },
		"Session.Create": func() error {
			made, err := c.Session.Create().SetSessionToken(modelTokens[i]).SetUserID(u).SetExpires(at).Save(ctx)
			if err == nil {
				m.sessions[i] = made.ID
			}
			return err
		},
	}
	return m.one(writes)
}

// byAdapter writes something through an adapter.
func (m *model) byAdapter(a authent.Adapter) string {
	i := rapid.IntRange(0, len(modelTokens)-1).Draw(m.rt, "which")
	u, s, token, ctx, at := m.users[i%3], m.sessions[i], modelTokens[i], m.ctx, m.value()
	writes := map[string]func() error{
		"UpdateUser":        func() error { return errorOf(a.UpdateUser(ctx, u, authent.UserUpdate{Name: new(at.String())})) },
		"DeleteUser":        func() error { return a.DeleteUser(ctx, u) },
		"UpdateSession":     func() error { return a.UpdateSession(ctx, token, authent.SessionUpdate{Expires: &at}) },
		"TouchSessions":     func() error { return a.(authent.SessionToucher).TouchSessions(ctx, modelTokens[i:], at) },
		"DeleteSession":     func() error { return a.DeleteSession(ctx, token) },
		"DeleteSessionByID": func() error { return errorOf(a.DeleteSessionByID(ctx, u, s)) },
		"DeleteSessions":    func() error { return errorOf(a.DeleteSessions(ctx, u, modelTokens[(i+3)%6])) },
		"DeleteExpired": func() error {
			m.expired = epoch.Add(4 * time.Minute)
			return errorOf(a.DeleteExpired(ctx, m.expired, 2))
		},
		"CreateSession": func() error {
			return errorOf(a.CreateSession(ctx, authent.Session{Token: token, UserID: u, Expires: at}))
		},
	}
	return m.one(writes)
}

// one runs one of the writes, and returns its name.
func (m *model) one(writes map[string]func() error) string {
	var names []string
	for name := range writes {
		names = append(names, name)
	}
	slices.Sort(names)
	name := rapid.SampledFrom(names).Draw(m.rt, "write")
	_ = writes[name]()
	return name
}
