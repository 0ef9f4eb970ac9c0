package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

type VerificationToken struct{ ent.Schema }

func (VerificationToken) Mixin() []ent.Mixin { return []ent.Mixin{mixin.VerificationToken{}} }
