// Package mixin has authent's entities as ent mixins. A schema of the application takes
// one and adds fields of its own:
//
//	type User struct{ ent.Schema }
//
//	func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }
//
//	func (User) Fields() []ent.Field {
//		return []ent.Field{field.String("phone").Optional()}
//	}
//
// The schemas must be called User, Account, Session and VerificationToken, because the
// edges between them use these names. RateLimit, AuditEvent, TOTP and Authenticator are further ones,
// which a graph may do without.
//
// # Ids
//
// A user's id is a string, a UUIDv7 made in Go, unless the mixins say otherwise:
// mixin.User{ID: field.TypeInt64}, with mixin.Account{UserID: field.TypeInt64}
// and mixin.Session{UserID: field.TypeInt64}; likewise field.TypeUUID.
//
// # Other programs' tables
//
// With a Layout the entities use the tables of an Auth.js application as they are, without
// a migration: mixin.User{Layout: mixin.PrismaV5}, and the same in the other three.
// RateLimit, AuditEvent and TOTP have no Layout: their tables are authent's own, and package
// authent/migrate makes them beside theirs.
package mixin

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"entgo.io/ent"
)

// Precision is the precision to which times are cut before they are stored, unless the
// Layout stores less.
const Precision = time.Millisecond

func now() time.Time { return time.Now().UTC().Truncate(Precision) }

func nowMillis() int64 { return now().UnixMilli() }

// cutTimes returns the hook that cuts every time to UTC and the layout's precision,
// whoever writes it: a driver that drops the zone would store another moment. Mutations
// of a graph that package entauth generated report the dialect where the layout needs
// it.
func cutTimes(l *Layout) ent.Hook {
	precisions := l.precisions() // once, since every write comes by here
	return func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			name := ""
			if d, ok := m.(interface{ AuthentDialect() string }); ok {
				name = d.AuthentDialect()
			}
			precision := cmp.Or(precisions[name], Precision)
			for _, name := range m.Fields() {
				v, _ := m.Field(name)
				t, ok := v.(time.Time)
				if !ok {
					continue
				}
				cut := t.UTC().Truncate(precision)
				if cut == t { // the adapter cuts times itself
					continue
				}
				if err := m.SetField(name, cut); err != nil {
					return nil, fmt.Errorf("authent: cut %s to %v: %w", name, precision, err)
				}
			}
			return next.Mutate(ctx, m)
		})
	}
}
