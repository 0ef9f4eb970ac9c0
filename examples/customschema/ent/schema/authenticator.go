package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// Authenticator is a passkey.
type Authenticator struct{ ent.Schema }

// Mixin of Authenticator: what authent needs of it. Fields and Edges add what is yours.
func (Authenticator) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Authenticator{UserID: field.TypeInt64}}
}
