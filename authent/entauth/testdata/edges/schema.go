// Package edges is a graph whose entities do not belong together.
package edges

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mixin"
)

type Team struct{ ent.Schema }

type User struct{ ent.Schema }

func (User) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("name").Optional().Nillable(),
		field.String("email"),
		field.Int64("email_verified").Optional(),
		field.String("image").Optional(),
		field.Enum("role").Values("user", "admin").Default("user"),
		field.Time("created_at").Optional(),
	}
}

func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("team", Team.Type).Unique().Required(),
		edge.To("accounts", Account.Type),
		edge.To("sessions", Session.Type),
	}
}

func (User) Indexes() []ent.Index { return []ent.Index{index.Fields("email").Unique()} }

type Account struct{ ent.Schema }

func (Account) Fields() []ent.Field {
	fields := mixin.Account{UserID: field.TypeInt64}.Fields()
	fields[0] = field.String("id")
	return fields
}

func (Account) Edges() []ent.Edge {
	return []ent.Edge{edge.From("user", User.Type).Ref("accounts").Field("user_id").Unique().Required()}
}

type Session struct{ ent.Schema }

func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").GoType(authent.Secret("")),
		field.String("user_id"),
		field.Time("expires"),
	}
}

func (Session) Edges() []ent.Edge {
	return []ent.Edge{edge.From("owner", User.Type).Ref("sessions").Unique()}
}

type VerificationToken struct{ ent.Schema }

func (VerificationToken) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.VerificationToken{Layout: mixin.Prisma}}
}
