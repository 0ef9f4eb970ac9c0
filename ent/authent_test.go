package ent_test

import (
	"context"
	"database/sql"
	"testing"

	entgo "entgo.io/ent"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/internal/testdb"
)

// The generated adapter does not assert this itself: a new method of an interface
// would keep the graph from being generated anew.
var (
	_ authent.Adapter            = (*ent.AuthAdapter)(nil)
	_ authent.RateLimitStore     = (*ent.AuthAdapter)(nil)
	_ authent.AuditStore         = (*ent.AuthAdapter)(nil)
	_ authent.TOTPStore          = (*ent.AuthAdapter)(nil)
	_ authent.AuthenticatorStore = (*ent.AuthAdapter)(nil)
)

// dialects are the suite's names of them.
var dialects = map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"}

// keyLetters are how many letters a key has where the column bounds them.
var keyLetters = map[string]int{"mariadb": 255}

func TestAuthAdapter(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		pool := kind.Pool(t)
		authenttest.Run(t, func(t testing.TB) authenttest.Subject {
			db, outage := goesAway(t, kind, pool.URL(t))
			client := ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))
			return authenttest.Subject{
				Adapter: ent.NewAuthAdapter(client), DB: db, Dialect: dialects[kind.Name], Folds: kind.Dialect == dialect.MySQL, KeyLetters: keyLetters[kind.Name],
				SoftDelete: func() { client.User.Use(keepDeleted) }, Outage: outage,
			}
		})
	})
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

// goesAway opens a database, and returns what takes it away: the way to its server is
// cut, or another process keeps its file locked, which nobody waits for long then.
func goesAway(t testing.TB, kind testdb.Kind, url string) (*sql.DB, func()) {
	if kind.Dialect != dialect.SQLite {
		through, gate := kind.Gate(t, url)
		return kind.Connect(t, through), gate.Cut
	}
	db := kind.Connect(t, url)
	return db, func() {
		all := make([]*sql.Conn, db.Stats().MaxOpenConnections)
		db.SetMaxIdleConns(len(all))
		for i := range all {
			var err error
			if all[i], err = db.Conn(context.Background()); err == nil {
				_, err = all[i].ExecContext(context.Background(), "PRAGMA busy_timeout = 10")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, conn := range all {
			_ = conn.Close()
		}
		locker := kind.Connect(t, url)
		if _, err := locker.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
			t.Error(err)
		}
	}
}
