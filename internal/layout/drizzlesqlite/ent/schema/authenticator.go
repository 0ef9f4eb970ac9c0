package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// Authenticator is a passkey.
type Authenticator struct{ ent.Schema }

// Mixin of Authenticator: its columns, as they are.
func (Authenticator) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Authenticator{Layout: mixin.DrizzleSQLite}}
}
