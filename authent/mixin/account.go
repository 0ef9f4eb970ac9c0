package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"

	"github.com/authent/authent/authent/secret"
)

// Account is a user's account at a provider: table accounts.
type Account struct {
	mixin.Schema
	// Layout says whose table it is. If nil, authent's own.
	Layout *Layout
	// UserID is the type of a user's id: field.TypeInt64 or field.TypeUUID. If
	// zero, a string.
	UserID field.Type
}

func (a Account) table() Table { return a.Layout.or().Account }

// Fields returns the fields of Account.
func (a Account) Fields() []ent.Field {
	t := a.table()
	fields := append(a.keys(),
		a.secret("refresh_token"),
		a.secret("access_token"),
		field.Int64("expires_at").Optional().Nillable().StorageKey(t.column("expires_at")).SchemaType(t.types("expires_at")).
			Comment("When the access token expires, in Unix seconds."),
		a.text("token_type"),
		a.text("scope"),
		a.secret("id_token"),
		a.text("session_state"),
	)
	if t.has("created_at") {
		fields = append(fields, t.created("created_at"))
	}
	if t.has("updated_at") {
		fields = append(fields, t.updated("updated_at"))
	}
	return fields
}

// keys returns the fields that say whose the account is, and which one.
func (a Account) keys() []ent.Field {
	t := a.table()
	key := func(name string) ent.Field {
		return field.String("id").Immutable().NotEmpty().StorageKey(t.column(name)).SchemaType(t.types(name))
	}
	kind := field.String("type").StorageKey(t.column("type")).SchemaType(t.types("type")).
		Comment("oauth, oidc, email or webauthn, as in Auth.js.")
	provider := field.String("provider").StorageKey(t.column("provider")).SchemaType(t.types("provider")).
		Comment("The provider's id, such as github.")
	if !t.has("id") {
		// The primary key is (provider, providerAccountId), which ent cannot have:
		// half of it is the id here, never asked for without the other half.
		return []ent.Field{key("provider_account_id"), t.userID(a.UserID), kind, provider}
	}
	return []ent.Field{
		field.String("id").DefaultFunc(newID).Immutable().NotEmpty().StorageKey(t.column("id")).SchemaType(t.types("id")),
		t.userID(a.UserID), kind, provider,
		field.String("provider_account_id").StorageKey(t.column("provider_account_id")).SchemaType(t.types("provider_account_id")).
			Comment("The person's id at the provider."),
	}
}

func (a Account) secret(name string) ent.Field {
	t := a.table()
	return field.String(name).Optional().Sensitive().GoType(secret.Secret("")).StorageKey(t.column(name)).SchemaType(t.types(name))
}

func (a Account) text(name string) ent.Field {
	t := a.table()
	return field.String(name).Optional().StorageKey(t.column(name)).SchemaType(t.types(name))
}

// Edges returns the edges of Account.
func (a Account) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.node).Ref("accounts").Field("user_id").Unique().Required(),
	}
}

// Indexes returns the indexes of Account.
func (a Account) Indexes() []ent.Index {
	if t := a.table(); !t.has("id") {
		return t.indexes("provider_account_id")
	}
	return a.table().indexes("")
}

// Annotations returns the annotations of Account.
func (a Account) Annotations() []schema.Annotation { return a.Layout.annotations(a.table()) }

// node lets edges name the schema type Account without importing it.
func (Account) node() {}
