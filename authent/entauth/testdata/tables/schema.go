// Package tables is a graph whose tables would not do what the adapter counts on.
package tables

import (
	"crypto/rand"
	"database/sql/driver"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mixin"
)

// UUID is one of another package.
type UUID [16]byte

// New makes one.
func New() (u UUID) { _, _ = rand.Read(u[:]); return u }

func (u UUID) Value() (driver.Value, error) { return u[:], nil }
func (u *UUID) Scan(v any) error            { copy(u[:], v.([]byte)); return nil }

type AuthUser struct{ ent.Schema }

type User struct{ ent.Schema }

func in(name string) []schema.Annotation { return []schema.Annotation{entsql.Schema(name)} }

func (AuthUser) Annotations() []schema.Annotation          { return in("people") }
func (User) Annotations() []schema.Annotation              { return in("people") }
func (Account) Annotations() []schema.Annotation           { return in("people") }
func (Session) Annotations() []schema.Annotation           { return in("doors") }
func (VerificationToken) Annotations() []schema.Annotation { return in("doors") }

func (User) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", UUID{}).Default(New),
		field.String("name").Optional().Immutable(),
		field.String("email").Unique(),
		field.Time("email_verified").Optional().Nillable(),
		field.String("image").Optional(),
		field.String("role"),
		field.Time("created_at"),
	}
}

func (User) Edges() []ent.Edge {
	return []ent.Edge{edge.To("accounts", Account.Type).Annotations(entsql.OnDelete(entsql.Cascade))}
}

type Account struct{ ent.Schema }

func (Account) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", UUID{}),
		field.String("type"),
		field.String("provider"),
		field.String("provider_account_id"),
		field.String("refresh_token").Optional().Sensitive().GoType(authent.Secret("")),
		field.String("access_token").Optional().Sensitive().GoType(authent.Secret("")),
		field.String("id_token").Optional().Sensitive().GoType(authent.Secret("")),
		field.Int64("expires_at").Optional().Nillable(),
		field.String("token_type").Optional(),
		field.String("scope").Optional(),
		field.String("session_state").Optional(),
	}
}

func (Account) Edges() []ent.Edge {
	return []ent.Edge{edge.From("user", User.Type).Ref("accounts").Field("user_id").Unique().Required()}
}

type Session struct{ ent.Schema }

func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.String("session_token").Sensitive().GoType(authent.Secret("")),
		field.UUID("user_id", UUID{}),
		field.Time("expires").Immutable().Default(time.Now),
	}
}

func (Session) Edges() []ent.Edge {
	return []ent.Edge{edge.To("user", User.Type).Field("user_id").Unique().Required()}
}

type VerificationToken struct{ ent.Schema }

func (VerificationToken) Fields() []ent.Field {
	return []ent.Field{
		field.String("token").Sensitive().GoType(authent.Secret("")),
		field.String("identifier"),
		field.Time("expires"),
	}
}

type RateLimit struct{ ent.Schema }

func (RateLimit) Annotations() []schema.Annotation {
	return append(in("doors"), mixin.Foreign{Layout: "Prisma"})
}

func (RateLimit) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id"),
		field.String("count"),
		field.Time("expires").Optional().Nillable(),
		field.String("tenant"),
		field.String("region").Default("eu"),
		field.Time("seen_at").Default(time.Now),
		field.String("label").Unique().Optional(),
	}
}

func (RateLimit) Edges() []ent.Edge {
	return []ent.Edge{edge.To("owner", User.Type).Unique().Required()}
}
