package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"

	"github.com/authent/authent/authent/secret"
)

// VerificationToken is a proof that works once: table verificationtokens. Its primary key
// is the token's hash. ent prints ids, even sensitive ones, so its Go type is one that does
// not print.
type VerificationToken struct {
	mixin.Schema
	// Layout says whose table it is. If nil, authent's own.
	Layout *Layout
}

func (v VerificationToken) table() Table { return v.Layout.or().VerificationToken }

// Fields returns the fields of VerificationToken.
func (v VerificationToken) Fields() []ent.Field {
	t := v.table()
	return []ent.Field{
		field.String("id").StorageKey(t.column("token")).Immutable().NotEmpty().
			GoType(secret.Secret("")).SchemaType(t.types("token")).StructTag(`json:"-"`),
		field.String("identifier").StorageKey(t.column("identifier")).SchemaType(t.types("identifier")).
			Comment("Whose it is and what for."),
		t.time("expires"),
	}
}

// Indexes returns the indexes of VerificationToken.
func (v VerificationToken) Indexes() []ent.Index { return v.table().indexes("token") }

// Hooks returns the hooks of VerificationToken.
func (v VerificationToken) Hooks() []ent.Hook { return []ent.Hook{cutTimes(v.Layout)} }

// Annotations returns the annotations of VerificationToken.
func (v VerificationToken) Annotations() []schema.Annotation { return v.Layout.annotations(v.table()) }
