package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// Session is a signed-in browser.
type Session struct{ ent.Schema }

// Mixin of Session: what authent needs of it. Fields and Edges add what is yours.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Session{}} }
