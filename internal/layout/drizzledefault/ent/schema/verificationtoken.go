package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// VerificationToken is a proof that works once.
type VerificationToken struct{ ent.Schema }

// Mixin of VerificationToken: its columns, as they are.
func (VerificationToken) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.VerificationToken{Layout: mixin.DrizzleDefault}}
}
