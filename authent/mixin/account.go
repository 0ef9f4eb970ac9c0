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

// Account is a user's account at a provider: table accounts.
type Account struct {
	mixin.Schema
	// Layout says whose table it is. If zero, Native.
	Layout Layout
	// UserID is the type of a user's id: field.TypeInt64 or field.TypeUUID. If
	// zero, a string.
	UserID field.Type
}

// Fields returns the fields of Account.
func (a Account) Fields() []ent.Field {
	l := a.Layout
	secret := func(name string) ent.Field {
		return field.String(name).Optional().Sensitive().GoType(secret.Secret("")).SchemaType(l.secret(name))
	}
	key := func(name string) ent.Field {
		return field.String("id").StorageKey(name).Immutable().NotEmpty().SchemaType(l.key())
	}
	fields := []ent.Field{
		field.String("id").DefaultFunc(newID).Immutable().NotEmpty().SchemaType(l.key()),
		l.userID(a.UserID),
		field.String("type").SchemaType(l.key()).
			Comment("oauth, oidc, email or webauthn, as in Auth.js."),
		field.String("provider").SchemaType(l.key()).
			Comment("The provider's id, such as github."),
		field.String("provider_account_id").SchemaType(l.key()).
			Comment("The person's id at the provider."),
		secret("refresh_token"),
		secret("access_token"),
		field.Int64("expires_at").Optional().Nillable().SchemaType(l.seconds()).
			Comment("When the access token expires, in Unix seconds."),
		field.String("token_type").Optional().SchemaType(l.key()),
		field.String("scope").Optional().SchemaType(l.long()),
		secret("id_token"),
		field.String("session_state").Optional().SchemaType(l.long()),
	}
	if !l.drizzle() {
		return fields
	}
	// The primary key is (provider, providerAccountId), which ent cannot have:
	// half of it is the id here, never asked for without the other half.
	fields[0] = key(l.column("provider_account_id"))
	return append(fields[:4], fields[5:]...)
}

// Edges returns the edges of Account.
func (a Account) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.node).Ref("accounts").Field("user_id").Unique().Required(),
	}
}

// Indexes returns the indexes of Account.
func (a Account) Indexes() []ent.Index {
	switch {
	case a.Layout.drizzle():
		return []ent.Index{index.Fields("provider", "id").Unique().StorageKey("account_provider_providerAccountId_pk")}
	case a.Layout == Prisma:
		return []ent.Index{index.Fields("provider", "provider_account_id").Unique().StorageKey("accounts_provider_provider_account_id_key")}
	}
	return []ent.Index{
		index.Fields("provider", "provider_account_id").Unique().StorageKey("accounts_provider_provider_account_id_key"),
		index.Fields("user_id").StorageKey("accounts_user_id_idx"),
	}
}

// Annotations returns the annotations of Account.
func (a Account) Annotations() []schema.Annotation {
	return a.Layout.annotations("accounts", "account")
}

// node lets edges name the schema type Account without importing it.
func (Account) node() {}
