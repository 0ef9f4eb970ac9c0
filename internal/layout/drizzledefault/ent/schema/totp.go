package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// TOTP is an authenticator app, in a table of authent's own beside the others.
type TOTP struct{ ent.Schema }

// Mixin of TOTP: what authent needs of it.
func (TOTP) Mixin() []ent.Mixin { return []ent.Mixin{mixin.TOTP{}} }
