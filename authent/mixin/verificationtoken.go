package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/authent/authent/authent/secret"
)

// VerificationToken is a proof that works once: table verificationtokens. Its primary key
// is the token's hash. ent prints ids, even sensitive ones, so its Go type is one that does
// not print.
type VerificationToken struct {
	mixin.Schema
	// Layout says whose table it is. If zero, Native.
	Layout Layout
}

// Fields returns the fields of VerificationToken.
func (v VerificationToken) Fields() []ent.Field {
	l := v.Layout
	return []ent.Field{
		field.String("id").StorageKey("token").Immutable().NotEmpty().
			GoType(secret.Secret("")).SchemaType(l.key()).StructTag(`json:"-"`),
		field.String("identifier").SchemaType(l.key()).
			Comment("Whose it is and what for."),
		l.time("expires"),
	}
}

// Indexes returns the indexes of VerificationToken.
func (v VerificationToken) Indexes() []ent.Index {
	switch {
	case v.Layout.drizzle():
		return []ent.Index{index.Fields("identifier", "id").Unique().StorageKey("verificationToken_identifier_token_pk")}
	case v.Layout == Prisma:
		return []ent.Index{
			index.Fields("id").Unique().StorageKey("verificationtokens_token_key"),
			index.Fields("identifier", "id").Unique().StorageKey("verificationtokens_identifier_token_key"),
		}
	}
	return []ent.Index{
		index.Fields("identifier", "id").Unique().StorageKey("verificationtokens_identifier_token_key"),
		index.Fields("expires").StorageKey("verificationtokens_expires_idx"),
	}
}

// Hooks returns the hooks of VerificationToken.
func (v VerificationToken) Hooks() []ent.Hook { return v.Layout.hooks() }

// Annotations returns the annotations of VerificationToken.
func (v VerificationToken) Annotations() []schema.Annotation {
	return v.Layout.annotations("verificationtokens", "verificationToken")
}
