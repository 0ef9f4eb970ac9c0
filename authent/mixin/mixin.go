// Package mixin has the entities of authent as ent mixins. A schema takes one
// and adds what is the application's own:
//
//	type User struct{ ent.Schema }
//
//	func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }
//
//	func (User) Fields() []ent.Field {
//		return []ent.Field{field.String("phone").Optional()}
//	}
//
// The schemas must be called User, Account, Session and VerificationToken: the
// edges between them go by these names.
//
// # Ids
//
// A user's id is a string, a UUIDv7 made in Go, unless the mixins say otherwise:
// mixin.User{ID: field.TypeInt64}, with mixin.Account{UserID: field.TypeInt64}
// and mixin.Session{UserID: field.TypeInt64}; likewise field.TypeUUID.
//
// # Other programs' tables
//
// A Layout says that the tables are those of an application on Auth.js:
// mixin.User{Layout: mixin.Prisma}, the same in all four. They are used as they
// are, without a migration.
package mixin

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent"
)

// Precision is what times are cut to before they are stored, unless the Layout
// stores less.
const Precision = time.Millisecond

func now() time.Time { return time.Now().UTC().Truncate(Precision) }

// cutTimes cuts every time that is written to UTC and the layout's precision, whoever
// writes it: a driver that drops the zone would store another moment. Mutations of a
// graph that package entauth generated tell the dialect where the layout asks for it.
func cutTimes(l Layout) ent.Hook {
	return func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			name := ""
			if d, ok := m.(interface{ AuthentDialect() string }); ok {
				name = d.AuthentDialect()
			}
			precision := l.Precision(name)
			for _, name := range m.Fields() {
				v, _ := m.Field(name)
				t, ok := v.(time.Time)
				if !ok {
					continue
				}
				if err := m.SetField(name, t.UTC().Truncate(precision)); err != nil {
					return nil, fmt.Errorf("authent: cut %s to %v: %w", name, precision, err)
				}
			}
			return next.Mutate(ctx, m)
		})
	}
}
