package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// Account is a user's account at a provider.
type Account struct{ ent.Schema }

// Mixin of Account: what authent needs of it.
func (Account) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Account{UserID: field.TypeInt64}}
}

// Annotations of Account: the table has another name.
func (Account) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("provider_accounts")}
}
