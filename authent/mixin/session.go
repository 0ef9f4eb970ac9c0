package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/authent/authent/authent"
)

// Session is a signed-in browser: table sessions.
type Session struct{ mixin.Schema }

// Fields of Session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").DefaultFunc(newID).Immutable().NotEmpty().SchemaType(keyText),
		field.String("session_token").Sensitive().GoType(authent.Secret("")).SchemaType(keyText).
			Comment("The SHA-256 of the browser's token."),
		field.String("user_id").SchemaType(keyText),
		field.Time("expires").SchemaType(timeType),
		field.Time("created_at").Optional().Nillable().SchemaType(timeType).
			Comment("When the person signed in; NULL where another program wrote the row."),
		field.Time("last_used_at").Optional().Nillable().SchemaType(timeType),
		field.String("ip_address").Optional().SchemaType(keyText),
		field.String("user_agent").Optional().SchemaType(longText),
	}
}

// Edges of Session.
func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.node).Ref("sessions").Field("user_id").Unique().Required(),
	}
}

// Indexes of Session.
func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("session_token").Unique().StorageKey("sessions_session_token_key"),
		index.Fields("user_id").StorageKey("sessions_user_id_idx"),
		index.Fields("expires").StorageKey("sessions_expires_idx"),
	}
}

// Hooks of Session.
func (Session) Hooks() []ent.Hook { return []ent.Hook{cutTimes} }

// Annotations of Session.
func (Session) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("sessions")}
}

// node lets edges name the schema type Session without importing it.
func (Session) node() {}
