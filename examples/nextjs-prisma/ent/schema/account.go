package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// Account is a user's account at a provider.
type Account struct{ ent.Schema }

// Mixin of Account: its columns, as they are.
func (Account) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Account{Layout: mixin.Prisma}}
}
