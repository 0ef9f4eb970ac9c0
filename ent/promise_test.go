package ent_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	entgo "entgo.io/ent"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// statement is one that ran, with its arguments.
type statement struct {
	query string
	args  []any
}

// recorder is a driver that notes the statements it runs.
type recorder struct {
	dialect.Driver
	mu    sync.Mutex
	noted []statement
	// before, if set, is called before a statement that returns no rows.
	before func(query string)
}

func (r *recorder) note(query string, args any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, _ := args.([]any)
	r.noted = append(r.noted, statement{query, all})
}

func (r *recorder) Exec(ctx context.Context, query string, args, v any) error {
	r.note(query, args)
	if r.before != nil {
		r.before(query)
	}
	return r.Driver.Exec(ctx, query, args, v)
}

func (r *recorder) Query(ctx context.Context, query string, args, v any) error {
	r.note(query, args)
	return r.Driver.Query(ctx, query, args, v)
}

// Tx notes what runs in a transaction too.
func (r *recorder) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := r.Driver.Tx(ctx)
	return &recordedTx{tx, r}, err
}

type recordedTx struct {
	dialect.Tx
	r *recorder
}

func (x *recordedTx) Exec(ctx context.Context, query string, args, v any) error {
	x.r.note(query, args)
	return x.Tx.Exec(ctx, query, args, v)
}

func (x *recordedTx) Query(ctx context.Context, query string, args, v any) error {
	x.r.note(query, args)
	return x.Tx.Query(ctx, query, args, v)
}

// graph is a database with a user who has a session.
type graph struct {
	kind    testdb.Kind
	db      *sql.DB
	driver  *recorder
	client  *ent.Client
	adapter *ent.AuthAdapter
	user    *authent.User
	token   authent.Secret
}

func newGraph(t *testing.T, kind testdb.Kind) *graph {
	t.Helper()
	g := &graph{kind: kind, db: kind.Open(t), token: authent.Secret(strings.Repeat("a", 64))}
	g.driver = &recorder{Driver: entsql.OpenDB(kind.Dialect, g.db)}
	g.client = ent.NewClient(ent.Driver(g.driver))
	g.adapter = ent.NewAuthAdapter(g.client)
	var err error
	if g.user, err = g.adapter.CreateUser(t.Context(), authent.User{Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	s := authent.Session{Token: g.token, UserID: g.user.ID, Expires: time.Now().Add(time.Hour)}
	if _, err = g.adapter.CreateSession(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return g
}

// during returns the statements that f runs.
func (g *graph) during(f func()) []statement {
	g.driver.noted = nil
	f()
	return g.driver.noted
}

// TestP25_InterceptorsAreAsked: an application that hides users by an interceptor
// (a soft delete, say) hides them from the session check too.
func TestP25_InterceptorsAreAsked(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newGraph(t, kind)
		g.client.User.Intercept(entgo.TraverseFunc(func(_ context.Context, q entgo.Query) error {
			q.(*ent.UserQuery).Where(func(s *entsql.Selector) { s.Where(entsql.EQ("role", "nobody")) })
			return nil
		}))
		if _, err := g.adapter.SessionAndUser(t.Context(), g.token); !errors.Is(err, authent.ErrNotFound) {
			t.Errorf("a hidden user is signed in: %v", err)
		}
	})
}

// TestP08_VerificationTokenIsUsedOnce: of many who all have found the token before
// any of them deletes it, one uses it.
func TestP08_VerificationTokenIsUsedOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newGraph(t, kind)
		for round := range 4 {
			token := authent.Secret(fmt.Sprintf("%064d", round))
			v := authent.VerificationToken{Identifier: "ada@example.com", Token: token, Expires: time.Now().Add(time.Hour)}
			if err := g.adapter.CreateVerificationToken(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			errs := make([]error, 64)
			var found, done sync.WaitGroup
			found.Add(len(errs))
			g.driver.before = func(query string) {
				if strings.HasPrefix(query, "DELETE") {
					found.Done()
					found.Wait()
				}
			}
			for i := range errs {
				done.Go(func() { _, errs[i] = g.adapter.UseVerificationToken(t.Context(), v.Identifier, token) })
			}
			done.Wait()
			g.driver.before = nil
			won := 0
			for _, err := range errs {
				switch {
				case err == nil:
					won++
				case !errors.Is(err, authent.ErrNotFound):
					t.Error(err)
				}
			}
			if won != 1 {
				t.Errorf("%d of %d used the token", won, len(errs))
			}
		}
	})
}

// TestP28_ApplicationWritesAreCutToo: times that the application writes through
// its client are UTC to the millisecond as well.
func TestP28_ApplicationWritesAreCutToo(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newGraph(t, kind)
		at := time.Date(2026, 3, 29, 12, 0, 0, 123_456_789, time.FixedZone("+05", 5*3600))
		u := g.client.User.Create().SetEmail("grace@example.com").SetEmailVerified(at).SaveX(t.Context())
		u = g.client.User.GetX(t.Context(), u.ID)
		if got, want := u.EmailVerified.UTC(), at.UTC().Truncate(time.Millisecond); !got.Equal(want) {
			t.Errorf("stored %v, want %v", got, want)
		}
		query := map[string]string{
			dialect.SQLite: `SELECT CAST(email_verified AS TEXT) FROM users WHERE id = ?`, dialect.MySQL: `SELECT CAST(email_verified AS CHAR) FROM users WHERE id = ?`,
			dialect.Postgres: `SELECT to_char(email_verified AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') FROM users WHERE id = $1`,
		}[kind.Dialect]
		var raw string
		if err := g.db.QueryRowContext(t.Context(), query, u.ID).Scan(&raw); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{dialect.SQLite: "2026-03-29 07:00:00.123+00:00", dialect.MySQL: "2026-03-29 07:00:00.123", dialect.Postgres: "2026-03-29 07:00:00.123000"}[kind.Dialect]
		if raw != want {
			t.Errorf("the row holds %q", raw)
		}
	})
}

// TestEntitiesOutliveTheirTransaction: an entity that left InTx queries through
// the client that the adapter was made from.
func TestEntitiesOutliveTheirTransaction(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newGraph(t, kind)
		var s *authent.Session
		err := g.adapter.InTx(t.Context(), func(tx authent.Adapter) (err error) {
			s, err = tx.SessionAndUser(t.Context(), g.token)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := ent.AuthUser(s).QuerySessions().CountX(t.Context()); n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestAuthUser(t *testing.T) {
	g := newGraph(t, testdb.SQLite)
	s, err := g.adapter.SessionAndUser(t.Context(), g.token)
	if err != nil {
		t.Fatal(err)
	}
	if u := ent.AuthUser(s); u == nil || u.Email != "ada@example.com" || u.ID != g.user.ID {
		t.Errorf("AuthUser: %v", u)
	}
	if ent.AuthUser(nil) != nil || ent.AuthUser(&authent.Session{}) != nil {
		t.Error("somebody is signed in who is not")
	}
	if n := testing.AllocsPerRun(100, func() { _ = ent.AuthUser(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
