package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// RateLimit is a counter of attempts, in a table of authent's own beside the others.
type RateLimit struct{ ent.Schema }

// Mixin of RateLimit: what authent needs of it.
func (RateLimit) Mixin() []ent.Mixin { return []ent.Mixin{mixin.RateLimit{}} }
