package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/authent/authent/authent/secret"
)

// Session is a signed-in browser: table sessions.
type Session struct {
	mixin.Schema
	// Layout says whose table it is. If zero, Native.
	Layout Layout
	// UserID is the type of a user's id: field.TypeInt64 or field.TypeUUID. If
	// zero, a string.
	UserID field.Type
}

// Fields returns the fields of Session.
func (s Session) Fields() []ent.Field {
	l := s.Layout
	if l.drizzle() {
		return []ent.Field{
			field.String("id").StorageKey(l.column("session_token")).Immutable().NotEmpty().
				GoType(secret.Secret("")).SchemaType(l.key()).StructTag(`json:"-"`),
			l.userID(s.UserID),
			l.time("expires"),
		}
	}
	fields := []ent.Field{
		field.String("id").DefaultFunc(newID).Immutable().NotEmpty().SchemaType(l.key()),
		field.String("session_token").Sensitive().GoType(secret.Secret("")).SchemaType(l.key()).
			Comment("The SHA-256 of the browser's token."),
		l.userID(s.UserID),
		l.time("expires"),
	}
	if l != Native {
		return fields
	}
	return append(fields,
		l.timeOrNull("created_at", "When the person signed in; NULL where another program wrote the row."),
		l.timeOrNull("last_used_at", ""),
		field.String("ip_address").Optional().SchemaType(l.key()),
		field.String("user_agent").Optional().SchemaType(l.long()),
	)
}

// Edges returns the edges of Session.
func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.node).Ref("sessions").Field("user_id").Unique().Required(),
	}
}

// Indexes returns the indexes of Session.
func (s Session) Indexes() []ent.Index {
	switch {
	case s.Layout.drizzle():
		return nil
	case s.Layout == Prisma:
		return []ent.Index{index.Fields("session_token").Unique().StorageKey("sessions_session_token_key")}
	}
	return []ent.Index{
		index.Fields("session_token").Unique().StorageKey("sessions_session_token_key"),
		index.Fields("user_id").StorageKey("sessions_user_id_idx"),
		index.Fields("expires").StorageKey("sessions_expires_idx"),
	}
}

// Hooks returns the hooks of Session.
func (s Session) Hooks() []ent.Hook { return s.Layout.hooks() }

// Annotations returns the annotations of Session.
func (s Session) Annotations() []schema.Annotation {
	return s.Layout.annotations("sessions", "session")
}

// node lets edges name the schema type Session without importing it.
func (Session) node() {}
