package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// Session is a signed-in browser.
type Session struct{ ent.Schema }

// Mixin of Session: what authent needs of it.
func (Session) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Session{UserID: field.TypeUUID}}
}
