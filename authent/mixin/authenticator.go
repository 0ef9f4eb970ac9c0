package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
)

// Authenticator is a passkey: table authenticators. A graph may do without it; its adapter
// is no authent.AuthenticatorStore then.
//
// Beside another program's tables it may have no Layout all the same: its table is
// authent's own then, which package authent/migrate creates without a foreign key to their
// users, as that of TOTP.
type Authenticator struct {
	mixin.Schema
	// Layout says whose table it is. If nil, or if it has no table for authenticators,
	// authent's own.
	Layout *Layout
	// UserID is the type of a user's id: field.TypeInt64 or field.TypeUUID. If
	// zero, a string.
	UserID field.Type
}

// layout returns the layout if it has a table for authenticators, else nil.
func (a Authenticator) layout() *Layout {
	if a.Layout == nil || a.Layout.Authenticator.Name == "" {
		return nil
	}
	return a.Layout
}

func (a Authenticator) table() Table { return a.layout().or().Authenticator }

// Fields returns the fields of Authenticator. Its primary key is (userId, credentialID) in
// other programs' tables, which ent cannot have; the second half is unique by itself.
func (a Authenticator) Fields() []ent.Field {
	t := a.table()
	fields := []ent.Field{
		field.String("id").Immutable().NotEmpty().StorageKey(t.column("credential_id")).SchemaType(t.types("credential_id")).
			Comment("The credential's id, in base64."),
		t.userID(a.UserID),
		a.text("provider_account_id", "The id of the account that goes with it."),
		a.text("credential_public_key", "The key that checks its signatures, in base64."),
		field.Int64("counter").StorageKey(t.column("counter")).SchemaType(t.types("counter")).
			Comment("How many signatures it said it had made."),
		a.text("credential_device_type", "singleDevice or multiDevice."),
		field.Bool("credential_backed_up").StorageKey(t.column("credential_backed_up")),
		field.String("transports").Optional().StorageKey(t.column("transports")).SchemaType(t.types("transports")).
			Comment("How browsers reach it, comma-separated."),
	}
	if t.has("name") {
		fields = append(fields, field.String("name").Optional().StorageKey(t.column("name")).SchemaType(t.types("name")).
			Comment("What the person calls it."))
	}
	for _, name := range []string{"created_at", "last_used_at"} {
		if t.has(name) {
			fields = append(fields, t.timeOrNull(name, ""))
		}
	}
	return fields
}

func (a Authenticator) text(name, comment string) ent.Field {
	t := a.table()
	return field.String(name).StorageKey(t.column(name)).SchemaType(t.types(name)).Comment(comment)
}

// Edges returns the edges of Authenticator. User has no edge back, so that its schema stays
// as it is.
func (Authenticator) Edges() []ent.Edge { return []ent.Edge{ofUser("authenticators_user_id_fkey")} }

// Indexes returns the indexes of Authenticator.
func (a Authenticator) Indexes() []ent.Index { return a.table().indexes("credential_id") }

// Hooks returns the hooks of Authenticator.
func (a Authenticator) Hooks() []ent.Hook { return []ent.Hook{cutTimes(a.layout())} }

// Annotations returns the annotations of Authenticator.
func (a Authenticator) Annotations() []schema.Annotation { return a.layout().annotations(a.table()) }
