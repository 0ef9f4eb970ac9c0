package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/authent/authent/authent/secret"
)

// TOTP is a user's authenticator app: table totps. A graph may do without it; its adapter
// is no authent.TOTPStore then.
//
// It has no Layout: its table is authent's own beside another program's tables too, and
// package authent/migrate creates it there, without a foreign key to their users. The
// adapter deletes the row with the user; what the other program deletes leaves it behind.
type TOTP struct {
	mixin.Schema
	// UserID is the type of a user's id: field.TypeInt64 or field.TypeUUID. If
	// zero, a string.
	UserID field.Type
}

// Fields returns the fields of TOTP.
func (t TOTP) Fields() []ent.Field {
	of := native.Session
	return []ent.Field{
		field.String("id").DefaultFunc(newID).Immutable().NotEmpty().SchemaType(of.types("id")),
		of.userID(t.UserID),
		field.String("secret").Sensitive().GoType(secret.Secret("")).SchemaType(of.types("user_agent")).
			Comment("The shared secret, sealed."),
		field.Int64("last_step").
			Comment("The time step of the code that was used last."),
		field.Time("confirmed_at").SchemaType(of.types("expires")).
			Comment("When the person typed the first code."),
	}
}

// Edges returns the edges of TOTP. User has no edge back, so that its schema stays as it is.
func (TOTP) Edges() []ent.Edge { return []ent.Edge{ofUser("totps_user_id_fkey")} }

// ofUser returns the edge to the user of an entity that users know nothing of, whose rows
// go with the user. symbol is the foreign key's name.
func ofUser(symbol string) ent.Edge {
	return edge.To("user", User.node).Field("user_id").Unique().Required().
		StorageKey(edge.Symbol(symbol)).
		Annotations(entsql.OnDelete(entsql.Cascade))
}

// Indexes returns the indexes of TOTP.
func (TOTP) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id").Unique().StorageKey("totps_user_id_key")}
}

// Hooks returns the hooks of TOTP.
func (TOTP) Hooks() []ent.Hook { return []ent.Hook{cutTimes(nil)} }

// Annotations returns the annotations of TOTP.
func (TOTP) Annotations() []schema.Annotation { return []schema.Annotation{entsql.Table("totps")} }
