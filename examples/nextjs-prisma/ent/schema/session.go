package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// Session is a signed-in browser.
type Session struct{ ent.Schema }

// Mixin of Session: its columns, as they are.
func (Session) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Session{Layout: mixin.Prisma}}
}
