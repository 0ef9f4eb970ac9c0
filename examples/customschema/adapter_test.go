package main

import (
	"context"
	"testing"
	"time"

	entgo "entgo.io/ent"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/migrate"
	"github.com/authent/authent/examples/customschema/ent"
	entmigrate "github.com/authent/authent/examples/customschema/ent/migrate"
	"github.com/authent/authent/examples/customschema/ent/privacy"
	uuident "github.com/authent/authent/examples/customschema/uuid/ent"
	uuidmigrate "github.com/authent/authent/examples/customschema/uuid/ent/migrate"
	_ "github.com/authent/authent/examples/customschema/uuid/ent/runtime"
	"github.com/authent/authent/internal/testdb"
)

var (
	_ authent.Adapter = (*ent.AuthAdapter)(nil)
	_ authent.Adapter = (*uuident.AuthAdapter)(nil)
)

// pool lends databases with a graph's tables.
func pool(t *testing.T, kind testdb.Kind, tables []*entschema.Table, names ...string) *testdb.Pool {
	t.Helper()
	ddl, err := migrate.DDL(t.Context(), kind.Dialect, tables)
	if err != nil {
		t.Fatal(err)
	}
	return kind.PoolOf(t, testdb.Script(ddl), names)
}

// dialects are the suite's names of them.
var dialects = map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"}

// keyLetters are how many letters a key has where the column bounds them.
var keyLetters = map[string]int{"mariadb": 255}

// TestNumbers: the suite on a graph with int64 ids, other table names, hooks, an
// interceptor and a policy.
func TestNumbers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		lent := pool(t, kind, entmigrate.Tables, "posts", "totps", "authenticators", "browser_sessions", "provider_accounts", "people", "verificationtokens")
		authenttest.Run(t, func(t testing.TB) authenttest.Subject {
			db := lent.DB(t)
			client := ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))
			return authenttest.Subject{
				Adapter: allowed{ent.NewAuthAdapter(client)}, DB: db, Dialect: dialects[kind.Name], Folds: kind.Dialect == dialect.MySQL, KeyLetters: keyLetters[kind.Name],
				Tables:     authenttest.Tables{Users: "people", Sessions: "browser_sessions", Accounts: "provider_accounts"},
				SoftDelete: func() { client.User.Use(keepDeleted) },
			}
		})
	})
}

// TestUUIDs: the suite on a graph whose ids are of type uuid.UUID.
func TestUUIDs(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		lent := pool(t, kind, uuidmigrate.Tables, "totps", "authenticators", "sessions", "accounts", "users", "verificationtokens")
		authenttest.Run(t, func(t testing.TB) authenttest.Subject {
			db := lent.DB(t)
			client := uuident.NewClient(uuident.Driver(entsql.OpenDB(kind.Dialect, db)))
			return authenttest.Subject{
				Adapter: uuident.NewAuthAdapter(client), DB: db, Dialect: dialects[kind.Name], Folds: kind.Dialect == dialect.MySQL, KeyLetters: keyLetters[kind.Name],
				SoftDelete: func() { client.User.Use(keepDeleted) },
			}
		})
	})
}

// allowed calls an adapter as the engine does, whose calls the policy lets
// through: the suite is not the engine, and cannot mark them as its.
type allowed struct{ next authent.Adapter }

func allow(ctx context.Context) context.Context { return privacy.DecisionContext(ctx, privacy.Allow) }

func (a allowed) Columns() authent.Columns { return a.next.Columns() }

func (a allowed) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	return a.next.CreateUser(allow(ctx), u)
}

func (a allowed) User(ctx context.Context, id string) (*authent.User, error) {
	return a.next.User(allow(ctx), id)
}

func (a allowed) UsersByEmail(ctx context.Context, emails ...string) ([]*authent.User, error) {
	return a.next.UsersByEmail(allow(ctx), emails...)
}

func (a allowed) UserByAccount(ctx context.Context, provider, id string) (*authent.User, error) {
	return a.next.UserByAccount(allow(ctx), provider, id)
}

func (a allowed) LockUser(ctx context.Context, id string) (*authent.User, error) {
	return a.next.LockUser(allow(ctx), id)
}

func (a allowed) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	return a.next.UpdateUser(allow(ctx), id, u)
}

func (a allowed) DeleteUser(ctx context.Context, id string) error {
	return a.next.DeleteUser(allow(ctx), id)
}

func (a allowed) LinkAccount(ctx context.Context, c authent.Account) error {
	return a.next.LinkAccount(allow(ctx), c)
}

func (a allowed) Account(ctx context.Context, provider, id string) (*authent.Account, error) {
	return a.next.Account(allow(ctx), provider, id)
}

func (a allowed) Accounts(ctx context.Context, userID string) ([]*authent.Account, error) {
	return a.next.Accounts(allow(ctx), userID)
}

func (a allowed) UpdateAccount(ctx context.Context, provider, id string, u authent.AccountUpdate) error {
	return a.next.UpdateAccount(allow(ctx), provider, id, u)
}

func (a allowed) UnlinkAccount(ctx context.Context, provider, id string) error {
	return a.next.UnlinkAccount(allow(ctx), provider, id)
}

func (a allowed) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	return a.next.CreateSession(allow(ctx), s)
}

func (a allowed) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	return a.next.SessionAndUser(allow(ctx), token)
}

func (a allowed) Sessions(ctx context.Context, userID string) ([]*authent.Session, error) {
	return a.next.Sessions(allow(ctx), userID)
}

func (a allowed) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	return a.next.UpdateSession(allow(ctx), token, u)
}

func (a allowed) DeleteSession(ctx context.Context, token authent.Secret) error {
	return a.next.DeleteSession(allow(ctx), token)
}

func (a allowed) DeleteSessionByID(ctx context.Context, userID, id string) (bool, error) {
	return a.next.DeleteSessionByID(allow(ctx), userID, id)
}

func (a allowed) DeleteSessions(ctx context.Context, userID string, except authent.Secret) (int, error) {
	return a.next.DeleteSessions(allow(ctx), userID, except)
}

func (a allowed) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	return a.next.CreateVerificationToken(allow(ctx), v)
}

func (a allowed) VerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	return a.next.VerificationToken(allow(ctx), identifier, token)
}

func (a allowed) VerificationTokens(ctx context.Context, identifier string) ([]authent.VerificationToken, error) {
	return a.next.VerificationTokens(allow(ctx), identifier)
}

func (a allowed) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	return a.next.UseVerificationToken(allow(ctx), identifier, token)
}

func (a allowed) DeleteVerificationTokens(ctx context.Context, identifier string, except authent.Secret) (int, error) {
	return a.next.DeleteVerificationTokens(allow(ctx), identifier, except)
}

func (a allowed) DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error) {
	return a.next.DeleteExpired(allow(ctx), before, limit)
}

func (a allowed) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return a.next.InTx(allow(ctx), func(tx authent.Adapter) error { return fn(allowed{tx}) })
}

// keepDeleted is what a soft delete comes to: the rows of deleted users stay.
func keepDeleted(next entgo.Mutator) entgo.Mutator {
	return entgo.MutateFunc(func(ctx context.Context, m entgo.Mutation) (entgo.Value, error) {
		if m.Op().Is(entgo.OpDelete | entgo.OpDeleteOne) {
			return 1, nil
		}
		return next.Mutate(ctx, m)
	})
}
