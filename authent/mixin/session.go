package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"

	"github.com/authent/authent/authent/secret"
)

// Session is a signed-in browser: table sessions.
type Session struct {
	mixin.Schema
	// Layout says whose table it is. If nil, authent's own.
	Layout *Layout
	// UserID is the type of a user's id: field.TypeInt64 or field.TypeUUID. If
	// zero, a string.
	UserID field.Type
}

func (s Session) table() Table { return s.Layout.or().Session }

// Fields returns the fields of Session.
func (s Session) Fields() []ent.Field {
	t := s.table()
	fields := append(s.keys(), t.userID(s.UserID), t.time("expires"))
	if t.has("created_at") {
		fields = append(fields, t.timeOrNull("created_at", "When the person signed in; NULL where another program wrote the row."))
	}
	if t.has("inserted_at") {
		fields = append(fields, t.created("inserted_at"))
	}
	if t.has("updated_at") {
		fields = append(fields, t.updated("updated_at"))
	}
	if t.has("last_used_at") {
		fields = append(fields, t.timeOrNull("last_used_at", ""))
	}
	for _, name := range []string{"ip_address", "user_agent"} {
		if t.has(name) {
			fields = append(fields, field.String(name).Optional().StorageKey(t.column(name)).SchemaType(t.types(name)))
		}
	}
	return append(fields, s.proofs()...)
}

// proofs returns the fields that say how the person proved who they are.
func (s Session) proofs() (fields []ent.Field) {
	t := s.table()
	if t.has("amr") {
		fields = append(fields, field.String("amr").Optional().StorageKey(t.column("amr")).SchemaType(t.types("amr")).
			Comment("The methods by which the person proved who they are, separated by spaces."))
	}
	if t.has("aal") {
		fields = append(fields, field.Int64("aal").Optional().Nillable().StorageKey(t.column("aal")).SchemaType(t.types("aal")).
			Comment("The authenticator assurance level that these reach."))
	}
	if t.has("authenticated_at") {
		fields = append(fields, t.timeOrNull("authenticated_at", "When the person last proved who they are."))
	}
	return fields
}

// keys returns the id and the token, which may be one.
func (s Session) keys() []ent.Field {
	t := s.table()
	if !t.has("id") {
		return []ent.Field{
			field.String("id").StorageKey(t.column("session_token")).Immutable().NotEmpty().
				GoType(secret.Secret("")).SchemaType(t.types("session_token")).StructTag(`json:"-"`),
		}
	}
	return []ent.Field{
		field.String("id").DefaultFunc(newID).Immutable().NotEmpty().StorageKey(t.column("id")).SchemaType(t.types("id")),
		field.String("session_token").Sensitive().GoType(secret.Secret("")).StorageKey(t.column("session_token")).SchemaType(t.types("session_token")).
			Comment("The SHA-256 of the browser's token."),
	}
}

// Edges returns the edges of Session.
func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.node).Ref("sessions").Field("user_id").Unique().Required(),
	}
}

// Indexes returns the indexes of Session.
func (s Session) Indexes() []ent.Index {
	if t := s.table(); !t.has("id") {
		return t.indexes("session_token")
	}
	return s.table().indexes("")
}

// Hooks returns the hooks of Session.
func (s Session) Hooks() []ent.Hook { return []ent.Hook{cutTimes(s.Layout)} }

// Annotations returns the annotations of Session.
func (s Session) Annotations() []schema.Annotation { return s.Layout.annotations(s.table()) }

// node lets edges name the schema type Session without importing it.
func (Session) node() {}
