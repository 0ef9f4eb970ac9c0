package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/authent/authent/authent"
)

// User is a person: table users.
type User struct{ mixin.Schema }

// Fields of User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").DefaultFunc(newID).Immutable().NotEmpty().SchemaType(keyText),
		field.String("name").Optional().SchemaType(longText).
			Comment("What the person is called."),
		field.String("email").SchemaType(keyText).
			Comment("The address, as normalised by the engine."),
		field.Time("email_verified").Optional().Nillable().SchemaType(timeType).
			Comment("When the address was last proved to be the person's."),
		field.String("image").Optional().SchemaType(longText).
			Comment("The URL of a picture."),
		field.String("password").Optional().Sensitive().GoType(authent.Secret("")).SchemaType(keyText).
			Comment("The password's hash; NULL for people without one."),
		field.String("role").Default("user").SchemaType(keyText).
			Comment("What RequireRole compares."),
		field.Time("disabled_at").Optional().Nillable().SchemaType(timeType).
			Comment("When the person was locked out."),
		field.Time("created_at").Default(now).Immutable().SchemaType(timeType),
		field.Time("updated_at").Default(now).UpdateDefault(now).SchemaType(timeType),
	}
}

// Edges of User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("accounts", Account.node).
			StorageKey(edge.Symbol("accounts_user_id_fkey")).
			Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("sessions", Session.node).
			StorageKey(edge.Symbol("sessions_user_id_fkey")).
			Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of User.
func (User) Indexes() []ent.Index {
	return []ent.Index{index.Fields("email").Unique().StorageKey("users_email_key")}
}

// Hooks of User.
func (User) Hooks() []ent.Hook { return []ent.Hook{cutTimes} }

// Annotations of User.
func (User) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("users")}
}

// node lets edges name the schema type User without importing it.
func (User) node() {}

// newID is a UUIDv7 (RFC 9562 §5.7): unique, and in the order of creation, which
// keeps primary keys dense.
func newID() string { return uuid.Must(uuid.NewV7()).String() }
