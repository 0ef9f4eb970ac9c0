package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// AuditEvent is what somebody did, or tried, to get into an account,
// in a table of authent's own beside the others.
type AuditEvent struct{ ent.Schema }

// Mixin of AuditEvent: what authent needs of it.
func (AuditEvent) Mixin() []ent.Mixin { return []ent.Mixin{mixin.AuditEvent{}} }
