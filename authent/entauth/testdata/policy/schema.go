// Package policy is a good graph whose users have an interceptor, a hook
// and a unique field of their own.
package policy

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

type User struct{ ent.Schema }

func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }

func (User) Fields() []ent.Field {
	return []ent.Field{field.String("username").Unique()}
}

func (User) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) { return next.Mutate(ctx, m) })
	}}
}

func (User) Interceptors() []ent.Interceptor {
	return []ent.Interceptor{ent.TraverseFunc(func(context.Context, ent.Query) error { return nil })}
}

type Account struct{ ent.Schema }

func (Account) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Account{}} }

type Session struct{ ent.Schema }

func (Session) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Session{}} }

type VerificationToken struct{ ent.Schema }

func (VerificationToken) Mixin() []ent.Mixin { return []ent.Mixin{mixin.VerificationToken{}} }
