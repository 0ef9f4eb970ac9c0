package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
)

// AuditEvent is what somebody did, or tried, to get into an account or to change what
// guards one: table auditevents. A graph may do without it; its adapter is no
// authent.AuditStore then.
//
// It has no Layout: its table is authent's own beside another program's tables too, and
// package authent/migrate creates it there. It has no edge to its user, whom it outlives.
type AuditEvent struct{ mixin.Schema }

// Fields returns the fields of AuditEvent.
func (AuditEvent) Fields() []ent.Field {
	key, long := native.Session.types("id"), native.Session.types("user_agent")
	return []ent.Field{
		field.String("id").DefaultFunc(newID).Immutable().NotEmpty().SchemaType(key),
		field.Time("occurred_at").SchemaType(native.Session.types("expires")),
		field.String("user_id").Optional().SchemaType(key).
			Comment("Whose account it concerns. No foreign key: the event outlives the user."),
		field.String("kind").SchemaType(key).
			Comment("What was done."),
		field.String("session_id").Optional().SchemaType(key),
		field.String("method").Optional().SchemaType(key).
			Comment("A provider's id or a method."),
		field.String("ip_address").Optional().SchemaType(key),
		field.String("user_agent").Optional().SchemaType(long),
		field.String("outcome").SchemaType(key).
			Comment("success, refused or error."),
		field.String("reason").Optional().SchemaType(key).
			Comment("The public code of the error."),
		field.Time("expires").SchemaType(native.Session.types("expires")).
			Comment("When the event is deleted."),
	}
}

// Indexes returns the indexes of AuditEvent.
func (AuditEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id", "id").StorageKey("auditevents_user_id_id_idx"),
		index.Fields("expires").StorageKey("auditevents_expires_idx"),
	}
}

// Hooks returns the hooks of AuditEvent.
func (AuditEvent) Hooks() []ent.Hook { return []ent.Hook{cutTimes(nil)} }

// Annotations returns the annotations of AuditEvent.
func (AuditEvent) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("auditevents")}
}
