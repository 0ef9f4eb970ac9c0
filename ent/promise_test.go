package ent_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
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

// recorder is a driver that notes the statements it runs.
type recorder struct {
	dialect.Driver
	mu    sync.Mutex
	noted []string
}

func (r *recorder) note(query string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.noted = append(r.noted, query)
}

func (r *recorder) Exec(ctx context.Context, query string, args, v any) error {
	r.note(query)
	return r.Driver.Exec(ctx, query, args, v)
}

func (r *recorder) Query(ctx context.Context, query string, args, v any) error {
	r.note(query)
	return r.Driver.Query(ctx, query, args, v)
}

// graph is a database with a user who has a session.
type graph struct {
	db      *sql.DB
	driver  *recorder
	client  *ent.Client
	adapter *ent.AuthAdapter
	user    *authent.User
	token   authent.Secret
}

func newGraph(t *testing.T) *graph {
	t.Helper()
	g := &graph{db: testdb.SQLite.Open(t), token: authent.Secret(strings.Repeat("a", 64))}
	g.driver = &recorder{Driver: entsql.OpenDB(dialect.SQLite, g.db)}
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
func (g *graph) during(f func()) []string {
	g.driver.noted = nil
	f()
	return g.driver.noted
}

// plan is SQLite's plan for a statement with one argument.
func (g *graph) plan(t *testing.T, query string, args ...any) string {
	t.Helper()
	rows, err := g.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	return strings.Join(steps, "\n")
}

func TestP25_SessionAndUserIsOneStatementByUniqueIndex(t *testing.T) {
	g := newGraph(t)
	statements := g.during(func() {
		if _, err := g.adapter.SessionAndUser(t.Context(), g.token); err != nil {
			t.Fatal(err)
		}
	})
	if len(statements) != 1 {
		t.Fatalf("%d statements: %q", len(statements), statements)
	}
	plan := g.plan(t, statements[0], string(g.token))
	if !strings.Contains(plan, "sessions_session_token_key (session_token=?)") || strings.Contains(plan, "SCAN") {
		t.Errorf("plan:\n%s", plan)
	}
}

// TestP25_LookupsUseIndexes: no statement that the engine depends on reads a
// whole table.
func TestP25_LookupsUseIndexes(t *testing.T) {
	g := newGraph(t)
	lookups := map[string]func(ctx context.Context) error{
		"UsersByEmail": func(ctx context.Context) error { _, err := g.adapter.UsersByEmail(ctx, "a@b.c", "A@b.c"); return err },
		"User":         func(ctx context.Context) error { _, err := g.adapter.User(ctx, g.user.ID); return err },
		"Sessions":     func(ctx context.Context) error { _, err := g.adapter.Sessions(ctx, g.user.ID); return err },
		"Accounts":     func(ctx context.Context) error { _, err := g.adapter.Accounts(ctx, g.user.ID); return err },
		"Account":      func(ctx context.Context) error { _, err := g.adapter.Account(ctx, "github", "1"); return ignore(err) },
		"VerificationToken": func(ctx context.Context) error {
			_, err := g.adapter.VerificationToken(ctx, "a", "b")
			return ignore(err)
		},
		"DeleteSession":     func(ctx context.Context) error { return g.adapter.DeleteSession(ctx, "x") },
		"DeleteSessions":    func(ctx context.Context) error { _, err := g.adapter.DeleteSessions(ctx, "x", "y"); return err },
		"DeleteSessionByID": func(ctx context.Context) error { _, err := g.adapter.DeleteSessionByID(ctx, "x", "y"); return err },
		"DeleteExpired":     func(ctx context.Context) error { _, err := g.adapter.DeleteExpired(ctx, time.Time{}, 10); return err },
		"UpdateSession": func(ctx context.Context) error {
			now := time.Now()
			return g.adapter.UpdateSession(ctx, g.token, authent.SessionUpdate{Expires: &now})
		},
		"DeleteVerificationTokens": func(ctx context.Context) error {
			_, err := g.adapter.DeleteVerificationTokens(ctx, "x", "y")
			return err
		},
	}
	for name, lookup := range lookups {
		statements := g.during(func() {
			if err := lookup(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		for _, query := range statements {
			args := slices.Repeat([]any{"x"}, strings.Count(query, "?"))
			if plan := g.plan(t, query, args...); strings.Contains(plan, "SCAN") {
				t.Errorf("%s: %s\n%s", name, query, plan)
			}
		}
	}
}

func ignore(err error) error {
	if errors.Is(err, authent.ErrNotFound) {
		return nil
	}
	return err
}

// TestP25_InterceptorsAreAsked: an application that hides users by an interceptor
// (a soft delete, say) hides them from the session check too.
func TestP25_InterceptorsAreAsked(t *testing.T) {
	g := newGraph(t)
	g.client.User.Intercept(entgo.TraverseFunc(func(_ context.Context, q entgo.Query) error {
		q.(*ent.UserQuery).Where(func(s *entsql.Selector) { s.Where(entsql.EQ("role", "nobody")) })
		return nil
	}))
	if _, err := g.adapter.SessionAndUser(t.Context(), g.token); !errors.Is(err, authent.ErrNotFound) {
		t.Errorf("a hidden user is signed in: %v", err)
	}
}

func TestP08_VerificationTokenIsUsedOnce(t *testing.T) {
	g := newGraph(t)
	for round := range 40 {
		token := authent.Secret(fmt.Sprintf("%064d", round))
		v := authent.VerificationToken{Identifier: "ada@example.com", Token: token, Expires: time.Now().Add(time.Hour)}
		if err := g.adapter.CreateVerificationToken(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 64)
		start := make(chan struct{})
		for i := range errs {
			wg.Go(func() {
				<-start
				_, errs[i] = g.adapter.UseVerificationToken(t.Context(), v.Identifier, token)
			})
		}
		close(start)
		wg.Wait()
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
			t.Errorf("%d of 64 used the token", won)
		}
	}
}

// TestP28_ApplicationWritesAreCutToo: times that the application writes through
// its client are UTC to the millisecond as well.
func TestP28_ApplicationWritesAreCutToo(t *testing.T) {
	g := newGraph(t)
	at := time.Date(2026, 3, 29, 12, 0, 0, 123_456_789, time.FixedZone("+05", 5*3600))
	u := g.client.User.Create().SetEmail("grace@example.com").SetEmailVerified(at).SaveX(t.Context())
	u = g.client.User.GetX(t.Context(), u.ID)
	if got, want := u.EmailVerified.UTC(), at.UTC().Truncate(time.Millisecond); !got.Equal(want) {
		t.Errorf("stored %v, want %v", got, want)
	}
	var raw string
	if err := g.db.QueryRowContext(t.Context(), `SELECT CAST(email_verified AS TEXT) FROM users WHERE id = ?`, u.ID).Scan(&raw); err != nil {
		t.Fatal(err)
	}
	if raw != "2026-03-29 07:00:00.123+00:00" {
		t.Errorf("the row holds %q", raw)
	}
}

// TestEntitiesOutliveTheirTransaction: an entity that left InTx queries through
// the client that the adapter was made from.
func TestEntitiesOutliveTheirTransaction(t *testing.T) {
	g := newGraph(t)
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
}

func TestAuthUser(t *testing.T) {
	g := newGraph(t)
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
