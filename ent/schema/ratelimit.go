package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// RateLimit is a counter of attempts.
type RateLimit struct{ ent.Schema }

// Mixin of RateLimit: what authent needs of it. Fields add what is yours.
func (RateLimit) Mixin() []ent.Mixin { return []ent.Mixin{mixin.RateLimit{}} }
