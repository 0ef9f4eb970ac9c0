package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// Account is a user's account at a provider.
type Account struct{ ent.Schema }

// Mixin of Account: what authent needs of it.
func (Account) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Account{UserID: field.TypeUUID}}
}
