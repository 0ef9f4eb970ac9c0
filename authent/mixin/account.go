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

// Account is a user's account at a provider: table accounts.
type Account struct{ mixin.Schema }

// Fields of Account.
func (Account) Fields() []ent.Field {
	secret := func(name string) ent.Field {
		return field.String(name).Optional().Sensitive().GoType(authent.Secret("")).SchemaType(longText)
	}
	return []ent.Field{
		field.String("id").DefaultFunc(newID).Immutable().NotEmpty().SchemaType(keyText),
		field.String("user_id").SchemaType(keyText),
		field.String("type").SchemaType(keyText).
			Comment("oauth, oidc, email or webauthn, as in Auth.js."),
		field.String("provider").SchemaType(keyText).
			Comment("The provider's id, such as github."),
		field.String("provider_account_id").SchemaType(keyText).
			Comment("The person's id at the provider."),
		secret("refresh_token"),
		secret("access_token"),
		field.Int64("expires_at").Optional().Nillable().
			Comment("When the access token expires, in Unix seconds."),
		field.String("token_type").Optional().SchemaType(keyText),
		field.String("scope").Optional().SchemaType(longText),
		secret("id_token"),
		field.String("session_state").Optional().SchemaType(longText),
	}
}

// Edges of Account.
func (Account) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.node).Ref("accounts").Field("user_id").Unique().Required(),
	}
}

// Indexes of Account.
func (Account) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("provider", "provider_account_id").Unique().StorageKey("accounts_provider_provider_account_id_key"),
		index.Fields("user_id").StorageKey("accounts_user_id_idx"),
	}
}

// Annotations of Account.
func (Account) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("accounts")}
}

// node lets edges name the schema type Account without importing it.
func (Account) node() {}
