package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// TOTP is a user's authenticator app.
type TOTP struct{ ent.Schema }

// Mixin of TOTP: what authent needs of it. Fields and Edges add what is yours.
func (TOTP) Mixin() []ent.Mixin { return []ent.Mixin{mixin.TOTP{UserID: field.TypeUUID}} }
