package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

type Account struct{ ent.Schema }

func (Account) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Account{}} }
