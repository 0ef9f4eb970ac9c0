package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/authent/authent/authent"
)

// VerificationToken is proof that works once: table verificationtokens. Its
// primary key is the token's hash. ent prints an id even when it is sensitive,
// which is why its Go type is one that does not print.
type VerificationToken struct{ mixin.Schema }

// Fields of VerificationToken.
func (VerificationToken) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("token").Immutable().NotEmpty().
			GoType(authent.Secret("")).SchemaType(keyText).StructTag(`json:"-"`),
		field.String("identifier").SchemaType(keyText).
			Comment("Whose it is and what for."),
		field.Time("expires").SchemaType(timeType),
	}
}

// Indexes of VerificationToken.
func (VerificationToken) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("identifier", "id").Unique().StorageKey("verificationtokens_identifier_token_key"),
		index.Fields("expires").StorageKey("verificationtokens_expires_idx"),
	}
}

// Hooks of VerificationToken.
func (VerificationToken) Hooks() []ent.Hook { return []ent.Hook{cutTimes} }

// Annotations of VerificationToken.
func (VerificationToken) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("verificationtokens")}
}
