// Package wrong is a graph with all entities, and faults in each of them.
package wrong

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/authent/authent/authent/mixin"
)

type User struct{ ent.Schema }

func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }

func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("tenant"),
		field.String("phone").Optional(),
		field.String("locale").Default("en"),
	}
}

func (User) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant", "email").Unique()}
}

type Account struct{ ent.Schema }

func (Account) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Account{}} }

func (Account) Fields() []ent.Field {
	return []ent.Field{field.Int("quota")}
}

type Session struct{ ent.Schema }

func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id"),
		field.String("session_token"),
		field.Int64("expires"),
		field.Time("created_at"),
		field.Time("last_used_at").Optional(),
	}
}

type VerificationToken struct{ ent.Schema }

func (VerificationToken) Fields() []ent.Field {
	return []ent.Field{field.String("id"), field.Int64("expires")}
}
