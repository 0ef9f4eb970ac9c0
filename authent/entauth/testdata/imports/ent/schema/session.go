package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

type Session struct{ ent.Schema }

func (Session) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Session{}} }
